import { assertEquals } from "@std/assert";
import { adamWStep } from "../../lib/backend/adamw_step.ts";
import { startBackend } from "../../lib/backend/backend.ts";
import { withCanaries } from "./canaries.ts";
import { assertSameValues, normalValues, onBothBackends } from "./cpu_oracle.ts";

const OPTIONS = { learningRate: 0.1, weightDecay: 0.3, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };

for (const size of [1, 3, 4, 1001]) {
  Deno.test(`adamWStep() updates ${size} weights as tensor operations do`, async () => {
    await startBackend();
    await withCanaries(async () => {
      const inputs = [1, 2, 3, 4].map((seed) => normalValues([size], seed));
      inputs[3].values = inputs[3].values.map((value) => value ** 2);
      const { wasm, cpu } = await onBothBackends(inputs, (weight, gradient, first, second) => {
        const step = adamWStep({ weight, gradient, first, second }, { step: 3, ...OPTIONS });
        return [...step, weight, first, second];
      });
      wasm.forEach((values, i) => assertSameValues(values, cpu[i], 1e-6, `output ${i}`));
      assertEquals(
        wasm.slice(3).map(({ values }) => values),
        [0, 2, 3].map((i) => inputs[i].values),
      );
    });
  });
}
