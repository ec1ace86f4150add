/** The module of the worker that finds the digits in picture files. */

import { decodePicture } from "../picture/decode.ts";
import { finderFor } from "../picture/find_digits.ts";
import type { FindingTask } from "./reader_pool.ts";
import { serveTasks } from "./worker_pool.ts";

serveTasks(() => (tasks: FindingTask[]) =>
  tasks.map(async ({ bytes, classes }) =>
    finderFor(classes)(await decodePicture(bytes, "the picture")).digits
  )
);
