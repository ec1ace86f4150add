/**
 * Draws a script and prints it, in a process with a lockfile of its own: Deno fetches whatever a lockfile
 * names, and no other study needs these fonts.
 */

import { fileURLToPath } from "node:url";
import type { Dataset, Splits } from "../data/dataset.ts";
import { drawScript, SCRIPTS } from "../data/letters/mod.ts";

/** How many pictures of each letter, and from which seed. */
interface Task {
  learning: number;
  testing: number;
  seed: number;
}

/** Draws a script of {@linkcode SCRIPTS} in another process. */
export async function drawApart(
  name: string,
  task: Task,
): Promise<Pick<Splits, "train" | "test" | "classes">> {
  const lock = fileURLToPath(new URL("../data/letters/scripts.lock", import.meta.url));
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", `--lock=${lock}`, "--allow-read", import.meta.url, name, JSON.stringify(task)],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Expected to draw ${name} but it failed`);
  const { classes, ...parts } = JSON.parse(new TextDecoder().decode(stdout));
  const unpack = ({ images, labels }: Record<"images" | "labels", string>): Dataset => ({
    count: Uint8Array.fromBase64(labels).length,
    images: Uint8Array.fromBase64(images),
    labels: Uint8Array.fromBase64(labels),
  });
  return { classes, train: unpack(parts.train), test: unpack(parts.test) };
}

if (import.meta.main) {
  const [name, task] = Deno.args;
  const script = SCRIPTS.find((script) => script.name === name)!;
  const { train, test, classes } = await drawScript(script, JSON.parse(task));
  const pack = ({ images, labels }: Dataset) => ({
    images: images.toBase64(),
    labels: labels.toBase64(),
  });
  console.log(JSON.stringify({ classes, train: pack(train), test: pack(test) }));
}
