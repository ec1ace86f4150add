/** A zip archive of folders of pictures, one for each class; nothing of it is written anywhere. */

import { unzipSync } from "fflate";
import { LARGEST_FILE } from "../data/packed_files.ts";
import { type Contents, PICTURE_NAME } from "./class_folders.ts";

/** Names of files that are such archives. */
export const ARCHIVE_NAME = /\.zip$/i;

/**
 * Lists an archive and unpacks its pictures.
 *
 * @param archive What to call it in an error.
 * @throws {SyntaxError} If it is no zip archive, damaged, or has a file whose name leads out of it.
 * @throws {RangeError} If its pictures have more than 600 MB.
 */
export function listArchive(bytes: Uint8Array, archive: string): Contents {
  const names: string[] = [];
  let unpacked: Record<string, Uint8Array>;
  let size = 0;
  try {
    unpacked = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        names.push(name);
        checkName(name, archive);
        if (!PICTURE_NAME.test(name)) return false;
        size += originalSize;
        if (size <= LARGEST_FILE) return true;
        throw new RangeError(
          `Expected the pictures in ${archive} to unpack to at most ${LARGEST_FILE} bytes but found more`,
        );
      },
    });
  } catch (error) {
    if (error instanceof RangeError || error instanceof NameError) throw error;
    throw new SyntaxError(`Expected ${archive} to be a whole zip archive but it is not`);
  }
  const files = names.filter((name) => !/[/\\]$/.test(name));
  return {
    files: files.map((name) => ({
      name: readable(name),
      source: Object.hasOwn(unpacked, name) ? unpacked[name] : new Uint8Array(),
    })),
    folders: [...new Set(names.flatMap((name) => foldersOf(readable(name))))],
    passedOver: [],
  };
}

class NameError extends SyntaxError {}

function checkName(name: string, archive: string): void {
  const path = name.split(/[/\\]/);
  if (!path.includes("..") && path[0] !== "" && !/^[a-z]:/i.test(name)) return;
  throw new NameError(`Expected files in ${archive} to stay inside it but found ${name}`);
}

/** Names with `/` between folders; those of UTF-8 that do not say so, as macOS writes them, read as such. */
function readable(name: string): string {
  const path = name.replaceAll("\\", "/");
  if (/[^\0-\xff]/.test(path)) return path;
  try {
    const bytes = Uint8Array.from(path, (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return path;
  }
}

/** All folders that a file is in, one inside the other. */
function foldersOf(name: string): string[] {
  const path = name.split("/").slice(0, -1);
  return path.map((_, i) => path.slice(0, i + 1).join("/"));
}
