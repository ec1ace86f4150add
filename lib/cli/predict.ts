/** `deno task predict`: pictures in, digits or letters out. */

import { basename, dirname, join } from "@std/path";
import { kindOf, nameAnswer } from "../data/class_sets.ts";
import { isDirectory } from "../data/file_system.ts";
import { CSV_NAME, readPixelCsv } from "../data/pixel_csv.ts";
import { FLAGS, UsageError } from "../flags.ts";
import type { Move } from "../image/affine.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import { occlusionMap } from "../model/interpretation.ts";
import { type Classifier, loadModel, predict, type Prediction } from "../model/classifier.ts";
import { describeMetrics, findModel } from "../model/model_folders.ts";
import { VIEWS } from "../model/evaluation.ts";
import { decodePicture, LARGEST_PICTURE_FILE } from "../picture/decode.ts";
import { PICTURE_KINDS, PICTURE_NAME } from "../picture/class_folders.ts";
import { finderFor, type FoundDigit } from "../picture/find_digits.ts";
import { readingSteps } from "../plot/reading_steps.ts";
import { saveChart } from "../plot/render.ts";
import { describeError, runCommand } from "./command_line.ts";

/** Rows of a table that are read together. */
const ROWS_AT_ONCE = 500;

await runCommand({
  name: "predict",
  summary:
    `Reads the digits, the letters or a symbol of your own in pictures: ${PICTURE_KINDS}, of any size, on any paper.`,
  example: "deno task predict --json my-digit.png scans/ 'photos/*.jpg'",
  operands: {
    value: "FILE",
    help: "picture, folder of pictures, pattern with * and ?, or CSV file with 784 pixels a row",
  },
  flags: {
    classes: FLAGS.classes,
    model: FLAGS.model,
    views: FLAGS.views,
    json: {
      type: "switch",
      help: 'print one line of JSON a digit; {"file": …, "found": 0} for a picture without any',
    },
    csv: { type: "switch", help: "print a line ImageId,Label for each row of one CSV file" },
    explain: {
      type: "text",
      help: "draw into DIR how each picture was read and what the network looked at",
      value: "DIR",
    },
  },
  async run({ classes: classSet, model: directory, json, csv, explain, ...flags }, operands) {
    directory ??= await findModel(classSet);
    using model = await loadModel(directory);
    const { classes, base, mode, metrics } = model.card;
    console.error(
      `Answers come from ${directory} (${base}, ${mode}, ${describeMetrics(metrics)})`,
    );
    const views = VIEWS[flags.views];
    let failures = 0;
    const named = new Set<string>();
    const paths = await Array.fromAsync(listFiles(operands));
    if (csv && !(paths.length === 1 && CSV_NAME.test(paths[0]))) {
      throw new UsageError(
        `Expected one CSV file with --csv but found ${paths.length > 1 ? paths.length : paths[0]}`,
      );
    }
    if (csv) console.log("ImageId,Label");
    for (const path of paths) {
      try {
        if (CSV_NAME.test(path)) {
          await readTable(model, path, views, (answer, row) => {
            if (csv) console.log(`${row},${answer.label}`);
            else if (json) console.log(forMachines({ file: path, row }, answer, classes));
            else console.log(`${path}, row ${row}: ${forPeople(answer, classes)}`);
          });
          continue;
        }
        const { found, answers, endsEarly, pages = 1 } = await read(model, path, views);
        if (pages > 1) console.error(`${path}: has ${pages} pages: read the first`);
        if (endsEarly) console.error(`${path}: the file ends early: read what there is`);
        if (found.tooSmall > 0) {
          console.error(
            `${path}: left out what is too small to read, ${found.tooSmall} ${
              found.tooSmall === 1 ? "mark" : "marks"
            }: crop the picture or scan it closer`,
          );
        }
        if (json) {
          if (answers.length === 0) console.log(JSON.stringify({ file: path, found: 0 }));
          for (const answer of answers) {
            console.log(forMachines({ file: path }, answer, classes));
          }
        } else {
          const words = answers.map((answer) => forPeople(answer, classes)).join("; ");
          console.log(`${path}: ${words || `no ${kindOf(classes)} found`}`);
        }
        if (explain !== undefined) {
          await Deno.mkdir(explain, { recursive: true });
          const digits = answers.map((answer) => ({
            ...answer,
            importance: shareOfMost(occlusionMap(model.network, answer.pixels, answer.index)),
            answer: forPeople(answer, classes),
          }));
          await saveChart(readingSteps(found.steps, digits), join(explain, nameOnce(path, named)));
        }
      } catch (error) {
        failures++;
        console.error(describeError(error));
      }
    }
    if (failures > 0) Deno.exit(1);
  },
});

/** The files that operands name: themselves, the pictures in a folder, or what matches a pattern. */
async function* listFiles(operands: string[]): AsyncGenerator<string> {
  for (const operand of operands) {
    const folder = dirname(operand);
    if (await isDirectory(operand)) {
      const files = await filesIn(operand, PICTURE_NAME);
      yield* files.length > 0 ? files : [operand];
    } else if (/[*?]/.test(basename(operand)) && await isDirectory(folder)) {
      const matches = await filesIn(folder, wildcards(basename(operand)));
      yield* matches.length > 0 ? matches : [operand];
    } else yield operand;
  }
}

async function filesIn(folder: string, pattern: RegExp): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.filter(({ name, isDirectory }) => !isDirectory && pattern.test(name))
    .map(({ name }) => join(folder, name))
    .sort();
}

/** What a shell does with `*` and `?` in a name, for shells that do not. */
function wildcards(pattern: string): RegExp {
  const source = pattern.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${source}$`);
}

/** A file's name, numbered if another folder's file has it already. */
function nameOnce(path: string, named: Set<string>): string {
  let name = basename(path);
  for (let k = 2; named.has(name); k++) name = `${k}-${basename(path)}`;
  named.add(name);
  return name;
}

async function read(model: Classifier, path: string, views: readonly Move[]) {
  const picture = await decodePicture(await readFile(path), path);
  const found = finderFor(model.card.classes)(picture);
  const predictions = predict(model, found.digits.map(({ pixels }) => pixels), { views });
  const answers = found.digits.map((digit, i) => ({ ...digit, ...predictions[i] }));
  return { found, answers, endsEarly: picture.endsEarly, pages: picture.pages };
}

/** Answers to the pictures of a table, in the order of its rows, which are counted from 1 on. */
async function readTable(
  model: Classifier,
  path: string,
  views: readonly Move[],
  answered: (answer: Prediction, row: number) => void,
): Promise<void> {
  const { count, images } = await readPixelCsv(path);
  for (let start = 0; start < count; start += ROWS_AT_ONCE) {
    const pictures = Array.from(
      { length: Math.min(ROWS_AT_ONCE, count - start) },
      (_, i) => images.subarray((start + i) * IMAGE_PIXELS, (start + i + 1) * IMAGE_PIXELS),
    );
    predict(model, pictures, { views }).forEach((answer, i) => answered(answer, start + i + 1));
  }
}

async function readFile(path: string): Promise<Uint8Array> {
  const { isFile, isDirectory, size } = await Deno.stat(path).catch((error) => {
    throw error instanceof Deno.errors.NotFound
      ? new Error(`Expected to read ${path} but there is no such file`)
      : error;
  });
  if (isFile && size <= LARGEST_PICTURE_FILE) return await Deno.readFile(path);
  const reason = isDirectory
    ? await describeFolder(path)
    : isFile
    ? `has more than ${LARGEST_PICTURE_FILE} bytes`
    : "is no file";
  throw new Error(`Expected to read ${path} but it ${reason}`);
}

async function describeFolder(path: string): Promise<string> {
  const entries = await Array.fromAsync(Deno.readDir(path));
  const folders = entries.filter(({ isDirectory }) => isDirectory).length;
  return folders > 0
    ? `is a folder of ${folders} folders: predict ${path}/* reads their pictures`
    : "is a folder without pictures";
}

function forMachines(
  place: { file: string; row?: number },
  answer: Prediction & Partial<FoundDigit>,
  classes: string[],
): string {
  const { confidence, probabilities, accepted, box } = answer;
  const named = nameAnswer(answer, classes);
  return JSON.stringify({ ...place, ...named, confidence, probabilities, accepted, box });
}

function forPeople(
  { index, label, confidence, probabilities, accepted }: Prediction,
  classes: string[],
): string {
  const second = probabilities.indexOf(Math.max(...probabilities.with(index, -1)));
  const much = confidence < 0.9995 ? percent(confidence) : "over 99.9 %";
  const sure = `${much} sure, then ${classes[second]} with ${percent(probabilities[second])}`;
  return accepted ? `${label} (${sure})` : `don't know (at best ${label}, ${sure})`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Importance from 0 to 1: of what speaks for the answer, all in proportion to the strongest. */
function shareOfMost(values: Float32Array): Float32Array {
  const most = Math.max(...values, Number.MIN_VALUE);
  return values.map((value) => Math.max(0, value) / most);
}
