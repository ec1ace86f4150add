/** The numbers in which a network that was trained elsewhere takes pixels. */

import * as tf from "@tensorflow/tfjs";
import { pick, type Splits } from "../data/dataset.ts";
import type { Observer } from "../observer.ts";
import { solveHead } from "../model/closed_form.ts";
import { imagesToTensor } from "../model/network.ts";

/** What becomes of a pixel from 0 to 1. */
export interface InputRange {
  name: string;
  scale: number;
  offset: number;
}

/** Ranges that networks are trained on. */
export const INPUT_RANGES: InputRange[] = [
  { name: "0 to 1", scale: 1, offset: 0 },
  { name: "0 to 255", scale: 255, offset: 0 },
  { name: "-1 to 1", scale: 2, offset: -1 },
];

/** What the range is found on. */
export interface RangeTrial extends Pick<Splits, "train" | "classes"> {
  /** Told which range it is. */
  observer: Observer;
}

/** Training pictures on which ranges are tried. */
const MOST_PICTURES = 500;

/** Another range than from 0 to 1 must leave less than this share of what that leaves: some networks do not mind. */
const LESS = 0.97;

/**
 * Finds out in which range a network takes pixels, which its file does not say: in that from which its own
 * (first) outputs explain most of what training pictures are, be they of the same classes or of others, to a head that
 * is solved on the outputs without each picture in turn.
 *
 * What a head learns from the features says less of it: features of the wrong range may be as good.
 *
 * @param network Takes pictures of 28 × 28 in any shape.
 * @param path What to call it when telling the range.
 */
export function findRange(
  network: tf.LayersModel,
  path: string,
  { train, classes, observer }: RangeTrial,
): InputRange {
  const count = Math.min(MOST_PICTURES, train.count);
  const indices = Array.from({ length: count }, (_, i) => Math.floor(i * train.count / count));
  const { images, labels } = pick(train, indices);
  const shape = [count, ...network.inputs[0].shape.slice(1) as number[]];
  const shares = INPUT_RANGES.map(({ scale, offset }) =>
    tf.tidy(() => {
      const pixels = imagesToTensor(images).mul(scale).add(offset).reshape(shape);
      const [first] = [network.predict(pixels)].flat();
      const outputs = asShares(first).dataSync<"float32">();
      const { explained } = solveHead(outputs, labels, { classes: classes.length, copies: 1 });
      return explained || 0; // of outputs that are always the same
    })
  );
  const most = shares.indexOf(Math.max(...shares));
  const best = 1 - shares[most] < LESS * (1 - shares[0]) ? most : 0;
  const [chosen, ...others] = [best, ...shares.keys().filter((i) => i !== best)]
    .map((i) => ({ name: INPUT_RANGES[i].name, share: `${Math.round(100 * shares[i])} %` }));
  observer({
    kind: "note",
    text:
      `Pixels go into ${path} from ${chosen.name}: its outputs explain ${chosen.share} of what ` +
      `${count} training pictures are (${
        others.map(({ name, share }) => `${share} from ${name}`).join(", ")
      })`,
  });
  return INPUT_RANGES[best];
}

/** Outputs as shares of a whole, as they are of a network that ends in a softmax; maps as they are. */
function asShares(outputs: tf.Tensor): tf.Tensor {
  if (outputs.rank > 2) return outputs;
  const [least] = outputs.min().dataSync();
  const [off] = outputs.sum(1).sub(1).abs().max().dataSync();
  return least >= 0 && off < 1e-3 ? outputs : outputs.softmax();
}
