/** The module of the workers that read picture files of one symbol each; they know nothing of tfjs. */

import { type Member, serveJobs } from "../backend/team.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import { decodePicture, LARGEST_PICTURE_FILE } from "./decode.ts";
import { findSymbol } from "./find_digits.ts";
import { WORKING_PIXELS } from "./resolution.ts";

/** The jobs by name. */
export const jobs = { readSymbols };

/** Which files, and where what is in them goes. */
interface SymbolsTask {
  paths: string[];
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
  { paths, images }: SymbolsTask,
): Promise<{ unreadable: number[]; blank: number[] }> {
  const [unreadable, blank]: number[][] = [[], []];
  for (let i = member.rank; i < paths.length; i += member.size) {
    const symbol = await readSymbol(paths[i]).catch(() => undefined);
    if (symbol === undefined) unreadable.push(i);
    else if (symbol.length === 0) blank.push(i);
    else images.set(symbol, i * IMAGE_PIXELS);
    member.report(undefined);
  }
  return { unreadable, blank };
}

/** @returns The pixels of the symbol in a file; none if nothing is drawn. */
async function readSymbol(path: string): Promise<Uint8Array> {
  const { size } = await Deno.stat(path);
  if (size > LARGEST_PICTURE_FILE) throw new RangeError(`Expected a smaller file than ${path}`);
  const picture = await decodePicture(await Deno.readFile(path), path, WORKING_PIXELS);
  return findSymbol(picture).digits[0]?.pixels ?? new Uint8Array();
}

serveJobs(jobs);
