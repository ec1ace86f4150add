import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { runCommand } from "../../lib/cli/command_line.ts";
import { FLAGS } from "../../lib/flags.ts";
import { gzip, idxFile, imagesFile, writeMnist } from "../data/idx_files.ts";
import { saveRandomNetwork } from "../model/saved_networks.ts";
import { withFolder } from "../temporary_folder.ts";
import { runTask } from "./run_task.ts";

type Command = Parameters<typeof runCommand>[0];

const COMMAND: Omit<Command, "run"> = {
  name: "try",
  summary: "",
  example: "",
  flags: {
    base: { type: "text", help: "", value: "NAME", choices: ["cnn", "cnn-small"], default: "cnn" },
    data: { type: "text", help: "", value: "DIR" },
    epochs: { type: "integer", help: "", least: 1, most: 1000 },
    limit: { type: "integer", help: "", least: 10 },
    rate: { type: "number", help: "", least: 1e-7, most: 1, default: 0.5 },
    resume: { type: "switch", help: "" },
  },
};

/** Runs a command here, without the end of the process: what it was given, what it said, and its exit code. */
async function call(args: string[], changes: Partial<Command> = {}) {
  const { exit } = Deno;
  const { log, error } = console;
  const outcome: { code?: number; values?: unknown; operands?: string[]; said: string[] } = {
    said: [],
  };
  Deno.exit = (code) => (outcome.code = code) as never;
  console.log = console.error = (line: string) => outcome.said.push(line);
  try {
    await runCommand({
      ...COMMAND,
      run: (values, operands) => Promise.resolve(void Object.assign(outcome, { values, operands })),
      ...changes,
    }, args);
    return outcome;
  } finally {
    Deno.exit = exit;
    Object.assign(console, { log, error });
  }
}

Deno.test("runCommand() gives defaults, nothing and false where no flag is given", async () => {
  assertEquals(await call([]), {
    code: 0,
    values: {
      base: "cnn",
      data: undefined,
      epochs: undefined,
      limit: undefined,
      rate: 0.5,
      resume: false,
    },
    operands: [],
    said: [],
  });
});

Deno.test("runCommand() reads values after a space or an equals sign, the last one winning", async () => {
  const args = "--base=cnn-small --data a=b --epochs 3 --epochs 4 --rate 1e-3 --resume".split(" ");
  assertEquals((await call(args)).values, {
    base: "cnn-small",
    data: "a=b",
    epochs: 4,
    limit: undefined,
    rate: 0.001,
    resume: true,
  });
});

Deno.test("runCommand() explains in place of running where help is asked for", async () => {
  for (const args of [["--help"], ["-h"], ["--resume", "--help", "--nonsense"]]) {
    const { code, values, said: [text] } = await call(args);
    assertEquals([code, values], [0, undefined]);
    assertMatch(text, /^Usage: deno task try \[flags\]$/m);
  }
});

Deno.test("runCommand() has as many workers as the machine has cores", async () => {
  const { values } = await call([], { flags: { workers: FLAGS.workers } });
  assertEquals(values, { workers: navigator.hardwareConcurrency });
});

/** Whether a task is not run, and says this in place. */
async function assertRefuses(args: string[], message: string, changes: Partial<Command> = {}) {
  const said = [`try: ${message}`, "See deno task try --help"];
  assertEquals(await call(args, changes), { code: 2, said });
}

Deno.test("runCommand() reads what is no flag, and asks for it", async () => {
  const changes = { operands: { value: "FILE", help: "" } };
  const { operands } = await call(["--resume", "a", "--data", "b", "--", "--c"], changes);
  assertEquals(operands, ["a", "--c"]);
  await assertRefuses(["--resume"], "Expected at least one FILE but found none", changes);
});

const KNOWN = "Expected one of --base, --data, --epochs, --limit, --rate, --resume but found";
const EPOCHS = "Expected --epochs to be an integer from 1 to 1000 but found";
const RATE = "Expected --rate to be a number from 1e-7 to 1 but found";
const WRONG_FLAGS: [args: string[], message: string][] = [
  [["--epoch", "3"], `${KNOWN} --epoch`],
  [["-e", "3"], `${KNOWN} -e`],
  [["--no-resume"], `${KNOWN} --no-resume`],
  [["--constructor=3"], `${KNOWN} --constructor`],
  [["--Base", "cnn"], `${KNOWN} --Base`],
  [["train"], "Expected flags only but found train"],
  [["--resume", "yes"], "Expected flags only but found yes"],
  [["--", "train"], "Expected flags only but found train"],
  [["--resume=yes"], "Expected --resume without a value but found yes"],
  [["--data"], "Expected a value after --data but found none"],
  [["--data="], "Expected a value after --data but found none"],
  [["--data", ""], "Expected a value after --data but found none"],
  [["--data", "--resume"], "Expected a value after --data but found --resume"],
  [["--epochs"], "Expected a value after --epochs but found none"],
  [["--epochs", "--resume"], "Expected a value after --epochs but found --resume"],
  [["--epochs", "three"], `${EPOCHS} three`],
  [["--epochs", "2.5"], `${EPOCHS} 2.5`],
  [["--epochs", "0"], `${EPOCHS} 0`],
  [["--epochs", "-3"], `${EPOCHS} -3`],
  [["--epochs", "1001"], `${EPOCHS} 1001`],
  [["--epochs", " "], `${EPOCHS}  `],
  [["--epochs", "NaN"], `${EPOCHS} NaN`],
  [["--epochs", "3", "--epochs", "x"], `${EPOCHS} x`],
  [["--limit", "9"], "Expected --limit to be an integer of at least 10 but found 9"],
  [["--limit", "1e300"], "Expected --limit to be an integer of at least 10 but found 1e300"],
  [["--rate", "0"], `${RATE} 0`],
  [["--rate", "1.01"], `${RATE} 1.01`],
  [["--rate", "Infinity"], `${RATE} Infinity`],
  [["--rate", "0,001"], `${RATE} 0,001`],
  [["--base", "resnet"], "Expected --base to be cnn or cnn-small but found resnet"],
];

for (const [args, message] of WRONG_FLAGS) {
  Deno.test(`runCommand() refuses ${args.join(" ")}`, () => assertRefuses(args, message));
}

Deno.test("runCommand() keeps flags that tasks share in their ranges", async () => {
  const cases = [
    ["--seed", "lucky", "an integer from 0 to 2147483647"],
    ["--workers", "65", "an integer from 1 to 64"],
  ] as const;
  for (const [flag, value, range] of cases) {
    const message = `Expected ${flag} to be ${range} but found ${value}`;
    await assertRefuses([flag, value], message, { flags: FLAGS });
  }
});

Deno.test("a task explains its flags, with defaults and an example", async () => {
  const { code, stdout, stderr } = await runTask("train", "--help");
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^Usage: deno task train \[flags\]$/m);
  assertMatch(stdout, /^Example: deno task train/m);
  assertMatch(stdout, /^ {2}--help +show this$/m);
  assertMatch(stdout, /^ {2}--preset NAME +.*\(standard, mnist, best, robust\) \[standard\]$/m);
});

Deno.test("make lists what it makes, and explains each", async () => {
  const list = await runTask("make");
  assertEquals([list.code, list.stderr], [0, ""]);
  const names = [...list.stdout.matchAll(/^ {2}(\S+) {2}/gm)].map(([, name]) => name);
  assertEquals(names, ["backend", "base", "letters"]);
  const { code, stdout } = await runTask("make", "letters", "--help");
  assertEquals(code, 0);
  assertMatch(stdout, /^Usage: deno task make letters \[flags\]$/m);
  assertMatch(stdout, /^Example: deno task make letters/m);
});

interface WrongCall {
  name: string;
  /** Prepares `folder`. */
  arrange?: (folder: string) => Promise<void>;
  call: (folder: string) => [task: string, ...args: string[]];
  code: 1 | 2;
  message: (folder: string) => string;
}

/** Quick training on the pictures in the folder. */
const train = (folder: string, ...args: string[]): [string, ...string[]] => [
  "train",
  ..."--base cnn-small --workers 1 --epochs 1 --data".split(" "),
  folder,
  "--out",
  join(folder, "out"),
  ...args,
];

const checkpointIn = (folder: string) => join(folder, "out", "checkpoints", "training.safetensors");

const WRONG_CALLS: WrongCall[] = [
  {
    name: "two ways of learning at once",
    call: () => ["train", "--from-scratch", "--fine-tune", "2"],
    code: 2,
    message: () => "Expected --from-scratch or --fine-tune but found both",
  },
  {
    name: "a head that is solved and learnt",
    call: () => ["train", "--pictures", "signs", "--head", "solved", "--epochs", "3"],
    code: 2,
    message: () => "Expected --head solved or --epochs but found both",
  },
  {
    name: "an origin that no browser sends",
    call: () => ["serve", "--cors", "https://example.org,https://example.org/"],
    code: 2,
    message: () => "Expected --cors to list what browsers ask with but found https://example.org/",
  },
  {
    name: "something that nobody makes",
    call: () => ["make", "constructor", "--seed", "2"],
    code: 2,
    message: () => "Expected one of backend, base, letters but found constructor",
  },
  {
    name: "a base that there is not",
    call: () => ["train", "--base", "resnet"],
    code: 2,
    message: () =>
      "Expected --base to be cnn, cnn-small, cnn-residual, cnn-depthwise, a .h5 or .keras file or a folder but found resnet",
  },
  {
    name: "pictures without labels",
    call: () => ["evaluate", "--images", "pictures.idx"],
    code: 2,
    message: () => "Expected --images and --labels together but found only --images",
  },
  {
    name: "two sources of pictures",
    call: () => ["evaluate", "--images", "a", "--labels", "b", "--data", "c"],
    code: 2,
    message: () => "Expected --images and --labels, --data or --pictures but found several",
  },
  {
    name: "--out that is a file",
    arrange: (folder) => Deno.writeTextFile(join(folder, "out"), "my thesis"),
    call: (folder) => train(folder),
    code: 1,
    message: (folder) => `Expected to mkdir '${folder}/out' but the system said: File exists`,
  },
  {
    name: "labels beyond the classes",
    arrange: async (folder) => {
      await saveRandomNetwork(join(folder, "model"));
      await Deno.writeFile(join(folder, "images"), imagesFile(2));
      await Deno.writeFile(join(folder, "labels"), await gzip(idxFile([2], [3, 10])));
    },
    call: (folder) => [
      "evaluate",
      ...["model", "images", "labels"].flatMap((name) => [`--${name}`, join(folder, name)]),
    ],
    code: 1,
    message: () => "Expected labels from 0 to 9 but found 10 at index 1",
  },
];

for (const { name, arrange, call, code, message } of WRONG_CALLS) {
  Deno.test(`a task given ${name} says so in one sentence and exits with ${code}`, () =>
    withFolder(async (folder) => {
      await arrange?.(folder);
      const [task, ...args] = call(folder);
      const outcome = await runTask(task, ...args);
      const hint = code === 2 ? `See deno task ${task} --help\n` : "";
      assertEquals(outcome, {
        code,
        stdout: "",
        stderr: `${task}: ${message(folder)}\n${hint}`,
      });
    }));
}

Deno.test("train that cannot write its checkpoint fails after the first epoch, and harms nothing", () =>
  withFolder(async (folder) => {
    await writeMnist(folder);
    await Deno.mkdir(checkpointIn(folder), { recursive: true });
    const { code, stderr } = await runTask(...train(folder, "--epochs", "50"));
    const [epoch, error, ...rest] = stderr.trimEnd().split("\n").filter((line) =>
      !/^(head, epoch ([2-9]|\d\d):|Warning: no pictures to choose on )/.test(line)
    );
    assertEquals([code, rest], [1, []]);
    assert(epoch.startsWith("head, epoch 1: "), epoch);
    assertMatch(
      error,
      /^train: Expected to rename '.*\.tmp' -> '.*training\.safetensors' but the system said: Is a directory$/,
    );
    assertEquals([...Deno.readDirSync(join(folder, "out", "checkpoints"))].length, 1);
  }));
