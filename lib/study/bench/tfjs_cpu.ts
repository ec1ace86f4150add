/**
 * TensorFlow.js's own cpu backend: the same network with `trainOnBatch`. Its optimiser is Adam, for
 * want of AdamW.
 */

import * as tf from "@tensorflow/tfjs";
import { IMAGE_SIDE } from "../../image/size.ts";
import { addHead, buildBase } from "../../model/architecture.ts";
import { RECIPES } from "../../model/recipe.ts";
import { bySize, microseconds, parseOptions, serve } from "./peer.ts";

const CLASSES = 10;
const { learningRate, labelSmoothing } = RECIPES["from-scratch"];
const options = parseOptions();

tf.enableProdMode();
await tf.setBackend("cpu");
const base = buildBase("cnn", 1);
const whole = addHead(buildBase("cnn", 1), { classes: CLASSES, seed: 1 });
const network = tf.sequential({ layers: whole.layers.slice(0, -1) });
network.compile({
  optimizer: tf.train.adam(learningRate),
  loss: (labels, logits) =>
    tf.losses.softmaxCrossEntropy(labels, logits, undefined, labelSmoothing),
});

await serve(
  { versions: { tfjs: tf.version.tfjs }, configuration: "cpu backend, Adam" },
  async () => ({
    step: await bySize(options.stepBatches, (size) => {
      const pictures = randomPictures(size);
      const labels = tf.oneHot(tf.randomUniform([size], 0, CLASSES, "int32"), CLASSES);
      return microseconds(() => network.trainOnBatch(pictures, labels), size, options);
    }),
    forward: await bySize(options.forwardBatches, (size) => time(network, size)),
    features: await time(base, 4 * options.pictures),
  }),
);

function time(model: tf.LayersModel, size: number): Promise<number> {
  const pictures = randomPictures(size);
  const run = () => tf.tidy(() => (model.predictOnBatch(pictures) as tf.Tensor).dataSync());
  return microseconds(run, size, options);
}

function randomPictures(count: number): tf.Tensor {
  return tf.randomUniform([count, IMAGE_SIDE, IMAGE_SIDE, 1]);
}
