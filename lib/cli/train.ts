/** `deno task train`: learn digits from a base that reads letters; evaluate; save; draw. */

import { join } from "@std/path";
import { startBackend } from "../backend/mod.ts";
import { loadCharacters } from "../data/mnist.ts";
import { type ClassSet, kindOf } from "../data/class_sets.ts";
import { writeFileAtomically } from "../data/file_system.ts";
import { type Dataset, holdOut, join as joinDatasets, type Splits } from "../data/dataset.ts";
import { FLAGS, UsageError } from "../flags.ts";
import { readBase } from "../formats/read_base.ts";
import { encodeKerasH5 } from "../formats/keras.ts";
import { BASE_NAMES, type BaseName } from "../model/architecture.ts";
import { learnFromFew } from "../model/few_pictures.ts";
import { describeMetrics, outputFolder, wilsonInterval } from "../model/model_folders.ts";
import { pickExamples } from "../model/evaluation.ts";
import { addExamples, saveNetwork } from "../model/saved_network.ts";
import { networkToData } from "../model/network.ts";
import {
  AUGMENTATIONS,
  HEAD_EPOCHS_BEFORE_FINE_TUNING,
  PRESETS,
  recipeFor,
} from "../model/recipe.ts";
import { startTeam } from "../model/team.ts";
import { trainClassifier } from "../model/transfer.ts";
import type { Observer, Stage } from "../observer.ts";
import { readOwnPictures } from "../picture/own_pictures.ts";
import { confusionMatrix } from "../plot/confusion_matrix.ts";
import { predictionExamples } from "../plot/prediction_examples.ts";
import { saveChart } from "../plot/render.ts";
import { trainingCurves } from "../plot/training_curves.ts";
import { runCommand } from "./command_line.ts";
import { showProgress } from "./progress.ts";

const PRESET_NAMES = Object.keys(PRESETS) as (keyof typeof PRESETS)[];
const AUGMENTATION_NAMES = Object.keys(AUGMENTATIONS) as (keyof typeof AUGMENTATIONS)[];
const [HEAD, SCRATCH] = [recipeFor("head"), recipeFor("from-scratch")];

/**
 * From this many pictures a class on, on average, the head is learnt step by step. Solved, it reads more with
 * five of each, since none is held out; with ten it reads two points fewer, but takes a fraction of the time
 * (outputs/README.md, own-classes).
 */
const MANY_PICTURES = 11;

/** Flags of a head that is learnt step by step. */
const STEP_FLAGS =
  "from-scratch fine-tune epochs hidden-units batch-size learning-rate augmentation".split(" ");

/** Confused pictures of one's own that are named at the end; metrics.json has all. */
const SHOWN_MISTAKES = 5;

await runCommand({
  name: "train",
  summary:
    "Learns handwritten digits by transfer: a base that was pre-trained on letters is frozen, and a\n" +
    "new head is trained on MNIST and on digits drawn as people of other schools write them; then both\n" +
    'are fine-tuned together, and learn to say "don\'t know" to what is no digit. Evaluates, saves the\n' +
    "model and draws three pictures.",
  example: "deno task train --fine-tune 0 --seed 2",
  flags: {
    classes: FLAGS.classes,
    preset: {
      type: "text",
      help:
        "what is learnt and how long: everybody's digits, MNIST alone, MNIST as well as half an hour allows, or noisy pictures",
      value: "NAME",
      choices: PRESET_NAMES,
      default: "standard",
    },
    base: {
      type: "text",
      help: `${
        BASE_NAMES.join(", ")
      }, or a trained network (.h5, .keras, tfjs folder) that stays frozen, if not the preset's`,
      value: "BASE",
    },
    "hidden-units": {
      type: "integer",
      help: "units of the head's hidden layer, if not 256",
      least: 1,
      most: 10000,
    },
    "fine-tune": {
      type: "integer",
      help: "epochs that base and head learn together after the head, if not the preset's",
      least: 0,
      most: 1000,
    },
    augmentation: {
      type: "text",
      help: "how pictures are varied while base and head learn together, if not the preset's",
      value: "NAME",
      choices: AUGMENTATION_NAMES,
    },
    "from-scratch": {
      type: "switch",
      help: "train the same network without the base, for comparison",
    },
    epochs: {
      type: "integer",
      help:
        `epochs of the head if not ${HEAD_EPOCHS_BEFORE_FINE_TUNING} (${HEAD.epochs} without fine-tuning; of the network, from scratch: ${SCRATCH.epochs})`,
      least: 1,
      most: 1000,
    },
    "batch-size": {
      type: "integer",
      help: `pictures a step if not ${HEAD.batchSize}`,
      least: 1,
      most: 10000,
    },
    "learning-rate": {
      type: "number",
      help:
        `peak learning rate if not ${HEAD.learningRate} (fine-tuning, from scratch: ${SCRATCH.learningRate})`,
      least: 1e-7,
      most: 1,
    },
    seed: FLAGS.seed,
    limit: FLAGS.limit,
    data: FLAGS.data,
    pictures: {
      type: "text",
      help:
        "learn classes of your own: a folder with a folder of pictures for each, a .zip of it, or a CSV file of labels and pixels",
      value: "PATH",
    },
    head: {
      type: "text",
      help: "solve the head of your own classes in closed form, or learn it, whatever their number",
      value: "WAY",
      choices: ["solved", "learnt"],
    },
    "add-to": {
      type: "text",
      help:
        "go on from the pictures that this model of classes of your own was learnt from, if up to 3 000: its folder or .zip",
      value: "MODEL",
    },
    out: {
      ...FLAGS.out,
      help: "folder for the results, if not outputs (of digits), outputs/CLASSES or outputs/own",
    },
    resume: { type: "switch", help: "go on from the last checkpoint" },
    workers: FLAGS.workers,
    kernels: FLAGS.kernels,
  },
  async run(flags) {
    const { classes, preset: presetName, "from-scratch": fromScratch } = flags;
    const preset = PRESETS[presetName];
    const named = flags.base ?? preset.base;
    const isShipped = BASE_NAMES.includes(named as BaseName);
    await checkTogether(flags, named, isShipped);
    const started = performance.now();
    const observer = showProgress();
    const own = flags.pictures !== undefined;
    const out = flags.out ?? outputFolder(own ? "own" : classes);
    await Deno.mkdir(out, { recursive: true });
    // A folder that cannot be written to is told of before anything is learnt.
    await Deno.remove(await Deno.makeTempFile({ dir: out }));
    await startBackend(flags);
    await using team = await startTeam(flags);
    // A file that is no base is told of before data are read.
    if (!isShipped) (await readBase(named)).dispose();
    const loaded = await loadData(flags, observer);
    const isSolved = own && isShipped &&
      (flags.head ? flags.head === "solved" : areFew(loaded) && !firstGiven(flags, STEP_FLAGS));
    if (own) observer({ kind: "note", text: describePictures(loaded, isSolved) });
    const data = own && !isSolved ? holdOut(loaded, flags.seed) : loaded;
    for (const lacking of describeLacking(data)) observer({ kind: "note", text: lacking });
    const base = isShipped
      ? named as BaseName
      : { name: named, network: await readBase(named, { ...data, observer }) };
    const { "batch-size": batchSize, "learning-rate": learningRate } = flags;
    const changes = { ...(batchSize && { batchSize }), ...(learningRate && { learningRate }) };
    const epochsOf = (stage: Stage, standard: { epochs?: number } = {}) =>
      recipeFor(stage, { ...changes, ...standard }, own ? data.train.count : undefined).epochs;
    const epochs = flags.epochs ??
      (own ? epochsOf(fromScratch ? "from-scratch" : "head") : undefined);
    const result = isSolved
      ? await learnFromFew(team, { data, base: named as BaseName, seed: flags.seed, observer })
      : await trainClassifier(team, {
        data,
        base,
        hiddenUnits: flags["hidden-units"],
        seed: flags.seed,
        fromScratch,
        fineTune: flags["fine-tune"] ??
          (fromScratch || !isShipped ? 0 : epochsOf("fine-tuning", { epochs: preset.fineTune })),
        augmentation: flags.augmentation ?? preset.augmentation,
        keeps: preset.keeps,
        handwriting: preset.handwriting,
        recipe: { ...changes, ...(epochs && { epochs }) },
        checkpoint: join(out, "checkpoints", "training.safetensors"),
        resume: flags.resume,
        observer,
      });
    const examples = own ? joinDatasets(loaded.train, loaded.validation) : undefined;
    await saveModel(out, result, examples);
    const elapsed = () => (performance.now() - started) / 1000;
    await writeFileAtomically(
      join(out, "metrics.json"),
      JSON.stringify(metrics(result, elapsed()), null, 2) + "\n",
    );
    observer({ kind: "note", text: "Drawing pictures of the result" });
    await drawCharts(out, result, preset.keeps);
    const test = `${describeTest(result, own)} after ${elapsed().toFixed(0)} s`;
    console.log(`${test}; model, metrics and pictures are in ${out}`);
    for (const { file, actual, predicted } of namedMistakes(result).slice(0, SHOWN_MISTAKES)) {
      console.log(`  ${file}: ${actual} called ${predicted}`);
    }
  },
});

/** Whether there are so few pictures that the head is better solved than learnt. */
function areFew({ train, validation, classes }: Splits): boolean {
  return train.count + validation.count < MANY_PICTURES * classes.length;
}

function describePictures({ train, validation, classes }: Splits, isSolved: boolean): string {
  const count = train.count + validation.count;
  const way = isSolved
    ? "solved in closed form (--head learnt learns it step by step)"
    : "learnt (--head solved solves it in closed form)";
  return `${count} pictures of ${classes.length} classes: the head is ${way}`;
}

function describeTest(
  { card, evaluation: { accuracy, count, mistakes } }: TrainResult,
  own: boolean,
): string {
  if (card.metrics.leftOut) return describeMetrics(card.metrics);
  const { low, high } = wilsonInterval(accuracy, count);
  const range = own ? `, ${(100 * low).toFixed(0)} to ${(100 * high).toFixed(0)} % elsewhere` : "";
  return `Test accuracy ${
    (100 * accuracy).toFixed(2)
  } % (${mistakes.length} wrong of ${count}${range})`;
}

type TrainResult = Awaited<ReturnType<typeof trainClassifier>>;

/** The flags that say what is learnt from. */
type DataFlags = {
  classes: ClassSet;
  data?: string;
  limit?: number;
  pictures?: string;
  "add-to"?: string;
  workers: number;
};

/** Rejects flags that contradict each other. */
async function checkTogether(
  flags: DataFlags & { head?: string; "from-scratch": boolean; "fine-tune"?: number },
  base: string,
  isShipped: boolean,
): Promise<void> {
  const { classes, pictures, head, "from-scratch": fromScratch, "fine-tune": fineTune } = flags;
  if (fromScratch && fineTune) refuse("--from-scratch or --fine-tune", "both");
  if (!isShipped) {
    if (!await Deno.stat(base).then(() => true, () => false)) {
      refuse(`--base to be ${BASE_NAMES.join(", ")}, a .h5 or .keras file or a folder`, base);
    }
    const solved = head === "solved" ? "head solved" : undefined;
    const flag = fromScratch ? "from-scratch" : fineTune ? "fine-tune" : solved;
    if (flag) refuse(`--base to be ${BASE_NAMES.join(" or ")} with --${flag}`, base);
  }
  if (pictures === undefined) {
    const flag = firstGiven(flags, ["head", "add-to"]);
    if (flag) refuse(`--pictures with --${flag}`, "none");
  } else {
    const flag = classes !== "digits" ? "classes" : firstGiven(flags, ["data", "limit"]);
    if (flag) refuse(`--pictures or --${flag}`, "both");
    const step = firstGiven(flags, STEP_FLAGS);
    if (head === "solved" && step) refuse(`--head solved or --${step}`, "both");
  }
}

/** The first of the names whose flag is given. */
function firstGiven(flags: Record<string, unknown>, names: string[]): string | undefined {
  return names.find((name) => flags[name] !== undefined && flags[name] !== false);
}

function refuse(expected: string, found: string): never {
  throw new UsageError(`Expected ${expected} but found ${found}`);
}

/** The model, and the same for Keras. */
async function saveModel(
  out: string,
  { network, card }: TrainResult,
  examples?: Dataset,
): Promise<void> {
  await saveNetwork(join(out, "model"), network, card, "float16", examples);
  const path = join(out, `${kindOf(card.classes)}_recognition_model.h5`);
  try {
    await writeFileAtomically(path, await encodeKerasH5(await networkToData(network), card));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${path} is not written: ${error.message}`);
  }
}

/** Draws three pictures; a head that was solved has no training curves, and an earlier one's go. */
async function drawCharts(
  out: string,
  { evaluation, history, tested }: TrainResult,
  keeps: "best" | "last",
): Promise<void> {
  const curves = join(out, "training_curves");
  if (history.length > 0) {
    await saveChart(trainingCurves(history, keeps), curves);
  } else {
    for (const ending of ["svg", "png"]) await Deno.remove(`${curves}.${ending}`).catch(() => {});
  }
  const { classes, confusion } = evaluation;
  await saveChart(confusionMatrix(confusion, classes), join(out, "confusion_matrix"));
  const examples = predictionExamples(pickExamples(evaluation, tested));
  await saveChart(examples, join(out, "prediction_examples"));
}

async function loadData(
  { classes, data, limit, pictures, "add-to": model, workers }: DataFlags,
  observer: Observer,
): Promise<Splits> {
  if (pictures !== undefined) {
    if (model === undefined) return await readOwnPictures(pictures, { observer, workers });
    const more = await readOwnPictures(pictures, { observer, workers, leastClasses: 1 });
    return await addExamples(more, model, observer);
  }
  return await loadCharacters(classes, { directory: data, limit });
}

/** Wrong answers by the files of their pictures, the most confident first; none if they have no names. */
function namedMistakes({ card, evaluation: { mistakes }, tested: { names } }: TrainResult) {
  return names && card.metrics.testCount > 0
    ? mistakes.map(({ index, ...rest }) => ({ file: names[index], ...rest }))
    : [];
}

function metrics(result: TrainResult, seconds: number) {
  const { card, evaluation, history, tested } = result;
  return {
    testAccuracy: evaluation.accuracy,
    validationAccuracy: card.metrics.validationAccuracy,
    testCount: evaluation.count,
    testLoss: evaluation.loss,
    calibrationError: evaluation.calibrationError,
    rejected: card.rejected,
    perClass: evaluation.perClass,
    confusion: evaluation.confusion,
    ...(tested.names && { confused: namedMistakes(result) }),
    history,
    seconds,
    seed: card.seed,
    base: card.base,
    fineTuned: card.mode === "fine-tuned",
    mode: card.mode,
    date: card.date,
    versions: card.versions,
  };
}

/** Says in words which classes a split has no pictures of. */
function describeLacking({ classes, train, validation, test }: Splits): string[] {
  return Object.entries({ "learn from": train, "choose on": validation, "test on": test })
    .filter(([, { count }]) => count > 0)
    .flatMap(([purpose, { labels }]) => {
      const lacking = classes.filter((_, label) => !labels.includes(label));
      return lacking.length === 0
        ? []
        : [`Warning: no pictures to ${purpose} of ${lacking.slice(0, 10).join(", ")}`];
    });
}
