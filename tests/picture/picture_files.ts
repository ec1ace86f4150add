/** Files of every kind with the same picture: a 7, black on white, 60 × 80 pixels. */

import {
  ColorSpace,
  ColorType,
  type IMagickImage,
  MagickColors,
  MagickFormat,
  MagickImage,
  MagickImageCollection,
  MagickReadSettings,
} from "@imagemagick/magick-wasm";
import { encode } from "fast-png";
import { decodePicture, type GreyPicture } from "../../lib/picture/decode.ts";

const [WIDTH, HEIGHT] = [60, 80];

/** The picture. */
export const SEVEN: GreyPicture = { width: WIDTH, height: HEIGHT, values: drawSeven() };

function drawSeven(): Uint8Array {
  const values = new Uint8Array(WIDTH * HEIGHT).fill(255);
  const dot = (x: number, y: number) => {
    for (let row = y; row < y + 6; row++) values.fill(0, row * WIDTH + x, row * WIDTH + x + 6);
  };
  for (let x = 14; x <= 42; x++) dot(x, 10);
  for (let y = 10; y <= 64; y++) dot(42 - Math.round((y - 10) * 0.35), y);
  return values;
}

/** A grey PNG file of it. */
export const SEVEN_PNG: Uint8Array = encode({ ...image(SEVEN), channels: 1, depth: 8 });

function image({ width, height, values }: GreyPicture) {
  return { width, height, data: values };
}

/** EXIF's orientations, and how a picture lies in a file that has them. */
const TURNS: [orientation: number, turn: (picture: IMagickImage) => void][] = [
  [2, (picture) => picture.flop()],
  [3, (picture) => picture.rotate(180)],
  [4, (picture) => picture.flip()],
  [5, (picture) => (picture.rotate(90), picture.flop())],
  [6, (picture) => picture.rotate(-90)],
  [7, (picture) => (picture.rotate(90), picture.flip())],
  [8, (picture) => picture.rotate(90)],
];

/** The picture in files of every kind, by name. */
export async function sevenFiles(): Promise<Record<string, Uint8Array>> {
  await decodePicture(SEVEN_PNG, "png"); // starts ImageMagick
  const grey16 = Uint16Array.from(SEVEN.values, (value) => value * 257);
  const transparent = Uint8Array.from(
    { length: 2 * SEVEN.values.length },
    (_, i) => i % 2 === 0 ? 0 : 255 - SEVEN.values[i >> 1],
  );
  const jpeg = write(MagickFormat.Jpeg);
  return {
    "grey.png": SEVEN_PNG,
    "16-bit.png": encode({ ...image(SEVEN), data: grey16, channels: 1, depth: 16 }),
    "transparent.png": encode({ ...image(SEVEN), data: transparent, channels: 2, depth: 8 }),
    "palette.png": write(MagickFormat.Png, (picture) => picture.colorType = ColorType.Palette),
    "grey.jpg": jpeg,
    "progressive.jpg": write(MagickFormat.Pjpeg),
    "cmyk.jpg": write(MagickFormat.Jpeg, (picture) => picture.colorSpace = ColorSpace.CMYK),
    ...Object.fromEntries(TURNS.map(([orientation, turn]) => [
      `orientation-${orientation}.jpg`,
      withOrientation(write(MagickFormat.Jpeg, turn), orientation),
    ])),
    "picture.webp": write(MagickFormat.WebP),
    "lossless.webp": write(
      MagickFormat.WebP,
      (picture) => picture.settings.setDefine(MagickFormat.WebP, "lossless", "true"),
    ),
    "picture.gif": write(MagickFormat.Gif),
    "animated.gif": animate(MagickFormat.Gif),
    "animated.webp": animate(MagickFormat.WebP),
    "pages.tiff": animate(MagickFormat.Tiff),
    "picture.bmp": write(MagickFormat.Bmp),
    "picture.tiff": write(MagickFormat.Tiff),
    "strips.tiff": writeStrips(),
    "picture.avif": write(MagickFormat.Avif),
    "bmp3.bmp": write(MagickFormat.Bmp3),
    "true-colour.bmp": write(
      MagickFormat.Bmp,
      (picture) => picture.colorType = ColorType.TrueColor,
    ),
  };
}

function load(): IMagickImage {
  return MagickImage.create(SEVEN_PNG, new MagickReadSettings({ format: MagickFormat.Png }));
}

function write(format: MagickFormat, change: (picture: IMagickImage) => void = () => {}) {
  const picture = load();
  change(picture);
  const bytes = picture.write(format, (data) => data.slice());
  picture.dispose();
  return bytes;
}

/** A TIFF file whose directory comes before its five strips, which are not compressed. */
function writeStrips(): Uint8Array {
  const [count, rows] = [5, HEIGHT / 5];
  const [lists, first] = [10 + 12 * 9 + 4, 10 + 12 * 9 + 4 + 8 * count];
  const bytes = new Uint8Array(first + WIDTH * HEIGHT);
  const view = new DataView(bytes.buffer);
  bytes.set([0x49, 0x49, 42, 0, 8, 0, 0, 0, 9]);
  [
    [256, 1, WIDTH],
    [257, 1, HEIGHT],
    [258, 1, 8],
    [259, 1, 1],
    [262, 1, 1],
    [273, count, lists],
    [277, 1, 1],
    [278, 1, rows],
    [279, count, lists + 4 * count],
  ].forEach(([tag, count, value], i) => {
    const LONG = 4;
    view.setUint32(10 + 12 * i, tag | LONG << 16, true);
    view.setUint32(14 + 12 * i, count, true);
    view.setUint32(18 + 12 * i, value, true);
  });
  for (let k = 0; k < count; k++) {
    view.setUint32(lists + 4 * k, first + k * rows * WIDTH, true);
    view.setUint32(lists + 4 * (count + k), rows * WIDTH, true);
  }
  bytes.set(SEVEN.values, first);
  return bytes;
}

/** The picture, then a white frame. */
function animate(format: MagickFormat): Uint8Array {
  const frames = MagickImageCollection.create();
  frames.push(load(), MagickImage.create(MagickColors.White, WIDTH, HEIGHT));
  for (const frame of frames) frame.animationDelay = 10;
  const bytes = frames.write(format, (data) => data.slice());
  frames.dispose();
  return bytes;
}

/** Puts an EXIF segment with an orientation (tag 0x112) behind a JPEG's first marker. */
function withOrientation(jpeg: Uint8Array, orientation: number): Uint8Array {
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation];
  const exif = [...new TextEncoder().encode("Exif\0\0"), ...tiff, 0, 0, 0, 0, 0, 0];
  const segment = [0xff, 0xe1, 0, exif.length + 2, ...exif];
  return Uint8Array.from([...jpeg.subarray(0, 2), ...segment, ...jpeg.subarray(2)]);
}
