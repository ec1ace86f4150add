/** From what engines answered to figures, ratios, targets, tables and a chart. */

import { COLORS, type Spec, THEME, type View } from "../../plot/theme.ts";
import { combine, median, table } from "../report.ts";
import type { Runs } from "../study.ts";

/** What an engine answers in each round: times in µs a picture, and about itself. */
export interface Answer {
  /** Training step, by batch size. */
  step: Record<number, number>;
  /** The same with this project's augmentation, in the largest batch. */
  augmentedStep?: number;
  /** Forward pass, by batch size. */
  forward: Record<number, number>;
  /** From pixels 0–255 to the base's features in memory. */
  features: number;
  /** Training step and forward pass of other networks that the engine knows, in the largest batches. */
  networks: Record<string, { step: number; forward: number }>;
  versions: Record<string, string>;
  /** How the engine was set up. */
  configuration: string;
  /** Largest resident memory of the process so far. */
  peakMegabytes: number;
}

/** What came of learning MNIST. */
interface Learnt {
  /** From start to end of the process. */
  seconds: number;
  /** On the test pictures, 0–1. */
  accuracy: number;
  /** Largest resident memory; 0 where nobody says it. */
  peakMegabytes: number;
}

/** Load a core up to which a machine counts as quiet: before the first turn, and before any. */
const [QUIET_AT_START, QUIET] = [0.5, 1.5];

/** The batch size of the targets and of the chart. */
const TARGET_BATCH = 128;

/** What came of measuring something in turn with others. */
interface Turns<Contender, Result> {
  contender: Contender;
  results: Result[];
  /** Why it is missing. */
  missing?: string;
}

type EngineTurns = Turns<{ key: string; name: string; threads: number }, Answer>;
type LearnerTurns = Turns<{ key: string; name: string }, Learnt>;

/** Day, machine, and processes that ran or waited for a core, averaged over a minute. */
interface About {
  /** `YYYY-MM-DD`. */
  date: string;
  machine: Runs["machine"];
  /** Before the first turn, and before any. */
  load: { atStart: number; highest: number };
}

/**
 * Puts medians, ratios, targets and missing engines together.
 *
 * @param threads Numbers of threads with which the project promises something; none if it does not.
 * @returns Figures, and as Markdown and as chart what they say.
 */
export function reportBenchmark(
  about: About,
  measured: EngineTurns[],
  learnt: LearnerTurns[],
  threads: number[],
) {
  const benchmark = summarise(about, measured, learnt, threads);
  const isMeasured = benchmark.engines.length + benchmark.learning.length > 0;
  return {
    benchmark,
    text: describe(benchmark),
    chart: threads.length > 0 && isMeasured ? draw(benchmark) : undefined,
  };
}

type Benchmark = ReturnType<typeof summarise>;

function summarise(
  about: About,
  measured: EngineTurns[],
  learnt: LearnerTurns[],
  threads: number[],
) {
  const engines = measured.filter(({ missing }) => !missing).map(summariseEngine);
  const learning = learnt.filter(({ missing }) => !missing).map(summariseLearner);
  const { machine: { cores }, load } = about;
  return {
    ...about,
    /** Whether other work took so much of the machine that the figures decide nothing. */
    busy: load.atStart > QUIET_AT_START * cores || load.highest > QUIET * cores,
    engines,
    learning,
    targets: threads.length > 0 ? targetsOf(engines, learning, threads) : [],
    missing: [
      ...measured.map(({ contender: { name }, missing: reason }) => ({ name, reason })),
      ...learnt.map(({ contender: { name }, missing: reason }) => ({
        name: `${name}, to 99 %`,
        reason,
      })),
    ].filter(({ reason }) => reason),
  };
}

type EngineResult = ReturnType<typeof summariseEngine>;

/** Median times and largest memory over all rounds. */
function summariseEngine({ contender: { key, name, threads }, results }: EngineTurns) {
  const { versions, configuration } = results[0];
  const times = results.map(({ versions: _, configuration: __, ...times }) => times);
  return {
    key,
    name,
    threads,
    versions,
    configuration,
    ...combine(times, median),
    rounds: results.length,
    peakMegabytes: Math.max(...results.map(({ peakMegabytes }) => peakMegabytes)),
  };
}

type LearningResult = ReturnType<typeof summariseLearner>;

/** Median time, lowest accuracy and largest memory over all rounds. */
function summariseLearner({ contender: { key, name }, results }: LearnerTurns) {
  return {
    key,
    name,
    seconds: median(results.map(({ seconds }) => seconds)),
    accuracy: Math.min(...results.map(({ accuracy }) => accuracy)),
    peakMegabytes: Math.max(...results.map(({ peakMegabytes }) => peakMegabytes)),
    rounds: results.length,
  };
}

type Time = (engine?: EngineResult) => number | undefined;

/** Something that the project promises. */
interface Target {
  name: string;
  /** The measured value; none if what it takes is missing. */
  value?: number;
  /** What the value may at most be; at least if `atLeast`. */
  limit: number;
  atLeast?: boolean;
}

function targetsOf(
  engines: EngineResult[],
  learning: LearningResult[],
  threads: number[],
): Target[] {
  const of = (key: string, threads: number) =>
    engines.find((engine) => engine.key === key && engine.threads === threads);
  const ratio = (a?: number, b?: number) => a === undefined || b === undefined ? undefined : a / b;
  /** Our time divided by theirs, with every number of threads. */
  const against = (
    peer: "PyTorch" | "Keras",
    what: string,
    timeOf: Time,
    limit: number,
  ): Target[] =>
    threads.map((threads) => ({
      name: `${what} ÷ ${peer}, batch ${TARGET_BATCH}, ${countOf(threads, "thread")}`,
      value: ratio(timeOf(of("ours", threads)), timeOf(of(peer.toLowerCase(), threads))),
      limit,
    }));
  const step: Time = (engine) => engine?.step[TARGET_BATCH];
  const passed = learning.filter(({ accuracy }) => accuracy >= 0.99);
  const first = (key: string) => passed.find((learner) => learner.key === key)?.seconds;
  return [
    ...against("PyTorch", "training step", step, 1),
    ...against("Keras", "training step", step, 1),
    ...against("PyTorch", "forward", (engine) => engine?.forward[TARGET_BATCH], 1),
    ...networksOf(engines).flatMap((name) =>
      against("PyTorch", `training step of ${name}`, (engine) => engine?.networks[name]?.step, 1.2)
    ),
    ...(threads.length < 2 ? [] : [{
      name: "training with one worker ÷ with two",
      value: ratio(step(of("ours", 1)), step(of("ours", 2))),
      limit: 1.6,
      atLeast: true,
    }]),
    {
      name: "seconds of the whole frozen stage",
      value: passed.findLast(({ key }) => key === "ours")?.seconds,
      limit: 35,
    },
    { name: "time to 99 % ÷ Keras", value: ratio(first("ours"), first("keras")), limit: 0.5 },
  ];
}

function networksOf(engines: EngineResult[]): string[] {
  return [...new Set(engines.flatMap(({ networks }) => Object.keys(networks)))];
}

function describe({ load, busy, engines, learning, targets, missing }: Benchmark): string {
  const tables = [
    timesTable("Training step, µs a picture", engines, bySize(engines, "step")),
    timesTable("Forward, µs a picture", engines, bySize(engines, "forward")),
    networksTable(
      targets.length > 0 ? "Other bases" : "Networks of others by plain tfjs",
      engines,
    ),
    timesTable("Others, µs a picture", engines, [
      ["feature extraction", (engine) => engine?.features],
      [
        `training step, batch ${TARGET_BATCH}, with augmentation`,
        (engine) => engine?.augmentedStep,
      ],
    ], { "peak memory, MB": ({ peakMegabytes }) => peakMegabytes.toFixed(0) }),
    learningTable(learning),
    targets.length === 0 ? "" : table(
      ["target", "measured", "limit", ""],
      targets.map((target) => [
        target.name,
        target.value?.toFixed(2) ?? "–",
        `${target.atLeast ? "≥" : "≤"} ${target.limit}`,
        verdictOn(target, busy),
      ]),
    ),
  ];
  return [
    busy
      ? `Other work was running (load ${load.atStart.toFixed(1)} before the start, up to ${
        load.highest.toFixed(1)
      } later): these figures decide nothing.`
      : "",
    ...tables,
    list(
      "Set-up:",
      engines.map((engine) => {
        const versions = Object.entries(engine.versions).map((pair) => pair.join(" ")).join(", ");
        const rounds = countOf(engine.rounds, "round");
        return `${engine.name}: ${engine.configuration} (${versions}), ${rounds}`;
      }),
    ),
    list("Missing:", missing.map(({ name, reason }) => `${name}: ${reason}`)),
    "Medians of alternating rounds.",
  ].filter((part) => part).join("\n\n");
}

function verdictOn({ value, limit, atLeast }: Target, busy: boolean): string {
  if (value === undefined) return "not measured";
  if (busy) return "undecided";
  return (atLeast ? value >= limit : value <= limit) ? "met" : "missed";
}

function bySize(engines: EngineResult[], what: "step" | "forward"): [string, Time][] {
  const sizes = new Set(engines.flatMap((engine) => Object.keys(engine[what]).map(Number)));
  return [...sizes].sort((a, b) => a - b)
    .map((size) => [`batch ${size}`, (engine) => engine?.[what][size]]);
}

/** Training steps and forward passes of the engines that know other networks. */
function networksTable(title: string, engines: EngineResult[]): string {
  const times = networksOf(engines).flatMap((name): [string, Time][] => [
    [`${name}, training step`, (engine) => engine?.networks[name]?.step],
    [`${name}, forward`, (engine) => engine?.networks[name]?.forward],
  ]);
  const knowing = engines.filter(({ networks }) => Object.keys(networks).length > 0);
  return timesTable(`${title}, batch ${TARGET_BATCH}, µs a picture`, knowing, times);
}

/** Times of engines, each with this project's time with as many threads divided by it. */
function timesTable(
  title: string,
  engines: EngineResult[],
  times: [string, Time][],
  others: Record<string, (engine: EngineResult) => string> = {},
): string {
  if (engines.length === 0) return "";
  const cell = (engine: EngineResult, timeOf: Time) => {
    const time = timeOf(engine);
    if (time === undefined) return "–";
    const ours = engines.find(({ key, threads }) => key === "ours" && threads === engine.threads);
    const ourTime = timeOf(ours);
    return ourTime === undefined || engine === ours
      ? time.toFixed(0)
      : `${time.toFixed(0)} (${(ourTime / time).toFixed(2)})`;
  };
  return table(
    [`${title} (ours ÷ theirs)`, ...times.map(([name]) => name), ...Object.keys(others)],
    engines.map((engine) => [
      engine.name,
      ...times.map(([, timeOf]) => cell(engine, timeOf)),
      ...Object.values(others).map((other) => other(engine)),
    ]),
  );
}

function learningTable(learning: LearningResult[]): string {
  if (learning.length === 0) return "";
  const ours = learning.find(({ key }) => key === "ours");
  const rounds = countOf(learning[0].rounds, "round");
  return table(
    [
      `Cold start to 99 % (ours ÷ theirs), ${rounds}`,
      "seconds",
      "test accuracy",
      "peak memory, MB",
    ],
    learning.map(({ key, name, seconds, accuracy, peakMegabytes }) => [
      name,
      seconds.toFixed(1) +
      (ours && key !== "ours" ? ` (${(ours.seconds / seconds).toFixed(2)})` : ""),
      `${(100 * accuracy).toFixed(2)} %`,
      peakMegabytes ? peakMegabytes.toFixed(0) : "–",
    ]),
  );
}

function list(title: string, lines: string[]): string {
  return lines.length === 0 ? "" : [title, ...lines.map((line) => `- ${line}`)].join("\n");
}

/** "1 thread", "2 threads". */
function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/**
 * Draws the time of a training step and of a forward pass in batches of 128, and of a whole run to
 * 99 %; shorter is better. One point for each engine, on a logarithmic axis, this project's in blue.
 *
 * @returns A Vega-Lite v5 chart with a panel for each thing that was measured.
 */
function draw({ date, busy, machine, engines, learning }: Benchmark): Spec {
  const rowsOf = (what: "step" | "forward") =>
    engines.map(({ key, name, [what]: times }) => ({ key, name, value: times[TARGET_BATCH] }));
  const learningRows = learning.map(({ key, name, seconds: value }) => ({ key, name, value }));
  return {
    ...THEME,
    title: {
      text: "Time to train and to read digits: further left is faster",
      subtitle: `${machine.cpu}, ${machine.cores} cores, ${date}; batch ${TARGET_BATCH}, log scale${
        busy ? "; disturbed by other work" : ""
      }`,
    },
    spacing: 24,
    vconcat: [
      panelOf("Training step, µs a picture", rowsOf("step"), ".0f"),
      panelOf("Forward, µs a picture", rowsOf("forward"), ".0f"),
      panelOf("Cold start to 99 %, seconds", learningRows, ".1f"),
    ].flat(),
  };
}

/** @returns No panel if there is nothing to show on it. */
function panelOf(
  title: string,
  rows: { key: string; name: string; value: number }[],
  format: string,
): View[] {
  if (rows.length === 0) return [];
  const color = {
    condition: { test: "datum.key === 'ours'", value: COLORS.right },
    value: COLORS.muted,
  };
  const values = rows.map(({ value }) => value);
  const x = {
    field: "value",
    type: "quantitative" as const,
    scale: {
      type: "log" as const,
      domain: [Math.min(...values) / 1.5, Math.max(...values) * 1.5],
      nice: false,
    },
    axis: null,
  };
  const y = {
    field: "name",
    type: "nominal" as const,
    sort: { field: "value", order: "ascending" as const },
    axis: { title: null, domain: false, grid: true, labelLimit: 0 },
  };
  return [{
    title: { text: title, fontSize: 13, offset: 12 },
    width: 420,
    height: { step: 26 },
    data: { values: rows },
    layer: [
      { mark: { type: "circle", size: 90, opacity: 1 }, encoding: { x, y, color } },
      {
        mark: { type: "text", align: "left", dx: 9, fontWeight: 600 },
        encoding: { x, y, color, text: { field: "value", type: "quantitative", format } },
      },
    ],
  }];
}
