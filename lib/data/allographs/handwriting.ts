/** What is learnt beside MNIST, so that a network reads people of other schools and says "don't know" to the rest. */

import { IMAGE_PIXELS } from "../../image/size.ts";
import { type Dataset, join, NO_CLASS, slice, type Splits } from "../dataset.ts";
import { Random } from "../random.ts";
import { drawDigits } from "./draw.ts";
import { drawNonDigit, NON_DIGITS, type NonDigit } from "./non_digits.ts";

/** Pictures of MNIST that are learnt from. */
const MNIST_COUNT = 55_000;

/** Pictures that are drawn for so many of MNIST's: of those that look most like digits more. */
const DIGITS_COUNT = 8000;
const COUNTS: Record<NonDigit, number> = {
  letter: 4000,
  scribble: 1600,
  lines: 1600,
  noise: 300,
  blot: 300,
  blank: 300,
};

/** Pictures of each kind that are kept apart, for each picture of validation: 1 000. */
const APART_SHARE = 1 / 5;

/**
 * Adds to the digits that are learnt from others that are drawn as people of other schools write them,
 * and pictures without a digit; the like of them, by other random numbers, is kept apart.
 */
export function addHandwriting(data: Splits, seed: number): Splits {
  const { train, validation } = data;
  const share = train.count / MNIST_COUNT;
  const digits = Math.round(share * DIGITS_COUNT);
  const apart = Math.round(APART_SHARE * validation.count);
  const rest = NON_DIGITS.map((kind) => {
    const count = Math.round(share * COUNTS[kind]);
    return { kind, count, drawn: drawNonDigits(kind, count + apart, seed) };
  });
  return {
    ...data,
    train: join(
      train,
      drawDigits({ count: digits, seed }),
      ...rest.map(({ drawn, count }) => slice(drawn, 0, count)),
    ),
    apart: {
      "digits of other schools": drawDigits({ count: apart, seed, firstIndex: digits }),
      ...Object.fromEntries(
        rest.map(({ kind, drawn, count }) => [kind, slice(drawn, count, apart)]),
      ),
    },
  };
}

function drawNonDigits(kind: NonDigit, count: number, seed: number): Dataset {
  const images = new Uint8Array(count * IMAGE_PIXELS);
  for (let i = 0; i < count; i++) {
    const random = new Random(seed, NON_DIGITS.indexOf(kind), i);
    images.set(drawNonDigit(kind, random), i * IMAGE_PIXELS);
  }
  return { count, images, labels: new Uint8Array(count).fill(NO_CLASS) };
}
