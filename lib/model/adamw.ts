/** AdamW, the optimiser. */

import * as tf from "@tensorflow/tfjs";
import { adamWStep } from "../backend/mod.ts";

/** Variables that learn at one rate. */
interface ParameterGroup {
  variables: tf.Variable[];
  /** Factor on the learning rate of a step. */
  rate: number;
}

/** The memory of the optimiser: steps taken, and both moments of every variable, in order. */
export interface OptimiserState {
  step: number;
  first: Float32Array[];
  second: Float32Array[];
}

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2; β₁ = 0.9, β₂ = 0.999, ε = 1e-8).
 */
export class AdamW {
  #groups: ParameterGroup[];
  #weightDecay: number;
  #step = 0;
  #first: tf.Tensor[];
  #second: tf.Tensor[];

  constructor(groups: ParameterGroup[], weightDecay: number) {
    this.#groups = groups;
    this.#weightDecay = weightDecay;
    this.#first = this.variables.map(({ shape }) => tf.zeros(shape));
    this.#second = this.variables.map(({ shape }) => tf.zeros(shape));
  }

  /** All variables, group by group. */
  get variables(): tf.Variable[] {
    return this.#groups.flatMap(({ variables }) => variables);
  }

  /**
   * Takes a step.
   *
   * @param gradients Of every variable, in the order of {@linkcode AdamW.variables}.
   * @param learningRate Of a group with rate 1.
   */
  apply(gradients: tf.Tensor[], learningRate: number): void {
    this.#step++;
    let i = 0;
    for (const { variables, rate } of this.#groups) {
      for (const weight of variables) {
        const [updated, first, second] = adamWStep(
          { weight, gradient: gradients[i], first: this.#first[i], second: this.#second[i] },
          {
            step: this.#step,
            learningRate: learningRate * rate,
            weightDecay: this.#weightDecay,
            beta1: BETA1,
            beta2: BETA2,
            epsilon: EPSILON,
          },
        );
        weight.assign(updated);
        tf.dispose([updated, this.#first[i], this.#second[i]]);
        this.#first[i] = first;
        this.#second[i] = second;
        i++;
      }
    }
  }

  /** @returns A copy of the memory, to go on from later. */
  state(): OptimiserState {
    const copy = (tensor: tf.Tensor) => tensor.dataSync<"float32">().slice();
    return { step: this.#step, first: this.#first.map(copy), second: this.#second.map(copy) };
  }

  /** Takes up a memory that {@linkcode AdamW.state} gave. */
  restore({ step, first, second }: OptimiserState): void {
    this.dispose();
    this.#step = step;
    const { variables } = this;
    this.#first = first.map((values, i) => tf.tensor(values, variables[i].shape));
    this.#second = second.map((values, i) => tf.tensor(values, variables[i].shape));
  }

  /** Frees the memory; the variables stay. */
  dispose(): void {
    tf.dispose([...this.#first, ...this.#second]);
  }
}
