/** Flags of tasks and studies: what they are, and those that several have. */

import { CLASS_SETS, type ClassSet } from "./data/class_sets.ts";

/** A flag that is given or not. */
interface Switch {
  type: "switch";
  help: string;
}

/** A flag with a text. */
interface Text {
  type: "text";
  help: string;
  default?: string;
  /** The values allowed, if not all are. */
  choices?: readonly string[];
  /** What the value is, for the help. */
  value: string;
}

/** A flag with a number. */
interface NumberFlag {
  type: "integer" | "number";
  help: string;
  default?: number;
  /** Smallest value allowed. */
  least: number;
  /** Largest value allowed. */
  most?: number;
}

/** What can be given to a task. */
export type Flag = Switch | Text | NumberFlag;

type Value<F extends Flag> = F extends Switch ? boolean
  :
    | (F extends Text ? F extends { choices: readonly (infer Choice)[] } ? Choice : string : number)
    | (F extends { default: string | number } ? never : undefined);

/** The values of flags. */
export type Values<Flags extends Record<string, Flag>> = {
  [Name in keyof Flags]: Value<Flags[Name]>;
};

/** A wrong flag or value: exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Flags that several tasks have; a task may give one a default, help or range of its own. */
export const FLAGS = {
  seed: {
    type: "integer",
    help: "seed of all randomness",
    default: 1,
    least: 0,
    most: 2 ** 31 - 1,
  },
  limit: { type: "integer", help: "use at most N pictures of each split", least: 10 },
  data: {
    type: "text",
    help: "folder or .zip with IDX files of MNIST or EMNIST, or a CSV file of labels and pixels",
    value: "DIR",
  },
  out: { type: "text", help: "folder to write to", value: "DIR" },
  workers: {
    type: "integer",
    help: "number of workers that compute",
    default: navigator.hardwareConcurrency,
    least: 1,
    most: 64,
  },
  kernels: {
    type: "text",
    help: "how the WASM backend computes gradients: compiled kernels, or composed of tfjs's own",
    value: "KIND",
    choices: ["fast", "composed"],
    default: "fast",
  },
  classes: {
    type: "text",
    help: "what is told apart",
    value: "NAME",
    choices: Object.keys(CLASS_SETS) as ClassSet[],
    default: "digits",
  },
  model: {
    type: "text",
    help: "folder or .zip of the model, if not what was trained here or is shipped",
    value: "DIR",
  },
  views: {
    type: "text",
    help: "how often to look at a picture: as it is, or moved, turned and resized a little too",
    value: "N",
    choices: ["1", "9"],
    default: "1",
  },
} as const satisfies Record<string, Flag>;
