/** The worker of the page that finds what is drawn, with the service's own code. */

import type { GreyPicture } from "../../picture/decode.ts";
import { finderFor } from "../../picture/find_digits.ts";
import { help } from "./helper.ts";

help({
  find: (classes: string[], picture: GreyPicture) => finderFor(classes)(picture).digits,
});
