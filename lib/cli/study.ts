/** `deno task study NAME`: one of the comparisons and benchmarks whose tables are in outputs/README.md. */

import { ALL_LABELS } from "../study/all_labels.ts";
import { bench } from "../study/bench.ts";
import { FEW_LABELS } from "../study/few_labels.ts";
import { pictures } from "../study/pictures.ts";
import { SERVICE } from "../study/service.ts";
import { runOneOf } from "./command_line.ts";
import { showProgress } from "./progress.ts";

const studies = [...ALL_LABELS, ...FEW_LABELS, pictures, bench, ...SERVICE];

await runOneOf({
  name: "study",
  summary:
    "Compares and measures; prints a table, and writes it into outputs/README.md if told so.",
  commands: Object.fromEntries(studies.map((study) => [study.name, {
    brief: `${study.summary} (${study.minutes} minutes)`,
    summary: `${study.summary}\n` +
      `Takes ${study.minutes} minutes on two cores. What has been done is not done again: delete the folder ` +
      `for that.`,
    example: `deno task study ${study.name}`,
    flags: study.flags,
    async run(values: Parameters<typeof study.run>[0]) {
      console.log(await study.run(values, showProgress()));
    },
  }])),
});
