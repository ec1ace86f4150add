/** `deno task make`: makes what the repository ships, and the letters to learn from. */

import { runOneOf } from "./command_line.ts";
import { backend } from "./make/backend.ts";
import { base } from "./make/base.ts";
import { letters } from "./make/letters.ts";

await runOneOf({
  name: "make",
  summary: "Makes the bases again that data/ ships, and draws letters to learn from.",
  commands: {
    backend: { brief: "the library to train with, as one file", command: backend },
    base: { brief: "a base that reads letters, to data/bases", command: base },
    letters: { brief: "letters and digits drawn with fonts, to data/letters", command: letters },
  },
});
