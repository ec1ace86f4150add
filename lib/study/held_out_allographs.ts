/**
 * Digits of other schools, to measure with and never to learn from: drawn apart from the templates of
 * `lib/data/allographs`, in Bézier curves, and varied in another way.
 */

import type { Random } from "../data/random.ts";
import type { Point } from "../image/strokes.ts";

/** Ways to write each digit: paths in the notation of SVG (M, L and C), 100 units high. */
const ALLOGRAPHS: Record<string, string>[] = [
  {
    "oval": "M38 0 C8 0 0 30 0 52 C0 80 12 100 34 100 C58 100 68 76 68 48 C68 20 56 0 34 1",
    "overlapping": "M52 8 C40 -4 4 2 2 50 C0 96 30 104 48 98 C80 88 78 10 46 4 C36 2 30 8 26 16",
    "slashed":
      "M38 0 C8 0 0 30 0 52 C0 80 12 100 34 100 C58 100 68 76 68 48 C68 20 56 0 34 1 M0 102 L70 -4",
    "from below": "M34 100 C0 98 -6 30 14 8 C28 -8 60 -4 64 44 C66 84 50 100 40 98",
  },
  {
    "bar": "M22 0 C20 30 22 70 20 100",
    "curved up-stroke": "M0 48 C14 38 28 18 36 0 L35 100",
    "very long up-stroke": "M0 72 C16 48 32 22 42 0 L40 100",
    "curved up-stroke, curved stem": "M2 36 C16 28 26 14 30 0 C32 30 26 70 22 100",
    "foot": "M2 24 C14 18 22 8 26 0 L26 100 M2 100 L50 98",
  },
  {
    "sharp": "M4 26 C6 -6 62 -10 60 26 C58 56 20 78 0 100 L66 98",
    "looped": "M6 22 C14 -8 64 -4 58 32 C52 64 26 96 10 98 C-6 98 -2 76 14 80 C34 86 44 104 70 94",
    "waved": "M2 18 C20 -6 54 -6 58 14 C62 36 30 64 0 98 C18 88 44 98 66 96",
    "wide loop":
      "M8 20 C20 -4 62 -4 56 28 C50 62 22 100 4 98 C-14 94 -4 66 20 76 C40 84 46 108 72 88",
  },
  {
    "round": "M6 14 C16 -6 56 -4 54 22 C52 40 36 46 24 46 C46 46 62 56 60 76 C58 104 14 106 0 86",
    "flat": "M4 2 L58 0 L26 38 C64 36 70 66 58 86 C46 104 12 104 0 88",
    "with a flourish":
      "M6 10 C24 -6 60 0 54 24 C50 38 34 42 24 42 C60 40 74 64 54 86 C36 106 4 104 -8 90",
    "with a small loop":
      "M4 14 C18 -6 58 -4 54 22 C52 40 34 52 26 48 C20 42 30 38 40 44 C62 54 66 74 54 90 C42 104 10 102 0 88",
  },
  {
    "open": "M14 0 C10 24 4 44 0 62 L66 58 M50 22 L44 100",
    "closed": "M46 0 C32 24 16 46 0 66 L64 66 M46 0 L46 100",
    "open, curved": "M24 0 C16 20 6 40 0 56 C20 60 44 56 72 48 M56 2 C54 36 48 70 40 100",
    "open, in one stroke": "M8 4 C2 34 2 54 18 54 C38 54 52 38 58 2 C57 30 52 70 48 100",
    "short stem": "M34 0 C24 24 10 46 0 64 C22 64 44 62 68 58 M44 38 C44 60 40 80 36 100",
    "low bar": "M42 0 C30 26 14 52 0 76 C24 78 46 74 68 66 M54 36 C54 58 48 80 42 100",
    "small bowl": "M48 16 C24 22 0 38 2 54 C6 68 44 58 74 50 M52 0 L42 100",
  },
  {
    "bar last": "M14 4 L8 44 C30 32 62 44 58 72 C54 100 18 106 0 90 M14 4 L60 2",
    "bar apart": "M16 8 L9 46 C26 36 60 42 58 70 C56 98 24 104 2 96 M26 3 C42 2 54 0 66 -5",
    "bar first": "M58 0 C40 4 26 4 16 2 C14 16 10 30 8 44 C36 30 66 52 56 80 C46 102 16 104 0 92",
    "round": "M58 4 C24 -6 -2 20 12 38 C26 54 62 50 60 78 C54 106 14 102 0 90",
  },
  {
    "curved": "M46 0 C14 22 -6 70 6 90 C18 108 56 100 56 74 C56 50 16 50 4 76",
    "hooked": "M60 14 C56 -8 22 0 8 40 C-8 88 14 104 34 100 C62 94 64 56 36 54 C20 54 8 64 4 76",
    "straight": "M24 0 C10 26 2 54 2 74 C2 108 54 108 54 76 C54 54 20 50 4 70",
    "open": "M52 2 C20 10 -2 54 4 80 C10 108 58 102 56 76 C54 58 34 56 22 64",
  },
  {
    "curved": "M0 6 C20 0 40 6 62 0 C48 30 34 60 26 100",
    "crossed": "M2 2 L60 2 C46 36 32 66 24 100 M14 52 L58 46",
    "serif": "M2 20 L6 2 L60 0 C40 34 28 70 30 100",
    "serif, crossed": "M2 18 L8 2 L60 4 C46 32 30 66 20 100 M10 54 L54 50",
    "waved, crossed": "M0 12 C16 -4 44 8 60 2 L20 100 M8 58 L54 50",
  },
  {
    "one stroke":
      "M52 14 C44 -6 6 -4 10 22 C14 44 54 52 54 78 C54 106 2 106 2 80 C2 54 48 44 52 18 C53 12 50 8 46 5",
    "two circles":
      "M28 46 C-4 42 2 0 28 0 C56 0 58 44 28 46 C-8 48 -4 100 28 100 C62 100 64 48 28 46",
    "open": "M58 6 C30 40 4 60 4 80 C6 106 54 106 52 78 C48 54 12 44 12 20 C12 -4 36 -4 42 8",
    "from the waist":
      "M26 47 C0 38 8 0 32 0 C58 2 52 38 28 48 C-8 62 0 102 28 100 C60 98 56 56 30 47",
  },
  {
    "straight": "M52 20 C44 -6 2 -4 2 26 C2 58 46 54 52 16 L48 100",
    "flat base": "M52 16 C40 -6 4 -2 4 24 C4 48 44 50 54 16 C58 40 62 70 58 88 C50 102 20 98 0 98",
    "hooked": "M54 14 C36 -8 2 2 2 26 C2 54 44 56 54 18 C60 60 56 96 32 100 C18 102 8 96 4 88",
    "curved": "M50 26 C54 -6 4 -10 2 24 C0 54 44 54 52 18 C54 50 40 84 14 100",
    "circle and stem": "M30 0 C-8 0 -8 50 26 50 C60 50 60 0 30 0 M54 6 L52 100",
  },
];

/**
 * Writes a digit in one of its {@linkcode ALLOGRAPHS}: every time another shape.
 *
 * @param random Which, and what it looks like.
 * @returns The lines of its strokes, about 1 high, around the origin; y goes down.
 */
export function writeHeldOut(digit: number, random: Random): Point[][] {
  const ways = Object.values(ALLOGRAPHS[digit]);
  const path = ways[random.integer(ways.length)];
  const move = randomMove(random);
  return path.split("M").slice(1).map((stroke) => {
    const [driftX, driftY] = [0.02 * random.normal(), 0.02 * random.normal()];
    return pathToLine(stroke).map(([x, y]) => move(x / 100 - 0.3 + driftX, y / 100 - 0.5 + driftY));
  });
}

/** Slant, turn and stretch, and two slow waves across the whole digit, each in any direction. */
function randomMove(random: Random): (x: number, y: number) => Point {
  const stretch = Math.exp(random.uniform(-0.3, 0.3));
  const [slant, turn] = [random.uniform(-0.15, 0.45), random.uniform(-0.12, 0.12)];
  const [cosine, sine] = [Math.cos(turn), Math.sin(turn)];
  const waves = [1, 2].map(() => ({
    across: random.uniform(-5, 5),
    down: random.uniform(-5, 5),
    phase: random.uniform(0, 2 * Math.PI),
    moveX: random.uniform(-0.05, 0.05),
    moveY: random.uniform(-0.05, 0.05),
  }));
  return (x, y) => {
    let [u, v] = [stretch * x - slant * y, y];
    for (const { across, down, phase, moveX, moveY } of waves) {
      const height = Math.sin(across * x + down * y + phase);
      u += moveX * height;
      v += moveY * height;
    }
    return [cosine * u - sine * v, sine * u + cosine * v];
  };
}

/** Pieces into which a curve is cut. */
const PIECES = 16;

/** The line of a path's stroke: its first point, then `L x y` or `C x y x y x y`. */
function pathToLine(stroke: string): Point[] {
  const [start, ...commands] = stroke.split(/(?=[LC])/);
  const line = [pointsOf(start)[0]];
  for (const command of commands) {
    const from = line.at(-1)!;
    const points = pointsOf(command.slice(1));
    const to = points.at(-1)!;
    const [first, second] = points.length === 3 ? points : [from, to];
    for (let piece = 1; piece <= PIECES; piece++) {
      const t = piece / PIECES;
      const at = (axis: 0 | 1) =>
        (1 - t) ** 3 * from[axis] + 3 * (1 - t) ** 2 * t * first[axis] +
        3 * (1 - t) * t ** 2 * second[axis] + t ** 3 * to[axis];
      line.push([at(0), at(1)]);
    }
  }
  return line;
}

function pointsOf(text: string): Point[] {
  const numbers = text.trim().split(/\s+/).map(Number);
  return Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[2 * i], numbers[2 * i + 1]]);
}
