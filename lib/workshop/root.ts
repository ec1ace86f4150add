/** Files of the repository, wherever a notebook runs. */

import { resolve } from "@std/path";

/** @returns The path of a file that is told from the repository's root, for Jupyter starts in any folder, or from the disk's. */
export function fromRoot(path: string): string {
  return resolve(import.meta.dirname!, "../..", path);
}
