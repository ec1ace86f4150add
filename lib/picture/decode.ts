/** Picture files of any common kind, as grey pixels. */

import {
  ColorSpace,
  type IMagickImage,
  type IMagickImageInfo,
  initializeImageMagick,
  MagickColors,
  MagickFormat,
  MagickImage,
  MagickImageInfo,
  MagickReadSettings,
  ResourceLimits,
} from "@imagemagick/magick-wasm";
import { PICTURE_KINDS } from "./class_folders.ts";
import { countPages, leanFile, mendFile } from "./file_parts.ts";
import { fitPaper } from "./paper.ts";
import magickWasm from "@imagemagick/magick-wasm/magick.wasm" with { type: "bytes" };

/** A picture in shades of grey. */
export interface GreyPicture {
  /** In pixels. */
  width: number;
  /** In pixels. */
  height: number;
  /** Brightness from black (0) to white (255), `[height, width]`, row by row. */
  values: Uint8Array;
  /** Whether its file ends early: a part is missing, or grey. */
  endsEarly?: boolean;
  /** How many pages its file has, of which it is the first, if that is a TIFF. */
  pages?: number;
  /** How many times larger its file has it, if it was decoded smaller. */
  scale?: number;
}

/** What decoding may take and need not give. */
interface DecodeOptions {
  /**
   * A JPEG picture of more pixels is decoded at a half, a quarter or an eighth of its size, in a third of the
   * time (Independent JPEG Group's scaled transforms).
   */
  enough?: number;
  /** Seconds on a core of an AMD EPYC, as told by the file's kind, size and pixels before it is decoded. */
  seconds?: number;
}

/** Largest file that is decoded, in bytes. */
export const LARGEST_PICTURE_FILE: number = 64 * 2 ** 20;

/** Most pixels that a picture may have: four bytes each, and a copy while it is turned upright. */
const MOST_PIXELS = 64e6;

/** Pixels that are looked at in colour; of a larger picture, squares. */
const MOST_IN_COLOUR = 1e6;

/** Memory for pixels, in bytes. */
const PIXEL_MEMORY = 640n * 2n ** 20n;

/**
 * How files of each kind begin, in hexadecimal, `.` for any digit, and what decoding takes at worst on a core of
 * an AMD EPYC, in nanoseconds for each pixel, for each pixel again with every scan of a progressive JPEG, and
 * for each byte of the file.
 */
const KINDS = [
  { kind: "PNG", start: /^89504e470d0a1a0a/, format: MagickFormat.Png, cost: [65, 0, 0] },
  { kind: "JPEG", start: /^ffd8ff/, format: MagickFormat.Jpeg, cost: [25, 2, 30] },
  { kind: "WebP", start: /^52494646.{8}57454250/, format: MagickFormat.WebP, cost: [45, 0, 35] },
  { kind: "GIF", start: /^47494638(37|39)61/, format: MagickFormat.Gif, cost: [55, 0, 0] },
  { kind: "BMP", start: /^424d/, format: MagickFormat.Bmp, cost: [40, 0, 0] },
  { kind: "TIFF", start: /^(49492a00|4d4d002a)/, format: MagickFormat.Tiff, cost: [50, 0, 0] },
  {
    kind: "HEIC",
    start: /^.{8}66747970(6865(6963|6978|766d|6966)|6d696631|6d736631)/,
    format: MagickFormat.Heic,
    cost: [35, 0, 300],
  },
  {
    kind: "AVIF",
    start: /^.{8}6674797061766966/,
    format: MagickFormat.Avif,
    cost: [50, 0, 330],
  },
];

/** The same for each pixel whose colours are CMYK's or others that must be turned into those of a screen. */
const CONVERSION_COST = 110;

/** Files that people take for such pictures, and how they begin, in hexadecimal. */
const OTHERS = [
  { kind: "a PDF document", start: /^25504446/ },
  { kind: "an SVG drawing", start: /^(efbbbf)?(3c737667|3c3f786d6c)/ },
  { kind: "a JPEG XL picture", start: /^(ff0a|0000000c4a584c20)/ },
  { kind: "a Photoshop document", start: /^38425053/ },
];

let started: Promise<void> | undefined;

/**
 * Decodes a picture as a viewer would show it: turned upright as its EXIF data says, the first
 * frame if there are several, on white where it is transparent (on black, if on white there would be
 * nothing to see), colours as their luma (ITU-R BT.709) or, where strokes of several colours are on one ground, as
 * far as they are from the ground. The work is done by ImageMagick, compiled to
 * WASM.
 *
 * Of a file that is cut off, the part that is there is decoded and said to be one, unless it is HEIC, AVIF, interlaced,
 * or is packed in one piece.
 *
 * @param bytes The whole file, of one of {@linkcode PICTURE_KINDS}, told by its first bytes.
 * @param name What to call the file in an error.
 * @throws {RangeError} If it is larger than {@linkcode LARGEST_PICTURE_FILE}, has more than 64
 * million pixels, or would take longer than it may; nothing is decoded then.
 * @throws {SyntaxError} If it is not such a file, or damaged, or ends before there is something to see.
 */
export async function decodePicture(
  bytes: Uint8Array,
  name: string,
  { enough = MOST_PIXELS, seconds = Infinity }: DecodeOptions = {},
): Promise<GreyPicture> {
  if (bytes.length > LARGEST_PICTURE_FILE) {
    throw new RangeError(
      `Expected ${name} to have at most ${LARGEST_PICTURE_FILE} bytes but found ${bytes.length}`,
    );
  }
  const kind = kindOf(bytes, name);
  await (started ??= startImageMagick());
  const settings = new MagickReadSettings({
    format: kind.format,
    frameIndex: 0,
    frameCount: 1,
    backgroundColor: MagickColors.White,
  });
  const { bytes: lean, scans } = leanFile(kind.kind, bytes);
  const decode = (files: Uint8Array[]) => {
    const info = MagickImageInfo.create(files[0], settings);
    const { width, height } = info;
    const pixels = width * height;
    if (pixels > MOST_PIXELS) {
      throw new RangeError(
        `Expected ${name} to have at most ${MOST_PIXELS} pixels but found ${width} × ${height}`,
      );
    }
    let divisor = 1;
    if (kind.kind === "JPEG") {
      while (divisor < 8 && pixels > enough * divisor ** 2) {
        divisor *= 2;
      }
    }
    const needed = files.length * secondsFor(kind, { bytes: files[0], scans }, info, divisor);
    if (needed > seconds) {
      throw new RangeError(
        `Expected ${name} to take at most ${seconds} s to decode but ${width} × ${height} pixels of ${kind.kind} take up to ${
          Math.ceil(needed)
        } s: send it smaller`,
      );
    }
    if (divisor > 1) {
      const size = [width, height].map((side) => Math.floor(side / divisor)).join("x");
      settings.setDefine(kind.format, "size", size);
    }
    const picture = toGrey(files, settings);
    if (kind.kind === "TIFF") return { ...picture, pages: countPages(bytes) };
    if (divisor === 1) return picture;
    const scale = Math.max(width, height) / Math.max(picture.width, picture.height);
    return { ...picture, scale };
  };
  try {
    return decode([lean]);
  } catch (cause) {
    if (cause instanceof RangeError) throw cause;
    const { files, endsEarly } = mendFile(kind.kind, lean);
    const problem = endsEarly ? "ends early" : "is damaged";
    try {
      if (files.length > 0) return { ...decode(files), endsEarly };
    } catch (error) {
      if (error instanceof RangeError) throw error;
    }
    throw new SyntaxError(
      `Expected ${name} to be a whole ${kind.kind} picture but it ${problem}`,
      { cause },
    );
  }
}

/** Tells a file by its first bytes. */
function kindOf(bytes: Uint8Array, name: string): (typeof KINDS)[number] {
  const start = bytes.subarray(0, 12).toHex();
  const found = KINDS.find((kind) => kind.start.test(start));
  if (found) return found;
  const other = OTHERS.find((kind) => kind.start.test(start));
  throw new SyntaxError(
    `Expected ${name} to be a ${PICTURE_KINDS} picture but it ${
      bytes.length === 0
        ? "is empty"
        : other
        ? `is ${other.kind}: save it as PNG or JPEG`
        : "starts like none of them"
    }`,
  );
}

/** Seconds that decoding takes at worst, a side divided by `divisor`. */
function secondsFor(
  { cost: [pixel, scan, byte] }: (typeof KINDS)[number],
  { bytes, scans }: ReturnType<typeof leanFile>,
  { width, height, colorSpace }: IMagickImageInfo,
  divisor: number,
): number {
  const conversion = isOfScreen(colorSpace) ? 0 : CONVERSION_COST / divisor ** 2;
  return 1e-9 * (width * height * (pixel + scan * scans + conversion) + byte * bytes.length);
}

/** Whether colours need no conversion. */
function isOfScreen(colorSpace: ColorSpace): boolean {
  return colorSpace === ColorSpace.Gray || colorSpace === ColorSpace.sRGB;
}

async function startImageMagick(): Promise<void> {
  await initializeImageMagick(magickWasm);
  ResourceLimits.memory = PIXEL_MEMORY;
  ResourceLimits.maxMemoryRequest = PIXEL_MEMORY;
  ResourceLimits.disk = 0n; // a "disk" in WASM is memory too
}

/** Brightest and darkest pixel of a picture in which there is something to see differ by so much. */
const LEAST_RANGE = 24;

/** A picture, or the upper rows that two files have in common. */
function toGrey(files: Uint8Array[], settings: MagickReadSettings): GreyPicture {
  const images = files.map(() => MagickImage.create());
  const [image, other] = images;
  let endsEarly = false;
  try {
    image.onWarning = ({ error }) => endsEarly ||= /premature end/i.test(error.message);
    images.forEach((image, i) => {
      image.read(files[i], settings);
      image.autoOrient();
      if (!isOfScreen(image.colorSpace)) image.colorSpace = ColorSpace.sRGB;
    });
    const { width } = image;
    const height = other ? commonRows(image, other) : image.height;
    if (height === 0) throw new Error("Expected rows but found none");
    let values = greyOn(255, image, height);
    if (image.hasAlpha && rangeOf(values) < LEAST_RANGE) values = greyOn(0, image, height);
    return { width, height, values, endsEarly };
  } finally {
    for (const image of images) image.dispose();
  }
}

/** How many rows, from the top on, are the same in two pictures of one size. */
function commonRows(one: IMagickImage, other: IMagickImage): number {
  const { width, height } = one;
  for (let y = 0; y < height; y++) {
    const [row, otherRow] = [one, other].map((image) =>
      image.getPixels((pixels) => pixels.toByteArray(0, y, width, 1, "RGBA"))!
    );
    if (row.some((value, i) => value !== otherRow[i])) return y;
  }
  return height;
}

/** The upper rows of a picture on a ground from black (0) to white (255). */
function greyOn(ground: number, image: IMagickImage, height: number): Uint8Array {
  const { width } = image;
  const values = new Uint8Array(width * height);
  const side = Math.ceil(Math.sqrt(values.length / MOST_IN_COLOUR));
  const [columns, rows] = [width, height].map((size) => Math.ceil(size / side));
  const colours = new Uint8Array(4 * columns * rows);
  const strip = side * Math.ceil(MOST_IN_COLOUR / width / side);
  for (let top = 0; top < height; top += strip) {
    const pixels = image.getPixels((pixels) =>
      pixels.toByteArray(0, top, width, Math.min(strip, height - top), "RGBA")
    )!;
    putOn(ground, pixels);
    values.set(lumaOf(pixels), top * width);
    const means = side === 1 ? pixels : meansOfSquares(pixels, width, side);
    colours.set(means, 4 * columns * top / side);
  }
  const inks = inkOfColours(colours, columns);
  if (!inks || side === 1) return inks ?? values;
  for (let y = 0, i = 0; y < height; y++) {
    const start = Math.trunc(y / side) * columns;
    for (let x = 0; x < width; x++, i++) values[i] = inks[start + Math.trunc(x / side)];
  }
  return values;
}

/** Mean colours of every second line of squares; red, green and blue of each, and a fourth. */
function meansOfSquares(pixels: Uint8Array, width: number, side: number): Uint8Array {
  const height = pixels.length / 4 / width;
  const [columns, rows] = [width, height].map((size) => Math.ceil(size / side));
  const means = new Uint8Array(4 * columns * rows);
  const sums = new Uint32Array(3 * columns);
  for (let row = 0, to = 0; row < rows; row++) {
    const bottom = Math.min((row + 1) * side, height);
    sums.fill(0);
    let lines = 0;
    for (let y = row * side; y < bottom; y += 2, lines++) {
      let i = 4 * y * width;
      for (let column = 0, s = 0, x = 0; column < columns; column++, s += 3) {
        let [r, g, b] = [0, 0, 0];
        for (const end = Math.min(x + side, width); x < end; x++, i += 4) {
          r += pixels[i];
          g += pixels[i + 1];
          b += pixels[i + 2];
        }
        sums[s] += r;
        sums[s + 1] += g;
        sums[s + 2] += b;
      }
    }
    for (let column = 0; column < columns; column++, to += 4) {
      const count = lines * (Math.min((column + 1) * side, width) - column * side);
      for (let k = 0; k < 3; k++) means[to + k] = sums[3 * column + k] / count;
    }
  }
  return means;
}

/** Puts a ground under pixels that are transparent; red, green, blue and opacity of each. */
function putOn(ground: number, pixels: Uint8Array): void {
  for (let i = 0; i < pixels.length; i += 4) {
    const alpha = pixels[i + 3] / 255;
    if (alpha === 1) continue;
    for (let k = i; k < i + 3; k++) pixels[k] = ground + alpha * (pixels[k] - ground) + 0.5;
  }
}

/** Luma by ITU-R BT.709. */
function lumaOf(pixels: Uint8Array): Uint8Array {
  const values = new Uint8Array(pixels.length / 4);
  for (let i = 0, k = 0; i < values.length; i++, k += 4) {
    values[i] = 0.2126 * pixels[k] + 0.7152 * pixels[k + 1] + 0.0722 * pixels[k + 2] + 0.5;
  }
  return values;
}

function rangeOf(values: Uint8Array): number {
  let [least, most] = [255, 0];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return most - least;
}

/** The ground, and what looks the same, is at least this share of the picture. */
const LEAST_GROUND = 0.5;

/** Colours that are no farther from the ground than this are the ground's, in steps of 1/255 of red, green and blue. */
const SAME = 48;

/** Ink that differs from the ground in hue, and not in brightness alone, by so many steps is coloured; */
const COLOURED = 40;

/** of this share of it or more, brightness does not tell enough. */
const LEAST_COLOURED = 0.5;

/** Ink that is farther from the ground than so many steps is full: of two inks none is the stronger. */
const FULL = 160;

/**
 * Takes the distance from the ground's colour for darkness, where one ground, in whatever light, has strokes of colours
 * on it: their brightness may be the ground's own, or on either side of it.
 *
 * @param colours Red, green, blue and a fourth, which is not looked at, of every pixel, 0–255.
 * @param width In pixels.
 * @returns Light ground (255) and dark ink of every pixel; undefined if brightness tells enough, or there is no
 * such ground.
 */
function inkOfColours(colours: Uint8Array, width: number): Uint8Array | undefined {
  const height = colours.length / 4 / width;
  const grounds = [0, 1, 2].map((k) =>
    fitPaper({
      width,
      height,
      values: Uint8Array.from({ length: width * height }, (_, i) => colours[4 * i + k]),
    })
  );
  const { side } = grounds[0];
  const ink = new Uint8Array(width * height);
  let [same, coloured] = [0, 0];
  for (let y = 0, i = 0; y < height; y++) {
    const rows = grounds.map((ground) => ground.along((y + 0.5) / side));
    const [[r, rx, rxx], [g, gx, gxx], [b, bx, bxx]] = rows;
    for (let x = 0; x < width; x++, i++) {
      const u = (x + 0.5) / side;
      const red = colours[4 * i] - r - (rx + rxx * u) * u;
      const green = colours[4 * i + 1] - g - (gx + gxx * u) * u;
      const blue = colours[4 * i + 2] - b - (bx + bxx * u) * u;
      const square = red * red + green * green + blue * blue;
      if (square <= SAME ** 2) same++;
      else if (square - (red + green + blue) ** 2 / 3 >= COLOURED ** 2) coloured++;
      ink[i] = Math.round(255 * (1 - Math.min(1, Math.sqrt(square) / FULL)));
    }
  }
  const isEnough = same >= LEAST_GROUND * ink.length && coloured > 0 &&
    coloured >= LEAST_COLOURED * (ink.length - same);
  return isEnough ? ink : undefined;
}

/**
 * A picture after it was saved as a JPEG file and opened again.
 *
 * @param quality From 1 (smallest file) to 100.
 */
export async function throughJpeg(picture: GreyPicture, quality: number): Promise<GreyPicture> {
  await (started ??= startImageMagick());
  const { width, height, values } = picture;
  const settings = new MagickReadSettings({ format: MagickFormat.Gray, width, height, depth: 8 });
  const image = MagickImage.create(values, settings);
  try {
    image.quality = quality;
    const bytes = image.write(MagickFormat.Jpeg, (data) => data.slice());
    return await decodePicture(bytes, "JPEG");
  } finally {
    image.dispose();
  }
}
