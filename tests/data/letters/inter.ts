import type { Font } from "../../../lib/data/letters/fonts.ts";

/** A font that charts are lettered with too: tests of letters need no further package. */
export const INTER: Font = {
  family: "inter",
  version: "5.3.0",
  handwriting: false,
  capitalsOnly: false,
  validation: false,
};
