/** All steps of an LSTM as one operation, and the layer that uses it where it can. */

import * as tf from "@tensorflow/tfjs";

/** A weight of a layer. */
interface Weight {
  read(): tf.Tensor;
}

/** Members of tfjs's LSTM, which it keeps private. */
interface LstmLayer {
  cell: {
    kernel: Weight;
    recurrentKernel: Weight;
    bias: Weight | null;
    units: number;
    dropout: number;
    recurrentDropout: number;
    getConfig(): { activation: string; recurrentActivation: string };
  };
  stateful: boolean;
  goBackwards: boolean;
  returnSequences: boolean;
  returnState: boolean;
  getInitialState(inputs: tf.Tensor): tf.Tensor[];
}

/** What layers are called with. */
interface CallOptions {
  mask?: tf.Tensor | null;
  training?: boolean;
  initialState?: tf.Tensor[] | null;
}

/** Lets tfjs's LSTM take all steps at once from now on, whatever backend has the kernels for it. */
export function speedUpLstm(): void {
  const { constructor: { prototype } } = tf.layers.lstm({ units: 1 });
  const { call } = prototype;
  prototype.call = function (
    this: LstmLayer,
    inputs: tf.Tensor | tf.Tensor[],
    options: CallOptions = {},
  ) {
    const [x] = [inputs].flat();
    return isSupported(this, x, options)
      ? tf.tidy(() => callLayer(this, x, options))
      : call.call(this, inputs, options);
  };
}

/** Units in eights, without masks, dropout, a state that stays and gradients of gradients. */
function isSupported(
  { cell, stateful }: LstmLayer,
  x: tf.Tensor,
  { mask, training }: CallOptions,
): boolean {
  const { activation, recurrentActivation } = cell.getConfig();
  const dropsOut = training && (cell.dropout > 0 || cell.recurrentDropout > 0);
  return tf.getKernel("LstmSteps", tf.getBackend()) !== undefined && x.dtype === "float32" &&
    tf.engine().state.gradientDepth < 2 &&
    cell.units % 8 === 0 && !mask && !dropsOut && !stateful && activation === "tanh" &&
    ["hardSigmoid", "sigmoid"].includes(recurrentActivation);
}

function callLayer(
  layer: LstmLayer,
  x: tf.Tensor,
  { initialState }: CallOptions,
): tf.Tensor | tf.Tensor[] {
  const { kernel, recurrentKernel, bias, units } = layer.cell;
  const [output, cell] = initialState ?? layer.getInitialState(x);
  const inOrder = x.transpose([1, 0, 2]);
  const steps = layer.goBackwards ? inOrder.reverse(0) : inOrder;
  const [time, batch, width] = steps.shape;
  const z = tf.fused.matMul({
    a: steps.reshape([time * batch, width]),
    b: kernel.read(),
    bias: bias?.read(),
  }).reshape([time, batch, 4 * units]);
  const hard = layer.cell.getConfig().recurrentActivation === "hardSigmoid";
  const y = lstmSteps(z, recurrentKernel.read(), output, cell, hard);
  const [lastOutput, lastCell] = y.slice([time - 1, 0, 0]).unstack();
  const outputs = layer.returnSequences
    ? y.slice([0, 0, 0], [time, batch, units]).transpose([1, 0, 2])
    : lastOutput;
  return layer.returnState ? [outputs, lastOutput, lastCell] : outputs;
}

/**
 * Steps of an LSTM (Hochreiter and Schmidhuber, "Long short-term memory", 1997, with the forget gate of
 * Gers, Schmidhuber and Cummins, 2000).
 *
 * @param z What the gates get from the inputs: `[time, batch, 4 · units]`, in the order input, forget,
 * candidate, output.
 * @param recurrent `[units, 4 · units]`.
 * @param output Before the first step: `[batch, units]`.
 * @param cell As `output`.
 * @param hard Whether the gates are hard sigmoids.
 * @returns `[time + 1, batch, units]`: outputs of all steps, and the last cells.
 */
function lstmSteps(
  z: tf.Tensor,
  recurrent: tf.Tensor,
  output: tf.Tensor,
  cell: tf.Tensor,
  hard: boolean,
): tf.Tensor {
  const keepsAll = tf.engine().state.gradientDepth > 0;
  const runSteps = (...[z, recurrent, output, cell]: tf.Tensor[]): tf.Tensor[] =>
    tf.engine().runKernel("LstmSteps", { z, recurrent, output, cell }, { hard, keepsAll });
  if (!keepsAll) return runSteps(z, recurrent, output, cell)[0];
  const steps = tf.customGrad((...parameters) => {
    const save = parameters.pop() as unknown as tf.GradSaveFunc;
    const [z, ...others] = parameters as tf.Tensor[];
    const [value, ...kept] = runSteps(z, ...others);
    save([...others, value, ...kept]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [recurrent, output, cell, y, cells, gates] = saved;
      const inputs = { dy, recurrent, output, cell, y, cells, gates };
      return tf.engine().runKernel("LstmStepsGradient", inputs, { hard });
    };
    return { value, gradFunc };
  });
  return steps(z, recurrent, output, cell);
}
