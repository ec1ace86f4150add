/** The module of the worker that finds the digits in picture files. */

import { decodePicture } from "../picture/decode.ts";
import { finderFor, WORKING_PIXELS } from "../picture/find_digits.ts";
import type { ReaderPool } from "./reader_pool.ts";
import { serveTasks } from "./worker_pool.ts";

/** What is decoded of a photograph: four times what it is looked at in. */
const ENOUGH = 4 * WORKING_PIXELS;

/** Seconds that a picture may take to decode, while others wait. */
const SECONDS = 4;

serveTasks(() => (tasks: Parameters<ReaderPool["finder"]["run"]>[0][]) =>
  tasks.map(async ({ bytes, classes }) => {
    const options = { enough: ENOUGH, seconds: SECONDS };
    const picture = await decodePicture(bytes, "the picture", options);
    return { digits: finderFor(classes)(picture).digits, endsEarly: picture.endsEarly ?? false };
  })
);
