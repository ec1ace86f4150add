/**
 * A convolution block as one operation: convolution 3×3 'same', 1×1 or depthwise 3×3 'same', without
 * bias → max-pooling 2×2 → batch normalisation → ReLU, with or without pooling; without pooling, also
 * without ReLU. The layers stay what they are; only their computation is fused.
 */

import * as tf from "@tensorflow/tfjs";

/**
 * Computes the block that begins at `layers[start]` at once, if there is one and the fast kernels are
 * installed.
 *
 * In training the batch's own statistics are used and the moving ones updated, as the layer does.
 * Gradients flow to the weights, and to the input unless it has one channel only.
 *
 * @param layers Layers of a sequential network.
 * @param start Index of the block's first layer.
 * @param input `[batch, height, width, channels]`.
 * @param training Whether batch normalisation works as in training.
 * @returns What the block gives and of how many layers it is, or `undefined` if the layers are not a
 * block that the kernels support.
 */
export function applyBlock(
  layers: tf.layers.Layer[],
  start: number,
  input: tf.Tensor,
  training: boolean,
): { output: tf.Tensor; layerCount: number } | undefined {
  if (!tf.getKernel("ConvolutionBlock", tf.getBackend())) return undefined;
  // The fused block in use has no gradient; the layers have theirs.
  if (!training && tf.engine().state.gradientDepth > 0) return undefined;
  const block = blockAt(layers, start);
  if (!block || input.rank !== 4 || input.dtype !== "float32") return undefined;
  const { convolution, norm, layerCount, ...kind } = block;
  const filter = convolution.weights[0].read();
  if (!isSupported(input.shape, filter.shape, kind)) return undefined;
  const [gamma, beta, movingMean, movingVariance] = norm.weights.map((weight) => weight.read());
  const { epsilon, momentum } = norm.getConfig() as { epsilon: number; momentum: number };
  const attrs = { ...kind, epsilon, momentum };
  if (!training) {
    const statistics = { mean: movingMean, variance: movingVariance };
    const inputs = { x: input, filter, gamma, beta, ...statistics };
    return { output: tf.engine().runKernel("ConvolutionBlockInUse", inputs, attrs), layerCount };
  }
  const output = tf.tidy(() => {
    let moved: tf.Tensor[] = [];
    const block = tf.customGrad((...parameters) => {
      const save = parameters.pop() as unknown as tf.GradSaveFunc;
      const [x, filter, gamma, beta] = parameters as tf.Tensor[];
      const inputs = { x, filter, gamma, beta, movingMean, movingVariance };
      const [value, product, mask, mean, variance, ...statistics]: tf.Tensor[] = tf.engine()
        .runKernel("ConvolutionBlock", inputs, attrs);
      moved = statistics.map((tensor) => tf.keep(tensor));
      save([x, filter, gamma, beta, product, mask, mean, variance]);
      const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
        const [x, filter, gamma, beta, product, mask, mean, variance] = saved;
        const inputs = { dy, x, filter, gamma, beta, product, mask, mean, variance };
        return tf.engine().runKernel("ConvolutionBlockGradient", inputs, attrs);
      };
      return { value, gradFunc };
    });
    const y = block(input, filter, gamma, beta);
    [movingMean, movingVariance].forEach((moving, i) => (moving as tf.Variable).assign(moved[i]));
    tf.dispose(moved);
    return y;
  });
  return { output, layerCount };
}

/** What a block is made of, beside the batch norm. */
type Kind = {
  isDepthwise: boolean;
  pools: boolean;
  rectifies: boolean;
};

/** The block that begins at `layers[start]`. */
function blockAt(
  layers: tf.layers.Layer[],
  start: number,
): Kind & { convolution: tf.layers.Layer; norm: tf.layers.Layer; layerCount: number } | undefined {
  let end = start;
  const next = (isWanted: (layer: tf.layers.Layer) => boolean) =>
    end < layers.length && isWanted(layers[end]) ? layers[end++] : undefined;
  const convolution = next(isConvolution);
  if (!convolution) return undefined;
  const pools = next(isPooling) !== undefined;
  const norm = next(isNorm);
  const rectifies = norm !== undefined && next(isRectifier) !== undefined;
  if (!norm || norm.trainable !== convolution.trainable || (pools && !rectifies)) return undefined;
  const isDepthwise = convolution.getClassName() === "DepthwiseConv2D";
  return { convolution, isDepthwise, pools, norm, rectifies, layerCount: end - start };
}

function isConvolution(layer: tf.layers.Layer): boolean {
  const plain = { useBias: false, activation: "linear", strides: 1, dilationRate: 1 };
  const square = { ...plain, kernelSize: 3, padding: "same" };
  return isLayer(layer, "Conv2D", square) ||
    isLayer(layer, "Conv2D", { ...plain, kernelSize: 1 }) ||
    isLayer(layer, "DepthwiseConv2D", { ...square, depthMultiplier: 1 });
}

function isPooling(layer: tf.layers.Layer): boolean {
  return isLayer(layer, "MaxPooling2D", { poolSize: 2, strides: 2, padding: "valid" });
}

function isNorm(layer: tf.layers.Layer): boolean {
  return [-1, 3].some((axis) =>
    isLayer(layer, "BatchNormalization", { axis, center: true, scale: true })
  );
}

function isRectifier(layer: tf.layers.Layer): boolean {
  return isLayer(layer, "Activation", { activation: "relu" });
}

/** Whether a layer is of such a class, with such settings: sizes may be written as numbers or as lists. */
function isLayer(
  layer: tf.layers.Layer,
  className: string,
  settings: Record<string, string | number | boolean>,
): boolean {
  if (layer.getClassName() !== className) return false;
  const { dataFormat = "channelsLast", ...config } = layer.getConfig();
  return dataFormat === "channelsLast" &&
    Object.entries(settings).every(([key, value]) =>
      [config[key]].flat().every((found) => found === value)
    );
}

function isSupported(
  [, height, width, inputs]: number[],
  filterShape: number[],
  { isDepthwise, pools }: Kind,
): boolean {
  if (isDepthwise) return !pools && inputs % 4 === 0;
  const isPicture = inputs === 1 && pools && filterShape[0] === 3;
  return (!pools || (height > 1 && width > 1)) && filterShape[3] % 8 === 0 &&
    (isPicture || inputs % 8 === 0);
}
