/** Layers and activations of Keras that tfjs lacks, with Keras's names, settings and weights, for networks from files. */

import * as tf from "@tensorflow/tfjs";

/** What Keras calls the settings of these layers, in camel case. */
interface Settings {
  name: string;
  axis?: number | number[];
  center?: boolean;
  epsilon?: number;
  groups?: number;
  keyDim?: number;
  numHeads?: number;
  scale?: boolean;
  useBias?: boolean;
  valueDim?: number | null;
}

/** What a layer is, told of its settings. */
interface Kind {
  /** Shapes of its weights by their names, in Keras's order. */
  weights?: (shapes: number[][], settings: Settings) => Record<string, number[] | undefined>;
  compute: (
    inputs: tf.Tensor[],
    settings: Settings,
    weights: Record<string, tf.Tensor>,
  ) => tf.Tensor;
  /** @default {The shape of its input} */
  outputShape?: (shapes: tf.Shape[]) => tf.Shape;
}

const LAYERS: Record<string, Kind> = {
  GroupNormalization: {
    weights: ([shape], { name, axis = -1, center = true, scale = true }) => {
      if (axis !== -1 && axis !== shape.length - 1) {
        throw new RangeError(`Expected axis of ${name} to be the last but found ${axis}`);
      }
      const channels = shape.slice(-1);
      return { gamma: scale ? channels : undefined, beta: center ? channels : undefined };
    },
    compute: ([x], { groups = 32, epsilon = 1e-3 }, { gamma, beta }) => {
      const channels = x.shape.at(-1)!;
      const count = groups === -1 ? channels : groups;
      const grouped = x.reshape([x.shape[0], -1, count, channels / count]);
      const { mean, variance } = tf.moments(grouped, [1, 3], true);
      const scaled = grouped.sub(mean).mul(variance.add(epsilon).rsqrt()).reshape(x.shape);
      const stretched = gamma ? scaled.mul(gamma) : scaled;
      return beta ? stretched.add(beta) : stretched;
    },
  },
  RMSNormalization: {
    weights: ([shape], { axis = -1 }) => ({ scale: [axis].flat().map((one) => shape.at(one)!) }),
    compute: ([x], { axis = -1, epsilon = 1e-6 }, { scale }) =>
      x.mul(x.square().mean(axis, true).add(epsilon).rsqrt()).mul(scale),
  },
  UnitNormalization: {
    compute: ([x], { axis = -1 }) => x.div(x.square().sum(axis, true).sqrt().maximum(1e-12)),
  },
  MultiHeadAttention: {
    weights: ([query, value, key = value], settings) => {
      const { numHeads: heads = 1, keyDim = 1, useBias = true } = settings;
      const valueDim = settings.valueDim ?? keyDim;
      const [width] = query.slice(-1);
      const dense = (name: string, from: number[], to: number[], bias = to) => ({
        [`${name}/kernel`]: [...from, ...to],
        [`${name}/bias`]: useBias ? bias : undefined,
      });
      return {
        ...dense("query", [width], [heads, keyDim]),
        ...dense("key", key.slice(-1), [heads, keyDim]),
        ...dense("value", value.slice(-1), [heads, valueDim]),
        ...dense("attention_output", [heads, valueDim], [width]),
      };
    },
    compute: ([query, value, key = value], { keyDim = 1 }, weights) => {
      /** Sums over the last axes of x, which are the first of the kernel. */
      const dense = (x: tf.Tensor, axes: number, name: string) => {
        const [kernel, bias] = ["kernel", "bias"].map((kind) => weights[`${name}/${kind}`]);
        const depth = tf.util.sizeFromShape(kernel.shape.slice(0, axes));
        const product = x.reshape([-1, depth]).matMul(kernel.reshape([depth, -1]))
          .reshape([...x.shape.slice(0, -axes), ...kernel.shape.slice(axes)]);
        return bias ? product.add(bias) : product;
      };
      const heads = (x: tf.Tensor, name: string) => dense(x, 1, name).transpose([0, 2, 1, 3]);
      const scores = tf.matMul(heads(query, "query"), heads(key, "key"), false, true);
      const shares = scores.div(Math.sqrt(keyDim)).softmax();
      const heard = shares.matMul(heads(value, "value")).transpose([0, 2, 1, 3]);
      return dense(heard, 2, "attention_output");
    },
  },
  Subtract: {
    compute: ([one, other]) => one.sub(other),
    outputShape: ([one, other]) => one.map((size, axis) => size === 1 ? other[axis] : size),
  },
};

const ACTIVATIONS: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  exponential: (x) => x.exp(),
  hardSilu: (x) => x.mul(x.add(3).clipByValue(0, 6)).div(6),
  hardTanh: (x) => x.clipByValue(-1, 1),
  logSigmoid: (x) => x.logSigmoid(),
};

/** Lets tfjs read networks that have such layers and activations from now on. */
export function registerKerasLayers(): void {
  for (const [className, kind] of Object.entries(LAYERS)) registerLayer(className, kind);
  for (const [className, compute] of Object.entries(ACTIVATIONS)) {
    tf.serialization.registerClass(
      class extends tf.serialization.Serializable {
        static className = className;
        apply = (x: tf.Tensor) => tf.tidy(() => compute(x));
        getConfig = () => ({});
      },
    );
  }
  tf.serialization.registerClass(GruCell);
  tf.serialization.registerClass(Gru);
}

/** Shapes of one input or several. */
function shapesOf(shape: tf.Shape | tf.Shape[]): tf.Shape[] {
  return (Array.isArray(shape[0]) ? shape : [shape]) as tf.Shape[];
}

function registerLayer(className: string, kind: Kind): void {
  const { weights, compute, outputShape = ([shape]) => shape } = kind;
  class KerasLayer extends tf.layers.Layer {
    static className = className;
    readonly #settings: Settings;
    #weights: Record<string, tf.LayerVariable> = {};

    constructor({ customObjects: _, ...settings }: Settings & { customObjects?: unknown }) {
      super(settings);
      this.supportsMasking = true;
      this.#settings = settings;
    }

    override build(shape: tf.Shape | tf.Shape[]): void {
      super.build(shape);
      const sizes = Object.entries(weights?.(shapesOf(shape) as number[][], this.#settings) ?? {});
      for (const [name, size] of sizes) {
        if (!size) continue;
        const initializer = name === "beta" ? tf.initializers.zeros() : tf.initializers.ones();
        this.#weights[name] = this.addWeight(name, size, "float32", initializer);
      }
    }

    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.tidy(() => {
        const entries = Object.entries(this.#weights).map((
          [name, weight],
        ) => [name, weight.read()]);
        return compute([inputs].flat(), this.#settings, Object.fromEntries(entries));
      });
    }

    override computeOutputShape(shape: tf.Shape | tf.Shape[]): tf.Shape {
      return outputShape(shapesOf(shape));
    }

    override getConfig(): tf.serialization.ConfigDict {
      return { ...this.#settings, ...super.getConfig() };
    }
  }
  tf.serialization.registerClass(KerasLayer);
}

/** Settings of a recurrent layer. */
type RecurrentSettings = tf.serialization.ConfigDict & { resetAfter?: boolean };

/** Tfjs's GRU cell, which it keeps private. */
declare class Cell extends tf.layers.Layer {
  units: number;
  useBias: boolean;
  kernel: tf.LayerVariable;
  recurrentKernel: tf.LayerVariable;
  bias: tf.LayerVariable | null;
  activation: { apply(x: tf.Tensor): tf.Tensor };
  recurrentActivation: Cell["activation"];
}

/** The constructor of a layer's class, which tfjs does not export. */
function classOf<Members>(layer: tf.layers.Layer) {
  return layer.constructor as
    & (new (settings: RecurrentSettings) => Members)
    & Pick<typeof tf.layers.Layer, "fromConfig">;
}

/**
 * A GRU's step that, as Keras's by default and cuDNN's, resets what has gone through the recurrent weights and not
 * what goes in (`reset_after`, https://keras.io/api/layers/recurrent_layers/gru/); without dropout.
 */
class GruCell extends classOf<Cell>(tf.layers.gruCell({ units: 1 })) {
  static className = "GRUCell";
  readonly #resetsAfter: boolean;

  constructor({ resetAfter = false, ...settings }: RecurrentSettings) {
    super(settings);
    this.#resetsAfter = resetAfter;
  }

  override build(shape: tf.Shape | tf.Shape[]): void {
    const { useBias } = this;
    this.useBias = useBias && !this.#resetsAfter;
    super.build(shape);
    this.useBias = useBias;
    if (useBias && this.#resetsAfter) {
      this.bias = this.addWeight("bias", [2, 3 * this.units], "float32", tf.initializers.zeros());
    }
  }

  override call(inputs: tf.Tensor[], options: Parameters<Cell["call"]>[1]) {
    if (!this.#resetsAfter) return super.call(inputs, options);
    return tf.tidy(() => {
      const biases = this.bias ? tf.unstack(this.bias.read()) : [];
      const [[xz, xr, xh], [hz, hr, hh]] = [this.kernel, this.recurrentKernel].map((kernel, i) => {
        const product = tf.matMul(inputs[i], kernel.read());
        return tf.split(biases[i] ? product.add(biases[i]) : product, 3, 1);
      });
      const [, state] = inputs;
      const update = this.recurrentActivation.apply(xz.add(hz));
      const reset = this.recurrentActivation.apply(xr.add(hr));
      const candidate = this.activation.apply(xh.add(reset.mul(hh)));
      const next = update.mul(state).add(tf.sub(1, update).mul(candidate));
      return [next, next];
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), resetAfter: this.#resetsAfter };
  }
}

class Gru extends classOf<tf.layers.Layer & { cell: GruCell }>(tf.layers.gru({ units: 1 })) {
  static className = "GRU";

  constructor(settings: RecurrentSettings) {
    super({ ...settings, resetAfter: false });
    this.cell = new GruCell(settings);
  }
}
