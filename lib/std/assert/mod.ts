/**
 * Stand-in for `jsr:@std/assert` over Deno's built-in `node:assert`, for
 * networks that do not reach JSR. Delete `links` in deno.json to get the real
 * package.
 */
import nodeAssert from "node:assert/strict";

/** Throws unless `condition` is truthy. */
export function assert(condition: unknown, message?: string): asserts condition {
  nodeAssert.ok(condition, message!);
}

/** Throws unless `actual` and `expected` are deeply and strictly equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  nodeAssert.deepStrictEqual(actual, expected, message!);
}

/** Throws if `actual` and `expected` are deeply and strictly equal. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  nodeAssert.notDeepStrictEqual(actual, expected, message!);
}

/** Throws unless the numbers differ by at most `tolerance` (default 1e-7 of `expected`). */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance: number = Math.max(Math.abs(expected) * 1e-7, 1e-7),
  message?: string,
): void {
  nodeAssert.ok(
    Object.is(actual, expected) || Math.abs(actual - expected) <= tolerance,
    message ?? `Expected ${actual} to be within ${tolerance} of ${expected}`,
  );
}

/** Throws unless `text` contains `part`. */
export function assertStringIncludes(text: string, part: string, message?: string): void {
  nodeAssert.ok(text.includes(part), message ?? `Expected "${text}" to include "${part}"`);
}

/** Throws unless `text` matches `pattern`. */
export function assertMatch(text: string, pattern: RegExp, message?: string): void {
  nodeAssert.match(text, pattern, message!);
}

// deno-lint-ignore no-explicit-any -- any class of error, whatever its constructor takes
type ErrorClass<E extends Error> = new (...args: any[]) => E;

/** Throws unless `act` throws an `errorClass` whose message includes `includes`; returns the error. */
export function assertThrows<E extends Error = Error>(
  act: () => unknown,
  errorClass?: ErrorClass<E>,
  includes?: string,
): E {
  let returned: unknown;
  try {
    returned = act();
  } catch (error) {
    return checkError(error, errorClass, includes);
  }
  nodeAssert.fail(`Expected function to throw but it returned ${returned}`);
}

/** Like {@linkcode assertThrows}, for a promise that must be rejected. */
export async function assertRejects<E extends Error = Error>(
  act: () => PromiseLike<unknown>,
  errorClass?: ErrorClass<E>,
  includes?: string,
): Promise<E> {
  let returned: unknown;
  try {
    returned = await act();
  } catch (error) {
    return checkError(error, errorClass, includes);
  }
  nodeAssert.fail(`Expected promise to be rejected but it resolved to ${returned}`);
}

function checkError<E extends Error>(
  error: unknown,
  errorClass: ErrorClass<E> = Error as unknown as ErrorClass<E>,
  includes = "",
): E {
  nodeAssert.ok(error instanceof errorClass, `Expected ${errorClass.name} but found ${error}`);
  assertStringIncludes(error.message, includes);
  return error;
}
