import * as tf from "@tensorflow/tfjs";
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
        const variables = [weight, first, second].map((tensor) => tf.variable(tensor));
        const [w, m, v] = variables;
        adamWStep({ weight: w, gradient, first: m, second: v }, { step: 3, ...OPTIONS });
        const updated = variables.map((variable) => variable.clone());
        tf.dispose(variables);
        return updated;
      });
      wasm.forEach((values, i) => assertSameValues(values, cpu[i], 1e-6, `output ${i}`));
    });
  });
}
