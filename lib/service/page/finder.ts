/// <reference lib="dom" />
/** The worker of the page that finds what is drawn, with the service's own code. */

import { finderFor, type FoundDigit } from "../../picture/find_digits.ts";
import { toGrey } from "./grey.ts";
import { help } from "./helper.ts";

const skills = {
  find: (classes: string[], picture: ImageData): FoundDigit[] =>
    finderFor(classes)(toGrey(picture)).digits,
};

/** What it can do. */
export type Finder = typeof skills;

help(skills);
