/** The module of the workers that read picture files of one symbol each; they know nothing of tfjs. */

import { type Member, serveJobs } from "../backend/team.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import { decodePicture, LARGEST_PICTURE_FILE } from "./decode.ts";
import { findSymbol, WORKING_PIXELS } from "./find_digits.ts";

/** The jobs by name. */
export const jobs = { readSymbols };

/** Which files, and where what is in them goes. */
interface SymbolsTask {
  /** A path, or what is in the file, shared. */
  files: (string | Uint8Array)[];
  /** `[count, 28, 28]`, shared. */
  images: Uint8Array;
}

/**
 * Job: every member reads its files, one in as many as there are members. Reports each that is done.
 *
 * @returns Indices of the files that it cannot read, and of those that nothing is drawn in.
 */
async function readSymbols(
  member: Member<undefined>,
  { files, images }: SymbolsTask,
): Promise<{ unreadable: number[]; blank: number[] }> {
  const [unreadable, blank]: number[][] = [[], []];
  for (let i = member.rank; i < files.length; i += member.size) {
    const symbol = await readSymbol(files[i]).catch(() => undefined);
    if (symbol === undefined) unreadable.push(i);
    else if (symbol.length === 0) blank.push(i);
    else images.set(symbol, i * IMAGE_PIXELS);
    member.report(undefined);
  }
  return { unreadable, blank };
}

/** @returns The pixels of the symbol in a file; none if nothing is drawn. */
async function readSymbol(file: string | Uint8Array): Promise<Uint8Array> {
  const bytes = typeof file === "string" ? await readFile(file) : file.slice();
  const picture = await decodePicture(bytes, "the picture", { enough: WORKING_PIXELS });
  return findSymbol(picture).digits[0]?.pixels ?? new Uint8Array();
}

async function readFile(path: string): Promise<Uint8Array> {
  const { isFile, size } = await Deno.stat(path);
  if (isFile && size <= LARGEST_PICTURE_FILE) return await Deno.readFile(path);
  throw new RangeError(`Expected a smaller file than ${path}`);
}

serveJobs(jobs);
