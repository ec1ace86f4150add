/** `deno task study NAME`: one of the comparisons and benchmarks whose tables are in outputs/README.md. */

import { STUDIES } from "../study/studies.ts";
import { runStudy } from "../study/study.ts";
import { defineCommand, runOneOf } from "./command_line.ts";
import { showProgress } from "./progress.ts";

await runOneOf({
  name: "study",
  summary:
    "Compares and measures; prints a table, and writes it into outputs/README.md if told so.",
  commands: Object.fromEntries(STUDIES.map((study) => {
    const { name, summary, minutes, flags } = study;
    const command = defineCommand({
      name: `study ${name}`,
      summary: `${summary}\n` +
        `Takes ${minutes} minutes on two cores. What has been done is not done again: delete the folder ` +
        `for that.`,
      example: `deno task study ${name}`,
      flags,
      async run(values) {
        console.log(await runStudy(study, values, showProgress()));
      },
    });
    return [name, { brief: `${summary} (${minutes} minutes)`, command }];
  })),
});
