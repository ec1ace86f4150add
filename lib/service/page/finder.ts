/** The worker of the page that finds what is drawn, with the service's own code. */

import { finderFor } from "../../picture/find_digits.ts";
import type { FoundDigit } from "../../picture/steps.ts";
import { type Pixels, toGrey } from "./grey.ts";
import { help } from "./helper.ts";

/** A picture, and the classes of the model that is to read what is found in it. */
export interface FindingTask {
  classes: string[];
  picture: Pixels;
}

help(({ classes, picture }: FindingTask): FoundDigit[] =>
  finderFor(classes)(toGrey(picture)).digits
);
