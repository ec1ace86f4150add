/**
 * Draws letters as a pen would, from distance fields, which have any stroke width in them: every picture with
 * its own slant, wobble and stroke width.
 */

import type { Dataset } from "../dataset.ts";
import { boxAround } from "../../image/box.ts";
import { gridInterpolation } from "../../image/keys_kernel.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../../image/size.ts";
import { classIndex, LETTER_CLASSES } from "../class_sets.ts";
import { Random } from "../random.ts";
import type { Font } from "./fonts.ts";

/** Glyphs, `count` of them, in typed arrays over shared memory: posting it to a worker copies no pixels. */
export interface GlyphMasters {
  fonts: Font[];
  /** Index into `fonts`, `[count]`. */
  fontIndices: Uint8Array;
  /** What the glyphs are of. */
  characters: string;
  /** Index into `characters`, `[count]`. */
  characterIndices: Uint8Array;
  /** Side of a distance field in pixels. */
  side: number;
  /** Steps per pixel in which distances are stored. */
  steps: number;
  /** Distances from the outline, `[count, side, side]`: positive inside the character, negative outside. */
  outlines: Int8Array;
  /** Minus the distances from the skeleton, `[count, side, side]`. */
  skeletons: Int8Array;
  /** Half the stroke widths in pixels, averaged along the skeletons, `[count]`. */
  halfWidths: Float32Array;
}

/** Which fonts to draw with: those to train on, or those kept out to validate on. */
type Split = "train" | "validation";

/** What to draw. */
interface DrawOptions {
  count: number;
  /** Names the whole series of pictures. */
  seed: number;
  /** Every epoch has pictures of its own. */
  epoch: number;
  /** Index of the first picture in its epoch. @default {0} */
  firstIndex?: number;
  split: Split;
  /**
   * How strongly letters are slanted and warped, as a share of what pre-training does.
   * @default {1}
   */
  warp?: number;
  /** The only character to draw. @default {all} */
  only?: string;
}

// Lengths are in one of three units: pixels of the picture (28 a side), pixels of a glyph's
// distance field (64 a side), and units of the frame, in which a distance field spans -1 to 1.

/** Pixels of a distance field in a pixel of the picture, for a letter that is not warped. */
const GLYPH_SCALE = 2.2;

/** Half the side of the square of the frame in which the ink is looked for. */
const SEARCH_REACH = 1.45;

/** Samples along the side of that square. */
const SEARCH_SIDE = 40;

/** Pixel on which the centre of mass lies in MNIST: mean 14.00, both across and down. */
const CENTRE = 14;

/** Samples per picture pixel along each axis. */
const SUPERSAMPLING = 2;

/** Samples along the side of a supersampled picture. */
const FINE_SIDE = IMAGE_SIDE * SUPERSAMPLING;

/** The warp is worked out at every so many samples along each axis, and is linear in between. */
const CELL = 4;

/**
 * Softness of an edge in picture pixels, drawn evenly from this range: the scale of a logistic
 * curve. Half of the ink's pixels then are grey, as in MNIST.
 */
const SOFTNESS = [0.08, 0.2] as const;

/** Control points along the side of the two elastic grids, and how far they move at most, in frame units. */
const ELASTIC_GRIDS = [{ side: 5, reach: 0.085 }, { side: 3, reach: 0.07 }];

/**
 * Draws letters in the manner of MNIST's digits: white on black, fitted to a box of about
 * 20 pixels, the centre of mass in the middle. Half are pen strokes of constant width along
 * the letter's skeleton, half keep the font's own contrast and have their outline moved.
 * Handwriting fonts are drawn twice as often as text fonts.
 *
 * Picture `i` depends on seed, epoch, split and `i` alone: however the work is shared out,
 * the pictures are the same.
 *
 * @param masters Glyphs to draw from.
 * @param options How many pictures, and which.
 * @param classes What the labels are indices into; each letter must have a class there.
 * @returns Pictures and their classes.
 * @throws {RangeError} If `masters` has no glyph for the split.
 */
export function drawLetters(
  masters: GlyphMasters,
  options: DrawOptions,
  classes: readonly string[] = LETTER_CLASSES,
): Dataset {
  const { count, seed, epoch, firstIndex = 0, split, warp = 1, only } = options;
  const glyphs = glyphsToDraw(masters, split, only);
  if (glyphs.length === 0) {
    throw new RangeError(`Expected masters to hold glyphs for ${split} but found none`);
  }
  const images = new Uint8Array(count * IMAGE_PIXELS);
  const labels = new Uint8Array(count);
  const stream = split === "train" ? 0 : 1;
  for (let i = 0; i < count; i++) {
    const image = images.subarray(i * IMAGE_PIXELS, (i + 1) * IMAGE_PIXELS);
    let glyph: number;
    let attempt = 0;
    do {
      const random = new Random(seed, epoch, firstIndex + i, stream, attempt++);
      glyph = glyphs[random.integer(glyphs.length)];
      drawGlyph(masters, glyph, random, warp, image);
    } while (!image.some((value) => value > 127));
    const character = masters.characters[masters.characterIndices[glyph]];
    labels[i] = classIndex(character, classes);
  }
  return { count, images, labels };
}

/** Indices of the glyphs of a split, those of handwriting fonts twice. */
function glyphsToDraw(masters: GlyphMasters, split: Split, only?: string): number[] {
  const { fonts, fontIndices, characters, characterIndices } = masters;
  return [...fontIndices].flatMap((fontIndex, glyph) => {
    const { handwriting, validation } = fonts[fontIndex];
    if (validation !== (split === "validation")) return [];
    if (only !== undefined && characters[characterIndices[glyph]] !== only) return [];
    return handwriting ? [glyph, glyph] : [glyph];
  });
}

/** A square of the frame that is looked at. */
interface View {
  /** Samples along a side. */
  side: number;
  /** Frame coordinates of the first sample, and the step from one to the next. */
  left: number;
  top: number;
  step: number;
}

/** Draws a glyph with a random pen and warp; leaves the image black where no ink is left. */
function drawGlyph(
  masters: GlyphMasters,
  glyph: number,
  random: Random,
  strength: number,
  image: Uint8Array,
): void {
  const withPen = random.uniform() < 0.5;
  const halfWidth = random.uniform(0.7, 1.75) * GLYPH_SCALE;
  const { side, steps } = masters;
  const distances = (withPen ? masters.skeletons : masters.outlines)
    .subarray(glyph * side * side, (glyph + 1) * side * side);
  const field = { distances, side, steps };
  const growth = withPen
    ? halfWidth
    : clamp(halfWidth - masters.halfWidths[glyph], -GLYPH_SCALE, GLYPH_SCALE);
  const warp = randomWarp(random, strength);

  const step = 2 * SEARCH_REACH / (SEARCH_SIDE - 1);
  const wide = { side: SEARCH_SIDE, left: -SEARCH_REACH, top: -SEARCH_REACH, step };
  const ink = findInk(sampleField(field, growth, warp, wide), wide);
  if (ink === undefined) return;

  const pixel = ink.extent / random.uniform(18.75, 21.25);
  const corner = (1 / SUPERSAMPLING - 1) / 2 - CENTRE;
  const close = {
    side: FINE_SIDE,
    left: ink.centreX + (corner + 0.5 * random.normal()) * pixel,
    top: ink.centreY + (corner + 0.5 * random.normal()) * pixel,
    step: pixel / SUPERSAMPLING,
  };
  const blur = random.uniform(...SOFTNESS) * pixel * (side - 1) / 2;
  const samples = sampleField(field, growth, warp, close);
  developPicture(samples, blur, 255 * random.uniform(1, 1.15), image);
}

/** Where a point of the frame is found in the distance field: an affine map plus elastic moves. */
type Warp = ReturnType<typeof randomWarp>;

/** Rotation up to 20°, shear, stretch, and two elastic grids, all in proportion to `strength`. */
function randomWarp(random: Random, strength: number) {
  const angle = strength * random.uniform(-20, 20) * Math.PI / 180;
  const shear = strength * random.uniform(-0.35, 0.35);
  const stretch = Math.exp(strength * random.uniform(-0.3, 0.3));
  const cos = Math.cos(angle), sin = Math.sin(angle);
  return {
    /** Row by row. */
    affine: [
      cos * stretch,
      shear * cos - sin / stretch,
      sin * stretch,
      shear * sin + cos / stretch,
    ],
    elastic: ELASTIC_GRIDS.map(({ side, reach }) => {
      const amplitude = strength * random.uniform(0, reach);
      const move = () => amplitude * random.normal();
      return {
        side,
        moveX: Float64Array.from({ length: side * side }, move),
        moveY: Float64Array.from({ length: side * side }, move),
      };
    }),
  };
}

/** Distances of one glyph, as {@linkcode GlyphMasters} has them. */
interface Field {
  distances: Int8Array;
  side: number;
  steps: number;
}

/**
 * Looks at a letter whose border has grown outwards, through a warp.
 *
 * @returns Distances from the border in pixels of the field: positive inside, `[side, side]`.
 */
function sampleField(field: Field, growth: number, warp: Warp, view: View): Float32Array {
  const { side } = view;
  const values = new Float32Array(side * side);
  const { distances, steps } = field;
  const { sourceX, sourceY } = warpNodes(warp, view, field.side);
  const cells = side / CELL;
  for (let cellY = 0; cellY < cells; cellY++) {
    for (let cellX = 0; cellX < cells; cellX++) {
      const node = cellY * (cells + 1) + cellX;
      const below = node + cells + 1;
      for (let row = 0; row < CELL; row++) {
        const share = row / CELL;
        let x = sourceX[node] + share * (sourceX[below] - sourceX[node]);
        let y = sourceY[node] + share * (sourceY[below] - sourceY[node]);
        const endX = sourceX[node + 1] + share * (sourceX[below + 1] - sourceX[node + 1]);
        const endY = sourceY[node + 1] + share * (sourceY[below + 1] - sourceY[node + 1]);
        const stepX = (endX - x) / CELL;
        const stepY = (endY - y) / CELL;
        const first = (cellY * CELL + row) * side + cellX * CELL;
        for (let i = first; i < first + CELL; i++) {
          values[i] = interpolate(distances, field.side, x, y) / steps + growth;
          x += stepX;
          y += stepY;
        }
      }
    }
  }
  return values;
}

/** A distance field between its pixels, bilinear; beyond its edge the value at the edge. */
function interpolate(distances: Int8Array, side: number, x: number, y: number): number {
  const inX = clamp(x, 0, side - 1);
  const inY = clamp(y, 0, side - 1);
  const column = Math.min(inX | 0, side - 2);
  const row = Math.min(inY | 0, side - 2);
  const right = inX - column, down = inY - row;
  const i = row * side + column;
  const above = distances[i] + right * (distances[i + 1] - distances[i]);
  const below = distances[i + side] + right * (distances[i + side + 1] - distances[i + side]);
  return above + down * (below - above);
}

/** Warps the corners of all cells: their places in the distance field, in its pixels. */
function warpNodes(
  { affine, elastic }: Warp,
  { side, left, top, step }: View,
  fieldSide: number,
) {
  const nodes = side / CELL + 1;
  const frameX = Float64Array.from({ length: nodes }, (_, i) => left + i * CELL * step);
  const frameY = Float64Array.from({ length: nodes }, (_, i) => top + i * CELL * step);
  const moves = elastic.map(({ side, moveX, moveY }) => {
    // Control points are spread evenly from -1 to 1.
    const inGrid = (at: number) => (clamp(at, -1, 1) + 1) / 2 * (side - 1);
    const interpolate = gridInterpolation(side, frameX.map(inGrid), frameY.map(inGrid));
    return { x: interpolate(moveX), y: interpolate(moveY) };
  });
  const sourceX = new Float64Array(nodes * nodes);
  const sourceY = new Float64Array(nodes * nodes);
  for (let row = 0, node = 0; row < nodes; row++) {
    for (let column = 0; column < nodes; column++, node++) {
      let x = affine[0] * frameX[column] + affine[1] * frameY[row];
      let y = affine[2] * frameX[column] + affine[3] * frameY[row];
      for (const move of moves) {
        x += move.x[node];
        y += move.y[node];
      }
      sourceX[node] = (x + 1) * (fieldSide - 1) / 2;
      sourceY[node] = (y + 1) * (fieldSide - 1) / 2;
    }
  }
  return { sourceX, sourceY };
}

/** Finds the centre of mass of the ink and the larger side of its box, in frame units. */
function findInk(distances: Float32Array, { side, left, top, step }: View) {
  const { width, height } = boxAround(distances, side, Number.MIN_VALUE);
  if (width === 0) return undefined;
  let count = 0, sumX = 0, sumY = 0;
  for (let i = 0; i < distances.length; i++) {
    if (distances[i] <= 0) continue;
    count++;
    sumX += i % side;
    sumY += Math.floor(i / side);
  }
  return {
    centreX: left + sumX / count * step,
    centreY: top + sumY / count * step,
    extent: Math.max(width, height) * step,
  };
}

/** Turns distances into grey pixels: a soft edge, averaged over the samples of each pixel. */
function developPicture(
  distances: Float32Array,
  blur: number,
  brightness: number,
  image: Uint8Array,
): void {
  const scale = brightness / SUPERSAMPLING ** 2;
  for (let y = 0; y < IMAGE_SIDE; y++) {
    for (let x = 0; x < IMAGE_SIDE; x++) {
      const i = SUPERSAMPLING * (y * FINE_SIDE + x);
      const light = sigmoid(distances[i] / blur) + sigmoid(distances[i + 1] / blur) +
        sigmoid(distances[i + FINE_SIDE] / blur) + sigmoid(distances[i + FINE_SIDE + 1] / blur);
      image[y * IMAGE_SIDE + x] = Math.min(255, Math.round(scale * light));
    }
  }
}

function sigmoid(x: number): number {
  return x < -12 ? 0 : x > 12 ? 1 : 1 / (1 + Math.exp(-x));
}

function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}
