/** The module of the worker that finds the digits in picture files. */

import { decodePicture } from "../picture/decode.ts";
import { findDigits } from "../picture/find_digits.ts";
import { serveTasks } from "./worker_pool.ts";

serveTasks(() => (files: Uint8Array[]) =>
  files.map(async (bytes) => findDigits(await decodePicture(bytes, "the picture")).digits)
);
