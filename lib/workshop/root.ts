/** Files of the repository, wherever a notebook runs. */

import { fromFileUrl } from "@std/path";

/** @returns The path of a file that is told from the repository's root: Jupyter starts in any folder. */
export function fromRoot(path: string): string {
  return fromFileUrl(new URL(`../../${path}`, import.meta.url));
}
