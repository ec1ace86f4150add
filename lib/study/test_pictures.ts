/** Pictures of digits drawn by program, in all the ways in which people's pictures differ from MNIST's. */

import { boxAround } from "../image/box.ts";
import type { Point } from "../image/strokes.ts";
import { Random } from "../data/random.ts";
import { type GreyPicture, throughJpeg } from "../picture/decode.ts";
import { writeHeldOut } from "./held_out_allographs.ts";

/** Strokes through points of the unit square, smooth within a stroke, with corners between strokes. */
type Shape = Point[][];

/** The digits as several schools teach them: points, and strokes that slashes part. */
const SHAPES: Shape[][] = [
  [
    "0.55,0 0.2,0.13 0.04,0.5 0.2,0.88 0.52,1 0.82,0.86 0.96,0.48 0.8,0.12 0.5,0.01",
    "0.7,0.04 0.3,0.06 0.05,0.4 0.15,0.85 0.5,1 0.85,0.75 0.93,0.35 0.72,0.05 0.45,0.02",
  ],
  [
    "0.5,0 0.5,1",
    "0.15,0.32 0.55,0 / 0.55,0 0.55,1",
    "0.2,0.22 0.5,0 / 0.5,0 0.5,1 / 0.2,1 0.82,1",
  ],
  [
    "0.08,0.24 0.25,0.04 0.6,0 0.88,0.2 0.75,0.5 0.4,0.78 0.05,1 / 0.05,1 0.95,0.97",
    "0.08,0.22 0.42,0 0.85,0.2 0.62,0.62 0.25,0.95 0.05,0.9 0.2,0.8 0.55,0.93 0.97,0.96",
  ],
  [
    "0.1,0.12 0.45,0 0.85,0.2 0.7,0.42 0.35,0.48 / 0.35,0.48 0.8,0.55 0.92,0.78 0.5,1 0.05,0.88",
    "0.1,0.03 0.85,0.02 / 0.85,0.02 0.4,0.42 / 0.4,0.42 0.85,0.55 0.9,0.8 0.5,1 0.05,0.9",
  ],
  [
    "0.65,0 0.05,0.65 / 0.05,0.65 0.97,0.65 / 0.68,0.02 0.68,1",
    "0.18,0 0.1,0.55 / 0.1,0.55 0.97,0.52 / 0.76,0.05 0.7,1",
    "0.6,0 0.05,0.6 / 0.05,0.6 0.95,0.58 / 0.7,0.35 0.62,1",
  ],
  [
    "0.85,0.03 0.2,0.03 / 0.2,0.03 0.15,0.45 / 0.15,0.45 0.5,0.36 0.9,0.55 0.8,0.88 0.4,1 0.05,0.88",
    "0.3,0.05 0.22,0.42 / 0.22,0.42 0.6,0.38 0.88,0.62 0.7,0.93 0.1,0.95 / 0.28,0.03 0.9,0",
  ],
  [
    "0.75,0 0.35,0.2 0.08,0.6 0.2,0.93 0.55,1 0.88,0.8 0.75,0.55 0.4,0.52 0.12,0.72",
    "0.45,0 0.15,0.4 0.1,0.8 0.5,1 0.85,0.78 0.6,0.56 0.2,0.68",
  ],
  [
    "0.05,0.03 0.95,0.03 / 0.95,0.03 0.55,0.5 0.35,1",
    "0.05,0.05 0.9,0 / 0.9,0 0.6,0.45 0.42,1 / 0.28,0.5 0.85,0.46",
    "0.08,0.18 0.1,0.02 / 0.1,0.02 0.9,0.04 / 0.9,0.04 0.5,1",
  ],
  [
    "0.85,0.15 0.5,0 0.15,0.2 0.45,0.46 0.85,0.75 0.5,1 0.1,0.78 0.45,0.5 0.85,0.18 0.7,0.03",
    "0.5,0 0.2,0.2 0.5,0.45 0.8,0.2 0.5,0 / 0.5,0.45 0.1,0.75 0.5,1 0.9,0.75 0.5,0.45",
  ],
  [
    "0.85,0.25 0.5,0.02 0.12,0.25 0.35,0.5 0.8,0.35 0.88,0.15 / 0.87,0.13 0.82,0.6 0.6,1",
    "0.8,0.12 0.45,0 0.1,0.25 0.4,0.5 0.78,0.3 / 0.82,0.05 0.82,0.6 0.8,1",
    "0.85,0.2 0.5,0.02 0.12,0.25 0.35,0.5 0.8,0.35 0.86,0.2 0.85,0.65 0.6,0.97 0.15,0.9",
  ],
].map((shapes) =>
  shapes.map((shape) =>
    shape.split(" / ").map((stroke) =>
      stroke.split(" ").map((point) => {
        const [x, y] = point.split(",").map(Number);
        return [x, y];
      })
    )
  )
);

/** A picture as it is drawn: where things are, and what they are like. */
type Scene = ReturnType<typeof plainScene> & {
  /** Printed around and between several digits. */
  form?: Form;
  /** Pixels of paper that are left around the ink, where the picture is cut to it. */
  margin?: number;
  /** Quality of the JPEG file, if it was one: 0 (bad) to 100. */
  jpeg?: number;
};

function plainScene(random: Random) {
  const side = random.uniform(160, 320);
  const size = side * random.uniform(0.35, 0.7);
  return {
    width: Math.round(side),
    height: Math.round(side * random.uniform(0.8, 1.25)),
    /** Height of the digit in pixels. */
    size,
    /** Pen width in pixels. */
    pen: size * random.uniform(0.06, 0.12),
    /** Middle of the digit as shares of the picture. */
    x: 0.5,
    y: 0.5,
    /** In radians, clockwise. */
    rotation: random.uniform(-0.06, 0.06),
    /** Brightness of the paper. */
    paper: random.uniform(225, 252),
    /** Share of light that the ink swallows, 0–1. */
    ink: random.uniform(0.7, 0.95),
    /** Share of the pen's track that a rough paper leaves white. */
    grain: 0,
    /** Standard deviation of the paper's texture. */
    texture: 1,
    /** Share of light that is lost towards one side. */
    shading: 0,
    /** Share of light that is lost behind the edge of a shadow. */
    shadow: 0,
    /** Distance in pixels between ruled lines, 0 for none. */
    ruling: 0,
    /** Lines in both directions. */
    squared: false,
    /** Distance in pixels of a printed frame from the digit's middle, 0 for none. */
    frame: 0,
    /** Share of the picture, on the left and at the top, where a dark table is seen beside the sheet. */
    table: [0, 0],
    /** Radii of dark specks on the sheet, in pixels. */
    dust: [] as number[],
    /** Nothing is written; neighbouring pixels share their noise, as cameras' and scanners' do. */
    blank: false,
    /** Edges without shades of grey, as simple drawing programs make them. */
    hard: false,
    lightOnDark: false,
    /** Written as no network here has learnt it: see {@linkcode writeHeldOut}. */
    isHeldOut: false,
  };
}

/** A printed form with a place for each digit. */
type Form = ReturnType<typeof plainForm>;

function plainForm(random: Random) {
  const height = random.uniform() < 0.2 ? random.uniform(20, 32) : random.uniform(36, 80);
  const rows = random.uniform() < 0.25 ? 2 : 1;
  return {
    rows,
    columns: 3 + random.integer(rows === 1 ? 6 : 3),
    /** Width and height of a place in pixels. */
    place: [height * random.uniform(0.8, 1.1), height],
    /** Pixels of the picture outside the outermost lines; less than 0 where they are cut off. */
    margin: random.uniform() < 0.2 ? -random.uniform(1, 4) : random.integer(13),
    /** Digits are off the middle of their places by at most this share of the room there. */
    sway: 0.35,
    /** Boxes, or a base line with ticks between the places, of this share of their height. */
    ticks: 1,
    hasBase: true,
    /** Width of the lines in pixels. */
    line: random.uniform(0.8, 2),
    /** Share of light that the lines swallow, 0–1: less for lines in a colour. */
    ink: random.uniform(0.3, 0.95),
    /** Dots for lines. */
    dotted: false,
    /** Paper with lines across that go on beyond the places, as slanted as what is written; none down. */
    isRuled: false,
  };
}

/** A form cut out of a page, a little outside its lines or just inside them; digits have this share of a place's height. */
function formScene(
  random: Random,
  change: Partial<Form> = {},
  share = [0.5, 0.78],
): Partial<Scene> {
  const form = { ...plainForm(random), ...change };
  const { rows, columns, place: [across, down], margin } = form;
  const size = down * random.uniform(share[0], share[1]);
  return {
    width: Math.round(columns * across + 2 * margin),
    height: Math.round(rows * down + 2 * margin),
    size,
    pen: size * random.uniform(0.06, 0.12),
    form,
  };
}

/** A form with ticks of a share of a place's height in place of boxes, and mostly a line below. */
function combScene(random: Random, least: number, most: number): Partial<Scene> {
  return formScene(random, {
    rows: 1,
    margin: random.integer(13),
    ticks: random.uniform(least, most),
    hasBase: random.uniform() < 0.7,
  });
}

/** Several digits on each of several lines, nearly as high as the lines are apart, in thin pencil. */
function ruledScene(random: Random): Partial<Scene> {
  const down = random.uniform(28, 60);
  const scene = formScene(random, {
    isRuled: true,
    rows: 2 + random.integer(3),
    columns: 2 + random.integer(5),
    place: [down * random.uniform(0.75, 1.4), down],
    margin: down * random.uniform(0.3, 1),
    ink: random.uniform(0.15, 0.4),
  }, [0.75, 0.95]);
  return { ...scene, pen: Math.max(1.2, scene.size! * random.uniform(0.03, 0.06)) };
}

/** An A4 page as a scan at 150, 200 or 300 dpi or a photograph has it, with a few rows of digits of 3 to 5 mm, and dust. */
function pageScene(random: Random): Partial<Scene> {
  const millimetre = [150, 200, 300][random.integer(3)] / 25.4;
  const isPhoto = random.uniform() < 0.5;
  const size = random.uniform(3, 5) * millimetre;
  return {
    width: Math.round(210 * millimetre),
    height: Math.round(297 * millimetre),
    size,
    pen: random.uniform(0.35, 0.7) * millimetre,
    form: {
      ...plainForm(random),
      rows: 1 + random.integer(3),
      columns: 1 + random.integer(6),
      place: [size * random.uniform(1.1, 2), size * random.uniform(1.8, 2.6)],
      sway: 0.1,
      margin: random.uniform(10, 80) * millimetre,
      ink: 0,
    },
    ink: random.uniform(0.5, 0.95),
    texture: 3,
    shading: isPhoto ? random.uniform(0.1, 0.4) : 0,
    jpeg: 75,
    dust: Array.from({ length: 20 }, () => random.uniform(0.05, 0.3) * millimetre),
  };
}

type Change = (scene: Scene, random: Random) => Partial<Scene>;

/** Every kind of picture: how it differs from a plain one. */
const KINDS: Record<string, Change> = {
  "plain": () => ({}),
  "off-centre and small": (scene, random) => {
    const size = random.uniform(0.12, 0.2) * scene.width;
    return {
      size,
      pen: size * random.uniform(0.08, 0.14),
      x: random.uniform(0.2, 0.8),
      y: random.uniform(0.2, 0.8),
    };
  },
  "fills the picture": (scene) => {
    const size = 0.86 * scene.height;
    return { size, pen: 0.09 * size, width: Math.round(size) };
  },
  "hairline": ({ size }, random) => ({ pen: size * random.uniform(0.012, 0.03) }),
  "thick pen": ({ size }, random) => ({ pen: size * random.uniform(0.17, 0.24) }),
  "light on dark": () => ({ lightOnDark: true }),
  "pencil": ({ size }, random) => ({
    pen: size * 0.05,
    ink: random.uniform(0.3, 0.5),
    grain: 0.35,
    texture: 3,
  }),
  "rough paper": () => ({ texture: 8, paper: 205 }),
  "ruled": ({ size }, random) => ({ ruling: size * random.uniform(0.5, 1.1) }),
  "squared": ({ size }, random) => ({ ruling: size * random.uniform(0.3, 0.6), squared: true }),
  "turned by up to 15°": (_, random) => ({ rotation: random.uniform(-0.26, 0.26) }),
  "uneven light": (_, random) => ({ shading: random.uniform(0.3, 0.65) }),
  "edge of a shadow": (_, random) => ({ shadow: random.uniform(0.25, 0.45) }),
  "bad JPEG": (_, random) => ({ jpeg: Math.round(random.uniform(8, 20)) }),
  "photo of squared paper": ({ size }, random) => ({
    ruling: size * random.uniform(0.35, 0.7),
    squared: true,
    rotation: random.uniform(-0.15, 0.15),
    shading: random.uniform(0.1, 0.4),
    shadow: random.uniform(0, 0.25),
    texture: 3,
    ink: random.uniform(0.55, 0.85),
    jpeg: 50,
  }),
  "photo of ruled paper": ({ size }, random) => ({
    pen: size * random.uniform(0.03, 0.06),
    ruling: size * random.uniform(0.9, 1.3),
    rotation: random.uniform(-0.08, 0.08),
    shading: random.uniform(0.1, 0.4),
    texture: 3,
    ink: random.uniform(0.35, 0.6),
    jpeg: 70,
  }),
  "cropped to the ink": ({ size, pen }, random) => ({
    width: Math.round(size * random.uniform(0.75, 0.95)),
    height: Math.round(size + pen),
    texture: 0,
  }),
  "drawing program": ({ size }, random) => ({
    pen: size * random.uniform(0.08, 0.22),
    paper: 255,
    ink: 1,
    texture: 0,
    hard: true,
    lightOnDark: random.uniform() < 0.3,
  }),
  "whiteboard": ({ size }, random) => ({
    pen: size * random.uniform(0.05, 0.09),
    paper: random.uniform(165, 210),
    ink: random.uniform(0.35, 0.7),
    shading: random.uniform(0.1, 0.3),
    texture: 2,
    jpeg: 60,
  }),
  "printed frame": ({ size }, random) => ({
    frame: size * random.uniform(0.72, 0.85),
    ink: random.uniform(0.6, 0.9),
    width: Math.round(2.2 * size),
    height: Math.round(2 * size),
    texture: 2,
  }),
  "form of boxes": (_, random) => formScene(random),
  "form with thick lines": (_, random) => formScene(random, { line: random.uniform(2.5, 6) }),
  "form with dotted lines": (_, random) => formScene(random, { dotted: true, ink: 0.8 }),
  "comb": (_, random) => combScene(random, 0.15, 0.5),
  "comb with short ticks": (_, random) => combScene(random, 0.06, 0.15),
  "form with grey dividers": (_, random) =>
    formScene(random, { line: random.uniform(5, 6), ink: random.uniform(0.2, 0.45) }),
  "form cut inside its frame": (_, random) =>
    formScene(random, { rows: 2, columns: 2 + random.integer(4), margin: -random.uniform(2, 4) }),
  "digits on ruled paper": ({ rotation }, random) => ({
    ...ruledScene(random),
    rotation: rotation / 2,
    shading: random.uniform(0.1, 0.4),
    texture: 3,
    ink: random.uniform(0.35, 0.6),
    jpeg: 70,
  }),
  "blank": (_, random) => ({
    ...(random.uniform() < 0.5 && { width: 56, height: 56 }),
    blank: true,
    paper: random.uniform(90, 245),
    texture: random.uniform(1, 14),
    shading: random.uniform(0, 0.2),
    table: Array(2).fill(random.uniform() < 0.3 ? random.uniform(0.03, 0.08) : 0),
    jpeg: random.uniform() < 0.3 ? 60 : undefined,
  }),
  "dark table beside": (_, random) => ({
    table: Array(2).fill(random.uniform(0.05, 0.12)),
    texture: 2,
    shading: random.uniform(0, 0.2),
    jpeg: 70,
  }),
  "wide dark strip": ({ size }, random) => ({
    size: 0.8 * size,
    x: 0.6,
    table: [random.uniform(0.1, 0.22), 0],
    texture: 2,
    shading: random.uniform(0.1, 0.5),
  }),
  "8 × 8 pixels": (_, random) => ({
    width: 8,
    height: 8,
    size: 6.6,
    pen: random.uniform(0.8, 1.4),
    texture: 0,
  }),
  "cut tightly": (_, random) => {
    const size = random.uniform(16, 32);
    return {
      width: 64,
      height: 64,
      size,
      pen: size * (random.uniform() < 0.5 ? random.uniform(0.03, 0.06) : random.uniform(0.14, 0.2)),
      margin: random.integer(3),
      texture: 0,
      lightOnDark: random.uniform() < 0.5,
    };
  },
  "other schools": () => ({ isHeldOut: true }),
  "small on a page": (_, random) => pageScene(random),
  "12 megapixels": (_, random) => {
    const size = random.uniform(300, 1500);
    return {
      width: 4000,
      height: 3000,
      size,
      pen: size * 0.05,
      x: random.uniform(0.3, 0.7),
      y: random.uniform(0.3, 0.7),
      shading: 0.3,
    };
  },
};

/** The kinds of pictures that {@linkcode drawTestPicture} draws. */
export const PICTURE_KINDS: string[] = Object.keys(KINDS);

/**
 * Draws a picture of a digit: strokes of a pen on paper, in some light.
 *
 * @param kind One of {@linkcode PICTURE_KINDS}.
 * @param digit 0–9.
 * @param random Everything else: writing, place, size, pen, paper, light.
 * @param side Width and height in pixels, if they are not to be as the kind has them.
 * @returns The picture, its kind, and the digits in it in reading order.
 * @throws {RangeError} If there is no such kind.
 */
export async function drawTestPicture(
  kind: string,
  digit: number,
  random: Random,
  side?: number,
) {
  if (!Object.hasOwn(KINDS, kind)) {
    throw new RangeError(
      `Expected kind to be one of ${PICTURE_KINDS.join(", ")} but found ${kind}`,
    );
  }
  const plain = plainScene(random);
  const scene = { ...plain, ...KINDS[kind](plain, random) };
  if (side !== undefined) { // changes the pixels of the scene, and nothing else
    const scale = side / Math.max(scene.width, scene.height);
    for (const length of ["size", "pen", "ruling"] as const) scene[length] *= scale;
    scene.width = scene.height = side;
  }
  const { width, height, form } = scene;
  const places = scene.blank ? [] : form ? placesOn(form, scene, random) : [scene];
  const digits = places.map((_, i) => i === 0 ? digit : random.integer(10));
  const cover = penCover(
    places.map((place, i) => [digits[i], { ...scene, ...place }]),
    scene,
    random,
  );
  const light = drawPaper(scene, random);
  const lines = form && printLines(form, scene);
  const values = new Uint8Array(width * height);
  for (let i = 0; i < values.length; i++) {
    const printed = light[i] * (1 - (lines ? form.ink * lines[i] : 0));
    const value = printed * (1 - scene.ink * cover[i]);
    values[i] = Math.min(255, Math.max(0, Math.round(scene.lightOnDark ? 255 - value : value)));
  }
  if (scene.blank) soften(values, width);
  let picture: GreyPicture = { width, height, values };
  if (scene.margin !== undefined) picture = cutToInk(picture, cover, scene.margin);
  if (scene.jpeg !== undefined) picture = await throughJpeg(picture, scene.jpeg);
  return { kind, digits, picture };
}

/** Where the digits of a form are, as they are written: not quite in the middle of their places. */
function placesOn(
  { rows, columns, place: [across, down], margin, sway, isRuled }: Form,
  { width, height, size, rotation }: Scene,
  random: Random,
) {
  const about = (middle: number, room: number) => middle + random.uniform(-sway, sway) * room;
  return Array.from({ length: rows * columns }, (_, i) => {
    const x = about(margin + (i % columns + 0.5) * across, across - 0.7 * size) / width;
    const y = about(margin + (Math.floor(i / columns) + 0.5) * down, down - size) / height;
    return { x, y: isRuled ? y + rotation * (x - 0.5) * width / height : y };
  });
}

/** How much of every pixel a form's lines cover, 0–1. */
function printLines(form: Form, scene: Scene): Float32Array {
  const { rows, columns, place: [across, down], margin, ticks, hasBase, line, dotted, isRuled } =
    form;
  const [right, bottom] = [margin + columns * across, margin + rows * down];
  const lines: [Point, Point][] = [];
  if (isRuled) {
    const drop = scene.rotation * scene.width / 2;
    for (let y = margin % down - down; y < scene.height + down; y += down) {
      lines.push([[0, y - drop], [scene.width, y + drop]]);
    }
  } else {
    for (let row = ticks < 1 ? rows : 0; row <= rows && hasBase; row++) {
      lines.push([[margin, margin + row * down], [right, margin + row * down]]);
    }
    for (let column = 0; column <= columns; column++) {
      const x = margin + column * across;
      lines.push([[x, bottom - ticks * rows * down], [x, bottom]]);
    }
  }
  const distances = new Float32Array(scene.width * scene.height).fill(Infinity);
  for (const [from, to] of lines) {
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const count = dotted ? Math.round(Math.hypot(dx, dy) / (3 * line)) : 1;
    const at = (share: number): Point => [from[0] + dx * share, from[1] + dy * share];
    for (let i = 0; i < count; i++) {
      nearSegment(distances, scene, at(i / count), at((i + (dotted ? 0.4 : 1)) / count), line);
    }
  }
  return distances.map((distance) => Math.min(1, Math.max(0, (line + 1) / 2 - distance)));
}

/** Averages every pixel with its neighbours to the right and below. */
function soften(values: Uint8Array, width: number): void {
  for (let i = 0; i + width + 1 < values.length; i++) {
    values[i] = (values[i] + values[i + 1] + values[i + width] + values[i + width + 1]) / 4;
  }
}

/** Cuts a picture to what the pen covers, and so many pixels around it. */
function cutToInk(
  { width, values }: GreyPicture,
  cover: Float32Array,
  margin: number,
): GreyPicture {
  const ink = boxAround(cover, width, 0.3);
  const size = { width: ink.width + 2 * margin, height: ink.height + 2 * margin };
  const cut = new Uint8Array(size.width * size.height);
  for (let y = 0; y < size.height; y++) {
    const start = (ink.top - margin + y) * width + ink.left - margin;
    cut.set(values.subarray(start, start + size.width), y * size.width);
  }
  return { ...size, values: cut };
}

/** How much of every pixel the pen has gone over, 0–1, writing digits where they are. */
function penCover(
  digits: [digit: number, place: Scene][],
  { width, height, pen, grain, hard }: Scene,
  random: Random,
): Float32Array {
  const soft = hard ? 1e-3 : 1;
  const distances = new Float32Array(width * height).fill(Infinity);
  for (const [digit, place] of digits) {
    for (const path of strokesOf(digit, place, random)) {
      for (let i = 1; i < path.length; i++) {
        nearSegment(distances, place, path[i - 1], path[i], pen / 2 + 1);
      }
    }
  }
  return distances.map((distance) => {
    const cover = Math.min(1, Math.max(0, (pen / 2 - distance) / soft + 0.5));
    return grain > 0 && cover > 0 ? cover * (1 - grain * random.uniform(0, 2)) : cover;
  });
}

/** The pen's way, in pixels. */
function strokesOf(digit: number, scene: Scene, random: Random): Point[][] {
  const { width, height, size, rotation } = scene;
  const shape = SHAPES[digit][random.integer(SHAPES[digit].length)];
  const aspect = digit === 1 ? 0.4 : random.uniform(0.5, 0.75);
  const slant = random.uniform(-0.08, 0.3);
  const hand = random.bits();
  const [cosine, sine] = [Math.cos(rotation), Math.sin(rotation)];
  const turn = ([u, v]: Point): Point => [
    scene.x * width + size * (cosine * u - sine * v),
    scene.y * height + size * (sine * u + cosine * v),
  ];
  const place = ([x, y]: Point): Point => {
    // Strokes that begin where another ends still do so.
    const at = new Random(hand, Math.round(1000 * x), Math.round(1000 * y));
    const wobble = () => 0.025 * at.normal();
    const v = y - 0.5 + wobble();
    const u = (x - 0.5 + wobble()) * aspect - slant * v;
    return turn([u, v]);
  };
  return scene.isHeldOut
    ? writeHeldOut(digit, random).map((line) => line.map(turn))
    : shape.map((stroke) => smooth(stroke.map(place)));
}

/** A curve through the points (Catmull and Rom 1974). */
function smooth(points: Point[]): Point[] {
  const curve: Point[] = [points[0]];
  for (let i = 0; i + 1 < points.length; i++) {
    const [a, b, c, d] = [i - 1, i, i + 1, i + 2].map((k) =>
      points[Math.min(Math.max(k, 0), points.length - 1)]
    );
    for (let step = 1; step <= 10; step++) {
      const t = step / 10;
      const at = (axis: 0 | 1) =>
        0.5 * (2 * b[axis] + (c[axis] - a[axis]) * t +
          (2 * a[axis] - 5 * b[axis] + 4 * c[axis] - d[axis]) * t * t +
          (3 * b[axis] - a[axis] - 3 * c[axis] + d[axis]) * t * t * t);
      curve.push([at(0), at(1)]);
    }
  }
  return curve;
}

/** Lowers the distances of the pixels around a segment to their distance from it. */
function nearSegment(
  distances: Float32Array,
  { width, height }: Scene,
  [ax, ay]: Point,
  [bx, by]: Point,
  reach: number,
): void {
  const [dx, dy] = [bx - ax, by - ay];
  const length = Math.max(1e-9, dx * dx + dy * dy);
  const right = Math.min(width - 1, Math.ceil(Math.max(ax, bx) + reach));
  const bottom = Math.min(height - 1, Math.ceil(Math.max(ay, by) + reach));
  for (let y = Math.max(0, Math.floor(Math.min(ay, by) - reach)); y <= bottom; y++) {
    for (let x = Math.max(0, Math.floor(Math.min(ax, bx) - reach)); x <= right; x++) {
      const [px, py] = [x + 0.5 - ax, y + 0.5 - ay];
      const t = Math.min(1, Math.max(0, (px * dx + py * dy) / length));
      const distance = Math.hypot(px - t * dx, py - t * dy);
      distances[y * width + x] = Math.min(distances[y * width + x], distance);
    }
  }
}

/** Brightness of a table beside that of paper. */
const TABLE = 0.3;

/** Brightness of the empty sheet: paper, its texture and lines, the light on it. */
function drawPaper(scene: Scene, random: Random): Float32Array {
  const { width, height, paper, texture, shading, shadow, ruling, squared, rotation } = scene;
  const { frame, dust, table: [left, top] } = scene;
  const values = new Float32Array(width * height);
  const angle = random.uniform(0, 2 * Math.PI);
  const [lightX, lightY] = [Math.cos(angle) / width, Math.sin(angle) / height];
  const shadowEdge = random.uniform(-0.25, 0.25);
  const vignette = shading / 2;
  const tilt = 0.6 * rotation;
  const lineInk = random.uniform(0.15, 0.4);
  const lineWidth = Math.max(1, Math.min(width, height) / 250);
  const phase = random.uniform();
  const stains = coarseNoise(width, height, random);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const [u, v] = [x - width / 2, y - height / 2];
      const along = u * lightX + v * lightY;
      let light = 1 - shading * (along + 0.5) - vignette * ((u / width) ** 2 + (v / height) ** 2);
      const edge = (along - shadowEdge) * Math.min(width, height) / 6;
      light *= 1 - shadow / (1 + Math.exp(-edge));
      let line = 0;
      if (ruling > 0) {
        line = onLine(v + tilt * u, ruling, lineWidth, phase);
        if (squared) line = Math.max(line, onLine(u - tilt * v, ruling, lineWidth, phase));
      }
      if (frame > 0) {
        const away = Math.abs(Math.max(Math.abs(u + tilt * v), Math.abs(v - tilt * u)) - frame);
        line = Math.min(1, Math.max(0, lineWidth + 0.5 - away)) * scene.ink / lineInk;
      }
      const beside = left > 0 && x + tilt * v < left * width ||
        top > 0 && y - tilt * u < top * height;
      const sheet = paper * (beside ? TABLE : 1) + texture * (random.normal() + 1.5 * stains[i]);
      values[i] = sheet * Math.max(0.05, light) * (1 - lineInk * line);
    }
  }
  for (const radius of dust) {
    const [x, y] = [random.uniform(0, width), random.uniform(0, height)];
    const ink = random.uniform(0.2, 0.9);
    addDust(values, scene, { x, y, radius, ink });
  }
  return values;
}

/** Darkens what a round speck covers. */
function addDust(
  values: Float32Array,
  { width, height }: Scene,
  { x, y, radius, ink }: { x: number; y: number; radius: number; ink: number },
): void {
  for (let row = Math.max(0, Math.floor(y - radius)); row <= y + radius && row < height; row++) {
    for (let column = Math.floor(x - radius); column <= x + radius; column++) {
      const isIn = column >= 0 && column < width &&
        Math.hypot(column + 0.5 - x, row + 0.5 - y) < radius;
      if (isIn) values[row * width + column] *= 1 - ink;
    }
  }
}

/** How much of a pixel a ruled line covers, 0–1. */
function onLine(position: number, distance: number, width: number, phase: number): number {
  const offset = ((position / distance + phase) % 1 + 1) % 1;
  const away = Math.min(offset, 1 - offset) * distance;
  return Math.min(1, Math.max(0, width / 2 + 0.5 - away));
}

/** Smooth noise with a standard deviation near 1: random values every 12th of the picture, linear between. */
function coarseNoise(width: number, height: number, random: Random): Float32Array {
  const side = 13;
  const grid = Float32Array.from({ length: side * side }, () => random.normal());
  const noise = new Float32Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    const v = y / height * (side - 1);
    const row = Math.floor(v);
    for (let x = 0; x < width; x++, i++) {
      const u = x / width * (side - 1);
      const column = Math.floor(u);
      const at = (r: number, c: number) => grid[(row + r) * side + column + c];
      const [a, b] = [u - column, v - row];
      noise[i] = (at(0, 0) * (1 - a) + at(0, 1) * a) * (1 - b) +
        (at(1, 0) * (1 - a) + at(1, 1) * a) * b;
    }
  }
  return noise;
}
