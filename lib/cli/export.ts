/** `deno task export`: a saved model as others read it. */

import type * as tf from "@tensorflow/tfjs";
import { join } from "@std/path";
import { startBackend } from "../backend/mod.ts";
import { loadCharacters } from "../data/mnist.ts";
import { classSetOf, kindOf } from "../data/class_sets.ts";
import { writeFileAtomically } from "../data/file_system.ts";
import { FLAGS, UsageError } from "../flags.ts";
import { encodeKerasArchive, encodeKerasH5 } from "../formats/keras.ts";
import { encodeOnnx } from "../formats/onnx.ts";
import { type Classifier, loadModel } from "../model/classifier.ts";
import { findModel, outputFolder } from "../model/model_folders.ts";
import { evaluate } from "../model/evaluation.ts";
import { saveNetwork } from "../model/saved_network.ts";
import { networkFromData, networkToData } from "../model/network.ts";
import { startTeam } from "../model/team.ts";
import { runCommand } from "./command_line.ts";
import { showProgress } from "./progress.ts";

/** Formats that are one file, and what writes them. */
const ENCODERS = { h5: encodeKerasH5, keras: encodeKerasArchive, onnx: encodeOnnx };

const FILE_FORMATS = Object.keys(ENCODERS) as (keyof typeof ENCODERS)[];

type Precision = Parameters<typeof networkToData>[1];

/** Formats that can hold weights in fewer than 32 bits. */
const SMALL_FORMATS = ["onnx", "tfjs"];

await runCommand({
  name: "export",
  summary:
    "Writes a saved model as others read it: .h5 and .keras for Keras and TensorFlow, .onnx for ONNX\n" +
    "Runtime and many more, a folder for TensorFlow.js. The same model gives the same bytes.",
  example: "deno task export --format onnx --quantize uint8",
  flags: {
    format: {
      type: "text",
      help: "what to write",
      value: "FORMAT",
      choices: [...FILE_FORMATS, "tfjs", "all"],
      default: "all",
    },
    classes: FLAGS.classes,
    model: FLAGS.model,
    out: {
      ...FLAGS.out,
      help: "folder to write to, if not outputs (of digits) or outputs/CLASSES",
    },
    quantize: {
      type: "text",
      help: "store weights in 2 or 1 bytes (onnx and tfjs), and measure what that costs",
      value: "PRECISION",
      choices: ["float16", "uint8"],
    },
    data: { ...FLAGS.data, help: `${FLAGS.data.help}, for --quantize` },
    limit: { ...FLAGS.limit, help: "measure on at most N pictures of each split" },
    workers: FLAGS.workers,
    kernels: FLAGS.kernels,
  },
  async run({ format, classes, model: directory, out, quantize, ...flags }) {
    out ??= outputFolder(classes);
    const all = quantize ? SMALL_FORMATS : ["tfjs", ...FILE_FORMATS];
    const formats = format === "all" ? all : [format];
    if (!all.includes(formats[0])) {
      throw new UsageError(
        `Expected --quantize with --format ${
          SMALL_FORMATS.join(" or ")
        } but found ${format}, which holds 32-bit floats`,
      );
    }
    await startBackend(flags);
    using model = await loadModel(directory ?? await findModel(classes));
    const precision = (quantize ?? "float32") as Precision;
    await Deno.mkdir(out, { recursive: true });
    const name = `${kindOf(model.card.classes)}_recognition_model`;
    for (const format of formats) {
      const path = join(out, quantize ? `${name}_${quantize}` : name);
      console.log(await write(model, path, format, precision));
    }
    if (quantize) await compare(model, precision, flags);
  },
});

/** @returns What was written, for people. */
async function write(
  { network, card }: Classifier,
  path: string,
  format: string,
  precision: Precision,
): Promise<string> {
  if (format === "tfjs") {
    await saveNetwork(path, network, card, precision);
    const files = await Array.fromAsync(Deno.readDir(path));
    const sizes = await Promise.all(files.map(({ name }) => Deno.stat(join(path, name))));
    return describe(path, sizes.reduce((sum, { size }) => sum + size, 0));
  }
  const data = await networkToData(network, precision);
  const bytes = await ENCODERS[format as keyof typeof ENCODERS](data, card);
  await writeFileAtomically(`${path}.${format}`, bytes);
  return describe(`${path}.${format}`, bytes.length);
}

function describe(path: string, size: number): string {
  return `${path}: ${(size / 1000).toFixed(0)} KB`;
}

/** Says how many more or fewer pictures are read right with the weights rounded. */
async function compare(
  { network, card }: Classifier,
  precision: Precision,
  flags: { data?: string; limit?: number; workers: number },
): Promise<void> {
  const classSet = classSetOf(card.classes);
  if (!classSet) return; // There is nothing to compare on.
  const data = await loadCharacters(classSet, { directory: flags.data, limit: flags.limit });
  await using team = await startTeam(flags);
  const rounded = await networkFromData(await networkToData(network, precision));
  const observer = showProgress();
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  for (const split of ["validation", "test"] as const) {
    const measure = (network: tf.LayersModel) =>
      evaluate(team, network, data[split], card.classes, observer);
    const [before, after] = [await measure(network), await measure(rounded)];
    const more = after.mistakes.length - before.mistakes.length;
    console.log(
      `${split}: ${percent(before.accuracy)} with float32, ${
        percent(after.accuracy)
      } with ${precision}: ${Math.abs(more)} ${
        more < 0 ? "fewer" : "more"
      } wrong of ${after.count}`,
    );
  }
  rounded.dispose();
}
