import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/backend.ts";
import { assertSameConvolution, CONVOLUTIONS, nameOf } from "./convolutions.ts";
import { assertSameValues, normalValues, onBothBackends } from "./cpu_oracle.ts";

/** Sums of up to a few thousand products in float32: 2⁻²⁴ · √n with room for another order. */
const TOLERANCE = 5e-6;

for (const convolution of CONVOLUTIONS) {
  Deno.test(`composed kernels give the cpu backend's gradients of ${nameOf(convolution)}`, async () => {
    await startBackend({ kernels: "composed" });
    await assertSameConvolution(convolution, TOLERANCE);
  });
}

for (const transposeA of [false, true]) {
  for (const transposeB of [false, true]) {
    Deno.test(`composed kernels multiply matrices with transposes ${transposeA}, ${transposeB}`, async () => {
      await startBackend({ kernels: "composed" });
      for (const batch of [[], [3]]) {
        const a = normalValues([...batch, ...(transposeA ? [7, 5] : [5, 7])], 1);
        const b = normalValues([...batch, ...(transposeB ? [9, 7] : [7, 9])], 2);
        const { wasm, cpu } = await onBothBackends(
          [a, b],
          (a, b) => [tf.matMul(a, b, transposeA, transposeB)],
        );
        assertSameValues(wasm[0], cpu[0], TOLERANCE, "product");
      }
    });
  }
}
