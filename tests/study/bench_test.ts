import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { UsageError } from "../../lib/flags.ts";
import { bench } from "../../lib/study/bench.ts";
import { reportBenchmark } from "../../lib/study/bench/report.ts";
import { textsOf } from "../plot/chart_inspection.ts";
import { withFolder } from "../temporary_folder.ts";

const FAKE_PEER = fromFileUrl(new URL("./fake_peer.ts", import.meta.url));
const ABOUT = {
  date: "2026-01-01",
  machine: { cpu: "A processor", cores: 2, os: "An OS" },
  load: { atStart: 0, highest: 2 },
};

/** What came of three runs of a command that learns. */
function learnt(key: string, seconds: number, accuracy: number, peakMegabytes: number) {
  const results = [0, 1, -1].map((more) => ({
    seconds: seconds + more,
    accuracy: accuracy + Math.abs(more) / 1000,
    peakMegabytes: Math.max(0, peakMegabytes - Math.abs(more)),
  }));
  return { contender: { key, name: `The ${key}` }, results };
}

/** What came of three rounds of an engine, or of the one of a slow one: times that are `factor`, twice that, and so on. */
function measured(key: string, threads: number, factor: number, isSlow = false) {
  const results = (isSlow ? [1] : [1, 2, 3]).map((round) => {
    const time = factor * round;
    return {
      versions: { fake: "1.0" },
      configuration: isSlow ? "8 pictures" : "256 pictures",
      step: { ...(!isSlow && { 32: time }), 128: time } as Record<number, number>,
      forward: { 128: time },
      features: 10 * time,
      networks: key === "ours" || key === "pytorch"
        ? { "cnn-residual": { step: 2 * time, forward: time } }
        : {} as Record<string, { step: number; forward: number }>,
      peakMegabytes: round,
    };
  });
  const name = `The ${key}, ${threads} ${threads === 1 ? "thread" : "threads"}`;
  return { contender: { key, name, threads }, results };
}

Deno.test("reportBenchmark() gives medians, ratios, targets and what is missing", async () => {
  const outcomes = [
    measured("ours", 1, 100),
    measured("ours", 2, 50),
    measured("pytorch", 1, 200),
    measured("keras", 2, 40),
    measured("composed", 1, 4000, true),
    { ...measured("absent", 1, 1), missing: "no-such-program is not installed" },
  ];
  const learning = [
    learnt("ours", 30, 0.994, 400),
    learnt("keras", 50, 0.991, 0),
    { ...learnt("pytorch", 40, 0.991, 0), missing: "it is not there" },
  ];
  const { text, chart } = reportBenchmark(ABOUT, outcomes, learning, [1, 2]);
  const shown = await textsOf(chart!);
  for (const name of ["The keras, 2 threads", "4000", "50.0", "Cold start to 99 %, seconds"]) {
    assert(shown.includes(name), name);
  }
  assertEquals(
    text,
    `| Training step, µs a picture (ours ÷ theirs) | batch 32 | batch 128 |
|---|--:|--:|
| The ours, 1 thread | 200 | 200 |
| The ours, 2 threads | 100 | 100 |
| The pytorch, 1 thread | 400 (0.50) | 400 (0.50) |
| The keras, 2 threads | 80 (1.25) | 80 (1.25) |
| The composed, 1 thread | – | 4000 (0.05) |

| Forward, µs a picture (ours ÷ theirs) | batch 128 |
|---|--:|
| The ours, 1 thread | 200 |
| The ours, 2 threads | 100 |
| The pytorch, 1 thread | 400 (0.50) |
| The keras, 2 threads | 80 (1.25) |
| The composed, 1 thread | 4000 (0.05) |

| Other bases, batch 128, µs a picture (ours ÷ theirs) | cnn-residual, training step | cnn-residual, forward |
|---|--:|--:|
| The ours, 1 thread | 400 | 200 |
| The ours, 2 threads | 200 | 100 |
| The pytorch, 1 thread | 800 (0.50) | 400 (0.50) |

| Others, µs a picture (ours ÷ theirs) | feature extraction | training step, batch 128, with augmentation | peak memory, MB |
|---|--:|--:|--:|
| The ours, 1 thread | 2000 | – | 3 |
| The ours, 2 threads | 1000 | – | 3 |
| The pytorch, 1 thread | 4000 (0.50) | – | 3 |
| The keras, 2 threads | 800 (1.25) | – | 3 |
| The composed, 1 thread | 40000 (0.05) | – | 1 |

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
  return bench.run({ rounds: 5, quick: false, ...flags }, () => {});
}

/** Runs it with a Python that is this script for a shell, in a temporary folder. */
function runWithPython(script: string[], flags: Record<string, string | number>) {
  return withFolder(async (out) => {
    const python = join(out, "python");
    await Deno.writeTextFile(python, ["#!/bin/sh", ...script].join("\n"), { mode: 0o755 });
    return await runBench({ rounds: 2, python, out, ...flags });
  });
}

Deno.test("bench gives engines what to measure, and takes the median of what they answer round by round", async () => {
  const report = await runWithPython(
    [`exec '${Deno.execPath()}' run --quiet --no-config '${FAKE_PEER}' "$@"`],
    { part: "steps", only: "pytorch", rounds: 3 },
  );
  for (
    const line of [
      "| Training step, µs a picture (ours ÷ theirs) | batch 8 | batch 32 | batch 128 |",
      "| PyTorch, 1 thread | 20 | 20 | 20 |",
      "| Forward, µs a picture (ours ÷ theirs) | batch 1 | batch 8 | batch 128 |",
      "| cnn-residual, training step | cnn-residual, forward | cnn-depthwise, training step |",
      "| PyTorch, 1 thread | 40 | 20 | 40 | 20 |",
      "- PyTorch, 1 thread: 1024 pictures, 3 readings (fake 1.0), 3 rounds",
    ]
  ) assertStringIncludes(report, line);
});

Deno.test("bench says why an engine gives no answer", async () => {
  const failing = "throw new Error('Expected a module but found none')";
  for (
    const [script, reason] of [
      ["echo no data >&2; exit 1", "no data"],
      [
        `exec '${Deno.execPath()}' eval "${failing}"`,
        "error: Uncaught (in promise) Error: Expected a module but found none",
      ],
      ["exit 0", "it ended without an answer"],
      ["echo hello; echo no data >&2", "Expected an answer in JSON but found hello"],
    ]
  ) {
    const report = await runWithPython([script], { part: "steps", only: "pytorch" });
    assertStringIncludes(report, `- PyTorch, 1 thread: ${reason}\n`);
  }
});

const LEARNING = { part: "learning", only: "keras" };

Deno.test("bench says why a command that learns fails", async () => {
  const report = await runWithPython(["echo 'no data' >&2; exit 1"], LEARNING);
  assertStringIncludes(report, "- Keras, to 99 %: no data\n");
});

Deno.test("bench gives its peers MNIST's files, and believes the last line that they print", async () => {
  const sizes = await Deno.makeTempFile();
  try {
    const report = await runWithPython([
      `cd "$4" && wc -c * >> ${sizes}`,
      'echo "epoch 1"; echo \'{"accuracy": 0.9912}\'',
    ], LEARNING);
    assertMatch(report, /\| Keras \| \d+\.\d \| 99\.12 % \|/);
    const written = (await Deno.readTextFile(sizes)).trim().split("\n").map((line) => line.trim());
    const files = [
      "7840016 t10k-images-idx3-ubyte",
      "10008 t10k-labels-idx1-ubyte",
      "47040016 train-images-idx3-ubyte",
      "60008 train-labels-idx1-ubyte",
      "54950048 total",
    ];
    assertEquals(written, [...files, ...files]);
  } finally {
    await Deno.remove(sizes);
  }
});

Deno.test("reportBenchmark() says on the chart that the machine was busy", async () => {
  const load = { atStart: 2, highest: 2 };
  const { chart } = reportBenchmark({ ...ABOUT, load }, [measured("ours", 1, 100)], [], [1]);
  assertEquals((await textsOf(chart!)).toSorted(), [
    "200",
    "200",
    "A processor, 2 cores, 2026-01-01; batch 128, log scale; disturbed by other work",
    "Forward, µs a picture",
    "The ours, 1 thread",
    "The ours, 1 thread",
    "Time to train and to read digits: further left is faster",
    "Training step, µs a picture",
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
