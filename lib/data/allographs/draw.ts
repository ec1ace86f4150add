/**
 * Digits and signs as people of many schools write them, drawn by program: a hand writes an allograph, its
 * points jittered, its proportions and slant a writer's own; then a pen of any width puts ink on the line.
 */

import { IMAGE_PIXELS, IMAGE_SIDE } from "../../image/size.ts";
import type { Dataset } from "../dataset.ts";
import { Random } from "../random.ts";
import { ALLOGRAPHS } from "./templates.ts";

/** A way to write something, as a template. */
type Allograph = typeof ALLOGRAPHS[string][number];

/** Tells the random numbers of these pictures from those of others with the same seed. */
const STREAM = 0x616c6c6f;

/**
 * Draws digits in the manner of MNIST's, in turn from 0 to 9. Picture `i` of a series depends on its
 * seed and on `i` alone.
 *
 * @param options.firstIndex Index of the first picture in the series; 0 if not told otherwise.
 * @returns Pictures and their digits.
 *
 * @example Each digit once
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const { labels } = drawDigits({ count: 10, seed: 1 });
 * assertEquals([...labels], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
 * ```
 */
export function drawDigits(
  { count, seed, firstIndex = 0 }: { count: number; seed: number; firstIndex?: number },
): Dataset {
  const images = new Uint8Array(count * IMAGE_PIXELS);
  const labels = Uint8Array.from({ length: count }, (_, i) => (firstIndex + i) % 10);
  for (let i = 0; i < count; i++) {
    const random = new Random(seed, STREAM, firstIndex + i);
    images.set(drawAllograph(ALLOGRAPHS[labels[i]], random), i * IMAGE_PIXELS);
  }
  return { count, images, labels };
}

/**
 * Draws a digit or sign in one of some ways, now and then as a coarse scanner sees it.
 *
 * @param random Everything else: which way, the hand, the pen, the scanner.
 * @returns Pixels 0–255, `[28, 28]`, white ink on black, fitted into MNIST's box of 20 × 20 pixels with their
 * centre of mass in the middle.
 * @throws {SyntaxError} If a stroke is not in the notation of {@linkcode ALLOGRAPHS}.
 */
export function drawAllograph(allographs: readonly Allograph[], random: Random): Uint8Array {
  const total = allographs.reduce((sum, { weight = 1 }) => sum + weight, 0);
  let left = random.uniform(0, total);
  const allograph = allographs.find(({ weight = 1 }) => (left -= weight) < 0) ?? allographs[0];
  return inkStrokes(writeAllograph(allograph, random), random);
}

// The hand: from a template to lines

/** A point; the writing is about 1 high, around the origin, and y goes down. */
type Point = [x: number, y: number];

/** A coordinate of a template: its middle, and how far it may be from it, as shares of the square. */
type Coordinate = [middle: number, reach: number];

/** A point of a template. */
type Anchor = [x: Coordinate, y: Coordinate];

/** Curves that follow one another without lifting the pen, each from where the last one ends. */
type Stroke = Anchor[][];

/** Reads the notation of {@linkcode ALLOGRAPHS}. */
function parseStroke(text: string): Stroke {
  const curves = text.split("/").map((curve) => curve.trim().split(/\s+/).map(parseAnchor));
  if (curves.flat().length < 2) {
    throw new SyntaxError(`Expected a stroke of at least two points but found "${text}"`);
  }
  return curves;
}

function parseAnchor(text: string): Anchor {
  const numbers = /^(-?\d+)(?:±(\d+))?,(-?\d+)(?:±(\d+))?$/.exec(text);
  if (numbers === null) throw new SyntaxError(`Expected a point like 40±6,25 but found "${text}"`);
  const [x, reachX, y, reachY] = numbers.slice(1).map((number) => Number(number ?? 0) / 100);
  return [[x, reachX], [y, reachY]];
}

/** Strokes of the allographs that were written already. */
const parsed = new Map<Allograph, Stroke[]>();

function strokesOf(allograph: Allograph): Stroke[] {
  const strokes = parsed.get(allograph) ?? allograph.strokes.map(parseStroke);
  parsed.set(allograph, strokes);
  return strokes;
}

/** What a writer does to everything of a digit. */
type Hand = ReturnType<typeof pickHand>;

function pickHand({ width, turn = [0, 0] }: Allograph, random: Random) {
  const haste = random.uniform(0.4, 1.7);
  /** Of a normal distribution, but for its ends. */
  const around = (mean: number, deviation: number) =>
    mean + haste * deviation * Math.min(2, Math.max(-2, random.normal()));
  return {
    /** Width to height. */
    width: random.uniform(...width) * Math.exp(around(0, 0.15)),
    /** Powers that move what is between the edges of the square: less than 1 to the right, or down. */
    across: Math.exp(around(0, 0.13)),
    down: Math.exp(around(0, 0.12)),
    /** To the right, per height. */
    slant: around(0.12, 0.18),
    /** Radians, clockwise. */
    turn: around(0, 0.055) + random.uniform(...turn) * Math.PI / 180,
    /** How far points are from their middles, as a multiple of what the template says. */
    reach: 0.4 + 0.6 * haste,
    /** Standard deviation of a point. */
    wobble: 0.02 * haste,
    /** Standard deviation of the bow of a straight line, as a share of its length. */
    bow: 0.03 * haste,
    /** Standard deviation of what a stroke is too long, or too short, at either end. */
    overshoot: 0.025 * haste,
    /** Standard deviation of where the pen is put down again. */
    drift: 0.015 * haste,
    /** How often corners are smoothed. */
    rounding: random.integer(7),
  };
}

/** Writes an allograph, every time another shape: the lines of its strokes, as corners a few hundredths apart. */
function writeAllograph(allograph: Allograph, random: Random): Point[][] {
  const hand = pickHand(allograph, random);
  const pick = ([middle, reach]: Coordinate, power: number) => {
    const value = middle + hand.reach * reach * random.uniform(-1, 1);
    return (value > 0 && value < 1 ? value ** power : value) - 0.5;
  };
  return strokesOf(allograph).map((stroke, i) => {
    const drift = i === 0 ? 0 : hand.drift;
    const [driftX, driftY] = [drift * random.normal(), drift * random.normal()];
    const curves = stroke.map((curve) =>
      curve.map(([x, y]): Point => [
        hand.width * pick(x, hand.across) + hand.wobble * random.normal() + driftX,
        pick(y, hand.down) + hand.wobble * random.normal() + driftY,
      ])
    );
    overshoot(curves, hand, random);
    const line = evenSteps(joinCurves(curves, hand.bow, random));
    for (let pass = 0; pass < hand.rounding; pass++) smooth(line);
    return line.map((point) => lean(point, hand));
  });
}

/** Makes both ends of a stroke longer or shorter. */
function overshoot(curves: Point[][], hand: Hand, random: Random): void {
  const points = curves.flat();
  for (const [end, next] of [[points[0], points[1]], [points.at(-1)!, points.at(-2)!]]) {
    const [dx, dy] = [end[0] - next[0], end[1] - next[1]];
    const share = hand.overshoot * random.normal() / Math.max(0.1, Math.hypot(dx, dy));
    end[0] += share * dx;
    end[1] += share * dy;
  }
}

/** Points of a curve from one of its anchors to the next. */
const STEPS = 6;

/** The line of a stroke; what is straight gets a bow. */
function joinCurves(curves: Point[][], bow: number, random: Random): Point[] {
  const line: Point[] = [];
  for (const curve of curves) {
    const last = line.at(-1);
    const anchors = last === undefined ? curve : [last, ...curve];
    if (anchors.length === 2) {
      const [[ax, ay], [bx, by]] = anchors;
      const share = bow * random.normal();
      const middle: Point = [(ax + bx) / 2 - share * (by - ay), (ay + by) / 2 + share * (bx - ax)];
      anchors.splice(1, 0, middle);
    }
    addSpline(line, anchors);
  }
  return line;
}

/** Adds a curve through points (Catmull & Rom 1974) to a line that ends at the first of them. */
function addSpline(line: Point[], points: Point[]): void {
  if (line.length === 0) line.push(points[0]);
  for (let i = 0; i + 1 < points.length; i++) {
    const [b, c] = [points[i], points[i + 1]];
    const a = points[i - 1] ?? [2 * b[0] - c[0], 2 * b[1] - c[1]];
    const d = points[i + 2] ?? [2 * c[0] - b[0], 2 * c[1] - b[1]];
    for (let step = 1; step <= STEPS; step++) {
      const t = step / STEPS;
      line.push([spline(a[0], b[0], c[0], d[0], t), spline(a[1], b[1], c[1], d[1], t)]);
    }
  }
}

function spline(a: number, b: number, c: number, d: number, t: number): number {
  return b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * b - a - 3 * c + d)));
}

/** Distance between the corners of a line. */
const STEP = 0.04;

/** The same line with corners a {@linkcode STEP} apart. */
function evenSteps(line: Point[]): Point[] {
  const even: Point[] = [line[0]];
  let wait = STEP;
  for (let i = 1; i < line.length; i++) {
    const [[ax, ay], [bx, by]] = [line[i - 1], line[i]];
    const length = Math.sqrt((bx - ax) ** 2 + (by - ay) ** 2);
    for (; wait <= length; wait += STEP) {
      const share = wait / length;
      even.push([ax + share * (bx - ax), ay + share * (by - ay)]);
    }
    wait -= length;
  }
  even.push(line.at(-1)!);
  return even;
}

/** Moves every point half-way to the middle of its neighbours; the ends stay. */
function smooth(line: Point[]): void {
  let [beforeX, beforeY] = line[0];
  for (let i = 1; i + 1 < line.length; i++) {
    const [x, y] = line[i];
    line[i][0] = x / 2 + (beforeX + line[i + 1][0]) / 4;
    line[i][1] = y / 2 + (beforeY + line[i + 1][1]) / 4;
    beforeX = x;
    beforeY = y;
  }
}

function lean([x, y]: Point, { slant, turn }: Hand): Point {
  const across = x - slant * y;
  const [cosine, sine] = [Math.cos(turn), Math.sin(turn)];
  return [cosine * across - sine * y, sine * across + cosine * y];
}

// The pen: from lines to ink on a picture of 28 × 28, placed as MNIST's digits

/** Side of the box into which MNIST's makers fitted every digit, in pixels. */
const BOX_SIDE = 20;

/** Where their centre of mass lies, in pixels from the upper left corner. */
const CENTRE = 14.5;

/** A pen, and what becomes of its ink; lengths are in pixels of the picture. */
type Pen = ReturnType<typeof pickPen>;

/** The darkest pixel has at least this share of full ink, as where a picture's contrast was stretched. */
const LEAST_PEAK = 0.85;

/** How often the pen has a broad nib, and how often the scan is coarse. */
const [NIB, COARSE] = [0.2, 0.3];

/** Sides of a coarse scan of the whole picture; the digit is 5 / 7 as high. */
const [COARSEST, FINEST] = [11, 22];

function pickPen(random: Random) {
  const isCoarse = random.uniform() < COARSE;
  const side = isCoarse ? COARSEST + random.integer(FINEST - COARSEST + 1) : IMAGE_SIDE;
  const cell = IMAGE_SIDE / side;
  const width = Math.exp(random.uniform(Math.log(0.7), Math.log(4.4)));
  return {
    width: isCoarse ? Math.max(1.1 * cell, width) : width,
    /** Share of the width that comes and goes along a stroke, and how often it does for its length. */
    pressure: random.uniform(0, 0.3),
    waves: random.uniform(0.5, 2),
    phase: random.uniform(),
    /** Share of the width that is lost along the edge of a broad nib, and that edge's angle. */
    flatness: random.uniform() < NIB ? random.uniform(0.2, 0.5) : 0,
    angle: random.uniform(0, Math.PI),
    /** Brightness of the ink, before it is cut off at 1. */
    strength: random.uniform(0.9, 1.3),
    /** Pixels from paper to full ink, at an edge. */
    softness: cell * (isCoarse ? random.uniform(0.4, 1.2) : random.uniform(0.7, 1.4)),
    /** Side of the picture when it is scanned. */
    side,
  };
}

/** Draws lines of any size with a pen of any width, as {@linkcode drawAllograph} returns them. */
function inkStrokes(strokes: Point[][], random: Random): Uint8Array {
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
  const picture = pen.side === IMAGE_SIDE
    ? pixels
    : spreadAndTurn(spreadAndTurn(pixels, pen.side, pen.side), pen.side, IMAGE_SIDE);
  const full = 255 * Math.max(pen.strength, LEAST_PEAK / Math.max(...picture));
  const image = new Uint8Array(IMAGE_PIXELS);
  for (let i = 0; i < IMAGE_PIXELS; i++) image[i] = Math.min(255, Math.round(full * picture[i]));
  return image;
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

/** Spreads lines of `side` pixels to 28, linear between pixels; what were lines are columns then. */
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
