/** The pictures that a model of few was learnt from, kept beside it so that others can be added. */

import { join as joinPath } from "@std/path";
import { type Dataset, join, type Splits } from "../data/dataset.ts";
import { encodeIdxPair, readLabelled } from "../data/idx.ts";
import { loadModel } from "./classifier.ts";
import { MOST_PICTURES } from "./closed_form.ts";

/** How the names of the files beside a model begin that hold what it was learnt from. */
const EXAMPLES = "examples";

/** What a model was learnt from, as files of its folder, by name; of more than 3 000 pictures, nothing. */
export async function encodeExamples(dataset: Dataset): Promise<Record<string, Uint8Array>> {
  return dataset.count > MOST_PICTURES
    ? {}
    : await encodeIdxPair(EXAMPLES, dataset, { gzip: true });
}

/**
 * Adds the pictures that a model was learnt from to others, of the same classes or more.
 *
 * @param directory Folder or zip of the model.
 * @throws {Error} If the model has none beside it, or none of its classes.
 */
export async function addExamples(data: Splits, directory: string): Promise<Splits> {
  using model = await loadModel(directory);
  const { classes } = model.card;
  const known = await readLabelled(
    joinPath(directory, `${EXAMPLES}-images-idx3-ubyte.gz`),
    joinPath(directory, `${EXAMPLES}-labels-idx1-ubyte.gz`),
  );
  if (known.labels.some((label) => label >= classes.length)) {
    throw new SyntaxError(
      `Expected examples in ${directory} to be of its ${classes.length} classes but found others`,
    );
  }
  const all = [...classes, ...data.classes.filter((name) => !classes.includes(name))];
  const renumber = (dataset: Dataset, from: string[]) => ({
    ...dataset,
    labels: dataset.labels.map((label) => all.indexOf(from[label])),
  });
  const [train, validation, test] = [data.train, data.validation, data.test]
    .map((part) => renumber(part, data.classes));
  return { ...data, classes: all, train: join(renumber(known, classes), train), validation, test };
}
