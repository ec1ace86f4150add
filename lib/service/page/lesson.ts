/** What somebody teaches: classes by their names, and examples of each. Every change can be taken back. */

import { fromBase64, toBase64 } from "./pixels.ts";

/** Examples by the names of their classes, in the order of teaching: ink 0–255, `[28, 28]` each. */
type Examples = ReadonlyMap<string, readonly Uint8Array[]>;

/** Examples with the name of their class; a name may come more than once. */
type Entries = Iterable<readonly [name: string, pictures: readonly Uint8Array[]]>;

/** Most classes, as many as can be learnt. */
const MOST_CLASSES = 255;

/** Changes that can be taken back. */
const MOST_CHANGES = 100;

const PIXELS = 28 * 28;

/** A lesson. Names of classes are as `cleanClassName` makes them. */
export class Lesson {
  /** Most examples, so that a head is solved while one waits. */
  static readonly MOST_EXAMPLES = 500;
  /** Most characters of a class's name: of three bytes each, a folder's name still has room for them. */
  static readonly LONGEST_NAME = 80;

  #states: Examples[];

  constructor(examples: Examples = new Map()) {
    this.#states = [examples];
  }

  get examples(): Examples {
    return this.#states.at(-1)!;
  }

  /** How many examples there are, of all classes. */
  get count(): number {
    return [...this.examples.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** Whether there is a change to take back. */
  get canUndo(): boolean {
    return this.#states.length > 1;
  }

  /**
   * Adds examples, and the classes that are not there yet; a class may come without any.
   *
   * @throws {RangeError} If there would be too many examples or classes.
   */
  add(more: Entries): void {
    const examples = merged([...this.examples, ...more]);
    const { count } = new Lesson(examples);
    if (count > Lesson.MOST_EXAMPLES || examples.size > MOST_CLASSES) {
      throw new RangeError(
        `Expected at most ${Lesson.MOST_EXAMPLES} examples of ${MOST_CLASSES} classes but found ${count} of ${examples.size}`,
      );
    }
    this.#change(examples);
  }

  /** Takes one example of a class away. */
  remove(name: string, index: number): void {
    const pictures = this.examples.get(name) ?? [];
    this.#change(new Map(this.examples).set(name, pictures.filter((_, i) => i !== index)));
  }

  /** Takes a class away. */
  drop(name: string): void {
    this.#change(new Map([...this.examples].filter(([other]) => other !== name)));
  }

  /** Gives a class another name, in its place; with the name of another class, the two become one. */
  rename(from: string, to: string): void {
    this.#change(merged(
      Array.from(this.examples, ([name, pictures]) => [name === from ? to : name, pictures]),
    ));
  }

  /** Takes the last change back. */
  undo(): void {
    if (this.canUndo) this.#states.pop();
  }

  /** Writes the examples as text, for the browser to keep. */
  toText(): string {
    return JSON.stringify(
      Array.from(this.examples, ([name, pictures]) => [name, pictures.map(toBase64)]),
    );
  }

  /** Reads what {@linkcode Lesson.toText} wrote; a text that it did not write is an empty lesson. */
  static fromText(text: string): Lesson {
    try {
      const entries: [string, string[]][] = JSON.parse(text);
      const examples = new Map(
        entries.map(([name, pictures]) => [name, pictures.map(fromBase64)]),
      );
      const isWhole = [...examples].every(([name, pictures]) =>
        typeof name === "string" && pictures.every(({ length }) => length === PIXELS)
      );
      return new Lesson(isWhole ? examples : undefined);
    } catch {
      return new Lesson();
    }
  }

  #change(examples: Examples): void {
    this.#states = [...this.#states.slice(-MOST_CHANGES), examples];
  }
}

function merged(entries: Entries): Examples {
  const examples = new Map<string, readonly Uint8Array[]>();
  for (const [name, pictures] of entries) {
    examples.set(name, [...examples.get(name) ?? [], ...pictures]);
  }
  return examples;
}

/** What Windows takes for a device, whatever comes behind a dot. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * Makes a name for a class, and for its folder on any system, of what somebody wrote: on one line, not too
 * long. What a path would take for its own stands in the wide form that East Asian text has: `？`, `／`.
 *
 * @returns The name; empty if nothing is left.
 *
 * @example A way out of the folder
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(cleanClassName(" ../up "), "．.／up");
 * ```
 */
export function cleanClassName(text: string): string {
  const line = text.normalize("NFC").replaceAll(/[\p{Cc}\p{Cs}\s]+/gu, " ").trim();
  const short = line.slice(0, Lesson.LONGEST_NAME).replace(/[\ud800-\udbff]$/, "").trimEnd();
  const name = short.replaceAll(/[\\/:*?"<>|]|^\.|\.$/g, widen);
  return DEVICE.test(name) ? `_${name}`.slice(0, Lesson.LONGEST_NAME) : name;
}

/** The wide form of a character of ASCII (Unicode's block of half-width and full-width forms). */
function widen(character: string): string {
  return String.fromCharCode(character.charCodeAt(0) + 0xfee0);
}
