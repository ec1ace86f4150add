/**
 * Draws a script and prints it, in a process with a lockfile of its own: Deno fetches whatever a lockfile
 * names, and no other study needs these fonts.
 */

import type { Dataset } from "../data/dataset.ts";
import { drawScript, SCRIPTS } from "../data/letters/mod.ts";

const [name, task] = Deno.args;
const script = SCRIPTS.find((script) => script.name === name)!;
const { train, test, classes } = await drawScript(script, JSON.parse(task));
const pack = ({ images, labels }: Dataset) => [images.toBase64(), labels.toBase64()];
console.log(JSON.stringify({ classes, train: pack(train), test: pack(test) }));
