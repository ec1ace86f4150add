/** HDF5 files in memory, by h5wasm: groups with texts as attributes, and arrays of numbers. */

import type { Dataset, File, Group } from "h5wasm";

/** A group to write: its attributes, and what is in it by name. */
export interface Hdf5Group {
  attributes?: Record<string, string | string[]>;
  members?: Record<string, Hdf5Group | Hdf5Array>;
}

/** An array of numbers; a shape without sizes is a single number. */
interface Hdf5Array {
  shape: number[];
  values: Float32Array;
}

/** Name of the one file in h5wasm's memory: it is there only while one is written or opened. */
const FILE = "network.h5";

/** Largest array that is read, in bytes: a damaged or hostile file may claim any size. */
const LARGEST_ARRAY = 2 ** 28;

/** Writes a file. The same content gives the same bytes. */
export async function encodeHdf5(root: Hdf5Group): Promise<Uint8Array<ArrayBuffer>> {
  const { File, ready } = await import("h5wasm");
  const { FS } = await ready;
  // HDF5 stamps every object with the time, and h5wasm has no H5Pset_obj_track_times to forbid it.
  const { now } = Date;
  Date.now = () => 0;
  try {
    const file = new File(FILE, "w", { libver: ["earliest", "v110"] });
    writeGroup(file, "", root);
    file.close();
    return (FS.readFile(FILE) as Uint8Array).slice();
  } finally {
    Date.now = now;
    FS.unlink(FILE);
  }
}

function writeGroup(file: File, path: string, { attributes = {}, members = {} }: Hdf5Group): void {
  const group = path === "" ? file : file.create_group(path);
  for (const [name, text] of Object.entries(attributes)) {
    group.create_attribute(name, text, Array.isArray(text) ? [text.length] : []);
  }
  for (const [name, member] of Object.entries(members)) {
    if ("values" in member) {
      file.create_dataset({ name: `${path}/${name}`, data: member.values, shape: member.shape });
    } else writeGroup(file, `${path}/${name}`, member);
  }
}

/** A file that is being read: `using` closes it. */
export class Hdf5File implements Disposable {
  readonly #file: File;
  readonly #name: string;

  private constructor(file: File, name: string) {
    this.#file = file;
    this.#name = name;
  }

  /**
   * @param name What to call the file in an error.
   * @throws {SyntaxError} If it is no whole HDF5 file.
   */
  static async open(bytes: Uint8Array, name: string): Promise<Hdf5File> {
    const { File, ready } = await import("h5wasm");
    const { FS, activate_throwing_error_handler: throwErrors } = await ready;
    throwErrors(); // instead of printing them
    FS.writeFile(FILE, bytes);
    const file = attempt(() => new File(FILE, "r"));
    FS.unlink(FILE); // what is open stays
    if (!file) throw new SyntaxError(`Expected ${name} to be a whole HDF5 file but it is not`);
    return new Hdf5File(file, name);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  /** @returns The names of what is in the group at `path`; none if there is no such group. */
  names(path: string): string[] {
    const found = attempt(() => this.#file.get(path));
    return found && "keys" in found ? found.keys() : [];
  }

  /** @returns The attribute of the object at `path`, or undefined if it has none of that name. */
  attribute(path: string, name: string): unknown {
    return attempt(() => (this.#file.get(path) as Group).attrs[name].value);
  }

  /**
   * @returns The 32-bit floats at `path`.
   * @throws {SyntaxError} If there are none.
   */
  array(path: string): Hdf5Array {
    const found = attempt(() => this.#file.get(path));
    const array = found && "shape" in found && attempt(() => readArray(found));
    if (array) return array;
    throw new SyntaxError(
      `Expected ${this.#name} to hold 32-bit floats as ${path} but it holds ${
        found ? "something else" : "nothing"
      }`,
    );
  }
}

/** @returns What `act` does, or undefined if that throws, as it does on a damaged file. */
function attempt<Value>(act: () => Value): Value | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

function readArray(dataset: Dataset): Hdf5Array | undefined {
  const { shape, size, total_size: count } = dataset.metadata;
  if (size !== 4 || size * count > LARGEST_ARRAY) return undefined;
  const { value } = dataset;
  const values = shape?.length === 0 ? Float32Array.of(value as number) : value;
  return values instanceof Float32Array ? { shape: shape!, values } : undefined;
}
