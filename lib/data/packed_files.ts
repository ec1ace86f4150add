/** Files of pictures as they come: compressed, in archives, in folders in folders. */

import { join } from "@std/path";
import { unzipSync } from "fflate";
import { isDirectory } from "./file_system.ts";

/** Largest file of pictures that is read, in bytes: enough for EMNIST's 697 932, and within memory. */
export const LARGEST_FILE = 600_000_000;

/** A path into a zip archive: the archive, and the file in it. */
const INTO_ARCHIVE = /^(.*\.zip)[/\\](.+)$/i;

/** Folders in one another that are looked into. */
const DEEPEST = 3;

/**
 * Reads a file, plain or compressed with gzip (told by its first bytes), also one in a zip archive:
 * `mnist.zip/train-images-idx3-ubyte`.
 *
 * @throws {Error} If it cannot be read or unpacked, or is larger than {@linkcode LARGEST_FILE}.
 */
export async function readPacked(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const [, archive, inner] = INTO_ARCHIVE.exec(path) ?? [];
  const isInArchive = archive !== undefined && !await isDirectory(archive);
  const bytes = isInArchive
    ? unzip(await readWhole(archive), archive, (name) => name === inner)[inner]
    : await readWhole(path);
  if (!bytes) throw new Error(`Expected to read ${path} but there is no such file`);
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? await gunzip(bytes, path) : bytes;
}

async function readWhole(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { isFile, size } = await Deno.stat(path);
    if (!isFile) throw new Error("it is not a file");
    if (size > LARGEST_FILE) throw new Error(`it has more than ${LARGEST_FILE} bytes`);
    return await Deno.readFile(path);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : error instanceof Deno.errors.PermissionDenied
      ? "permission was denied"
      : (error as Error).message;
    throw new Error(`Expected to read ${path} but ${reason}`);
  }
}

async function gunzip(
  packed: Uint8Array<ArrayBuffer>,
  name: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    for await (
      const chunk of new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))
    ) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > LARGEST_FILE) break;
    }
  } catch {
    throw new SyntaxError(`Expected ${name} to be a whole gzip file but it is cut off or damaged`);
  }
  if (length > LARGEST_FILE) {
    throw new SyntaxError(
      `Expected ${name} to unpack to at most ${LARGEST_FILE} bytes but found more`,
    );
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/**
 * Unpacks files of a zip archive that are not too large.
 *
 * @param isWanted Told their names, with `/` between folders.
 * @throws {SyntaxError} If it is no whole archive.
 */
export function unzip(
  bytes: Uint8Array,
  archive: string,
  isWanted: (name: string) => boolean,
): Record<string, Uint8Array<ArrayBuffer>> {
  try {
    const files = unzipSync(bytes, {
      filter: ({ name, originalSize }) =>
        isWanted(withSlashes(name)) && originalSize <= LARGEST_FILE,
    });
    return Object.fromEntries(
      Object.entries(files).map((
        [name, content],
      ) => [withSlashes(name), content as Uint8Array<ArrayBuffer>]),
    );
  } catch {
    throw new SyntaxError(`Expected ${archive} to be a whole zip archive but it is not`);
  }
}

function withSlashes(name: string): string {
  return name.replaceAll("\\", "/");
}

/**
 * Lists the files in a folder, or in a zip archive, down to the third level.
 *
 * @returns Their names from there on, with `/` between folders, in alphabetical order; none that are hidden.
 * @throws {Error} If it cannot be read.
 */
export async function listFiles(source: string): Promise<string[]> {
  const names: string[] = [];
  const list = async (folder: string) => {
    for await (
      const { name, isDirectory: isFolder, isSymlink } of Deno.readDir(join(source, folder))
    ) {
      const path = folder === "" ? name : `${folder}/${name}`;
      const leadsOn = isFolder || (isSymlink && await isDirectory(join(source, path)));
      if (!leadsOn) names.push(path);
      else if (path.split("/").length < DEEPEST && !name.startsWith(".")) await list(path);
    }
  };
  if (await isDirectory(source)) await list("");
  else {
    unzip(await readWhole(source), source, (name) => {
      if (!name.endsWith("/")) names.push(name);
      return false;
    });
  }
  return names.filter((name) => !/(^|\/)(\.|__MACOSX)/.test(name)).sort();
}
