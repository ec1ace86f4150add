/** The module of the workers that find the digits in picture files. */

import { decodePicture } from "../picture/decode.ts";
import { findDigits, type FoundDigit } from "../picture/find_digits.ts";
import { outcomeOf, serveTasks } from "./worker_pool.ts";

serveTasks(() => (files: Uint8Array[]) =>
  Promise.all(
    files.map((bytes) =>
      outcomeOf<FoundDigit[]>(async () =>
        findDigits(await decodePicture(bytes, "the picture")).digits
      )
    ),
  )
);
