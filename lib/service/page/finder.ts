/** The worker of the page that finds what is drawn, with the service's own code. */

import type { GreyPicture } from "../../picture/decode.ts";
import { finderFor, type FoundDigit } from "../../picture/find_digits.ts";
import { help } from "./helper.ts";

const skills = {
  find: (classes: string[], picture: GreyPicture): FoundDigit[] =>
    finderFor(classes)(picture).digits,
};

/** What it can do. */
export type Finder = typeof skills;

help(skills);
