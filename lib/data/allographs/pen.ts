/** Pens and scanners: lines drawn as ink on a picture of 28 × 28, placed as MNIST's digits. */

import { IMAGE_PIXELS, IMAGE_SIDE } from "../../image/size.ts";
import type { Point } from "../../image/strokes.ts";
import type { Random } from "../random.ts";

/** Side of the box into which MNIST's makers fitted every digit, in pixels. */
const BOX_SIDE = 20;

/** Where their centre of mass lies, in pixels from the upper left corner. */
const CENTRE = 14.5;

/** A pen, and what becomes of its ink; lengths are in pixels of the picture. */
interface Pen {
  width: number;
  /** Share of the width that comes and goes along a stroke, and how often it does for its length. */
  pressure: number;
  waves: number;
  phase: number;
  /** Share of the width that is lost along the edge of a broad nib, and that edge's angle. */
  flatness: number;
  angle: number;
  /** Brightness of the ink, before it is cut off at 1. */
  strength: number;
  /** Pixels from paper to full ink, at an edge. */
  softness: number;
  /** Side of the picture when it is scanned. */
  side: number;
}

/** The darkest pixel has at least this share of full ink, as where a picture's contrast was stretched. */
const LEAST_PEAK = 0.85;

/** How often the pen has a broad nib, and how often the scan is coarse. */
const [NIB, COARSE] = [0.2, 0.3];

/** Sides of a coarse scan of the whole picture; the digit is 5 / 7 as high. */
const [COARSEST, FINEST] = [11, 22];

function pickPen(random: Random): Pen {
  const isCoarse = random.uniform() < COARSE;
  const side = isCoarse ? COARSEST + random.integer(FINEST - COARSEST + 1) : IMAGE_SIDE;
  const cell = IMAGE_SIDE / side;
  const width = Math.exp(random.uniform(Math.log(0.7), Math.log(4.4)));
  return {
    width: isCoarse ? Math.max(1.1 * cell, width) : width,
    pressure: random.uniform(0, 0.3),
    waves: random.uniform(0.5, 2),
    phase: random.uniform(),
    flatness: random.uniform() < NIB ? random.uniform(0.2, 0.5) : 0,
    angle: random.uniform(0, Math.PI),
    strength: random.uniform(0.9, 1.3),
    softness: cell * (isCoarse ? random.uniform(0.4, 1.2) : random.uniform(0.7, 1.4)),
    side,
  };
}

/**
 * Draws lines with a pen of any width, some of them as a coarse scanner sees them.
 *
 * @param strokes Lines of any size.
 * @returns Pixels 0–255, `[28, 28]`, white ink on black, fitted into MNIST's box of 20 × 20 pixels
 * with their centre of mass in the middle.
 */
export function inkStrokes(strokes: Point[][], random: Random): Uint8Array {
  const pen = pickPen(random);
  const { scale, left, top } = fit(strokes, pen.width);
  const zoom = pen.side / IMAGE_SIDE;
  const pixels = new Float32Array(pen.side ** 2);
  for (const line of strokes) {
    const placed = line.map(([x, y]): Point => [
      zoom * (scale * x + left),
      zoom * (scale * y + top),
    ]);
    addInk(pixels, placed, pen);
  }
  const picture = pen.side === IMAGE_SIDE ? pixels : enlarge(pixels, pen.side);
  const full = 255 * Math.max(pen.strength, LEAST_PEAK / largest(picture));
  const image = new Uint8Array(IMAGE_PIXELS);
  for (let i = 0; i < IMAGE_PIXELS; i++) image[i] = Math.min(255, Math.round(full * picture[i]));
  return image;
}

function largest(values: Float32Array): number {
  let most = 0;
  for (const value of values) if (value > most) most = value;
  return most;
}

/** Where lines are to be put so that their ink fills the box and is balanced around the middle. */
function fit(strokes: Point[][], width: number): { scale: number; left: number; top: number } {
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
  let [mass, massX, massY] = [0, 0, 0];
  for (const line of strokes) {
    let before = line[0];
    for (const point of line) {
      const [x, y] = point;
      minX = Math.min(minX, x);
      maxX = Math.max(maxX, x);
      minY = Math.min(minY, y);
      maxY = Math.max(maxY, y);
      const length = Math.sqrt((x - before[0]) ** 2 + (y - before[1]) ** 2);
      mass += length;
      massX += length * (x + before[0]) / 2;
      massY += length * (y + before[1]) / 2;
      before = point;
    }
  }
  const scale = (BOX_SIDE - width) / Math.max(maxX - minX, maxY - minY);
  /** The middle of the ink on the picture's, but the ink inside of the picture. */
  const offset = (middle: number, least: number, most: number) => {
    const [low, high] = [width / 2 - scale * least, IMAGE_SIDE - width / 2 - scale * most];
    return Math.min(high, Math.max(low, CENTRE - scale * middle));
  };
  return { scale, left: offset(massX / mass, minX, maxX), top: offset(massY / mass, minY, maxY) };
}

/** Draws a line; where there is ink already, the darker of the two counts. */
function addInk(pixels: Float32Array, line: Point[], pen: Pen): void {
  const { side } = pen;
  const soft = pen.softness * side / IMAGE_SIDE;
  const clip = (value: number) => Math.min(side - 1, Math.max(0, Math.floor(value)));
  let first = penRadius(pen, line, 1);
  for (let i = 1; i < line.length; i++) {
    const [ax, ay] = line[i - 1];
    const [bx, by] = line[i];
    const dx = bx - ax, dy = by - ay;
    const squaredLength = Math.max(1e-9, dx * dx + dy * dy);
    const last = penRadius(pen, line, i);
    const reach = Math.max(first, last) + soft / 2;
    const left = clip(Math.min(ax, bx) - reach);
    const right = clip(Math.max(ax, bx) + reach);
    const bottom = clip(Math.max(ay, by) + reach);
    for (let y = clip(Math.min(ay, by) - reach); y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const px = x + 0.5 - ax, py = y + 0.5 - ay;
        const share = Math.min(1, Math.max(0, (px * dx + py * dy) / squaredLength));
        const awayX = px - share * dx, awayY = py - share * dy;
        const radius = first + share * (last - first);
        const away = Math.sqrt(awayX * awayX + awayY * awayY);
        // A line thinner than a pixel never fills one.
        const cover = Math.min(1, 2 * radius, (radius - away) / soft + 0.5);
        const pixel = y * side + x;
        if (cover > pixels[pixel]) pixels[pixel] = cover;
      }
    }
    first = last;
  }
}

/** Half the width of the line at the end of a piece of it, in pixels of the scan. */
function penRadius(pen: Pen, line: Point[], piece: number): number {
  const { side, width, pressure, waves, phase, flatness, angle } = pen;
  const [before, point] = [line[piece - 1], line[piece]];
  const wave = Math.sin(2 * Math.PI * (waves * piece / line.length + phase));
  const direction = Math.atan2(point[1] - before[1], point[0] - before[0]);
  const nib = 1 - flatness * Math.abs(Math.cos(direction - angle));
  return side / IMAGE_SIDE * width / 2 * (1 - pressure * (1 + wave) / 2) * nib;
}

/** Spreads a square picture to 28 × 28, linear between its pixels. */
function enlarge(pixels: Float32Array, side: number): Float32Array {
  return spreadAndTurn(spreadAndTurn(pixels, side, side), side, IMAGE_SIDE);
}

/** Spreads lines of `side` pixels to 28; what were lines are columns then. */
function spreadAndTurn(pixels: Float32Array, side: number, lines: number): Float32Array {
  const spread = new Float32Array(IMAGE_SIDE * lines);
  for (let i = 0; i < IMAGE_SIDE; i++) {
    const at = Math.min(side - 1, Math.max(0, (i + 0.5) * side / IMAGE_SIDE - 0.5));
    const before = Math.floor(at), share = at - before;
    const after = Math.min(side - 1, before + 1);
    for (let line = 0; line < lines; line++) {
      const a = pixels[line * side + before], b = pixels[line * side + after];
      spread[i * lines + line] = a + share * (b - a);
    }
  }
  return spread;
}
