/**
 * Convolutions of 3×3 filters with stride 1 and one pixel of padding, by Winograd's minimal
 * filtering, and their gradients as the exact adjoints of the same steps.
 *
 * The output is cut into tiles of six rows or columns, and of four or two for the rest. Tiles of the
 * same size form a group; there are up to four. A group's transformed inputs V, outputs M and
 * filters U are stored point by point ("planes"): V[point][tile][in], M[point][tile][out], so that
 * the convolution becomes a matrix product M = V · U at every point.
 */

import { interleave, multiply, multiplyTransposed, packedRowsBytes, packRows } from "./gemm";
import { gradientOfNorm, loadMask, poolWindow, storePicked } from "./pool";
import { addTo, FLOAT, VECTOR } from "./simd";
import {
  FILTER,
  FILTER_ADJOINT,
  INPUT,
  INPUT_ADJOINT,
  OUTPUT,
  OUTPUT_ADJOINT,
  transformTile,
} from "./transforms";

/** Keeps planes whose size is a power of two from falling on the same lines of the cache. */
const PLANE_GAP: i32 = 64;
/** Bytes of two tiles of 8×8 vectors. */
const TILE_BUFFERS: i32 = 2 * 64 * VECTOR;

/** @returns How many tiles of six cover `length`, before a shorter one. */
// @ts-ignore: decorator
@inline
function sixes(length: i32): i32 {
  return (length + 1) / 6;
}

/** @returns Length of the last, shorter tile: 0 for none, 2 or 4. */
// @ts-ignore: decorator
@inline
function shorter(length: i32): i32 {
  const left = length - 6 * sixes(length);
  return left <= 0 ? 0 : left <= 2 ? 2 : 4;
}

/** @returns Length of the tiles of a group in one dimension; `rest` chooses the shorter ones. */
// @ts-ignore: decorator
@inline
function tileLength(length: i32, rest: i32): i32 {
  return rest ? shorter(length) : 6;
}

/** @returns Number of the tiles of a group in one dimension. */
// @ts-ignore: decorator
@inline
function tileCount(length: i32, rest: i32): i32 {
  return rest ? (shorter(length) ? 1 : 0) : sixes(length);
}

/** @returns How far the tiles reach, with the pixels of padding on either side. */
// @ts-ignore: decorator
@inline
function paddedLength(length: i32): i32 {
  return 6 * sixes(length) + shorter(length) + 2;
}

// @ts-ignore: decorator
@inline
function groupTiles(group: i32, rows: i32, columns: i32): i32 {
  return tileCount(rows, group >> 1) * tileCount(columns, group & 1);
}

// @ts-ignore: decorator
@inline
function groupPoints(group: i32, rows: i32, columns: i32): i32 {
  return (tileLength(rows, group >> 1) + 2) * (tileLength(columns, group & 1) + 2);
}

/** @returns Bytes from one point to the next in V (`channels` in) or M (`channels` out). */
// @ts-ignore: decorator
@inline
export function planeBytes(tiles: i32, channels: i32): i32 {
  return tiles * channels * FLOAT + PLANE_GAP;
}

/** Bytes of V or M for `count` pictures. */
function planesBytes(count: i32, rows: i32, columns: i32, channels: i32): i32 {
  let bytes = 0;
  for (let group = 0; group < 4; group++) {
    const tiles = groupTiles(group, rows, columns);
    if (tiles) bytes += groupPoints(group, rows, columns) * planeBytes(tiles * count, channels);
  }
  return bytes;
}

/** @returns Bytes from one point to the next in U. */
// @ts-ignore: decorator
@inline
function matrixBytes(inputs: i32, outputs: i32): i32 {
  return inputs * outputs * FLOAT + PLANE_GAP;
}

/** Bytes of U: a matrix for every point of all groups. */
function matricesBytes(rows: i32, columns: i32, inputs: i32, outputs: i32): i32 {
  let points = 0;
  for (let group = 0; group < 4; group++) {
    if (groupTiles(group, rows, columns)) points += groupPoints(group, rows, columns);
  }
  return points * matrixBytes(inputs, outputs);
}

/** Bytes of the largest plane, packed for a product. */
function packedPlaneBytes(count: i32, rows: i32, columns: i32, channels: i32): i32 {
  const most = max(sixes(rows), 1) * max(sixes(columns), 1);
  return packedRowsBytes(count * most, channels);
}

/** Bytes of the padded picture in which tiles are read or gathered. */
function paddedBytes(rows: i32, columns: i32, channels: i32): i32 {
  return paddedLength(rows) * paddedLength(columns) * channels * FLOAT;
}

/** Copies a picture into the padded one, whose border is zero already. */
// @ts-ignore: decorator
@inline
function copyIntoPadded(
  x: usize,
  padded: usize,
  height: i32,
  width: i32,
  rows: i32,
  columns: i32,
  channels: i32,
): void {
  const stride = paddedLength(columns) * channels * FLOAT;
  const bytes = min(width, paddedLength(columns) - 1) * channels * FLOAT;
  const last = min(height, paddedLength(rows) - 1);
  for (let i = 0; i < last; i++) {
    memory.copy(padded + (i + 1) * stride + channels * FLOAT, x + i * width * channels * FLOAT, bytes);
  }
}

/** Filter [3, 3, in, out] → U, at every point in panels of eight columns. */
function transformFilter(
  filter: usize,
  u: usize,
  rows: i32,
  columns: i32,
  inputs: i32,
  outputs: i32,
  buffer: usize,
): void {
  const tap = inputs * outputs * FLOAT, matrix = matrixBytes(inputs, outputs);
  for (let group = 0; group < 4; group++) {
    if (!groupTiles(group, rows, columns)) continue;
    const mh = tileLength(rows, group >> 1), mw = tileLength(columns, group & 1);
    let to = u;
    for (let o = 0; o < outputs; o += 8) {
      for (let i = 0; i < inputs; i++) {
        for (let half = 0; half < 8; half += 4) {
          const from = filter + (i * outputs + o + half) * FLOAT;
          transformTile(FILTER, mh, mw, from, 3 * tap, tap, to, (mw + 2) * matrix, matrix, buffer);
          to += VECTOR;
        }
      }
    }
    u += groupPoints(group, rows, columns) * matrix;
  }
}

/** [3, 3, in, out] → [3, 3, out, in]. */
function swapChannels(filter: usize, swapped: usize, inputs: i32, outputs: i32): void {
  for (let tap = 0; tap < 9; tap++) {
    for (let i = 0; i < inputs; i += 4) {
      interleave(filter, 4, outputs, swapped + i * FLOAT, inputs * FLOAT);
      filter += 4 * outputs * FLOAT;
    }
    swapped += inputs * outputs * FLOAT;
  }
}

/** The padded picture → its tiles of V, picture n of `count`; or, where `adjoint`, dV → the padded picture. */
// @ts-ignore: decorator
@inline
function transformPadded(
  adjoint: bool,
  padded: usize,
  v: usize,
  n: i32,
  count: i32,
  rows: i32,
  columns: i32,
  channels: i32,
  buffer: usize,
): void {
  const pixel = channels * FLOAT, stride = paddedLength(columns) * pixel;
  for (let group = 0; group < 4; group++) {
    const tiles = groupTiles(group, rows, columns);
    if (!tiles) continue;
    const mh = tileLength(rows, group >> 1), mw = tileLength(columns, group & 1);
    const plane = planeBytes(tiles * count, channels), line = (mw + 2) * plane;
    const top = group >> 1 ? 6 * sixes(rows) : 0, left = group & 1 ? 6 * sixes(columns) : 0;
    const across = tileCount(columns, group & 1);
    for (let tile = 0; tile < tiles; tile++) {
      const pixels = padded + (top + tile / across * 6) * stride + (left + tile % across * 6) * pixel;
      const points = v + (n * tiles + tile) * pixel;
      for (let c = 0; c < pixel; c += VECTOR) {
        const a = pixels + c, b = points + c;
        if (adjoint) transformTile(INPUT_ADJOINT, mh, mw, b, line, plane, a, stride, pixel, buffer);
        else transformTile(INPUT, mh, mw, a, stride, pixel, b, line, plane, buffer);
      }
    }
    v += groupPoints(group, rows, columns) * plane;
  }
}

/** Pictures x[count, height, width, channels] → V. */
function transformInput(
  x: usize,
  v: usize,
  count: i32,
  height: i32,
  width: i32,
  rows: i32,
  columns: i32,
  channels: i32,
  padded: usize,
  buffer: usize,
): void {
  for (let n = 0; n < count; n++) {
    const from = x + n * height * width * channels * FLOAT;
    copyIntoPadded(from, padded, height, width, rows, columns, channels);
    transformPadded(false, padded, v, n, count, rows, columns, channels, buffer);
  }
}

/** The adjoint of {@link transformInput}: dV → dx. */
function gatherInput(
  v: usize,
  dx: usize,
  count: i32,
  height: i32,
  width: i32,
  rows: i32,
  columns: i32,
  channels: i32,
  padded: usize,
  buffer: usize,
): void {
  const pixel = channels * FLOAT, stride = paddedLength(columns) * pixel;
  for (let n = 0; n < count; n++) {
    memory.fill(padded, 0, paddedBytes(rows, columns, channels));
    transformPadded(true, padded, v, n, count, rows, columns, channels, buffer);
    for (let i = 0; i < height; i++) {
      memory.copy(dx, padded + (i + 1) * stride + pixel, width * pixel);
      dx += width * pixel;
    }
  }
}

/** M = V · U at every point; `blocks` has room for a plane of V, packed. */
function multiplyPoints(
  v: usize,
  u: usize,
  m: usize,
  count: i32,
  rows: i32,
  columns: i32,
  inputs: i32,
  outputs: i32,
  blocks: usize,
): void {
  for (let group = 0; group < 4; group++) {
    const tiles = groupTiles(group, rows, columns) * count;
    if (!tiles) continue;
    for (let point = groupPoints(group, rows, columns); point > 0; point--) {
      packRows(v, blocks, tiles, inputs);
      multiply(blocks, u, m, outputs * FLOAT, tiles, outputs, inputs, false);
      v += planeBytes(tiles, inputs);
      m += planeBytes(tiles, outputs);
      u += matrixBytes(inputs, outputs);
    }
  }
}

/** dU (+)= Vᵀ · dM at every point. */
function multiplyPointsForFilter(
  v: usize,
  m: usize,
  du: usize,
  count: i32,
  rows: i32,
  columns: i32,
  inputs: i32,
  outputs: i32,
  accumulate: bool,
): void {
  for (let group = 0; group < 4; group++) {
    const tiles = groupTiles(group, rows, columns) * count;
    if (!tiles) continue;
    for (let point = groupPoints(group, rows, columns); point > 0; point--) {
      multiplyTransposed(v, m, du, inputs, outputs, tiles, accumulate);
      v += planeBytes(tiles, inputs);
      m += planeBytes(tiles, outputs);
      du += matrixBytes(inputs, outputs);
    }
  }
}

/** dU [point][in][out] → filter gradient [3, 3, in, out]. */
function gatherFilter(
  du: usize,
  gradient: usize,
  rows: i32,
  columns: i32,
  inputs: i32,
  outputs: i32,
  buffer: usize,
): void {
  const tap = inputs * outputs * FLOAT, matrix = matrixBytes(inputs, outputs);
  const taps = buffer + 64 * VECTOR;
  memory.fill(gradient, 0, 9 * tap);
  for (let group = 0; group < 4; group++) {
    if (!groupTiles(group, rows, columns)) continue;
    const mh = tileLength(rows, group >> 1), mw = tileLength(columns, group & 1);
    for (let c = 0; c < tap; c += VECTOR) {
      transformTile(
        FILTER_ADJOINT,
        mh,
        mw,
        du + c,
        (mw + 2) * matrix,
        matrix,
        taps,
        3 * VECTOR,
        VECTOR,
        buffer,
      );
      for (let i = 0; i < 9; i++) {
        addTo(gradient + i * tap + c, v128.load(taps + i * VECTOR));
      }
    }
    du += groupPoints(group, rows, columns) * matrix;
  }
}

/** Stores the rows and columns of a tile of outputs that lie within the picture. */
// @ts-ignore: decorator
@inline
function storeSquare(
  square: usize,
  columns: i32,
  y: usize,
  rowStride: i32,
  pixel: i32,
  bottom: i32,
  right: i32,
): void {
  for (let i = 0; i < bottom; i++) {
    for (let j = 0; j < right; j++) {
      v128.store(y + i * rowStride + j * pixel, v128.load(square + (i * columns + j) * VECTOR));
    }
  }
}

/** The adjoint of {@link storeSquare}. */
// @ts-ignore: decorator
@inline
function loadSquare(
  square: usize,
  rows: i32,
  columns: i32,
  dy: usize,
  rowStride: i32,
  pixel: i32,
  bottom: i32,
  right: i32,
): void {
  if (bottom < rows || right < columns) memory.fill(square, 0, rows * columns * VECTOR);
  for (let i = 0; i < bottom; i++) {
    for (let j = 0; j < right; j++) {
      v128.store(square + (i * columns + j) * VECTOR, v128.load(dy + i * rowStride + j * pixel));
    }
  }
}

/**
 * M → y[count, height, width, channels], or, where `mask` or `affine` is given, the 2×2 maxima of y.
 * See {@link convolve}.
 */
function transformOutput(
  m: usize,
  y: usize,
  mask: usize,
  affine: usize,
  count: i32,
  height: i32,
  width: i32,
  channels: i32,
  buffer: usize,
): void {
  const pools = mask || affine;
  const rows = pools ? height & ~1 : height, columns = pools ? width & ~1 : width;
  const pixel = channels * FLOAT, square = buffer + 64 * VECTOR;
  for (let group = 0; group < 4; group++) {
    const tiles = groupTiles(group, rows, columns);
    if (!tiles) continue;
    const mh = tileLength(rows, group >> 1), mw = tileLength(columns, group & 1);
    const plane = planeBytes(tiles * count, channels);
    const across = tileCount(columns, group & 1);
    for (let tile = 0; tile < tiles * count; tile++) {
      const n = tile / tiles, k = tile % tiles;
      const top = group >> 1 ? 6 * sixes(rows) : k / across * 6;
      const left = group & 1 ? 6 * sixes(columns) : k % across * 6;
      const from = m + tile * pixel;
      const to = pools
        ? ((n * (rows >> 1) + (top >> 1)) * (columns >> 1) + (left >> 1)) * channels
        : ((n * height + top) * width + left) * channels;
      const bottom = min(mh, height - top), right = min(mw, width - left);
      for (let c = 0; c < channels; c += 4) {
        transformTile(
          OUTPUT,
          mh,
          mw,
          from + c * FLOAT,
          (mw + 2) * plane,
          plane,
          square,
          mw * VECTOR,
          VECTOR,
          buffer,
        );
        const address = y + (to + c) * FLOAT;
        if (!pools) {
          storeSquare(square, mw, address, width * pixel, pixel, bottom, right);
          continue;
        }
        for (let i = 0; i < mh >> 1; i++) {
          for (let j = 0; j < mw >> 1; j++) {
            const window = square + (i * mw + j) * 2 * VECTOR;
            const offset = (i * (columns >> 1) + j) * channels;
            poolWindow(
              v128.load(window),
              v128.load(window, VECTOR),
              v128.load(window + mw * VECTOR),
              v128.load(window + mw * VECTOR, VECTOR),
              address + offset * FLOAT,
              mask ? mask + to + c + offset : 0,
              affine + c * FLOAT,
              pixel,
            );
          }
        }
      }
    }
    m += groupPoints(group, rows, columns) * plane;
  }
}

/** The adjoint of {@link transformOutput}: dy → dM. See {@link convolveGradient}. */
function gatherOutput(
  dy: usize,
  pooled: usize,
  mask: usize,
  norm: usize,
  m: usize,
  count: i32,
  height: i32,
  width: i32,
  channels: i32,
  buffer: usize,
): void {
  const rows = mask ? height & ~1 : height, columns = mask ? width & ~1 : width;
  const pixel = channels * FLOAT, square = buffer + 64 * VECTOR;
  for (let group = 0; group < 4; group++) {
    const tiles = groupTiles(group, rows, columns);
    if (!tiles) continue;
    const mh = tileLength(rows, group >> 1), mw = tileLength(columns, group & 1);
    const plane = planeBytes(tiles * count, channels);
    const across = tileCount(columns, group & 1);
    for (let tile = 0; tile < tiles * count; tile++) {
      const n = tile / tiles, k = tile % tiles;
      const top = group >> 1 ? 6 * sixes(rows) : k / across * 6;
      const left = group & 1 ? 6 * sixes(columns) : k % across * 6;
      const from = mask
        ? ((n * (rows >> 1) + (top >> 1)) * (columns >> 1) + (left >> 1)) * channels
        : ((n * height + top) * width + left) * channels;
      const bottom = min(mh, height - top), right = min(mw, width - left);
      for (let c = 0; c < channels; c += 4) {
        if (mask) {
          for (let i = 0; i < mh >> 1; i++) {
            for (let j = 0; j < mw >> 1; j++) {
              const window = square + (i * mw + j) * 2 * VECTOR;
              const offset = from + c + (i * (columns >> 1) + j) * channels;
              const gradient = gradientOfNorm(
                dy + offset * FLOAT,
                pooled + offset * FLOAT,
                norm + c * FLOAT,
                pixel,
              );
              storePicked(gradient, loadMask(mask + offset), window, VECTOR, mw * VECTOR);
            }
          }
        } else {
          loadSquare(square, mh, mw, dy + (from + c) * FLOAT, width * pixel, pixel, bottom, right);
        }
        transformTile(
          OUTPUT_ADJOINT,
          mh,
          mw,
          square,
          mw * VECTOR,
          VECTOR,
          m + tile * pixel + c * FLOAT,
          (mw + 2) * plane,
          plane,
          buffer,
        );
      }
    }
    m += groupPoints(group, rows, columns) * plane;
  }
}

/** @returns Bytes of scratch for {@link convolve} and {@link convolveGradient}. */
export function convolveScratch(
  chunk: i32,
  height: i32,
  width: i32,
  inputs: i32,
  outputs: i32,
  pools: bool,
): i32 {
  const rows = pools ? height & ~1 : height, columns = pools ? width & ~1 : width;
  return TILE_BUFFERS + paddedBytes(rows, columns, inputs) +
    2 * matricesBytes(rows, columns, inputs, outputs) + 9 * inputs * outputs * FLOAT +
    planesBytes(chunk, rows, columns, inputs) + planesBytes(chunk, rows, columns, outputs) +
    packedPlaneBytes(chunk, rows, columns, max(inputs, outputs));
}

/**
 * y = x ∗ filter for x[batch, height, width, inputs] and filter [3, 3, inputs, outputs], both
 * numbers of channels multiples of 8; `chunk` pictures at a time.
 *
 * With `mask`, y gets the 2×2 maxima instead and the mask which of the four they were; with `affine`
 * (scale[outputs], shift[outputs]), y gets max(0, scale · maximum + shift). Either may be 0.
 */
export function convolve(
  x: usize,
  filter: usize,
  y: usize,
  mask: usize,
  affine: usize,
  batch: i32,
  chunk: i32,
  height: i32,
  width: i32,
  inputs: i32,
  outputs: i32,
  scratch: usize,
): void {
  const pools = mask || affine;
  const rows = pools ? height & ~1 : height, columns = pools ? width & ~1 : width;
  const buffer = scratch, u = buffer + TILE_BUFFERS;
  const padded = u + matricesBytes(rows, columns, inputs, outputs);
  const v = padded + paddedBytes(rows, columns, inputs);
  const m = v + planesBytes(chunk, rows, columns, inputs);
  const packed = m + planesBytes(chunk, rows, columns, outputs);
  const size = pools ? (rows >> 1) * (columns >> 1) * outputs : height * width * outputs;
  transformFilter(filter, u, rows, columns, inputs, outputs, buffer);
  memory.fill(padded, 0, paddedBytes(rows, columns, inputs));
  for (let n = 0; n < batch; n += chunk) {
    const count = min(chunk, batch - n);
    const from = x + n * height * width * inputs * FLOAT;
    transformInput(from, v, count, height, width, rows, columns, inputs, padded, buffer);
    multiplyPoints(v, u, m, count, rows, columns, inputs, outputs, packed);
    transformOutput(
      m,
      y + n * size * FLOAT,
      mask ? mask + n * size : 0,
      affine,
      count,
      height,
      width,
      outputs,
      buffer,
    );
  }
}

/**
 * Gradients of {@link convolve} for x, unless `dx` is 0, and for the filter, unless `dw` is 0.
 *
 * With `mask`, dy is the gradient of the batch norm and ReLU of the maxima `pooled`: see
 * {@link gradientOfNorm} for `norm`.
 */
export function convolveGradient(
  x: usize,
  filter: usize,
  dy: usize,
  pooled: usize,
  mask: usize,
  norm: usize,
  dx: usize,
  dw: usize,
  batch: i32,
  chunk: i32,
  height: i32,
  width: i32,
  inputs: i32,
  outputs: i32,
  scratch: usize,
): void {
  const rows = mask ? height & ~1 : height, columns = mask ? width & ~1 : width;
  const matrices = matricesBytes(rows, columns, inputs, outputs);
  const buffer = scratch, swapped = buffer + TILE_BUFFERS;
  const u = swapped + 9 * inputs * outputs * FLOAT, du = u + matrices;
  const padded = du + matrices;
  const v = padded + paddedBytes(rows, columns, inputs);
  const m = v + planesBytes(chunk, rows, columns, inputs);
  const packed = m + planesBytes(chunk, rows, columns, outputs);
  const size = mask ? (rows >> 1) * (columns >> 1) * outputs : height * width * outputs;
  if (dx) {
    swapChannels(filter, swapped, inputs, outputs);
    transformFilter(swapped, u, rows, columns, outputs, inputs, buffer);
  }
  for (let n = 0; n < batch; n += chunk) {
    const count = min(chunk, batch - n), offset = n * height * width * inputs * FLOAT;
    gatherOutput(
      dy + n * size * FLOAT,
      pooled + n * size * FLOAT,
      mask ? mask + n * size : 0,
      norm,
      m,
      count,
      height,
      width,
      outputs,
      buffer,
    );
    if (dw) {
      memory.fill(padded, 0, paddedBytes(rows, columns, inputs));
      transformInput(x + offset, v, count, height, width, rows, columns, inputs, padded, buffer);
      multiplyPointsForFilter(v, m, du, count, rows, columns, inputs, outputs, n > 0);
    }
    if (dx) {
      multiplyPoints(m, u, v, count, rows, columns, outputs, inputs, packed);
      gatherInput(v, dx + offset, count, height, width, rows, columns, inputs, padded, buffer);
    }
  }
  if (dw) gatherFilter(du, dw, rows, columns, inputs, outputs, buffer);
}
