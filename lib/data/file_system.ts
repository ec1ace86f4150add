/** Files written so that a reader never sees half of one. */

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
  try {
    await writeAndSync(temporaryPath, data);
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

async function writeAndSync(path: string, data: Uint8Array | string): Promise<void> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
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
