/** Running a network over many pictures, as in use, with all cores. */

import type * as tf from "@tensorflow/tfjs";
import { shareMemory } from "../backend/mod.ts";
import { IMAGE_PIXELS } from "../image/size.ts";
import type { Observer } from "../observer.ts";
import { splitNetwork } from "./architecture.ts";
import { networkToData } from "./network.ts";
import type { Team } from "./team.ts";

/**
 * Runs a network over pictures, as in use.
 *
 * @param images Pixels 0–255, `[count, 28, 28]`.
 * @param which Features end at the base's last layer, probabilities at the network's.
 * @returns `[count, width]` in shared memory.
 */
export async function computeOutputs(
  team: Team,
  network: tf.LayersModel,
  images: Uint8Array,
  which: "features" | "probabilities",
  observer: Observer = () => {},
): Promise<Float32Array> {
  const count = images.length / IMAGE_PIXELS;
  const last = which === "features" ? splitNetwork(network).base.at(-1)! : network.layers.at(-1)!;
  const width = (last.outputShape as tf.Shape).at(-1)!;
  const outputs = new Float32Array(new SharedArrayBuffer(count * width * 4));
  let done = 0;
  await team.run(
    "computeShare",
    { network: await networkToData(network), which, images: shareMemory(images), outputs },
    {
      onReport: (more) => {
        done += more;
        observer({ kind: "progress", what: which, done, total: count });
      },
    },
  );
  return outputs;
}
