/** From what engines answered to figures, ratios, targets and a table. */

import type { Outcome } from "./engines.ts";
import type { Learning } from "./learning.ts";
import type { Answer, Timings } from "./peer.ts";
import { median } from "../statistics.ts";

/** The machine that was measured on. */
export interface Machine {
  cpu: string;
  cores: number;
  os: string;
}

/** Processes that ran or waited for a core, averaged over a minute. */
export interface Load {
  /** Before the first turn: other people's work. */
  atStart: number;
  /** Before any turn: other people's work and the turn before. */
  highest: number;
}

/** Medians of one engine over all rounds. */
export interface EngineResult extends Omit<Answer, "features"> {
  key: string;
  name: string;
  threads: number;
  features?: number;
  /** How often it was measured. */
  rounds: number;
}

/** Something that the project promises. */
export interface Target {
  name: string;
  /** The measured value; none if what it takes is missing. */
  value?: number;
  /** What the value may at most be; at least if `atLeast`. */
  limit: number;
  atLeast?: boolean;
}

/** Everything that a run of the benchmark found, as it is written to benchmark.json. */
export interface Benchmark {
  /** Day, `YYYY-MM-DD`. */
  date: string;
  machine: Machine;
  load: Load;
  /** Whether other work took so much of the machine that the figures decide nothing. */
  busy: boolean;
  engines: EngineResult[];
  learning: Learning[];
  targets: Target[];
  missing: { name: string; reason: string }[];
}

/** Load a core up to which a machine counts as quiet: before the first turn, and before any. */
const [QUIET_AT_START, QUIET] = [0.5, 1.5];

/** The batch size of the targets. */
const TARGET_BATCH = 128;

/** Puts medians, targets and missing engines together. */
export function summarise(
  about: Pick<Benchmark, "date" | "machine" | "load">,
  outcomes: Outcome[],
  learning: Learning[],
): Benchmark {
  const engines = outcomes.filter(({ answers, missing }) => answers.length > 0 && !missing)
    .map(mediansOf);
  const { machine: { cores }, load } = about;
  return {
    ...about,
    busy: load.atStart > QUIET_AT_START * cores || load.highest > QUIET * cores,
    engines,
    learning: learning.filter(({ missing }) => !missing),
    targets: targetsOf(engines, learning, cores),
    missing: [
      ...outcomes.map(({ engine: { name, threads }, missing }) => ({
        name: `${name}, ${countThreads(threads)}`,
        reason: missing,
      })),
      ...learning.map(({ name, missing }) => ({ name: `${name}, to 99 %`, reason: missing })),
    ].flatMap(({ name, reason }) => reason ? [{ name, reason }] : []),
  };
}

function mediansOf({ engine: { key, name, threads }, answers }: Outcome): EngineResult {
  const bySize = (pick: (answer: Answer) => Timings["step"]) =>
    Object.fromEntries(
      Object.keys(pick(answers[0])).map((
        size,
      ) => [size, median(answers.map((answer) => pick(answer)[Number(size)]))]),
    );
  const { versions, configuration, augmentedStep, features, bases } = answers[0];
  return {
    key,
    name,
    threads,
    versions,
    configuration,
    step: bySize(({ step }) => step),
    ...(augmentedStep && { augmentedStep: bySize(({ augmentedStep }) => augmentedStep!) }),
    forward: bySize(({ forward }) => forward),
    ...(features && { features: median(answers.map(({ features }) => features!)) }),
    ...(bases && {
      bases: Object.fromEntries(
        Object.keys(bases).map((base) => {
          const medianOf = (what: "step" | "forward") =>
            median(answers.map(({ bases }) => bases![base][what]));
          return [base, { step: medianOf("step"), forward: medianOf("forward") }];
        }),
      ),
    }),
    rounds: answers.length,
    peakMegabytes: Math.max(...answers.map(({ peakMegabytes }) => peakMegabytes)),
  };
}

function targetsOf(engines: EngineResult[], learning: Learning[], cores: number): Target[] {
  const time = (key: string, threads: number, what: "step" | "forward") =>
    engines.find((engine) => engine.key === key && engine.threads === threads)
      ?.[what][TARGET_BATCH];
  const stepOf = (key: string, threads: number, base: string) =>
    engines.find((engine) => engine.key === key && engine.threads === threads)
      ?.bases?.[base]?.step;
  const bases = basesOf(engines);
  const ratio = (a?: number, b?: number) => a === undefined || b === undefined ? undefined : a / b;
  const passed = learning.filter(({ accuracy }) => accuracy !== undefined && accuracy >= 0.99);
  const first = (key: string) => passed.find((learner) => learner.key === key)?.seconds;
  const wholeRun = passed.findLast(({ key }) => key === "ours")?.seconds;
  const threadCounts = [...new Set([1, Math.min(2, cores), cores])];
  const against = (what: "step" | "forward", key: string, name: string): Target[] =>
    threadCounts.map((threads) => ({
      name: `${what === "step" ? "training step" : "forward"} ÷ ${name}, batch ${TARGET_BATCH}, ${
        countThreads(threads)
      }`,
      value: ratio(time("ours", threads, what), time(key, threads, what)),
      limit: 1,
    }));
  return [
    ...against("step", "pytorch", "PyTorch"),
    ...against("step", "keras", "Keras"),
    ...against("forward", "pytorch", "PyTorch"),
    ...bases.flatMap((base) =>
      threadCounts.map((threads) => ({
        name: `training step of ${base} ÷ PyTorch, batch ${TARGET_BATCH}, ${countThreads(threads)}`,
        value: ratio(stepOf("ours", threads, base), stepOf("pytorch", threads, base)),
        limit: 1.2,
      }))
    ),
    ...(cores >= 2
      ? [{
        name: "training with one worker ÷ with two",
        value: ratio(time("ours", 1, "step"), time("ours", 2, "step")),
        limit: 1.6,
        atLeast: true,
      }]
      : []),
    { name: "seconds of the whole frozen stage", value: wholeRun, limit: 35 },
    { name: "time to 99 % ÷ Keras", value: ratio(first("ours"), first("keras")), limit: 0.5 },
  ];
}

function basesOf(engines: EngineResult[]): string[] {
  return [...new Set(engines.flatMap(({ bases }) => Object.keys(bases ?? {})))];
}

/** Whether a target is met; `undefined` if it was not measured. */
export function isMet({ value, limit, atLeast }: Target): boolean | undefined {
  if (value === undefined) return undefined;
  return atLeast ? value >= limit : value <= limit;
}

/** "1 thread", "2 threads". */
export function countThreads(threads: number): string {
  return `${threads} ${threads === 1 ? "thread" : "threads"}`;
}

/** The whole benchmark as Markdown, for the terminal and the README. */
export function describeBenchmark(benchmark: Benchmark): string {
  const { date, machine: { cpu, cores, os }, load, busy, engines, learning, targets, missing } =
    benchmark;
  return [
    `${date}, ${cpu}, ${cores} cores, ${os}; medians of alternating rounds`,
    ...(busy
      ? [
        "",
        `Other work was running (load ${load.atStart.toFixed(1)} before the start, up to ${
          load.highest.toFixed(1)
        } later): these figures decide nothing.`,
      ]
      : []),
    ...describeTimings(engines, "step", "Training step"),
    ...describeTimings(engines, "forward", "Forward"),
    ...describeBases(engines),
    ...describeOthers(engines),
    ...describeLearning(learning),
    "",
    "| target | measured | limit | |",
    "|---|--:|--:|---|",
    ...targets.map((target) => {
      const met = isMet(target);
      const verdict = met === undefined
        ? "not measured"
        : busy
        ? "undecided"
        : met
        ? "met"
        : "missed";
      return row([
        target.name,
        target.value?.toFixed(2) ?? "–",
        `${target.atLeast ? "≥" : "≤"} ${target.limit}`,
        verdict,
      ]);
    }),
    ...(engines.length === 0 ? [] : ["", "Set-up:"]),
    ...engines.map((engine) =>
      `- ${nameOf(engine)}: ${engine.configuration} (${
        Object.entries(engine.versions).map((pair) => pair.join(" ")).join(", ")
      }), ${countRounds(engine.rounds)}`
    ),
    ...(missing.length === 0 ? [] : ["", "Missing:"]),
    ...missing.map(({ name, reason }) => `- ${name}: ${reason}`),
  ].join("\n");
}

function describeTimings(
  engines: EngineResult[],
  what: "step" | "forward",
  title: string,
): string[] {
  const sizes = [...new Set(engines.flatMap((engine) => Object.keys(engine[what]).map(Number)))]
    .sort((a, b) => a - b);
  if (sizes.length === 0) return [];
  return [
    "",
    row([`${title}, µs a picture (ours ÷ theirs)`, ...sizes.map((size) => `batch ${size}`)]),
    `|---|${"--:|".repeat(sizes.length)}`,
    ...engines.map((engine) =>
      row([
        nameOf(engine),
        ...sizes.map((size) => withRatio(engine, engines, (other) => other[what][size])),
      ])
    ),
  ];
}

function describeBases(engines: EngineResult[]): string[] {
  const bases = basesOf(engines);
  if (bases.length === 0) return [];
  return [
    "",
    row([
      `Other bases, batch ${TARGET_BATCH}, µs a picture (ours ÷ theirs)`,
      ...bases.flatMap((base) => [`${base}, training step`, "forward"]),
    ]),
    `|---|${"--:|".repeat(2 * bases.length)}`,
    ...engines.filter((engine) => engine.bases && Object.keys(engine.bases).length > 0).map((
      engine,
    ) =>
      row([
        nameOf(engine),
        ...bases.flatMap((base) => [
          withRatio(engine, engines, (other) => other.bases?.[base]?.step),
          withRatio(engine, engines, (other) => other.bases?.[base]?.forward),
        ]),
      ])
    ),
  ];
}

function describeOthers(engines: EngineResult[]): string[] {
  if (engines.length === 0) return [];
  const augmented = (engine: EngineResult) => engine.augmentedStep?.[TARGET_BATCH];
  return [
    "",
    row([
      "Others, µs a picture (ours ÷ theirs)",
      "feature extraction",
      `training step, batch ${TARGET_BATCH}, with augmentation`,
      "peak memory, MB",
    ]),
    "|---|--:|--:|--:|",
    ...engines.map((engine) =>
      row([
        nameOf(engine),
        withRatio(engine, engines, ({ features }) => features),
        formatTime(augmented(engine)),
        engine.peakMegabytes.toFixed(0),
      ])
    ),
  ];
}

function describeLearning(learning: Learning[]): string[] {
  if (learning.length === 0) return [];
  const ours = learning.find(({ key }) => key === "ours");
  return [
    "",
    row([
      `Cold start to 99 % (ours ÷ theirs), ${countRounds(learning[0].rounds!)}`,
      "seconds",
      "test accuracy",
      "peak memory, MB",
    ]),
    "|---|--:|--:|--:|",
    ...learning.map(({ key, name, seconds, accuracy, peakMegabytes }) => {
      const ratio = ours && key !== "ours" ? ` (${(ours.seconds! / seconds!).toFixed(2)})` : "";
      return row([
        name,
        seconds!.toFixed(1) + ratio,
        `${(100 * accuracy!).toFixed(2)} %`,
        peakMegabytes ? peakMegabytes.toFixed(0) : "–",
      ]);
    }),
  ];
}

function countRounds(rounds: number): string {
  return `${rounds} ${rounds === 1 ? "round" : "rounds"}`;
}

function nameOf({ name, threads }: EngineResult): string {
  return `${name}, ${countThreads(threads)}`;
}

/** A time, and this project's time with as many threads divided by it. */
function withRatio(
  engine: EngineResult,
  engines: EngineResult[],
  timeOf: (engine: EngineResult) => number | undefined,
): string {
  const time = timeOf(engine);
  const ours = engines.find(({ key, threads }) => key === "ours" && threads === engine.threads);
  const ourTime = ours && timeOf(ours);
  if (time === undefined || ourTime === undefined || engine === ours) return formatTime(time);
  return `${formatTime(time)} (${formatRatio(ourTime / time)})`;
}

/** Two decimals, or as many as show one digit that is not 0. */
function formatRatio(ratio: number): string {
  return ratio < 0.01 ? ratio.toPrecision(1) : ratio.toFixed(2);
}

function formatTime(time: number | undefined): string {
  return time === undefined ? "–" : time.toFixed(time < 10 ? 1 : 0);
}

function row(cells: string[]): string {
  return `| ${cells.join(" | ")} |`;
}
