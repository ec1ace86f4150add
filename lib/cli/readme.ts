/** The tables of outputs/README.md, which tasks write and nobody types. */

import { writeFileAtomically } from "../data/file_system.ts";

const README = "outputs/README.md";

/**
 * Replaces what stands between `<!-- NAME: begin -->` and `<!-- NAME: end -->` in outputs/README.md.
 *
 * @throws {Error} If it has no such lines.
 */
export async function writeReadmeSection(name: string, markdown: string): Promise<void> {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const readme = await Deno.readTextFile(README);
  const [before, rest] = readme.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) {
    throw new Error(`Expected ${README} to have the lines ${begin} and ${end} but it has not`);
  }
  await writeFileAtomically(README, `${before}${begin}\n\n${markdown}\n\n${end}${after}`);
}
