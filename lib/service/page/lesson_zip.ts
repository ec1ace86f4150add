/** Examples as a zip of folders, which `deno task train --pictures` learns from. */

import { encode } from "fast-png";
import { zipSync } from "fflate";
import { IMAGE_SIDE } from "../../image/size.ts";
import { listArchive } from "../../picture/class_folders.ts";
import { cleanClassName, Lesson } from "./lesson.ts";

/** Packs a folder a class with a PNG file an example, white ink on black. */
export function packExamples(examples: Lesson["examples"]): Uint8Array<ArrayBuffer> {
  const files: [string, Uint8Array][] = [];
  for (const [name, pictures] of examples) {
    for (const [i, data] of pictures.entries()) {
      const size = { width: IMAGE_SIDE, height: IMAGE_SIDE };
      files.push([`${name}/${i + 1}.png`, encode({ ...size, data, channels: 1, depth: 8 })]);
    }
  }
  return zipSync(Object.fromEntries(files), { level: 0 });
}

/**
 * Unpacks the pictures of such a zip, or of any other with a folder of pictures a class.
 *
 * @returns Picture files by the names of their classes, in natural order.
 * @throws {Error} If there are no pictures or more than a lesson has; as {@linkcode listArchive}.
 */
export function unpackPictures(zip: Uint8Array): Map<string, Uint8Array<ArrayBuffer>[]> {
  const { entries } = listArchive(zip, "the file");
  if (entries.length === 0 || entries.length > Lesson.MOST_EXAMPLES) {
    throw new RangeError(
      `Expected 1 to ${Lesson.MOST_EXAMPLES} pictures in folders of classes but found ${entries.length}`,
    );
  }
  const classes = new Map<string, Uint8Array<ArrayBuffer>[]>();
  for (const { label, source } of entries) {
    const name = cleanClassName(label);
    classes.set(name, [...classes.get(name) ?? [], source as Uint8Array<ArrayBuffer>]);
  }
  return classes;
}
