/** `deno task study NAME`: one of the comparisons and benchmarks whose tables are in outputs/README.md. */

import { STUDIES } from "../study/studies.ts";
import { flagsOf, runStudy, type Study } from "../study/study.ts";
import { defineCommand, runOneOf } from "./command_line.ts";
import { showProgress } from "./progress.ts";

await runOneOf({
  name: "study",
  summary:
    "Compares and measures; prints a table, and writes it into outputs/README.md if told so.",
  commands: Object.fromEntries(STUDIES.map((study) => [study.name, {
    brief: `${study.summary} (${study.minutes} minutes)`,
    command: commandOf(study),
  }])),
});

function commandOf(study: Study) {
  return defineCommand({
    name: `study ${study.name}`,
    summary: `${study.summary}\n` +
      `Takes ${study.minutes} minutes on two cores. What has been done is not done again: delete the folder ` +
      `for that.`,
    example: `deno task study ${study.name}`,
    flags: flagsOf(study),
    async run(values) {
      console.log(await runStudy(study, values, showProgress()));
    },
  });
}
