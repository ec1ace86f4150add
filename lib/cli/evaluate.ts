/** `deno task evaluate`: measure a saved model on MNIST or on any IDX pair. */

import { startBackend } from "../backend/mod.ts";
import { loadCharacters } from "../data/mnist.ts";
import { classSetOf } from "../data/class_sets.ts";
import type { Dataset } from "../data/dataset.ts";
import { readLabelled } from "../data/idx.ts";
import { CSV_NAME } from "../data/pixel_csv.ts";
import { FLAGS, UsageError } from "../flags.ts";
import { loadModel } from "../model/classifier.ts";
import { findModel } from "../model/model_folders.ts";
import {
  averageProbabilities,
  confusedPairs,
  evaluateProbabilities,
  type Evaluation,
  VIEWS,
} from "../model/evaluation.ts";
import { measureRobustness } from "../model/robustness.ts";
import { startTeam } from "../model/team.ts";
import { readLabelledPictures } from "../picture/own_pictures.ts";
import { runCommand } from "./command_line.ts";
import { showProgress } from "./progress.ts";

await runCommand({
  name: "evaluate",
  summary:
    "Measures a saved model on its test pictures (MNIST's, EMNIST's or drawn ones), or on any pair of\n" +
    "IDX files.",
  example: "deno task evaluate --images my-images.idx.gz --labels my-labels.idx.gz --json",
  flags: {
    classes: FLAGS.classes,
    model: {
      ...FLAGS.model,
      help: `${FLAGS.model.help}; with several, their mean answers`,
      value: "DIR,…",
    },
    views: FLAGS.views,
    images: {
      type: "text",
      help: "IDX file of pictures, 28 × 28, plain or .gz, or CSV file of labels and pixels",
      value: "FILE",
    },
    labels: { type: "text", help: "IDX file of their labels, plain or .gz", value: "FILE" },
    data: FLAGS.data,
    pictures: {
      type: "text",
      help:
        "folder with a folder of pictures for each class, .zip of it, or CSV file of labels and pixels, for a model of classes of your own",
      value: "PATH",
    },
    limit: { ...FLAGS.limit, help: "use at most the first N pictures", least: 1 },
    corruptions: {
      type: "switch",
      help: "measure the error on the fifteen corruptions of MNIST-C instead, beside the clean one",
    },
    json: { type: "switch", help: "print one line of JSON" },
    workers: FLAGS.workers,
    kernels: FLAGS.kernels,
  },
  async run({ classes: classSet, model: named, views, images, labels, json, ...flags }) {
    const { data, pictures, limit, corruptions } = flags;
    const isTable = images !== undefined && CSV_NAME.test(images);
    if (!isTable && (images === undefined) !== (labels === undefined)) {
      throw new UsageError(
        `Expected --images and --labels together but found only --${images ? "images" : "labels"}`,
      );
    }
    if (isTable && labels !== undefined) {
      throw new UsageError(`Expected --images ${images} without --labels but found ${labels}`);
    }
    if ([images, data, pictures].filter(Boolean).length > 1) {
      throw new UsageError(
        "Expected --images and --labels, --data or --pictures but found several",
      );
    }
    await startBackend(flags);
    const directories = named?.split(",") ?? [await findModel(classSet)];
    if (corruptions && (directories.length > 1 || views !== "1")) {
      throw new UsageError(
        `Expected one model and one view with --corruptions but found ${directories.length} and ${views}`,
      );
    }
    const models = await Array.fromAsync(directories, (directory) => loadModel(directory));
    const [{ network, card: { classes } }] = models;
    const other = models.find(({ card }) => card.classes.join() !== classes.join());
    if (other) {
      throw new TypeError(
        `Expected models of the same classes but found ${classes.join(" ")} and ${
          other.card.classes.join(" ")
        }`,
      );
    }
    const observer = showProgress();
    const dataset = images
      ? await readLabelled(images, isTable ? undefined : labels, limit)
      : pictures
      ? await readLabelledPictures(pictures, classes, { observer, workers: flags.workers })
      : await loadTest(classes, { directory: data, limit });
    await using team = await startTeam(flags);
    if (corruptions) {
      const robustness = await measureRobustness(team, network, dataset, { classes, observer });
      console.log(
        json ? JSON.stringify(robustness) : describeRobustness(robustness, directories[0]),
      );
      return;
    }
    const probabilities = await averageProbabilities(
      team,
      models.map(({ network }) => network),
      dataset.images,
      VIEWS[views],
      observer,
    );
    const evaluation = evaluateProbabilities(probabilities, dataset.labels, classes);
    const answering = `${directories.join(" and ")}${views === "1" ? "" : `, ${views} views,`}`;
    const { answers: _, ...figures } = evaluation;
    console.log(json ? JSON.stringify(figures) : forPeople(evaluation, answering));
  },
});

/** The test pictures of the set of classes that a model tells apart. */
async function loadTest(
  classes: string[],
  options: Parameters<typeof loadCharacters>[1],
): Promise<Dataset> {
  const classSet = classSetOf(classes);
  if (classSet) return (await loadCharacters(classSet, options)).test;
  throw new UsageError(
    `Expected --pictures with a model of ${classes.slice(0, 3).join(", ")}… but found none`,
  );
}

function describeRobustness(
  { count, cleanError, errors, meanError }: Awaited<ReturnType<typeof measureRobustness>>,
  directory: string,
): string {
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`.padStart(8);
  return [
    `${directory}: error on ${count} pictures, and on as many of each corruption of MNIST-C`,
    "",
    `clean          ${percent(cleanError)}`,
    ...Object.entries(errors).map(([name, error]) => `${name.padEnd(15)}${percent(error)}`),
    "",
    `mean error of the fifteen ${percent(meanError)}, mean accuracy ${percent(1 - meanError)}`,
  ].join("\n");
}

function forPeople(evaluation: Evaluation, answering: string): string {
  const percent = (share: number) => (100 * share).toFixed(2).padStart(9);
  const { count, accuracy, loss, perClass, classes, confusion, mistakes, calibrationError } =
    evaluation;
  return [
    `${answering} on ${count} pictures`,
    `accuracy ${(100 * accuracy).toFixed(2)} % (${mistakes.length} wrong), loss ${
      loss.toFixed(4)
    }, expected calibration error ${(100 * calibrationError).toFixed(2)} %`,
    "",
    "class  precision %  recall %     F1 %  support",
    ...perClass.map(({ label, precision, recall, f1, support }) =>
      `${label.padStart(5)}    ${percent(precision)} ${percent(recall)}${percent(f1)}${
        String(support).padStart(9)
      }`
    ),
    "",
    "confusion: true class (row), predicted class (column)",
    ["", ...classes].map((label) => label.padStart(5)).join(" "),
    ...confusion.map((row, i) =>
      [classes[i], ...row].map((cell) => String(cell).padStart(5)).join(" ")
    ),
    ...(mistakes.length === 0 ? [] : ["", "most often taken for each other, in either direction"]),
    ...confusedPairs(evaluation).map(({ pair: [one, other], count, rate }) =>
      `  ${one} and ${other}: ${count} pictures, ${(100 * rate).toFixed(2)} % of both`
    ),
    ...(mistakes.length === 0 ? [] : ["", "most confident mistakes"]),
    ...mistakes.slice(0, 10).map(({ index, actual, predicted, confidence }) =>
      `  picture ${index}: ${actual} called ${predicted}, ${(100 * confidence).toFixed(1)} % sure`
    ),
  ].join("\n");
}
