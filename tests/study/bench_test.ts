import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { UsageError } from "../../lib/flags.ts";
import { startEngines } from "../../lib/study/bench/engines.ts";
import { reportBenchmark } from "../../lib/study/bench/report.ts";
import { STUDIES } from "../../lib/study/studies.ts";
import type { Observer } from "../../lib/observer.ts";
import { Runs, runStudy } from "../../lib/study/study.ts";
import { textsOf } from "../plot/chart_inspection.ts";
import { withFolder } from "../temporary_folder.ts";

const FAKE_PEER = fromFileUrl(new URL("./fake_peer.ts", import.meta.url));
const AMOUNT = {
  stepBatches: [32, 128],
  forwardBatches: [128],
  pictures: 256,
  repeats: 3,
  bases: ["cnn-residual"],
  models: ["LSTM"],
};
const LITTLE = {
  stepBatches: [8],
  forwardBatches: [8],
  pictures: 8,
  repeats: 1,
  bases: [],
  models: [],
};
const ABOUT = {
  date: "2026-01-01",
  machine: { cpu: "A processor", cores: 2, os: "An OS" },
  load: { atStart: 0, highest: 2 },
};

/** An engine whose times are `factor` in the first round, twice that in the second, and so on. */
function fake(key: string, threads: number, factor: number) {
  const command = [Deno.execPath(), "run", "--quiet", "--no-config", FAKE_PEER, String(factor)];
  return { key, name: `The ${key}`, threads, command };
}

function broken(key: string, ...command: string[]) {
  return { key, name: `The ${key}`, threads: 1, command };
}

type Engine = Parameters<ReturnType<typeof startEngines>["measure"]>[0];

/** Lets engines measure in turn. */
async function measureInTurns(engines: Engine[], rounds: number, observer: Observer = () => {}) {
  await using processes = startEngines(AMOUNT);
  return await new Runs("", observer).inTurns(engines, rounds, processes.measure);
}

/** What came of three runs of a command that learns. */
function learnt(key: string, seconds: number, accuracy: number, peakMegabytes: number) {
  const results = [0, 1, -1].map((more) => ({
    seconds: seconds + more,
    accuracy: accuracy + Math.abs(more) / 1000,
    peakMegabytes: Math.max(0, peakMegabytes - Math.abs(more)),
  }));
  return { contender: { key, name: `The ${key}` }, results };
}

Deno.test("Runs.inTurns() alternates, and asks slow engines once and for little", async () => {
  const turns: string[] = [];
  const slow = { ...fake("slow", 1, 5), once: LITTLE };
  const outcomes = await measureInTurns(
    [fake("ours", 1, 1), slow],
    3,
    (news) => news.kind === "note" && turns.push(news.text),
  );
  assertEquals(
    turns,
    ["round 1: The ours", "round 1: The slow", "round 2: The ours", "round 3: The ours"],
  );
  assertEquals(outcomes.map(({ results }) => results.map(({ step }) => step)), [
    [{ 32: 1, 128: 1 }, { 32: 2, 128: 2 }, { 32: 3, 128: 3 }],
    [{ 8: 5 }],
  ]);
  assertEquals(outcomes.map(({ results }) => results[0].configuration), [
    "256 pictures",
    "8 pictures",
  ]);
});

Deno.test("Runs.inTurns() names engines that are missing and goes on with the others", async () => {
  const failing = "console.log('hello'); throw new Error('Expected a module but found none')";
  const outcomes = await measureInTurns(
    [
      broken("absent", "no-such-program"),
      broken("failing", Deno.execPath(), "eval", failing.replace("console.log('hello');", "")),
      broken("silent", Deno.execPath(), "eval", ""),
      broken("babbling", Deno.execPath(), "eval", failing),
      fake("ours", 1, 1),
    ],
    2,
  );
  assertEquals(outcomes.map(({ missing, results }) => [missing, results.length]), [
    ["no-such-program is not installed", 0],
    ["error: Uncaught (in promise) Error: Expected a module but found none", 0],
    ["it ended without an answer", 0],
    ["Expected an answer in JSON but found hello", 0],
    [undefined, 2],
  ]);
});

/** What came of three rounds of an engine, or of the one of a slow one: times that are `factor`, twice that, and so on. */
function measured(key: string, threads: number, factor: number, isSlow = false) {
  const { stepBatches, forwardBatches, pictures, bases, models } = isSlow ? LITTLE : AMOUNT;
  const results = (isSlow ? [1] : [1, 2, 3]).map((round) => {
    const times = (names: (string | number)[]) =>
      Object.fromEntries(names.map((name) => [name, factor * round]));
    const networks = (names: string[]) =>
      Object.fromEntries(
        names.map((name) => [name, { step: factor * round * 2, forward: factor * round }]),
      );
    return {
      versions: { fake: "1.0" },
      configuration: `${pictures} pictures`,
      step: times(stepBatches),
      forward: times(forwardBatches),
      features: factor * round * 10,
      bases: networks(bases),
      models: networks(models),
      peakMegabytes: round,
    };
  });
  return { contender: { key, name: `The ${key}`, threads }, results };
}

Deno.test("reportBenchmark() gives medians, ratios, targets and what is missing", async () => {
  const outcomes = [
    measured("ours", 1, 100),
    measured("ours", 2, 50),
    measured("pytorch", 1, 200),
    measured("keras", 2, 40),
    measured("composed", 1, 90000, true),
    { ...measured("absent", 1, 1), missing: "no-such-program is not installed" },
  ];
  const learning = [
    learnt("ours", 30, 0.994, 400),
    learnt("keras", 50, 0.991, 0),
    { ...learnt("pytorch", 40, 0.991, 0), missing: "it is not there" },
  ];
  const { text, chart } = reportBenchmark(ABOUT, outcomes, learning, [1, 2]);
  const shown = await textsOf(chart!);
  for (const name of ["The keras, 2 threads", "90000 (batch 8)", "Cold start to 99 %, seconds"]) {
    assert(shown.includes(name), name);
  }
  assertEquals(
    text,
    `| Training step, µs a picture (ours ÷ theirs) | batch 8 | batch 32 | batch 128 |
|---|--:|--:|--:|
| The ours, 1 thread | – | 200 | 200 |
| The ours, 2 threads | – | 100 | 100 |
| The pytorch, 1 thread | – | 400 (0.50) | 400 (0.50) |
| The keras, 2 threads | – | 80 (1.25) | 80 (1.25) |
| The composed, 1 thread | 90000 | – | – |

| Forward, µs a picture (ours ÷ theirs) | batch 8 | batch 128 |
|---|--:|--:|
| The ours, 1 thread | – | 200 |
| The ours, 2 threads | – | 100 |
| The pytorch, 1 thread | – | 400 (0.50) |
| The keras, 2 threads | – | 80 (1.25) |
| The composed, 1 thread | 90000 | – |

| Other bases, batch 128, µs a picture (ours ÷ theirs) | cnn-residual, training step | cnn-residual, forward |
|---|--:|--:|
| The ours, 1 thread | 400 | 200 |
| The ours, 2 threads | 200 | 100 |
| The pytorch, 1 thread | 800 (0.50) | 400 (0.50) |
| The keras, 2 threads | 160 (1.25) | 80 (1.25) |

| Networks of others by plain tfjs, batch 128, µs a picture (ours ÷ theirs) | LSTM, training step | LSTM, forward |
|---|--:|--:|
| The ours, 1 thread | 400 | 200 |
| The ours, 2 threads | 200 | 100 |
| The pytorch, 1 thread | 800 (0.50) | 400 (0.50) |
| The keras, 2 threads | 160 (1.25) | 80 (1.25) |

| Others, µs a picture (ours ÷ theirs) | feature extraction | training step, batch 128, with augmentation | peak memory, MB |
|---|--:|--:|--:|
| The ours, 1 thread | 2000 | – | 3 |
| The ours, 2 threads | 1000 | – | 3 |
| The pytorch, 1 thread | 4000 (0.50) | – | 3 |
| The keras, 2 threads | 800 (1.25) | – | 3 |
| The composed, 1 thread | 900000 (0.002) | – | 1 |

| Cold start to 99 % (ours ÷ theirs), 3 rounds | seconds | test accuracy | peak memory, MB |
|---|--:|--:|--:|
| The ours | 30.0 | 99.40 % | 400 |
| The keras | 50.0 (0.60) | 99.10 % | – |

| target | measured | limit |  |
|---|--:|--:|---|
| training step ÷ PyTorch, batch 128, 1 thread | 0.50 | ≤ 1 | met |
| training step ÷ PyTorch, batch 128, 2 threads | – | ≤ 1 | not measured |
| training step ÷ Keras, batch 128, 1 thread | – | ≤ 1 | not measured |
| training step ÷ Keras, batch 128, 2 threads | 1.25 | ≤ 1 | missed |
| forward ÷ PyTorch, batch 128, 1 thread | 0.50 | ≤ 1 | met |
| forward ÷ PyTorch, batch 128, 2 threads | – | ≤ 1 | not measured |
| training step of cnn-residual ÷ PyTorch, batch 128, 1 thread | 0.50 | ≤ 1.2 | met |
| training step of cnn-residual ÷ PyTorch, batch 128, 2 threads | – | ≤ 1.2 | not measured |
| training with one worker ÷ with two | 2.00 | ≥ 1.6 | met |
| seconds of the whole frozen stage | 30.00 | ≤ 35 | met |
| time to 99 % ÷ Keras | 0.60 | ≤ 0.5 | missed |

Set-up:
- The ours, 1 thread: 256 pictures (fake 1.0), 3 rounds
- The ours, 2 threads: 256 pictures (fake 1.0), 3 rounds
- The pytorch, 1 thread: 256 pictures (fake 1.0), 3 rounds
- The keras, 2 threads: 256 pictures (fake 1.0), 3 rounds
- The composed, 1 thread: 8 pictures (fake 1.0), 1 round

Missing:
- The absent, 1 thread: no-such-program is not installed
- The pytorch, to 99 %: it is not there

Medians of alternating rounds.`,
  );
});

Deno.test("reportBenchmark() takes a run below 99 % for no run to 99 %, and can do without targets", () => {
  const outcomes = [learnt("ours", 1, 0.98, 1), learnt("keras", 9, 0.99, 1)];
  const { targets } = reportBenchmark(ABOUT, [], outcomes, [1]).benchmark;
  assertEquals(targets.slice(-2).map(({ value }) => value), [undefined, undefined]);
  const { benchmark, chart } = reportBenchmark(ABOUT, [], outcomes, []);
  assertEquals([benchmark.targets, chart], [[], undefined]);
});

Deno.test("reportBenchmark() decides nothing on a busy machine", () => {
  for (const load of [{ atStart: 1.1, highest: 2 }, { atStart: 0.2, highest: 3.1 }]) {
    const { text } = reportBenchmark({ ...ABOUT, load }, [], [learnt("ours", 30, 0.99, 1)], [1]);
    assertStringIncludes(
      text,
      `Other work was running (load ${load.atStart} before the start, up to ${
        load.highest.toFixed(1)
      } later): these figures decide nothing.`,
    );
    assertStringIncludes(
      text,
      "| seconds of the whole frozen stage | 30.00 | ≤ 35 | undecided |",
    );
  }
});

/** Runs the study as its task does, and returns its report. */
function runBench(flags: Record<string, string | number>): Promise<string> {
  const bench = STUDIES.find(({ name }) => name === "bench")!;
  return runStudy(bench, { rounds: 5, quick: false, ...flags }, () => {});
}

/** The report of what a peer learns. */
function learnWith(python: string, out: string): Promise<string> {
  return runBench({ rounds: 2, part: "learning", only: "keras", python, out });
}

Deno.test("bench says why a command that learns fails", () =>
  withFolder(async (folder) => {
    const python = join(folder, "python");
    await Deno.writeTextFile(python, "#!/bin/sh\necho 'no data' >&2; exit 1", { mode: 0o755 });
    assertStringIncludes(await learnWith(python, folder), "- Keras, to 99 %: no data\n");
  }));

Deno.test("bench gives its peers MNIST's files, and believes the last line that they print", () =>
  withFolder(async (folder) => {
    const python = join(folder, "python");
    const sizes = join(folder, "sizes");
    const lines = [
      "#!/bin/sh",
      `cd "\${4#--data=}" && wc -c * >> ${sizes}`,
      'echo "epoch 1"; echo \'{"accuracy": 0.9912}\'',
    ];
    await Deno.writeTextFile(python, lines.join("\n"), { mode: 0o755 });
    assertMatch(await learnWith(python, folder), /\| Keras \| \d+\.\d \| 99\.12 % \|/);
    const written = (await Deno.readTextFile(sizes)).trim().split("\n").map((line) => line.trim());
    const files = [
      "7840016 t10k-images-idx3-ubyte",
      "10008 t10k-labels-idx1-ubyte",
      "47040016 train-images-idx3-ubyte",
      "60008 train-labels-idx1-ubyte",
      "54950048 total",
    ];
    assertEquals(written, [...files, ...files]);
  }));

Deno.test("reportBenchmark() says on the chart where it shows a smaller batch", async () => {
  const measured = (key: string, threads: number, step: Record<number, number>) => ({
    contender: { key, name: key, threads },
    results: [{ step, forward: {}, versions: {}, configuration: "", peakMegabytes: 1 }],
  });
  const { chart } = reportBenchmark(
    { ...ABOUT, load: { atStart: 2, highest: 2 } },
    [
      measured("ours", 1, { 8: 700, 128: 500, 512: 400 }),
      measured("slow", 2, { 8: 9000 }),
    ],
    [],
    [1],
  );
  assertEquals((await textsOf(chart!)).toSorted(), [
    "500",
    "9000 (batch 8)",
    "A processor, 2 cores, 2026-01-01; batch 128, log scale; disturbed by other work",
    "Time to train and to read digits: further left is faster",
    "Training step, µs a picture",
    "ours, 1 thread",
    "slow, 2 threads",
  ]);
});

Deno.test("bench names a Python that is not installed, and rejects an engine that it does not know", () =>
  withFolder(async (out) => {
    const flags = { part: "steps", only: "pytorch", python: "no-python", out };
    const report = await runBench(flags);
    assertStringIncludes(report, "- PyTorch, 1 thread: no-python is not installed");
    assertStringIncludes(report, "Made by `deno task study bench --only pytorch --part steps` on");
    const { missing } = JSON.parse(await Deno.readTextFile(join(out, "benchmark.json")));
    assertEquals(missing[0], { name: "PyTorch, 1 thread", reason: "no-python is not installed" });
    await assertRejects(
      () => runBench({ ...flags, only: "caffe" }),
      UsageError,
      "Expected --only to name ours, pytorch, keras, composed but found caffe",
    );
  }));
