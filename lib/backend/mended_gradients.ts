/** Gradients that tfjs lacks on every backend. */

import * as tf from "@tensorflow/tfjs";

/** Comparisons, by their inputs: steps, whose gradient is zero wherever it exists. */
const STEPS: Record<string, string[]> = {
  All: ["x"],
  Any: ["x"],
  Equal: ["a", "b"],
  Greater: ["a", "b"],
  GreaterEqual: ["a", "b"],
  Less: ["a", "b"],
  LessEqual: ["a", "b"],
  LogicalAnd: ["a", "b"],
  LogicalNot: ["x"],
  LogicalOr: ["a", "b"],
  NotEqual: ["a", "b"],
};

/** Registers the gradients, for every backend. */
export function installMendedGradients(): void {
  for (const [kernelName, inputsToSave] of Object.entries(STEPS)) {
    const gradFunc = (_dy: unknown, saved: tf.Tensor[]) =>
      Object.fromEntries(
        inputsToSave.map((name, i) => [name, () => tf.zeros(saved[i].shape)]),
      );
    tf.registerGradient({ kernelName, inputsToSave, gradFunc });
  }
  tf.registerGradient({
    kernelName: "Conv3DBackpropInputV2",
    inputsToSave: ["dy", "filter"],
    gradFunc: gradientOfTransposedConvolution,
  });
}

/** y is the gradient by the input of a convolution in which x is the gradient of the output. */
function gradientOfTransposedConvolution(
  dy: tf.Tensor | tf.Tensor[],
  [x, filter]: tf.Tensor[],
  attrs: tf.NamedAttrMap,
) {
  const { pad, strides } = attrs as { pad: "same" | "valid"; strides: [number, number, number] };
  const gradient = dy as tf.Tensor5D;
  return {
    dy: () => tf.conv3d(gradient, filter as tf.Tensor5D, strides, pad),
    filter: (): tf.Tensor =>
      tf.engine().runKernel(
        "Conv3DBackpropFilterV2",
        { x: gradient, dy: x },
        { pad, strides, filterShape: filter.shape },
      ),
  };
}
