import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/backend.ts";
import { Random } from "../../lib/data/random.ts";
import { withCanaries } from "./canaries.ts";
import { type Operand, type Operation, OPERATIONS } from "./operations.ts";

/** Relative to the largest magnitude; Winograd's transforms lose most. */
const TOLERANCE = 5e-5;

/** Of the same shape on both backends, and of the same numbers within rounding. */
interface Output {
  shape: number[];
  dtype: string;
  values: (number | string)[];
}

/** What a call gave, forward and its gradients, or why it failed. */
interface Outcome {
  forward: Output[] | string;
  gradients: Output[] | string;
}

const DRAWS: Record<string, (random: Random) => number> = {
  normal: (random) => random.normal(),
  positive: (random) => Math.abs(random.normal()) + 0.1,
  unit: (random) => 0.9 * Math.tanh(random.normal()),
  aboveOne: (random) => 1.1 + Math.abs(random.normal()),
  levels: (random) => Math.round(random.normal()),
  int32: (random) => Math.trunc(3 * random.normal()) || 1,
  bool: (random) => Number(random.normal() > 0),
};

/** NaN of either sign: sums of infinities have the other sign than JavaScript's own. */
const NANS = { positive: 0x7fc00000, negative: 0xffc00000 };

/** @param nan Bits of a NaN to put among floats. */
function tensorOf({ shape, content, dtype }: Operand, seed: number, nan?: number): tf.Tensor {
  if (Array.isArray(content)) return tf.tensor(content, shape, dtype);
  const random = new Random(seed, ...shape);
  const size = tf.util.sizeFromShape(shape);
  const values = Array.from({ length: size }, () => DRAWS[content](random));
  if (dtype !== "float32") return tf.tensor(values, shape, dtype);
  const floats = Float32Array.from(values);
  if (nan !== undefined) new Uint32Array(floats.buffer)[size >> 1] = nan;
  return tf.tensor(floats, shape);
}

function outputOf(tensor: tf.Tensor): Output {
  return { shape: tensor.shape, dtype: tensor.dtype, values: [...tensor.dataSync()] };
}

function attempt<Result>(compute: () => Result): Result | string {
  try {
    return tf.tidy(compute as () => never) as Result;
  } catch (error) {
    return (error as Error).message;
  }
}

function run({ operands, run, isForwardOnly }: Operation, nan?: number): Outcome {
  const tensors = operands.map((operand, i) => tensorOf(operand, i + 1, nan));
  const floats = tensors.filter(({ dtype }) => dtype === "float32");
  const forward = attempt(() => [run(...tensors)].flat().map(outputOf));
  const sum = (...variables: tf.Tensor[]) => {
    const inputs = tensors.map((tensor) => tensor.dtype === "float32" ? variables.shift() : tensor);
    const outputs = [run(...inputs)].flat().filter(({ dtype }) => dtype === "float32");
    if (outputs.length === 0) throw new TypeError("Expected an output of floats");
    return tf.addN(outputs.map((output, i) => {
      const weights = tensorOf({ shape: output.shape, content: "unit", dtype: "float32" }, 50 + i);
      return output.mul(weights).sum();
    }));
  };
  const gradients = isForwardOnly || floats.length === 0
    ? "none"
    : attempt(() => tf.grads(sum)(floats).map(outputOf));
  tf.dispose(tensors);
  return { forward, gradients };
}

function isNaNOf(value: number | string): boolean {
  return Number.isNaN(value);
}

/** How `actual` differs from `expected`, `undefined` where it does not. */
function difference(actual: Output[] | string, expected: Output[] | string): string | undefined {
  if (typeof expected === "string") return undefined; // tfjs itself refuses the call
  if (typeof actual === "string") return actual;
  for (const [i, { shape, dtype, values }] of expected.entries()) {
    const found = actual[i];
    if (`${found.shape} ${found.dtype}` !== `${shape} ${dtype}`) {
      return `expected ${shape} ${dtype} but found ${found.shape} ${found.dtype}`;
    }
    const magnitude = Math.max(1e-30, ...values.map((value) => Math.abs(Number(value)) || 0));
    const unlike = values.findIndex((value, k) =>
      !Object.is(value, found.values[k]) &&
      !(Math.abs(Number(value) - Number(found.values[k])) <= TOLERANCE * magnitude)
    );
    if (unlike >= 0) {
      return `expected ${values[unlike]} at ${unlike} of output ${i} but found ${
        found.values[unlike]
      }`;
    }
  }
  return undefined;
}

/** NaN that shows on the cpu backend shows here, if not at the same place alone. */
function hiddenNaN(actual: Output[] | string, expected: Output[] | string): string | undefined {
  if (typeof expected === "string") return undefined;
  if (typeof actual === "string") return actual;
  const hidden = expected.findIndex(({ values }, i) =>
    values.some(isNaNOf) && !actual[i].values.some(isNaNOf)
  );
  return hidden < 0 ? undefined : `expected NaN in output ${hidden}`;
}

/** Compares every operation, on memory full of NaN, with the cpu backend's. */
async function assertAllAlike(compare: typeof difference, nan?: number): Promise<void> {
  const outcomes: Outcome[] = [];
  await withCanaries(() => {
    for (const operation of OPERATIONS) outcomes.push(run(operation, nan));
  });
  await tf.setBackend("cpu");
  const unlike = OPERATIONS.flatMap((operation, i) => {
    const expected = run(operation, nan);
    return (["forward", "gradients"] as const).flatMap((part) => {
      const problem = compare(outcomes[i][part], expected[part]);
      return problem === undefined ? [] : [`${operation.name}, ${part}: ${problem}`];
    });
  });
  await tf.setBackend("wasm");
  assertEquals(unlike, []);
}

for (const kernels of ["fast", "composed"] as const) {
  Deno.test(`every operation gives with ${kernels} kernels what it gives on the cpu backend`, async () => {
    await startBackend({ kernels });
    await assertAllAlike(difference);
    await startBackend({ kernels: "fast" });
  });
}

for (const kernels of ["fast", "composed"] as const) {
  for (const [sign, nan] of Object.entries(NANS)) {
    Deno.test(`no operation with ${kernels} kernels hides ${sign} NaN that shows on the cpu backend`, async () => {
      await startBackend({ kernels });
      await assertAllAlike(hiddenNaN, nan);
      await startBackend({ kernels: "fast" });
    });
  }
}

Deno.test("the operations call every kernel of the backend", async () => {
  await startBackend({ kernels: "fast" });
  const missing = new Set(tf.getKernelsForBackend("wasm").map(({ kernelName }) => kernelName));
  for (const name of [...missing]) {
    const config = tf.getKernel(name, "wasm")!;
    tf.unregisterKernel(name, "wasm");
    const kernelFunc: tf.KernelFunc = (call) => {
      missing.delete(name);
      return config.kernelFunc(call);
    };
    tf.registerKernel({ ...config, kernelFunc });
  }
  for (const operation of OPERATIONS) run(operation);
  await startBackend({ kernels: "composed" });
  await startBackend({ kernels: "fast" });
  assertEquals([...missing].sort(), [
    "AdamWStep", // these, and the gradients of resizing, have tests of their own
    "ConvolutionBlock",
    "ConvolutionBlockGradient",
    "ConvolutionBlockInUse",
    "LogicalXor", // which tfjs does not call
    "LstmSteps", // which layers do
    "LstmStepsGradient",
    "RaggedGather",
    "RaggedRange",
    "RaggedTensorToTensor",
    "ResizeBilinearGrad",
    "ResizeNearestNeighborGrad",
    "StaticRegexReplace",
  ]);
});

for (const method of ["resizeBilinear", "resizeNearestNeighbor"] as const) {
  Deno.test(`the gradient of ${method} is the transpose of what it does`, async () => {
    await startBackend();
    for (const [align, half] of [[false, false], [true, false], [false, true]]) {
      for (const size of [[7, 9], [2, 3], [10, 8], [1, 1]] as [number, number][]) {
        const resize = (x: tf.Tensor) => tf.image[method](x as tf.Tensor4D, size, align, half);
        const [x, dx, y, dy] = tf.tidy(() => {
          const x = tensorOf({ shape: [2, 5, 4, 3], content: "normal", dtype: "float32" }, 1);
          const y = resize(x);
          const dy = tensorOf({ shape: y.shape, content: "normal", dtype: "float32" }, 2);
          return [x, tf.grad(resize)(x, dy), y, dy].map((tensor) => tensor.dataSync());
        });
        const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
          Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
        assert(Math.abs(dot(x, dx) - dot(y, dy)) < 1e-4, `${size}, ${align}, ${half}`);
      }
    }
  });
}

Deno.test("gradients of gradients go through ReLU and batch normalisation as on the cpu backend", async () => {
  const second = () => {
    const draw = (shape: number[], content: string, seed: number) =>
      tensorOf({ shape, content, dtype: "float32" } as Operand, seed);
    const inputs = [
      draw([2, 3, 3, 8], "normal", 1),
      ...[2, 3, 4, 5].map((seed) => draw([8], "positive", seed)),
    ];
    const compute = ([x, mean, variance, offset, scale]: tf.Tensor[]) =>
      tf.relu(
        tf.batchNorm(
          x,
          mean as tf.Tensor1D,
          variance as tf.Tensor1D,
          offset as tf.Tensor1D,
          scale as tf.Tensor1D,
        ),
      );
    const first = tf.grads((...inputs: tf.Tensor[]) => compute(inputs).pow(3).sum());
    const squares = (...inputs: tf.Tensor[]) =>
      tf.addN(first(inputs).map((gradient) => gradient.square().sum()));
    return tf.tidy(() => tf.grads(squares)(inputs).map(outputOf) as never) as Output[];
  };
  await startBackend();
  const found = second();
  await tf.setBackend("cpu");
  assertEquals(difference(found, second()), undefined);
  await tf.setBackend("wasm");
});
