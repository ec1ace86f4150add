/** Files: written so that a reader never sees half of one, and read as they come, compressed or in archives. */

import { type UnzipFileInfo, unzipSync } from "fflate";

/** Largest file that is read or unpacked, in bytes: enough for EMNIST's 697 932 pictures, and within memory. */
const LARGEST_FILE = 600_000_000;

/** A path into a zip archive: the archive, and the file in it. */
const INTO_ARCHIVE = /^(.*\.zip)[/\\](.+)$/i;

/**
 * Writes a file atomically: the data goes to a temporary file beside the target, reaches the disk,
 * and then takes the target's name in one step. Whatever fails, an older file stays as it was and
 * no temporary file is left. Needs permission to read and write the folder.
 *
 * @param path Where to write; its folder must exist.
 * @param data The new content: bytes, or text written as UTF-8.
 * @throws {Deno.errors.NotFound} If the folder does not exist.
 */
export async function writeFileAtomically(path: string, data: Uint8Array | string): Promise<void> {
  const temporaryPath = `${path}.${crypto.randomUUID()}.tmp`;
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  try {
    await writeAndSync(temporaryPath, bytes);
    await Deno.rename(temporaryPath, path);
  } catch (error) {
    await Deno.remove(temporaryPath).catch(() => {}); // the first error is the one to report
    throw error;
  }
}

/** Whether a name is that of a file that {@linkcode writeFileAtomically} had not finished. */
export function isTemporary(name: string): boolean {
  return /\.[\da-f-]{36}\.tmp$/.test(name);
}

async function writeAndSync(path: string, bytes: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  for (let written = 0; written < bytes.length;) {
    written += await file.write(bytes.subarray(written));
  }
  await file.sync();
}

/** Whether there is a folder of this name. */
export function isDirectory(path: string): Promise<boolean> {
  return Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
}

/**
 * Reads a file as {@linkcode readWhole} does, plain or compressed with gzip (told by its first bytes).
 *
 * @throws {SyntaxError} If it cannot be unpacked, or unpacks to more than {@linkcode LARGEST_FILE}.
 */
export async function readPacked(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readWhole(path);
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? await gunzip(bytes, path) : bytes;
}

/**
 * Reads JSON, of which nothing is known yet.
 *
 * @param name What to call it in an error.
 * @throws {SyntaxError} If it is none.
 */
export function parseJson(json: Uint8Array | string, name: string): unknown {
  try {
    return JSON.parse(typeof json === "string" ? json : new TextDecoder().decode(json));
  } catch {
    throw new SyntaxError(`Expected ${name} to be JSON but it is not`);
  }
}

/**
 * Reads a file as it is, also one in a zip archive: `model.zip/card.json`.
 *
 * @throws {Error} If it cannot be read, or is larger than {@linkcode LARGEST_FILE}.
 */
export async function readWhole(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const [, archive, inner] = INTO_ARCHIVE.exec(path) ?? [];
  if (archive !== undefined && !await isDirectory(archive)) {
    const isWanted = (name: string) => name.replaceAll("\\", "/") === inner;
    const [bytes] = Object.values(unzip(await readWhole(archive), archive, isWanted));
    if (bytes) return bytes;
    throw new Error(`Expected to read ${path} but there is no such file`);
  }
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
 * Unpacks files of a zip archive.
 *
 * @param archive What to call it in an error.
 * @param isWanted Told their names, as they are in the archive.
 * @returns The files by name.
 * @throws {SyntaxError} If it is no whole archive.
 * @throws {RangeError} If the files that are wanted are larger than {@linkcode LARGEST_FILE} together.
 */
export function unzip(
  bytes: Uint8Array,
  archive: string,
  isWanted: (name: string) => boolean,
): Record<string, Uint8Array<ArrayBuffer>> {
  let refusal: unknown;
  let total = 0;
  const filter = ({ name, originalSize }: UnzipFileInfo) => {
    if (!isWanted(name)) return false;
    total += originalSize;
    if (total <= LARGEST_FILE) return true;
    throw refusal = new RangeError(
      `Expected ${archive} to unpack to at most ${LARGEST_FILE} bytes but found more`,
    );
  };
  try {
    return unzipSync(bytes, { filter }) as Record<string, Uint8Array<ArrayBuffer>>;
  } catch {
    throw refusal ?? new SyntaxError(`Expected ${archive} to be a whole zip archive but it is not`);
  }
}
