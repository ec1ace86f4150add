/** Calls of every operation that tfjs offers, to compare backends by. */

import * as tf from "@tensorflow/tfjs";

/** What a tensor is filled with. */
type Content =
  | "normal"
  | "positive"
  | "unit"
  | "aboveOne"
  | "levels"
  | "int32"
  | "bool"
  | number[]
  | string[];

/** A tensor to hand to an operation. */
export interface Operand {
  shape: number[];
  content: Content;
  dtype: "float32" | "int32" | "bool" | "string";
}

/** A call: from tensors to tensors. */
export interface Operation {
  name: string;
  operands: Operand[];
  // deno-lint-ignore no-explicit-any -- each operation has tensors of its own ranks
  run: (...tensors: any[]) => tf.Tensor | tf.Tensor[];
  /** Of which the cpu backend's gradient is wrong. */
  isForwardOnly?: boolean;
}

/** Normally distributed. */
const x = (...shape: number[]): Operand => ({ shape, content: "normal", dtype: "float32" });
const positive = (...shape: number[]): Operand => ({
  shape,
  content: "positive",
  dtype: "float32",
});
/** From −1 to 1. */
const unit = (...shape: number[]): Operand => ({ shape, content: "unit", dtype: "float32" });
const aboveOne = (...shape: number[]): Operand => ({
  shape,
  content: "aboveOne",
  dtype: "float32",
});
/** Floats of few levels, so that many are equal. */
const levels = (...shape: number[]): Operand => ({ shape, content: "levels", dtype: "float32" });
/** From −9 to 9, without zero. */
const int = (...shape: number[]): Operand => ({ shape, content: "int32", dtype: "int32" });
const bool = (...shape: number[]): Operand => ({ shape, content: "bool", dtype: "bool" });
const floats = (shape: number[], content: number[]): Operand => ({
  shape,
  content,
  dtype: "float32",
});
const ints = (shape: number[], content: number[]): Operand => ({ shape, content, dtype: "int32" });
const strings = (shape: number[], content: string[]): Operand => ({
  shape,
  content,
  dtype: "string",
});

const list: Operation[] = [];

function add(name: string, operands: Operand[], run: Operation["run"], isForwardOnly = false) {
  list.push({ name, operands, run, isForwardOnly });
}

const UNARY = {
  abs: x,
  acos: unit,
  acosh: aboveOne,
  asin: unit,
  asinh: x,
  atan: x,
  atanh: unit,
  ceil: x,
  cos: x,
  cosh: x,
  elu: x,
  erf: x,
  exp: x,
  expm1: x,
  floor: x,
  isFinite: x,
  isInf: x,
  isNaN: x,
  leakyRelu: x,
  log: positive,
  log1p: positive,
  logSigmoid: x,
  neg: x,
  onesLike: x,
  reciprocal: x,
  relu: x,
  relu6: x,
  round: x,
  rsqrt: positive,
  selu: x,
  sigmoid: x,
  sign: x,
  sin: x,
  sinh: x,
  softplus: x,
  sqrt: positive,
  square: x,
  step: x,
  tan: x,
  tanh: x,
  zerosLike: x,
} as const;

// deno-lint-ignore no-explicit-any -- by name
const named = tf as any;

for (const [name, operand] of Object.entries(UNARY)) {
  add(name, [operand(3, 5)], named[name]);
  add(`${name}, one element`, [operand()], named[name]);
}
for (
  const name
    of "abs exp leakyRelu neg onesLike relu relu6 round sign square step zerosLike logicalNot"
      .split(" ")
) {
  if (name !== "logicalNot") add(`${name}, int32`, [int(3, 5)], named[name]);
  else add(name, [bool(3, 5)], named[name]);
}
add("onesLike, bool", [bool(7)], tf.onesLike);
add("zerosLike, bool", [bool(7)], tf.zerosLike);
add("step, alpha", [x(7)], (a) => tf.step(a, 0.3));
add("clipByValue", [x(3, 5)], (a) => tf.clipByValue(a, -0.5, 0.7));
add("clipByValue, int32", [int(3, 5)], (a) => tf.clipByValue(a, -3, 4));
add("clone", [x(3, 5)], tf.clone);

const BINARY =
  "add atan2 div divNoNan equal floorDiv greater greaterEqual less lessEqual maximum minimum mod mul notEqual pow squaredDifference sub prelu";
for (const name of BINARY.split(" ")) {
  const first = name === "pow" ? positive : x;
  add(name, [first(3, 5), x(3, 5)], named[name]);
  if (name === "prelu") add(`${name}, broadcast`, [x(2, 3, 5), x(1, 5)], tf.prelu);
  else add(`${name}, broadcast`, [first(2, 1, 5), x(3, 1)], named[name]);
  add(`${name}, scalar`, [first(7), x()], named[name]);
  if (name !== "prelu" && name !== "atan2") {
    const exponent = name === "pow" ? ints([5], [0, 1, 2, 3, 1]) : int(5);
    add(`${name}, int32`, [int(3, 5), exponent], named[name]);
  }
}
for (const name of ["equal", "greater", "greaterEqual", "less", "lessEqual", "notEqual"]) {
  add(`${name}, levels`, [levels(3, 5), levels(3, 5)], named[name]);
}
for (const name of ["equal", "notEqual", "logicalAnd", "logicalOr", "logicalXor"]) {
  add(`${name}, bool`, [bool(3, 5), bool(5)], named[name]);
}
add("add, int32 and float32", [int(3, 5), x(5)], tf.add);
add("addN", [x(3, 5), x(3, 5), x(3, 5)], (...all) => tf.addN(all));
add("addN, one", [x(3, 5)], (...all) => tf.addN(all));
add("bitwiseAnd", [int(3, 5), int(3, 5)], (a, b) => tf.engine().runKernel("BitwiseAnd", { a, b }));
add(
  "broadcastArgs",
  [ints([3], [2, 1, 5]), ints([2], [3, 1])],
  (s0, s1) => tf.engine().runKernel("BroadcastArgs", { s0, s1 }),
);

for (const name of ["sum", "mean", "prod", "max", "min", "logSumExp", "euclideanNorm"]) {
  for (const axis of [undefined, 0, 1, 2, [0, 1], [0, 2], [1, 2]]) {
    add(`${name}, axis ${axis}`, [x(3, 4, 5)], (a) => named[name](a, axis));
  }
  add(`${name}, channels in fours`, [x(3, 5, 8)], (a) => named[name](a, [0, 1]));
  add(`${name}, keepDims`, [x(3, 4, 5)], (a) => named[name](a, [1], true));
  add(`${name}, one element`, [x(1)], (a) => named[name](a));
  if (name !== "logSumExp" && name !== "euclideanNorm") {
    add(`${name}, int32`, [int(3, 4)], (a) => named[name](a, 1));
    add(`${name}, int32, axis 0`, [int(3, 4)], (a) => named[name](a, 0));
  }
  if (name === "sum" || name === "mean") add(`${name}, bool`, [bool(3, 4)], (a) => named[name](a));
}
for (const name of ["all", "any"]) {
  for (const axis of [undefined, 0, 1]) {
    add(`${name}, axis ${axis}`, [bool(3, 4)], (a) => named[name](a, axis));
  }
}
for (const name of ["argMax", "argMin"]) {
  for (const axis of [0, 1]) {
    add(`${name}, axis ${axis}`, [levels(5, 7)], (a) => named[name](a, axis));
    add(`${name}, axis ${axis}, int32`, [int(5, 7)], (a) => named[name](a, axis));
  }
}
for (const name of ["cumsum", "cumprod"]) {
  for (const [exclusive, reverse] of [[false, false], [true, false], [false, true], [true, true]]) {
    for (const axis of [0, 1, 2]) {
      add(
        `${name}, axis ${axis}, ${exclusive}, ${reverse}`,
        [x(3, 4, 5)],
        (a) => named[name](a, axis, exclusive, reverse),
      );
    }
  }
  add(`${name}, int32`, [int(3, 4)], (a) => named[name](a, 1));
}
add("moments", [x(3, 4, 5)], (a) => Object.values(tf.moments(a, [0, 1])) as tf.Tensor[]);
add("norm", [x(3, 4)], (a) => tf.norm(a));
add("softmax", [x(3, 5)], (a) => tf.softmax(a));
add("softmax, rank 3", [x(2, 3, 8)], (a) => tf.softmax(a));
add("logSoftmax", [x(3, 5)], (a) => tf.logSoftmax(a));
add("topk", [x(3, 7)], (a) => Object.values(tf.topk(a, 4)) as tf.Tensor[]);
add("topk, int32", [int(3, 7)], (a) => Object.values(tf.topk(a, 4)) as tf.Tensor[]);
add("topk, one", [x(7)], (a) => Object.values(tf.topk(a, 1)) as tf.Tensor[]);
add(
  "unique",
  [ints([7], [3, 1, 3, 2, 1, 9, 3])],
  (a) => Object.values(tf.unique(a)) as tf.Tensor[],
);
add(
  "unique, axis 1",
  [floats([2, 4], [1, 2, 1, 3, 4, 5, 4, 6])],
  (a) => Object.values(tf.unique(a, 1)) as tf.Tensor[],
);
add("inTopK", [x(3, 5), ints([3], [1, 4, 0])], (a, b) => tf.oneHot(b, 5).mul(a).sum(1));

for (const dtype of ["float32", "int32", "bool"] as const) {
  for (const operand of [x, int, bool]) {
    add(`cast ${operand(1).dtype} to ${dtype}`, [operand(3, 5)], (a) => tf.cast(a, dtype));
  }
}

for (
  const [a, b, transposeA, transposeB] of [
    [[3, 4], [4, 5], false, false],
    [[3, 4], [4, 8], false, false],
    [[4, 3], [4, 5], true, false],
    [[3, 4], [5, 4], false, true],
    [[4, 3], [5, 4], true, true],
    [[1, 7], [7, 1], false, false],
    [[2, 3, 4], [2, 4, 5], false, false],
    [[2, 3, 4], [1, 4, 8], false, false],
    [[1, 3, 4], [2, 4, 5], false, false],
    [[2, 4, 3], [2, 5, 4], true, true],
    [[2, 2, 3, 4], [2, 1, 4, 5], false, false],
  ] as [number[], number[], boolean, boolean][]
) {
  const name = `matMul ${a.join("×")} by ${b.join("×")}, ${transposeA}, ${transposeB}`;
  const run = (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b, transposeA, transposeB);
  add(name, [x(...a), x(...b)], run);
  add(`${name}, int32`, [int(...a), int(...b)], run);
}
add("dot", [x(7), x(7)], tf.dot);
add("outerProduct", [x(3), x(5)], tf.outerProduct);
for (const activation of ["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu"] as const) {
  for (const units of [5, 8]) {
    add(
      `fused.matMul, ${activation}, ${units}`,
      [x(3, 4), x(4, units), x(units)],
      (a, b, bias) => tf.fused.matMul({ a, b, bias, activation, leakyreluAlpha: 0.3 }),
    );
  }
}
add(
  "fused.matMul, prelu",
  [x(3, 4), x(4, 5), x(5), x(5)],
  (a, b, bias, weights) =>
    tf.fused.matMul({ a, b, bias, activation: "prelu", preluActivationWeights: weights }),
);
add(
  "fused.matMul, transposed",
  [x(4, 3), x(5, 4), x(5)],
  (a, b, bias) =>
    tf.fused.matMul({ a, b, bias, transposeA: true, transposeB: true, activation: "relu" }),
);
for (
  const [equation, ...shapes] of [
    ["ij->ji", [3, 4]],
    ["ij->", [3, 4]],
    ["ij->i", [3, 4]],
    ["ij,jk->ik", [3, 4], [4, 5]],
    ["bij,bjk->bik", [2, 3, 4], [2, 4, 5]],
    ["abc,cd->abd", [2, 3, 4], [4, 8]],
    ["ij,ij->", [3, 4], [3, 4]],
    ["i,j->ij", [3], [4]],
    ["bhqd,bhkd->bhqk", [2, 2, 3, 4], [2, 2, 5, 4]],
  ] as [string, ...number[][]][]
) {
  add(
    `einsum ${equation}`,
    shapes.map((shape) => x(...shape)),
    (...all) => tf.einsum(equation, ...all),
  );
}
add(
  "confusionMatrix",
  [ints([5], [0, 1, 2, 1, 0]), ints([5], [0, 2, 2, 1, 1])],
  (a, b) => tf.math.confusionMatrix(a, b, 3),
);

for (
  const [shape, filter] of [
    [[2, 7, 6, 3], [3, 3, 3, 5]],
    [[1, 8, 8, 8], [3, 3, 8, 8]],
    [[2, 5, 7, 8], [1, 1, 8, 16]],
    [[1, 9, 9, 1], [5, 5, 1, 8]],
    [[2, 6, 6, 4], [2, 3, 4, 4]],
  ] as [number[], number[]][]
) {
  for (const [strides, dilations] of [[1, 1], [2, 1], [[2, 1], 1], [1, 2], [1, [2, 1]]]) {
    for (const pad of ["same", "valid", 1] as const) {
      // tfjs-core takes a number of pixels as if filter and strides were square and dilation were 1.
      const isSquare = filter[0] === filter[1] && !Array.isArray(strides) && dilations === 1;
      if (pad === 1 && !isSquare) continue;
      const name = `${shape.join("×")} by ${
        filter.join("×")
      }, stride ${strides}, dilation ${dilations}, pad ${pad}`;
      add(
        `conv2d ${name}`,
        [x(...shape), x(...filter)],
        (a, b) => tf.conv2d(a, b, strides as number, pad, "NHWC", dilations as number),
      );
      if (filter[3] % 2 === 1) continue;
      const depthwise = [...filter.slice(0, 3), shape[3] === 1 ? 2 : 1];
      add(
        `depthwiseConv2d ${name}`,
        [x(...shape), x(...depthwise)],
        (a, b) => tf.depthwiseConv2d(a, b, strides as number, pad, "NHWC", dilations as number),
      );
    }
  }
}
add("conv2d, NCHW", [x(2, 3, 6, 7), x(3, 3, 3, 8)], (a, b) => tf.conv2d(a, b, 1, "same", "NCHW"));
add(
  "conv2d, explicit padding",
  [x(2, 6, 7, 3), x(3, 3, 3, 8)],
  (a, b) => tf.conv2d(a, b, 1, [[0, 0], [2, 0], [1, 2], [0, 0]]),
);
add(
  "depthwiseConv2d, two filters each",
  [x(2, 7, 6, 3), x(3, 3, 3, 2)],
  (a, b) => tf.depthwiseConv2d(a, b, 1, "same"),
);
add("conv2d, int32", [int(2, 5, 5, 3), int(3, 3, 3, 8)], (a, b) => tf.conv2d(a, b, 1, "same"));
add("conv1d", [x(2, 9, 3), x(3, 3, 5)], (a, b) => tf.conv1d(a, b, 1, "same"));
add("conv1d, stride 2", [x(2, 9, 3), x(3, 3, 8)], (a, b) => tf.conv1d(a, b, 2, "valid"));
add("conv1d, dilation 2", [x(1, 9, 3), x(3, 3, 8)], (a, b) => tf.conv1d(a, b, 1, "same", "NWC", 2));
for (const strides of [1, 2, [2, 1]]) {
  for (const pad of ["same", "valid"] as const) {
    const size = pad === "same" ? 2 : 4;
    const [down, right] = [strides].flat().length > 1 ? strides as number[] : [strides, strides];
    const out = (size: number, stride: number) =>
      pad === "same" ? size * stride : (size - 1) * stride + 3;
    add(`conv2dTranspose, stride ${strides}, ${pad}`, [x(2, size, size, 3), x(3, 3, 8, 3)], (
      a,
      b,
    ) =>
      tf.conv2dTranspose(
        a,
        b,
        [2, out(size, down as number), out(size, right as number), 8],
        strides as number,
        pad,
      ));
  }
}
add(
  "separableConv2d",
  [x(2, 6, 6, 3), x(3, 3, 3, 2), x(1, 1, 6, 8)],
  (a, b, c) => tf.separableConv2d(a, b, c, 1, "same"),
);
for (const strides of [1, 2]) {
  for (const pad of ["same", "valid"] as const) {
    add(
      `conv3d, stride ${strides}, ${pad}`,
      [x(2, 4, 5, 6, 2), x(2, 3, 3, 2, 3)],
      (a, b) => tf.conv3d(a, b, strides, pad),
    );
  }
}
add(
  "conv3dTranspose",
  [x(2, 2, 3, 3, 2), x(2, 3, 3, 4, 2)],
  (a, b) => tf.conv3dTranspose(a, b, [2, 4, 6, 6, 4], 2, "same"),
);
for (const activation of ["linear", "relu", "relu6", "sigmoid"] as const) {
  add(
    `fused.conv2d, ${activation}`,
    [x(2, 5, 5, 3), x(3, 3, 3, 8), x(8)],
    (a, b, bias) => tf.fused.conv2d({ x: a, filter: b, strides: 1, pad: "same", bias, activation }),
  );
  add(
    `fused.depthwiseConv2d, ${activation}`,
    [x(2, 5, 5, 4), x(3, 3, 4, 1), x(4)],
    (a, b, bias) =>
      tf.fused.depthwiseConv2d({ x: a, filter: b, strides: 1, pad: "same", bias, activation }),
  );
}
add(
  "fused.conv2d, prelu",
  [x(2, 5, 5, 3), x(3, 3, 3, 8), x(8), x(8)],
  (a, b, bias, alpha) =>
    tf.fused.conv2d({
      ...{ x: a, filter: b, strides: 1, pad: "same", bias },
      ...{ activation: "prelu", preluActivationWeights: alpha },
    }),
);
for (const pad of ["same", "valid", 1] as const) {
  for (const [size, strides] of [[2, 2], [3, 2], [3, 1], [[2, 3], [1, 2]]]) {
    for (const shape of [[2, 7, 6, 3], [1, 8, 8, 4]]) {
      const name = `${shape.join("×")}, ${size}, stride ${strides}, ${pad}`;
      add(
        `maxPool ${name}`,
        [x(...shape)],
        (a) => tf.maxPool(a, size as number, strides as number, pad),
      );
      add(
        `avgPool ${name}`,
        [x(...shape)],
        (a) => tf.avgPool(a, size as number, strides as number, pad),
      );
      add(`maxPoolWithArgmax ${name}`, [x(...shape)], (a) => {
        const { result, indexes } = tf.maxPoolWithArgmax(a, size as number, strides as number, pad);
        return [result, indexes];
      });
    }
  }
  if (pad === 1) continue;
  for (const strides of [1, 2]) {
    add(
      `maxPool3d, stride ${strides}, ${pad}`,
      [x(2, 4, 5, 6, 2)],
      (a) => tf.maxPool3d(a, 2, strides, pad),
    );
    add(
      `avgPool3d, stride ${strides}, ${pad}`,
      [x(2, 4, 5, 6, 2)],
      (a) => tf.avgPool3d(a, 2, strides, pad),
    );
  }
  add(`dilation2d, ${pad}`, [x(2, 6, 7, 3), x(2, 3, 3)], (a, b) => tf.dilation2d(a, b, 1, pad));
  add(
    `dilation2d, stride 2, ${pad}`,
    [x(1, 6, 7, 3), x(3, 3, 3)],
    (a, b) => tf.dilation2d(a, b, 2, pad),
  );
  add(`pool max, dilation 2, ${pad}`, [x(1, 8, 8, 3)], (a) => tf.pool(a, 2, "max", pad, 2, 1));
}
add(
  "batchNorm, channels in fours",
  [x(2, 3, 3, 8), x(8), positive(8), x(8), x(8)],
  (...all) => named.batchNorm(...all, 1e-3),
);
add(
  "batchNorm",
  [x(2, 3, 3, 5), x(5), positive(5), x(5), x(5)],
  (...all) => named.batchNorm(...all, 1e-3),
);
add(
  "batchNorm, statistics alone",
  [x(2, 5), x(5), positive(5)],
  (...all) => named.batchNorm(...all),
);
add(
  "batchNorm, full",
  [x(2, 3, 3, 5), x(2, 3, 3, 5), positive(2, 3, 3, 5)],
  (...all) => named.batchNorm(...all),
);
add("localResponseNormalization", [x(2, 3, 3, 7)], (a) => tf.localResponseNormalization(a, 2));

add("reshape", [x(3, 4)], (a) => tf.reshape(a, [2, 6]));
add("expandDims", [x(3, 4)], (a) => tf.expandDims(a, 1));
add("squeeze", [x(3, 1, 4)], (a) => tf.squeeze(a));
for (
  const [shape, perm] of [
    [[3, 4], [1, 0]],
    [[2, 3, 4], [2, 0, 1]],
    [[2, 3, 4], [0, 2, 1]],
    [[2, 3, 4, 5], [0, 3, 1, 2]],
    [[2, 3, 2, 3, 2], [4, 2, 0, 3, 1]],
    [[2, 1, 2, 3, 2, 2], [5, 4, 2, 0, 3, 1]],
  ]
) {
  for (const operand of [x, int, bool]) {
    add(
      `transpose ${perm}, ${operand(1).dtype}`,
      [operand(...shape)],
      (a) => tf.transpose(a, perm),
    );
  }
}
for (const operand of [x, int, bool]) {
  const { dtype } = operand(1);
  add(`concat, ${dtype}`, [operand(2, 3), operand(2, 4)], (a, b) => tf.concat([a, b], 1));
  add(`concat, axis 0, ${dtype}`, [operand(2, 3), operand(3, 3)], (a, b) => tf.concat([a, b]));
  add(`stack, ${dtype}`, [operand(2, 3), operand(2, 3)], (a, b) => tf.stack([a, b], 1));
  add(`unstack, ${dtype}`, [operand(2, 3)], (a) => tf.unstack(a, 1));
  add(`split, ${dtype}`, [operand(2, 7)], (a) => tf.split(a, [3, 0, 4], 1));
  add(`slice, ${dtype}`, [operand(3, 4, 5)], (a) => tf.slice(a, [1, 0, 2], [2, 3, 2]));
  add(
    `slice, rank 5, ${dtype}`,
    [operand(2, 3, 2, 3, 2)],
    (a) => tf.slice(a, [1, 0, 0, 1, 0], [1, 2, 2, 2, 1]),
  );
  add(
    `stridedSlice, ${dtype}`,
    [operand(4, 5)],
    (a) => tf.stridedSlice(a, [3, 0], [0, 5], [-2, 2]),
  );
  add(`tile, ${dtype}`, [operand(2, 3)], (a) => tf.tile(a, [2, 3]));
  add(`pad, ${dtype}`, [operand(2, 3)], (a) => tf.pad(a, [[1, 2], [0, 3]], 1));
  add(
    `pad, rank 4, ${dtype}`,
    [operand(2, 3, 2, 2)],
    (a) => tf.pad(a, [[0, 0], [1, 1], [2, 0], [0, 0]]),
  );
  add(`reverse, ${dtype}`, [operand(3, 4, 5)], (a) => tf.reverse(a, [0, 2]));
  add(`gather, ${dtype}`, [operand(4, 5), ints([3], [3, 0, 3])], (a, i) => tf.gather(a, i));
  add(
    `gather, axis 1, ${dtype}`,
    [operand(4, 5), ints([2, 2], [3, 0, 3, 4])],
    (a, i) => tf.gather(a, i, 1),
  );
  add(`gather, batchDims 1, ${dtype}`, [operand(3, 4, 2), ints([3, 2], [3, 0, 1, 1, 2, 3])], (
    a,
    i,
  ) => tf.gather(a, i, 1, 1));
  add(`gatherND, ${dtype}`, [operand(4, 5), ints([3, 1], [3, 0, 3])], (a, i) => tf.gatherND(a, i));
  add(
    `gatherND, points, ${dtype}`,
    [operand(4, 5), ints([2, 2], [3, 0, 2, 4])],
    (a, i) => tf.gatherND(a, i),
  );
  add(
    `where, ${dtype}`,
    [bool(3, 5), operand(3, 5), operand(3, 5)],
    (c, a, b) => tf.where(c, a, b),
  );
  add(
    `where, broadcast, ${dtype}`,
    [bool(3, 1), operand(3, 5), operand(5)],
    (c, a, b) => tf.where(c, a, b),
  );
  add(`broadcastTo, ${dtype}`, [operand(3, 1)], (a) => tf.broadcastTo(a, [2, 3, 4]));
}
add(
  "gather, repeated",
  [x(5, 3), ints([2, 4], [0, 0, 4, 1, 2, 0, 0, 4])],
  (a, i) => tf.gather(a, i),
);
for (const mode of ["reflect", "symmetric"] as const) {
  add(`mirrorPad, ${mode}`, [x(3, 4)], (a) => tf.mirrorPad(a, [[1, 2], [0, 3]], mode));
  add(`mirrorPad, ${mode}, int32`, [int(3, 4)], (a) => tf.mirrorPad(a, [[1, 2], [0, 3]], mode));
}
add("batchToSpaceND", [x(8, 3, 2, 2)], (a) => tf.batchToSpaceND(a, [2, 2], [[0, 1], [1, 0]]));
add("spaceToBatchND", [x(2, 3, 5, 2)], (a) => tf.spaceToBatchND(a, [2, 2], [[0, 1], [1, 0]]));
add("depthToSpace", [x(2, 3, 2, 8)], (a) => tf.depthToSpace(a, 2));
add("diag", [x(2, 3)], tf.diag);
add("oneHot", [ints([4], [0, 2, -1, 7])], (i) => tf.oneHot(i, 5));
add("oneHot, on and off", [ints([2, 2], [0, 2, 1, 3])], (i) => tf.oneHot(i, 4, 3, -2, "float32"));
add("bincount", [ints([6], [0, 2, 2, 3, 1, 0]), x(6)], (i, w) => tf.bincount(i, w, 5));
add(
  "bincount, no weights",
  [ints([6], [0, 2, 2, 3, 1, 0]), floats([0], [])],
  (i, w) => tf.bincount(i, w, 5),
);
add(
  "denseBincount",
  [ints([2, 3], [0, 2, 2, 3, 1, 0]), x(2, 3)],
  (i, w) => tf.denseBincount(i, w, 5),
);
add(
  "denseBincount, binary",
  [ints([2, 3], [0, 2, 2, 3, 1, 0]), x(2, 3)],
  (i, w) => tf.denseBincount(i, w, 5, true),
);
add("scatterND", [ints([3, 1], [4, 1, 4]), x(3, 2)], (i, u) => tf.scatterND(i, u, [6, 2]));
add("scatterND, int32", [ints([3, 1], [4, 1, 4]), int(3, 2)], (i, u) => tf.scatterND(i, u, [6, 2]));
add(
  "tensorScatterUpdate",
  [x(6, 2), ints([3, 1], [4, 1, 5]), x(3, 2)],
  (t, i, u) => tf.tensorScatterUpdate(t, i, u),
);
add("sparseToDense", [ints([3], [4, 1, 2]), x(3)], (i, v) => tf.sparseToDense(i, v, [6], 0));
add(
  "sparseToDense, default",
  [ints([3, 2], [0, 1, 1, 0, 2, 2]), x(3)],
  (i, v) => tf.sparseToDense(i, v, [3, 4], 0.5),
);
add(
  "unsortedSegmentSum",
  [x(5, 3), ints([5], [1, 0, 1, 3, -1])],
  (a, i) => tf.unsortedSegmentSum(a, i, 5),
);
add("searchSorted, left", [
  floats([2, 4], [1, 2, 2, 5, 0, 1, 3, 4]),
  floats([2, 3], [2, 0, 6, 3, 2, 1]),
], (
  a,
  v,
) => tf.searchSorted(a, v, "left"));
add("searchSorted, right", [
  floats([2, 4], [1, 2, 2, 5, 0, 1, 3, 4]),
  floats([2, 3], [2, 0, 6, 3, 2, 1]),
], (
  a,
  v,
) => tf.searchSorted(a, v, "right"));
add("fill", [], () => tf.fill([3, 5], 0.5));
add("fill, int32", [], () => tf.fill([3, 5], 7, "int32"));
add("zeros", [], () => tf.zeros([3, 5]));
add("ones, bool", [], () => tf.ones([3, 5], "bool"));
add("linspace", [], () => tf.linspace(1, 2, 7));
add("range", [], () => tf.range(1, 9, 2));
add("range, int32", [], () => tf.range(9, 1, -2, "int32"));
add("eye", [], () => tf.eye(3, 4));
add("multinomial", [floats([2, 3], [0, 0, 50, 50, 0, 0])], (a) => tf.multinomial(a, 6, 7));
add("linalg.bandPart", [x(4, 5)], (a) => tf.linalg.bandPart(a, 1, 2));
add("linalg.gramSchmidt", [x(3, 4)], (a) => tf.linalg.gramSchmidt(a));
add("linalg.qr", [x(4, 3)], (a) => tf.linalg.qr(a).map((part) => part.abs()));
add("booleanMask, as gather", [x(4, 3), ints([2], [1, 3])], (a, i) => tf.gather(a, i));

for (const alignCorners of [false, true]) {
  for (const halfPixelCenters of alignCorners ? [false] : [false, true]) {
    for (const size of [[7, 9], [2, 3], [5, 4], [10, 8]] as [number, number][]) {
      const name = `${size.join("×")}, ${alignCorners}, ${halfPixelCenters}`;
      add(
        `resizeBilinear ${name}`,
        [x(2, 5, 4, 3)],
        (a) => tf.image.resizeBilinear(a, size, alignCorners, halfPixelCenters),
        true,
      );
      add(
        `resizeNearestNeighbor ${name}`,
        [x(2, 5, 4, 3)],
        (a) => tf.image.resizeNearestNeighbor(a, size, alignCorners, halfPixelCenters),
        true,
      );
    }
  }
}
const BOXES = floats([3, 4], [0, 0, 1, 1, 0.2, 0.1, 0.7, 1.3, 0.9, 0.8, 0.1, 0]);
for (const method of ["bilinear", "nearest"] as const) {
  add(
    `cropAndResize, ${method}`,
    [x(2, 6, 5, 3), BOXES, ints([3], [0, 1, 1])],
    (a, boxes, i) => tf.image.cropAndResize(a, boxes, i, [3, 4], method, 0.25),
  );
  add(`cropAndResize to one, ${method}`, [x(2, 6, 5, 3), BOXES, ints([3], [0, 1, 1])], (
    a,
    boxes,
    i,
  ) => tf.image.cropAndResize(a, boxes, i, [1, 1], method));
}
const TRANSFORMS = floats([2, 8], [
  ...[1, 0.2, -1, 0.1, 0.9, 0.5, 0.01, 0.02],
  ...[0.5, 0, 2, 0, 0.5, 1, 0, 0],
]);
for (const interpolation of ["nearest", "bilinear"] as const) {
  for (const fillMode of ["constant", "reflect", "wrap", "nearest"] as const) {
    add(
      `transform, ${interpolation}, ${fillMode}`,
      [x(2, 5, 6, 3), TRANSFORMS],
      (a, t) => tf.image.transform(a, t, interpolation, fillMode, 0.5, [4, 7]),
    );
  }
}
add("flipLeftRight", [x(2, 4, 5, 3)], (a) => tf.image.flipLeftRight(a));
add("rotateWithOffset", [x(2, 5, 6, 3)], (a) => tf.image.rotateWithOffset(a, 0.4, 0.5, 0.3));
add("rgbToGrayscale", [x(2, 4, 5, 3)], (a) => tf.image.rgbToGrayscale(a));
add("rgbToGrayscale, int32", [int(4, 5, 3)], (a) => tf.image.rgbToGrayscale(a));
add("grayscaleToRGB", [x(4, 5, 1)], (a) => tf.image.grayscaleToRGB(a));
const SCORES = floats([4], [0.9, 0.8, 0.75, 0.3]);
const OVERLAPPING = floats([4, 4], [
  ...[0, 0, 1, 1],
  ...[0, 0.1, 1, 1.1],
  ...[0, 10, 1, 11],
  ...[0, -0.1, 1, 0.9],
]);
add(
  "nonMaxSuppression",
  [OVERLAPPING, SCORES],
  (boxes, scores) => tf.image.nonMaxSuppression(boxes, scores, 3, 0.5, 0.1),
);
add("nonMaxSuppressionWithScore", [OVERLAPPING, SCORES], (boxes, scores) =>
  Object.values(
    tf.image.nonMaxSuppressionWithScore(boxes, scores, 3, 0.5, 0.1, 0.5),
  ) as tf.Tensor[]);
add("nonMaxSuppressionPadded", [OVERLAPPING, SCORES], (boxes, scores) =>
  Object.values(
    tf.image.nonMaxSuppressionPadded(boxes, scores, 4, 0.5, 0.1, true),
  ) as tf.Tensor[]);

add("sparse.sparseFillEmptyRows", [
  ints([3, 2], [0, 0, 2, 1, 2, 3]),
  x(3),
  ints([2], [4, 5]),
  floats([], [0.5]),
], (i, v, s, d) => Object.values(tf.sparse.sparseFillEmptyRows(i, v, s, d)) as tf.Tensor[]);
add("sparse.sparseReshape", [
  ints([3, 2], [0, 0, 2, 1, 1, 3]),
  ints([2], [3, 4]),
  ints([2], [2, -1]),
], (i, s, t) => Object.values(tf.sparse.sparseReshape(i, s, t)) as tf.Tensor[]);
const SEGMENTS = [x(4, 3), ints([4], [0, 2, 3, 1]), ints([4], [0, 0, 1, 3])];
add("sparse.sparseSegmentMean", SEGMENTS, (a, i, s) => tf.sparse.sparseSegmentMean(a, i, s));
add("sparse.sparseSegmentSum", SEGMENTS, (a, i, s) => tf.sparse.sparseSegmentSum(a, i, s));
add(
  "string.stringNGrams",
  [strings([4], ["a", "b", "c", "d"]), ints([3], [0, 3, 4])],
  (d, s) =>
    Object.values(tf.string.stringNGrams(d, s, "|", [2], "L", "R", -1, false)) as tf.Tensor[],
);
add(
  "string.stringSplit",
  [strings([2], ["a b", "c"]), strings([], [" "])],
  (s, d) => Object.values(tf.string.stringSplit(s, d)) as tf.Tensor[],
);
add(
  "string.stringToHashBucketFast",
  [strings([3], ["a", "b", "c"])],
  (s) => tf.string.stringToHashBucketFast(s, 10),
);

add(
  "losses.softmaxCrossEntropy",
  [unit(3, 5), x(3, 5)],
  (a, b) => tf.losses.softmaxCrossEntropy(tf.softmax(a), b),
);
add(
  "losses.sigmoidCrossEntropy",
  [unit(3, 5), x(3, 5)],
  (a, b) => tf.losses.sigmoidCrossEntropy(a.abs(), b),
);
add("losses.huberLoss", [x(3, 5), x(3, 5)], (a, b) => tf.losses.huberLoss(a, b));
add(
  "losses.logLoss",
  [positive(5), positive(5)],
  (a, b) => tf.losses.logLoss(tf.sigmoid(a), tf.sigmoid(b)),
);
add("losses.cosineDistance", [x(3, 5), x(3, 5)], (a, b) => tf.losses.cosineDistance(a, b, 1));
add("losses.hingeLoss", [unit(3, 5), x(3, 5)], (a, b) => tf.losses.hingeLoss(a, b));
add("dropout", [x(3, 5)], (a) => tf.dropout(a, 0.4, undefined, 7));
add("movingAverage", [x(5), x(5)], (a, b) => a.mul(0.9).add(b.mul(0.1)));
add(
  "basicLSTMCell",
  [x(5, 8), x(8), x(1, 3), x(1, 2), x(1, 2)],
  (kernel, bias, data, c, h) => tf.basicLSTMCell(tf.scalar(1), kernel, bias, data, c, h),
);
add("multiRNNCell, as lstm steps", [x(4, 4), x(4)], (a, b) => tf.tanh(a.add(b)));
add("signal.hannWindow", [], () => tf.signal.hannWindow(7));
add("signal.frame", [x(9)], (a) => tf.signal.frame(a, 4, 2));

/** Every call. */
export const OPERATIONS: readonly Operation[] = list;
