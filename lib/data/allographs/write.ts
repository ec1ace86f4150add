/** Writes an allograph as a hand would: its points jittered, its proportions and slant a writer's own. */

import type { Random } from "../random.ts";
import type { Allograph } from "./templates.ts";

/** A point; the writing is about 1 high, around the origin, and y goes down. */
type Point = [x: number, y: number];

/** A coordinate of a template: its middle, and how far it may be from it, as shares of the square. */
type Coordinate = readonly [middle: number, reach: number];

/** A point of a template. */
type Anchor = readonly [x: Coordinate, y: Coordinate];

/** Curves that follow one another without lifting the pen, each from where the last one ends. */
type Stroke = readonly (readonly Anchor[])[];

/** Reads the notation of {@linkcode Allograph.strokes}. */
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
  const known = parsed.get(allograph);
  if (known) return known;
  const strokes = allograph.strokes.map(parseStroke);
  parsed.set(allograph, strokes);
  return strokes;
}

/** What a writer does to everything of a digit. */
interface Hand {
  /** Width to height. */
  width: number;
  /** Powers that move what is between the edges of the square: less than 1 to the right, or down. */
  across: number;
  down: number;
  /** To the right, per height. */
  slant: number;
  /** Radians, clockwise. */
  turn: number;
  /** How far points are from their middles, as a multiple of what the template says. */
  reach: number;
  /** Standard deviation of a point. */
  wobble: number;
  /** Standard deviation of the bow of a straight line, as a share of its length. */
  bow: number;
  /** Standard deviation of what a stroke is too long, or too short, at either end. */
  overshoot: number;
  /** Standard deviation of where the pen is put down again. */
  drift: number;
  /** How often corners are smoothed. */
  rounding: number;
}

function pickHand({ width, turn = [0, 0] }: Allograph, random: Random): Hand {
  const haste = random.uniform(0.4, 1.7);
  /** Of a normal distribution, but for its ends. */
  const around = (mean: number, deviation: number) =>
    mean + haste * deviation * Math.min(2, Math.max(-2, random.normal()));
  return {
    width: random.uniform(...width) * Math.exp(around(0, 0.15)),
    across: Math.exp(around(0, 0.13)),
    down: Math.exp(around(0, 0.12)),
    slant: around(0.12, 0.18),
    turn: around(0, 0.055) + random.uniform(...turn) * Math.PI / 180,
    reach: 0.4 + 0.6 * haste,
    wobble: 0.02 * haste,
    bow: 0.03 * haste,
    overshoot: 0.025 * haste,
    drift: 0.015 * haste,
    rounding: random.integer(7),
  };
}

/**
 * Writes an allograph: every time another shape.
 *
 * @returns The lines of the strokes, as corners a few hundredths apart.
 * @throws {SyntaxError} If a stroke of the template is not in the notation of {@linkcode Allograph.strokes}.
 */
export function writeAllograph(allograph: Allograph, random: Random): Point[][] {
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
