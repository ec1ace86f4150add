/** `deno task make`: makes what the repository ships, and the letters to learn from. */

import { runOneOf } from "./command_line.ts";
import { base } from "./make/base.ts";
import { digits } from "./make/digits.ts";
import { letterModels } from "./make/letter_models.ts";
import { letters } from "./make/letters.ts";

await runOneOf({
  name: "make",
  summary: "Makes again what data/ ships, and draws letters to learn from.",
  commands: {
    base: { brief: "a base that reads letters, to data/bases", command: base },
    letters: { brief: "letters and digits drawn with fonts, to data/letters", command: letters },
    digits: { brief: "the shipped model of digits, to data/models/digits", command: digits },
    "letter-models": { brief: "the shipped models of letters", command: letterModels },
  },
});
