/** Where saved models are, and what they are called. */

import { areDigits, CLASS_SET_NAMES, type ClassSet, classSetOf } from "../data/class_sets.ts";
import { isDirectory } from "../data/file_system.ts";
import type { ModelCard } from "./classifier.ts";

/** @returns Where `deno task train` leaves its results: `outputs` for digits, `outputs/letters` and so on for others. */
export function outputFolder(classSet: ClassSet): string {
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
  const folders = modelFolders(classSet);
  for (const folder of folders) if (await isDirectory(folder)) return folder;
  const task = classSet === "digits" ? "deno task train" : `deno task train --classes ${classSet}`;
  throw new Error(`Expected a model in ${folders.join(" or ")} but found none: ${task} makes one`);
}

/** Where a model is looked for. */
function modelFolders(classSet: ClassSet): string[] {
  return [`${outputFolder(classSet)}/model`, `data/models/${classSet}`];
}

/**
 * Finds the models to serve: of each set of classes the one that {@linkcode findModel} finds.
 *
 * @param directory Serve this one alone.
 * @returns Their folders by the names of their sets, digits first.
 * @throws {Error} If there is none of digits.
 */
export async function findModels(directory?: string): Promise<Record<string, string>> {
  if (directory !== undefined) {
    const card = await Deno.readTextFile(`${directory}/card.json`).then(JSON.parse, () => {});
    return { [card ? classSetOf(card.classes) : "digits"]: directory };
  }
  const models: Record<string, string> = { digits: await findModel() };
  for (const classSet of CLASS_SET_NAMES) {
    const isThere = await Promise.all(modelFolders(classSet).map(isDirectory));
    if (isThere.includes(true)) models[classSet] = await findModel(classSet);
  }
  return models;
}

/** @returns What a model of these classes is called in other formats, without the ending. */
export function exportName(classes: readonly string[]): string {
  return `${areDigits(classes) ? "digit" : "character"}_recognition_model`;
}

/** @returns A sentence that says which model answers, and how good it is. */
export function introduce(directory: string, { base, mode, metrics }: ModelCard): string {
  const accuracy = `${(100 * metrics.testAccuracy).toFixed(2)} %`;
  return `Answers come from ${directory} (${base}, ${mode}, ${accuracy} on its test pictures)`;
}
