/** Learning from few pictures of each class, by all workers. */

import { startBackend } from "../backend/mod.ts";
import { type Dataset, join, pick, type Splits } from "../data/dataset.ts";
import { Random } from "../data/random.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import type { Observer } from "../observer.ts";
import { addHead, type BaseName } from "./architecture.ts";
import { loadBase } from "./bases.ts";
import { computeOutputs, evaluate } from "./evaluation.ts";
import { copiesFor, drawCopy, MOST_PICTURES, solveClassifier } from "./closed_form.ts";
import type { Team } from "./team.ts";
import type { TrainResult } from "./transfer.ts";

/**
 * From so many pictures a class on, on average, the head is learnt step by step. With five it reads less when
 * a fifth is held out to choose and to test on, with ten two points more, but takes many times as long
 * (outputs/README.md, own-classes).
 */
const MANY_PICTURES = 11;

/** Rows of the least squares: pictures and their copies. */
const MOST_ROWS = 1200;

/** Whether there are so few pictures that the head is better solved than learnt. */
export function areFew({ train, validation, classes }: Splits): boolean {
  return train.count + validation.count < Math.min(MANY_PICTURES * classes.length, MOST_PICTURES);
}

/**
 * Learns from few pictures: freezes the base, computes the features of each picture and of copies, moved and
 * bent a little, and solves the head. It is calibrated on what the head that is solved without a picture says
 * of it, for each picture, and tested on that as well where there are no test pictures.
 *
 * @param options Pictures to validate on are learnt from too: nothing is chosen on them.
 * @throws {RangeError} If there are more than 3 000 pictures.
 */
export async function learnFromFew(
  team: Team,
  { data, base, seed, observer }: {
    data: Splits;
    base: BaseName;
    seed: number;
    observer?: Observer;
  },
): Promise<TrainResult> {
  const { classes, test } = data;
  const pictures = join(data.train, data.validation);
  if (pictures.count > MOST_PICTURES) {
    throw new RangeError(
      `Expected at most ${MOST_PICTURES} pictures to solve a head from but found ${pictures.count}`,
    );
  }
  await startBackend();
  const started = performance.now();
  const network = addHead((await loadBase(base)).network, {
    classes: classes.length,
    seed,
    hiddenUnits: 0,
  });
  const copies = copiesFor(pictures.count, MOST_ROWS);
  const drawn = drawCopies(pictures, copies, seed);
  const features = await computeOutputs(team, network, drawn, "features", observer);
  const { card, judged, leftOut } = solveClassifier(network, features, pictures.labels, {
    classes,
    copies,
    seed,
  });
  const seconds = () => (performance.now() - started) / 1000;
  if (test.count === 0) {
    const tested = pick(pictures, judged);
    const whole = { ...card, base, seconds: seconds() };
    return { network, history: [], evaluation: leftOut, tested, card: whole };
  }
  const evaluation = await evaluate(team, network, test, classes, observer);
  const metrics = {
    testAccuracy: evaluation.accuracy,
    testCount: evaluation.count,
    validationAccuracy: leftOut.accuracy,
  };
  const whole = { ...card, base, seconds: seconds(), metrics };
  return { network, history: [], evaluation, tested: test, card: whole };
}

/** Every picture as it is, and its copies behind it. */
function drawCopies({ count, images }: Dataset, copies: number, seed: number): Uint8Array {
  const drawn = new Uint8Array(count * copies * IMAGE_PIXELS);
  for (let i = 0; i < count; i++) {
    const picture = images.subarray(i * IMAGE_PIXELS, (i + 1) * IMAGE_PIXELS);
    for (let c = 0; c < copies; c++) {
      const copy = drawCopy(picture, c, new Random(seed, i, c));
      drawn.set(copy, (i * copies + c) * IMAGE_PIXELS);
    }
  }
  return drawn;
}
