/** Seeded randomness: the same seed gives the same numbers on every machine. */

/**
 * A small, fast, seeded random number generator: xoshiro128** by Blackman and
 * Vigna (https://prng.di.unimi.it/), its state filled by SplitMix32 from any
 * number of integer keys, so that `new Random(seed, epoch, index)` is an
 * independent stream for every triple.
 *
 * @example Same keys, same numbers
 * ```ts
 * import { assertEquals, assertNotEquals } from "@std/assert";
 * assertEquals(new Random(1, 2).uniform(), new Random(1, 2).uniform());
 * assertNotEquals(new Random(1, 2).uniform(), new Random(1, 3).uniform());
 * ```
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  #spareNormal: number | undefined;

  /** @param keys Integers that name the stream: a seed, then for example epoch and index. */
  constructor(...keys: number[]) {
    let hash = 0x9e3779b9;
    for (const key of keys) hash = mix(hash ^ mix(key | 0)) + 0x9e3779b9 | 0;
    this.#a = mix(hash + 0x9e3779b9 | 0);
    this.#b = mix(hash + 0x3c6ef372 | 0);
    this.#c = mix(hash + 0xdaa66d2b | 0);
    this.#d = mix(hash + 0x78dde6e4 | 0) | 1;
  }

  /** @returns The next 32 random bits as an unsigned integer. */
  bits(): number {
    const x = Math.imul(this.#b, 5);
    const result = Math.imul(x << 7 | x >>> 25, 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = this.#d << 11 | this.#d >>> 21;
    return result;
  }

  /** @returns A number from `low` (included) to `high` (excluded), evenly distributed. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.bits() / 4294967296);
  }

  /** @returns An integer from 0 to `count - 1`, evenly distributed to within count / 2³². */
  integer(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  /** @returns A number from the normal distribution with mean 0 and standard deviation 1 (Box–Muller). */
  normal(): number {
    if (this.#spareNormal !== undefined) {
      const spare = this.#spareNormal;
      this.#spareNormal = undefined;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** @returns The integers 0 … `count - 1` in random order (Fisher–Yates). */
  permutation(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
}

/** The finaliser of MurmurHash3 (Appleby, public domain): every input bit moves every output bit. */
function mix(x: number): number {
  x = Math.imul(x ^ x >>> 16, 0x85ebca6b);
  x = Math.imul(x ^ x >>> 13, 0xc2b2ae35);
  return x ^ x >>> 16;
}
