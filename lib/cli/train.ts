/** `deno task train`: learn digits from a base that reads letters; evaluate; save; draw. */

import { join } from "@std/path";
import { startBackend } from "../backend/mod.ts";
import { loadCharacters } from "../data/characters.ts";
import type { ClassSet } from "../data/class_sets.ts";
import { writeFileAtomically } from "../data/file_system.ts";
import { type Dataset, join as joinDatasets, type Splits } from "../data/dataset.ts";
import { readIdxPair } from "../data/idx.ts";
import { FLAGS, UsageError } from "../flags.ts";
import { readBase } from "../formats/read_base.ts";
import { encodeKerasH5 } from "../formats/keras_h5.ts";
import type { BaseName } from "../model/architecture.ts";
import { BASE_NAMES } from "../model/bases.ts";
import { exportName, outputFolder } from "../model/model_folders.ts";
import { pickExamples } from "../model/evaluation.ts";
import type { Keeps } from "../model/history.ts";
import { saveNetwork } from "../model/saved_network.ts";
import { networkToData } from "../model/network.ts";
import { type AugmentationName, AUGMENTATIONS, PRESETS, RECIPES } from "../model/recipe.ts";
import { startTeam } from "../model/team.ts";
import { trainClassifier, type TrainResult } from "../model/transfer.ts";
import { SAMPLE_FILES } from "../service/samples.ts";
import { confusionMatrix } from "../plot/confusion_matrix.ts";
import { predictionExamples } from "../plot/prediction_examples.ts";
import { saveChart } from "../plot/render.ts";
import { trainingCurves } from "../plot/training_curves.ts";
import { runCommand } from "./command_line.ts";
import { showProgress } from "./progress.ts";

const PRESET_NAMES = Object.keys(PRESETS) as (keyof typeof PRESETS)[];
const AUGMENTATION_NAMES = Object.keys(AUGMENTATIONS) as AugmentationName[];
const { "head": HEAD, "from-scratch": SCRATCH } = RECIPES;

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
        `epochs of the head if not ${HEAD.epochs} (of the network, from scratch: ${SCRATCH.epochs})`,
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
        `peak learning rate if not ${HEAD.learningRate} (from scratch: ${SCRATCH.learningRate})`,
      least: 1e-7,
      most: 1,
    },
    seed: FLAGS.seed,
    limit: FLAGS.limit,
    data: FLAGS.data,
    samples: {
      type: "text",
      help: "learn from the digits in DIR too that were corrected on the page (outputs/samples)",
      value: "DIR",
    },
    out: {
      ...FLAGS.out,
      help: "folder for the results, if not outputs (of digits) or outputs/CLASSES",
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
    const out = flags.out ?? outputFolder(classes);
    await Deno.mkdir(out, { recursive: true });
    await startBackend(flags);
    const base = isShipped ? named as BaseName : { name: named, network: await readBase(named) };
    await using team = await startTeam(flags);
    const data = await loadData(flags);
    const recipe = {
      epochs: flags.epochs,
      batchSize: flags["batch-size"],
      learningRate: flags["learning-rate"],
    };
    const result = await trainClassifier(team, {
      data,
      base,
      hiddenUnits: flags["hidden-units"],
      seed: flags.seed,
      fromScratch,
      fineTune: flags["fine-tune"] ?? (fromScratch || !isShipped ? 0 : preset.fineTune),
      augmentation: flags.augmentation ?? preset.augmentation,
      keeps: preset.keeps,
      handwriting: preset.handwriting,
      recipe: Object.fromEntries(
        Object.entries(recipe).filter(([, value]) => value !== undefined),
      ),
      checkpoint: join(out, "checkpoints", "training.safetensors"),
      resume: flags.resume,
      observer,
    });
    await saveResult(out, result, data.test, preset.keeps);
    const seconds = (performance.now() - started) / 1000;
    await writeFileAtomically(
      join(out, "metrics.json"),
      JSON.stringify(metrics(result, seconds), null, 2) + "\n",
    );
    const { accuracy, count, mistakes } = result.evaluation;
    console.log(
      `Test accuracy ${
        (100 * accuracy).toFixed(2)
      } % (${mistakes.length} wrong of ${count}) after ${
        seconds.toFixed(0)
      } s; model, metrics and pictures are in ${out}`,
    );
  },
});

/** What the flags may not ask for together. */
async function checkTogether(
  flags: {
    classes: string;
    samples?: string;
    "from-scratch": boolean;
    "fine-tune"?: number;
  },
  base: string,
  isShipped: boolean,
): Promise<void> {
  const { classes, samples, "from-scratch": fromScratch, "fine-tune": fineTune } = flags;
  if (fromScratch && fineTune) {
    throw new UsageError("Expected --from-scratch or --fine-tune but found both");
  }
  if (!isShipped && !await Deno.stat(base).then(() => true, () => false)) {
    throw new UsageError(
      `Expected --base to be ${
        BASE_NAMES.join(", ")
      }, a .h5 or .keras file or a folder but found ${base}`,
    );
  }
  if (!isShipped && (fromScratch || fineTune)) {
    throw new UsageError(
      `Expected --base to be ${BASE_NAMES.join(" or ")} with --${
        fromScratch ? "from-scratch" : "fine-tune"
      } but found ${base}`,
    );
  }
  if (samples !== undefined && classes !== "digits") {
    throw new UsageError(`Expected --samples with --classes digits but found ${classes}`);
  }
}

/** The model, the same for Keras, and three pictures. */
async function saveResult(
  out: string,
  { network, card, evaluation, history }: TrainResult,
  test: Dataset,
  keeps: Keeps,
): Promise<void> {
  const { classes, confusion } = evaluation;
  await saveNetwork(join(out, "model"), network, card);
  await writeFileAtomically(
    join(out, `${exportName(classes)}.h5`),
    await encodeKerasH5(await networkToData(network), card),
  );
  await saveChart(trainingCurves(history, keeps), join(out, "training_curves"));
  await saveChart(confusionMatrix(confusion, classes), join(out, "confusion_matrix"));
  await saveChart(
    predictionExamples(pickExamples(evaluation, test)),
    join(out, "prediction_examples"),
  );
}

/** Samples join what is learnt from; what is chosen and tested on stays as it is. */
async function loadData(
  { classes, data, limit, samples }: {
    classes: ClassSet;
    data?: string;
    limit?: number;
    samples?: string;
  },
): Promise<Splits> {
  const loaded = await loadCharacters(classes, { directory: data, limit });
  const train = [loaded.train];
  if (samples !== undefined) {
    const [images, labels] = [SAMPLE_FILES.images, SAMPLE_FILES.labels]
      .map((name) => join(samples, name));
    train.push(await readIdxPair(images, labels));
  }
  return { ...loaded, train: joinDatasets(...train) };
}

function metrics({ card, evaluation, history }: TrainResult, seconds: number) {
  return {
    testAccuracy: evaluation.accuracy,
    validationAccuracy: card.metrics.validationAccuracy,
    testCount: evaluation.count,
    testLoss: evaluation.loss,
    calibrationError: evaluation.calibrationError,
    rejected: card.rejected,
    perClass: evaluation.perClass,
    confusion: evaluation.confusion,
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
