/** Four floats at a time, with fused multiply-add where the engine has it. */

/** Bytes of a float. */
export const FLOAT: i32 = 4;
/** Bytes of a vector of four floats. */
export const VECTOR: i32 = 16;

/** @returns a · b + c, rounded once where relaxed SIMD is compiled in, else twice. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** @returns factor · a + c. */
// @ts-ignore: decorator
@inline
export function scaleAdd(factor: f32, a: v128, c: v128): v128 {
  return multiplyAdd(f32x4.splat(factor), a, c);
}

/** @returns factor · a. */
// @ts-ignore: decorator
@inline
export function scale(factor: f32, a: v128): v128 {
  return f32x4.mul(f32x4.splat(factor), a);
}

/** @returns One of the four floats of a vector, four times; `index` is a literal. */
// @ts-ignore: decorator
@inline
export function lane(a: v128, index: i32): v128 {
  if (index == 0) return v128.shuffle<f32>(a, a, 0, 0, 0, 0);
  if (index == 1) return v128.shuffle<f32>(a, a, 1, 1, 1, 1);
  if (index == 2) return v128.shuffle<f32>(a, a, 2, 2, 2, 2);
  return v128.shuffle<f32>(a, a, 3, 3, 3, 3);
}

/** Adds to the vector at an address. */
// @ts-ignore: decorator
@inline
export function addTo(address: usize, value: v128): void {
  v128.store(address, f32x4.add(v128.load(address), value));
}
