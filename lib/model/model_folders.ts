/** Where saved models are, and what they are called. */

import { CLASS_SETS, type ClassSet, classSetOf } from "../data/class_sets.ts";
import { isDirectory } from "../data/file_system.ts";
import type { Classifier } from "./classifier.ts";
import { readCard } from "./saved_network.ts";

/** @returns Where `deno task train` leaves its results: `outputs` for digits, `outputs/letters` and so on for others. */
export function outputFolder(classSet: ClassSet | "own"): string {
  return classSet === "digits" ? "outputs" : `outputs/${classSet}`;
}

/**
 * Finds the model to use where nobody names one: what `deno task train` wrote, in `model` of
 * {@linkcode outputFolder}, or else what is shipped, in `data/models/`.
 *
 * @param classSet What it is to tell apart.
 * @returns Its folder.
 * @throws {Error} If neither is there.
 */
export async function findModel(classSet: ClassSet = "digits"): Promise<string> {
  const folders = [`${outputFolder(classSet)}/model`, `data/models/${classSet}`];
  for (const folder of folders) if (await isDirectory(folder)) return folder;
  const task = classSet === "digits" ? "deno task train" : `deno task train --classes ${classSet}`;
  throw new Error(`Expected a model in ${folders.join(" or ")} but found none: ${task} makes one`);
}

/**
 * Finds the models to serve: of each set of classes the one that {@linkcode findModel} finds.
 *
 * @param directory Folder or zip of the one to serve alone.
 * @returns Their folders by the names of their sets, digits first.
 * @throws {Error} If there is none of digits, or none in `directory`.
 */
export async function findModels(directory?: string): Promise<Record<string, string>> {
  if (directory !== undefined) {
    const { classes = [] } = (await readCard(directory) ?? {}) as Partial<Classifier["card"]>;
    return { [classSetOf(classes) ?? "own"]: directory };
  }
  const models: Record<string, string> = { digits: await findModel() };
  for (const classSet of Object.keys(CLASS_SETS) as ClassSet[]) {
    const folder = await findModel(classSet).catch(() => undefined);
    if (folder !== undefined) models[classSet] = folder;
  }
  return models;
}

/** @returns How good a model is, and by what it is known. */
export function describeMetrics(
  { testAccuracy, testCount, leftOut }: Classifier["card"]["metrics"],
): string {
  const accuracy = `${(100 * testAccuracy).toFixed(2)} %`;
  if (!leftOut) return `${accuracy} on its test pictures`;
  if (testCount === 0) return "with one picture of each class nobody knows how good";
  const { low, high } = wilsonInterval(testAccuracy, testCount);
  const range = `${(100 * low).toFixed(0)} to ${(100 * high).toFixed(0)} %`;
  return `${accuracy} of ${testCount} pictures, each left out in turn: ${range} elsewhere`;
}

/** Standard deviations on either side of a 95 % interval. */
const DEVIATIONS = 1.96;

/**
 * The 95 % confidence interval of a share that was counted (Wilson, "Probable inference, the law of succession,
 * and statistical inference", 1927).
 *
 * @param share Of `count`, 0–1.
 */
export function wilsonInterval(share: number, count: number): { low: number; high: number } {
  const square = DEVIATIONS ** 2 / count;
  const centre = share + square / 2;
  const spread = DEVIATIONS * Math.sqrt((share * (1 - share) + square / 4) / count);
  return { low: (centre - spread) / (1 + square), high: (centre + spread) / (1 + square) };
}
