/** Learning from few pictures of each class, by all workers. */

import { startBackend } from "../backend/mod.ts";
import { join, pick, type Splits } from "../data/dataset.ts";
import { Random } from "../data/random.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import type { Observer } from "../observer.ts";
import type { BaseName } from "./architecture.ts";
import { loadBase } from "./bases.ts";
import { drawCopies, solveClassifier } from "./closed_form.ts";
import { computeOutputs, evaluate } from "./evaluation.ts";
import type { Team } from "./team.ts";
import type { trainClassifier } from "./transfer.ts";

/** Rows of the least squares: pictures and their copies. */
const MOST_ROWS = 1200;

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
  { data, base: name, seed, observer }: {
    data: Splits;
    base: BaseName;
    seed: number;
    observer?: Observer;
  },
): ReturnType<typeof trainClassifier> {
  const { classes, test } = data;
  const pictures = join(data.train, data.validation);
  await startBackend();
  const started = performance.now();
  const { network: base } = await loadBase(name);
  const { network, card, judged, leftOut } = await solveClassifier(base, pictures.labels, {
    classes,
    seed,
    mostRows: MOST_ROWS,
    featuresOf(copies) {
      const drawn = new Uint8Array(copies * pictures.images.length);
      for (let i = 0; i < pictures.count; i++) {
        const picture = pictures.images.subarray(i * IMAGE_PIXELS, (i + 1) * IMAGE_PIXELS);
        const all = drawCopies(picture, [0, copies], (copy) => new Random(seed, i, copy));
        drawn.set(all, i * all.length);
      }
      return computeOutputs(team, base, drawn, "features", observer);
    },
  });
  const isTested = test.count > 0;
  const evaluation = isTested ? await evaluate(team, network, test, classes, observer) : leftOut;
  return {
    network,
    history: [],
    evaluation,
    tested: isTested ? test : pick(pictures, judged),
    card: {
      ...card,
      base: name,
      seconds: (performance.now() - started) / 1000,
      ...(isTested && {
        metrics: {
          testAccuracy: evaluation.accuracy,
          testCount: evaluation.count,
          validationAccuracy: leftOut.accuracy,
        },
      }),
    },
  };
}
