import { assert, assertEquals } from "@std/assert";
import { encode } from "fast-png";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../../lib/image/size.ts";
import { loadMnist } from "../../lib/data/mnist.ts";
import { Random } from "../../lib/data/random.ts";
import { loadModel, predict } from "../../lib/model/classifier.ts";
import { decodePicture, type GreyPicture } from "../../lib/picture/decode.ts";
import { findDigits } from "../../lib/picture/find_digits.ts";
import { drawTestPicture, PICTURE_KINDS } from "../../lib/study/test_pictures.ts";
import { SEVEN } from "./picture_files.ts";

const { images } = (await loadMnist({ limit: 300 })).test;
const digit = (i: number) => images.subarray(i * IMAGE_PIXELS, (i + 1) * IMAGE_PIXELS);

interface Paste {
  pixels: Uint8Array;
  left: number;
  top: number;
  /** Pixels of the sheet for each of the picture's. */
  scale?: number;
}

/** A sheet with pictures pasted on it, white ink on black. */
function sheet(width: number, height: number, pastes: Paste[]): GreyPicture {
  const values = new Uint8Array(width * height);
  for (const { pixels, left, top, scale = 1 } of pastes) {
    for (let y = 0; y < scale * IMAGE_SIDE; y++) {
      for (let x = 0; x < scale * IMAGE_SIDE; x++) {
        values[(top + y) * width + left + x] =
          pixels[Math.floor(y / scale) * IMAGE_SIDE + Math.floor(x / scale)];
      }
    }
  }
  return { width, height, values };
}

function inverted({ values, ...size }: GreyPicture): GreyPicture {
  return { ...size, values: values.map((value) => 255 - value) };
}

/** What is inside the ink's box, three times as large, with pixels between. */
function cropped(pixels: Uint8Array): GreyPicture {
  const inked = [...pixels.keys()].filter((i) => pixels[i] > 0);
  const columns = inked.map((i) => i % IMAGE_SIDE);
  const [left, right] = [Math.min(...columns), Math.max(...columns)];
  const [top, bottom] = [inked[0], inked.at(-1)!].map((i) => Math.floor(i / IMAGE_SIDE));
  const width = 3 * (right - left) + 1;
  const height = 3 * (bottom - top) + 1;
  const values = Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [left + i % width / 3, top + Math.floor(i / width) / 3];
    const at = (dx: number, dy: number) =>
      pixels[(Math.floor(y) + dy) * IMAGE_SIDE + Math.floor(x) + dx] ?? 0;
    const [a, b] = [x % 1, y % 1];
    return (at(0, 0) * (1 - a) + at(1, 0) * a) * (1 - b) + (at(0, 1) * (1 - a) + at(1, 1) * a) * b;
  });
  return { width, height, values };
}

/** Mean absolute difference of pixels. */
function difference(one: Uint8Array, other: Uint8Array): number {
  return one.reduce((sum, value, i) => sum + Math.abs(value - other[i]), 0) / one.length;
}

Deno.test("findDigits() gives nearly all of MNIST's pictures back as they were, wherever they are pasted", () => {
  const same = Array.from({ length: 300 }, (_, i) => {
    const random = new Random(1, i);
    const [width, height] = [28 + random.integer(90), 28 + random.integer(90)];
    const picture = sheet(width, height, [
      { pixels: digit(i), left: random.integer(width - 27), top: random.integer(height - 27) },
    ]);
    const { digits } = findDigits(i % 2 === 0 ? picture : inverted(picture));
    return digits.length === 1 && difference(digits[0].pixels, digit(i)) < 3;
  });
  assert(same.filter(Boolean).length >= 276, `${same.filter(Boolean).length} of 300`);
});

Deno.test("findDigits() gives enlarged pictures back nearly as they were", () => {
  for (const scale of [2, 5, 8]) {
    const side = 30 + 28 * scale;
    for (let i = 0; i < 10; i++) {
      const picture = sheet(side, side, [{ pixels: digit(i), left: 20, top: 5, scale }]);
      const { digits } = findDigits(picture);
      assertEquals(digits.length, 1);
      assert(difference(digits[0].pixels, digit(i)) < 12);
    }
  }
});

Deno.test("findDigits() gives pictures that were enlarged by repetition back as they were before", () => {
  const original = sheet(40, 36, [{ pixels: digit(1), left: 7, top: 5 }]);
  const enlarged = sheet(290, 230, [{ pixels: digit(1), left: 51, top: 9, scale: 7 }]);
  const [{ pixels, box }] = findDigits(enlarged).digits;
  assertEquals(pixels, findDigits(original).digits[0].pixels);
  assertEquals((box.left - 51) % 7, 0);
  assertEquals((box.top - 9) % 7, 0);
});

Deno.test("findDigits() finds digits that fill their picture, of either polarity", () => {
  const pictures = Array.from({ length: 100 }, (_, i) => cropped(digit(i)));
  for (const change of [(picture: GreyPicture) => picture, inverted]) {
    const same = pictures.filter((picture, i) => {
      const { digits } = findDigits(change(picture));
      return digits.length === 1 && difference(digits[0].pixels, digit(i)) < 24;
    });
    assert(same.length >= 97, `${same.length} of 100`);
  }
});

Deno.test("findDigits() reads several digits row by row, each with its box", () => {
  const pastes = [[4, 6], [60, 2], [110, 9], [20, 70], [90, 66]].map(([left, top], i) => ({
    pixels: digit(i),
    left,
    top,
  }));
  const { digits } = findDigits(inverted(sheet(150, 110, pastes)));
  assertEquals(digits.length, pastes.length);
  digits.forEach(({ box, pixels }, i) => {
    const { left, top } = pastes[i];
    assert(box.left >= left && box.left + box.width <= left + 28);
    assert(box.top >= top && box.top + box.height <= top + 28);
    assert(difference(pixels, digit(i)) < 8);
  });
});

Deno.test("findDigits() gives boxes in the pixels of the picture, however large it is", () => {
  const scale = 40;
  const picture = sheet(1600, 1500, [{ pixels: digit(0), left: 300, top: 200, scale }]);
  const { digits: [{ box }], steps } = findDigits(picture);
  const small = findDigits(sheet(40, 40, [{ pixels: digit(0), left: 7, top: 5 }])).digits[0].box;
  assert(steps[0].width < picture.width);
  assert(Math.abs(box.left - 300 - scale * (small.left - 7)) <= scale);
  assert(Math.abs(box.height - scale * small.height) <= 2 * scale);
});

Deno.test("findDigits() finds digits of 3 mm on an A4 page at 300 dpi", () => {
  const pastes = Array.from({ length: 12 }, (_, i) => ({
    pixels: digit(i),
    left: 300 + 90 * (i % 6),
    top: 400 + 100 * Math.floor(i / 6),
    scale: 2,
  }));
  const { digits, tooSmall } = findDigits(inverted(sheet(2480, 3508, pastes)));
  assertEquals(tooSmall, 0);
  assertEquals(digits.length, pastes.length);
  digits.forEach(({ pixels }, i) => assert(difference(pixels, digit(i)) < 24));
});

const MARKS = [
  { heights: [20, 13, 12, 8, 3], found: 3, tooSmall: 0 },
  { heights: [50, 20, 19, 8, 8], found: 2, tooSmall: 0 },
  { heights: [14, 9, 8, 7, 6], found: 1, tooSmall: 3 },
  { heights: [8, 8, 3], found: 0, tooSmall: 2 },
];
for (const { heights, found, tooSmall } of MARKS) {
  Deno.test(`findDigits() takes ${found} marks for digits and ${tooSmall} for smaller ones of ${heights} pixels in 1000`, () => {
    const side = 1000;
    const values = new Uint8Array(side * side).fill(240);
    heights.forEach((height, k) => {
      const left = 200 + 80 * k;
      for (let y = 500; y < 500 + height; y++) {
        values.fill(30, y * side + left, y * side + left + 3);
      }
    });
    const picture = findDigits({ width: side, height: side, values });
    assertEquals([picture.digits.length, picture.tooSmall], [found, tooSmall]);
  });
}

/** What is looked at of a picture. */
function greyOf(picture: GreyPicture): GreyPicture {
  const { width, height, values } = findDigits(picture).steps[0];
  return { width, height, values };
}

Deno.test("findDigits() looks at pictures as they are that were not enlarged", async () => {
  const bar = new Uint8Array(60 * 80).fill(180);
  for (let y = 20; y < 60; y++) bar.fill(40, y * 60 + 30, y * 60 + 36);
  const { picture } = await drawTestPicture("8 × 8 pixels", 3, new Random(1));
  for (const kept of [{ width: 60, height: 80, values: bar }, picture]) {
    assertEquals(greyOf(kept), kept);
  }
});

Deno.test("findDigits() looks at pictures as they are that are enlarged along one side only", () => {
  const values = Uint8Array.from(
    { length: 400 },
    (_, i) => 20 * (Math.floor(i % 20 / 2) % 3 + (i * i) % 7),
  );
  const picture = { width: 20, height: 20, values };
  assertEquals(greyOf(picture), picture);
});

Deno.test("findDigits() looks at the pixels from which a picture was enlarged that then was cut", () => {
  const [side, factor] = [21, 3];
  const original = (x: number, y: number) => 40 * ((x * x + 3 * y) % 7);
  const values = Uint8Array.from(
    { length: side ** 2 },
    (_, i) => original(Math.floor((i % side + 2) / factor), Math.floor(i / side / factor)),
  );
  const grey = greyOf({ width: side, height: side, values });
  assertEquals([grey.width, grey.height], [6, 7]);
  assertEquals(
    grey.values,
    Uint8Array.from({ length: 42 }, (_, i) => original(i % 6 + 1, Math.floor(i / 6))),
  );
});

const EMPTY: [name: string, picture: GreyPicture][] = [
  ["one pixel", { width: 1, height: 1, values: Uint8Array.of(7) }],
  ["one row", { width: 500, height: 1, values: new Uint8Array(500).fill(90) }],
  ["one column", { width: 1, height: 500, values: new Uint8Array(500).fill(90) }],
  ["a black sheet", { width: 64, height: 64, values: new Uint8Array(4096) }],
  ["a white sheet", { width: 300, height: 200, values: new Uint8Array(60000).fill(255) }],
  [
    "a sheet in slanting light",
    { width: 200, height: 200, values: Uint8Array.from({ length: 40000 }, (_, i) => i % 200) },
  ],
  [
    "a sheet with a little noise",
    {
      width: 200,
      height: 200,
      values: Uint8Array.from({ length: 40000 }, (_, i) => 230 + new Random(i).normal()),
    },
  ],
];

/** Noise as of a camera: pixels share it with their neighbours. */
function noisy(deviation: number, edge: number): GreyPicture {
  const [side, random] = [56, new Random(5)];
  const noise = Float32Array.from(
    { length: (side + 1) ** 2 },
    () => 2 * deviation * random.normal(),
  );
  const values = Uint8Array.from({ length: side ** 2 }, (_, i) => {
    const [x, y] = [i % side, Math.floor(i / side)];
    const at = y * (side + 1) + x;
    const mean = (noise[at] + noise[at + 1] + noise[at + side + 1] + noise[at + side + 2]) / 4;
    return (y < edge ? 40 : 160) + mean;
  });
  return { width: side, height: side, values };
}
for (const deviation of [1, 3, 6, 12]) {
  EMPTY.push([`a cell with noise of ${deviation}`, noisy(deviation, 0)]);
}
EMPTY.push(["a noisy cell with a rest of its frame", noisy(4, 2)]);

for (const [name, picture] of EMPTY) {
  Deno.test(`findDigits() finds nothing on ${name}`, () => {
    assertEquals(findDigits(picture).digits, []);
  });
}

for (const [height, count] of [[6, 1], [24, 2]]) {
  Deno.test(`findDigits() takes strokes twice as wide as their ${height} pixels of height for ${count}`, () => {
    const [left, top, width, side] = [40, 30, 2 * height, 120];
    const values = new Uint8Array(side * side).fill(250);
    for (let y = top; y < top + height; y++) {
      values.fill(20, y * side + left, y * side + left + width);
    }
    assertEquals(findDigits({ width: side, height: side, values }).digits.length, count);
  });
}

Deno.test("findDigits() does not take a long 1 for a ruled line", () => {
  const values = new Uint8Array(100 * 100).fill(250);
  for (let y = 1; y < 99; y++) values.fill(20, y * 100 + 49, y * 100 + 51);
  const { digits } = findDigits({ width: 100, height: 100, values });
  assertEquals(digits.length, 1);
  assertEquals(digits[0].box, { left: 49, top: 1, width: 2, height: 98 });
});

Deno.test("findDigits() finds as many digits as there are in every kind of test picture", async () => {
  for (const kind of PICTURE_KINDS) {
    let right = 0;
    const count = ["small on a page", "12 megapixels"].includes(kind) ? 1 : 5;
    for (let i = 0; i < count; i++) {
      const { picture, digits } = await drawTestPicture(kind, i, new Random(11, i));
      if (findDigits(picture).digits.length === digits.length) right++;
    }
    assert(right >= 0.8 * count, `${kind}: ${right} of ${count}`);
  }
});

for (const [kind, least] of [["wide dark strip", 91], ["blank", 89]] as const) {
  Deno.test(`findDigits() finds as many digits as there are in ${least} of 100 pictures: ${kind}`, async () => {
    let right = 0;
    for (let i = 0; i < 100; i++) {
      const { picture, digits } = await drawTestPicture(kind, i % 10, new Random(1, i));
      if (findDigits(picture).digits.length === digits.length) right++;
    }
    assert(right >= least, `${right} of 100`);
  });
}

const FORMS = [
  ["form of boxes", 50],
  ["form with thick lines", 46],
  ["form with dotted lines", 49],
  ["comb", 46],
  ["comb with short ticks", 44],
  ["form with grey dividers", 46],
  ["form cut inside its frame", 44],
  ["digits on ruled paper", 40],
] as const;
for (const [kind, least] of FORMS) {
  Deno.test(`findDigits() finds digits that the shipped network reads right in ${least} of 50 pictures: ${kind}`, async () => {
    using model = await loadModel("data/models/digits");
    let right = 0;
    for (let i = 0; i < 50; i++) {
      const { picture, digits } = await drawTestPicture(kind, i % 10, new Random(1, i));
      const found = findDigits(picture).digits.map(({ pixels }) => pixels);
      const read = predict(model, found).map(({ index }) => index);
      if (read.join() === digits.join()) right++;
    }
    assert(right >= least, `${right} of 50`);
  });
}

/** Five digits in a row of boxes whose lines are so thick, so many pixels of paper around them. */
function boxes(margin: number, line: number, left: number): GreyPicture {
  const [place, count] = [48, 5];
  const [width, height] = [count * place + line + 2 * margin, place + line + 2 * margin];
  const pastes = Array.from({ length: count }, (_, i) => ({
    pixels: digit(i),
    left: margin + i * place + left,
    top: margin + 12,
  }));
  const { values } = sheet(width, height, pastes);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const [u, v] = [x - margin, y - margin];
      const isIn = u >= 0 && v >= 0 && u < width - 2 * margin && v < height - 2 * margin;
      if (isIn && (u % place < line || v % place < line)) values[i] = 180;
    }
  }
  return inverted({ width, height, values });
}

for (const margin of [0, 1, 5, 12]) {
  for (const line of [1, 4]) {
    Deno.test(`findDigits() finds the digits in boxes with lines of ${line} and a margin of ${margin}, each once`, () => {
      const { digits } = findDigits(boxes(margin, line, 11));
      assertEquals(digits.map(({ box }) => Math.floor((box.left - margin) / 48)), [0, 1, 2, 3, 4]);
      digits.forEach(({ pixels }, i) => assert(difference(pixels, digit(i)) < 8));
    });
  }
}

Deno.test("findDigits() keeps digits that touch the lines of a form", () => {
  assertEquals(findDigits(boxes(6, 2, -4)).digits.length, 5);
});

/** A picture in colours, from a PNG: the paper's and those of what is on it, where there is how much. */
function inColours(
  { width, height }: { width: number; height: number },
  coloursAt: (x: number, y: number) => [colour: number[], share: number],
): Promise<GreyPicture> {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const at = Math.floor(i / 3);
    const [colour, share] = coloursAt(at % width, Math.floor(at / width));
    return 230 + (colour[i % 3] - 230) * share;
  });
  return decodePicture(new Uint8Array(encode({ width, height, data, channels: 3 })), "drawing");
}

const [RED, GREEN, BLUE, DARK] = [[200, 30, 40], [40, 150, 60], [40, 60, 200], [35, 35, 40]];

for (const gap of [0, 8]) {
  Deno.test(`findDigits() finds dark digits in frames of three colours that are ${gap} pixels apart`, async () => {
    const [place, line] = [44, 2];
    const step = place + gap;
    const size = { width: 6 * step + 12, height: place + 12 };
    const pastes = Array.from({ length: 6 }, (_, i) => ({
      pixels: digit(i),
      left: 6 + i * step + 8,
      top: 6 + 8,
    }));
    const { values } = sheet(size.width, size.height, pastes);
    const picture = await inColours(size, (x, y) => {
      const [u, v] = [(x - 6) % step, y - 6];
      const isFrame = x >= 6 && x < 6 + 6 * step && v >= 0 && v < place && u < place &&
        (Math.min(u, v) < line || Math.max(u, v) >= place - line);
      if (!isFrame) return [DARK, values[y * size.width + x] / 255];
      return [[RED, BLUE, GREEN][Math.floor((x - 6) / step) % 3], 1];
    });
    const { digits } = findDigits(picture);
    assertEquals(digits.length, 6);
    digits.forEach(({ pixels }, i) => assert(difference(pixels, digit(i)) < 15));
  });
}

for (const scale of [2, 3]) {
  Deno.test(`findDigits() finds digits in several colours alike when each pixel is repeated ${scale} times`, async () => {
    const pastes = [4, 2, 1, 0].map((k, i) => ({ pixels: digit(k), left: 8 + 40 * i, top: 10 }));
    const { values, width, height } = sheet(170, 50, pastes);
    const enlarged = (scale: number) =>
      inColours({ width: scale * width, height: scale * height }, (x, y) => {
        const [u, v] = [Math.floor(x / scale), Math.floor(y / scale)];
        return [
          [RED, GREEN, BLUE, DARK][Math.min(3, Math.floor(u / 42))],
          values[v * width + u] > 127 ? 1 : 0,
        ];
      });
    const [one, other] = [await enlarged(1), await enlarged(scale)].map(findDigits);
    assertEquals(one.digits.length, 4);
    assertEquals(other.digits.map(({ pixels }) => pixels), one.digits.map(({ pixels }) => pixels));
  });
}

for (const [side, shading] of [[400, 0.25], [1600, 0], [1600, 0.25]]) {
  Deno.test(`findDigits() finds digits in four colours, ${side} pixels wide, ${shading} of the light lost to a side`, async () => {
    const scale = side / 200;
    const pastes = [4, 2, 1, 0].map((k, i) => ({
      pixels: digit(k),
      left: (10 + 46 * i) * scale,
      top: 30 * scale,
      scale,
    }));
    const { values } = sheet(side, side, pastes);
    const inks = [[200, 30, 40], [90, 200, 120], [110, 150, 240], [35, 35, 40]];
    const data = new Uint8Array(3 * side * side);
    for (let i = 0; i < values.length; i++) {
      const [x, y] = [i % side, Math.floor(i / side)];
      const light = 1 - shading * x / side + 0.01 * (((x >> 1) * 7 + (y >> 1) * 3) % 3);
      const ink = inks[Math.min(3, Math.floor(x / (50 * scale)))];
      for (let k = 0; k < 3; k++) {
        data[3 * i + k] = light * (230 + (ink[k] - 230) * values[i] / 255);
      }
    }
    const png = new Uint8Array(encode({ width: side, height: side, data, channels: 3 }));
    const { digits } = findDigits(await decodePicture(png, "drawing"));
    assertEquals(digits.length, 4);
    digits.forEach(({ pixels }, i) => assert(difference(pixels, pastes[i].pixels) < 15));
  });
}

Deno.test("findDigits() shows its steps as pictures", () => {
  const { steps } = findDigits(SEVEN);
  assertEquals(steps.map(({ name }) => name), ["grey", "light evened out", "ink", "digits"]);
  for (const { width, height, values } of steps) assertEquals(values.length, width * height);
});

Deno.test("findDigits() leaves the picture as it was", () => {
  const values = SEVEN.values.slice();
  findDigits({ ...SEVEN, values });
  assertEquals(values, SEVEN.values);
});

Deno.test("findDigits() takes a small picture for one digit, though its strokes gap", () => {
  const [width, height] = [14, 20];
  const values = new Uint8Array(width * height).fill(240);
  for (let y = 0; y < height; y++) {
    if (y < 8 || y > 11) values.fill(30, y * width + 2, y * width + 4);
    values.fill(30, y * width + 10, y * width + 12);
  }
  assertEquals(findDigits({ width, height, values }).digits.length, 1);
});

Deno.test("findDigits() takes a small picture for one digit also where each pixel is repeated", async () => {
  for (const i of [55, 82, 87]) {
    const { picture } = await drawTestPicture("cut tightly", i % 10, new Random(98, i));
    const [width, height] = [3 * picture.width, 3 * picture.height];
    const values = Uint8Array.from({ length: width * height }, (_, k) => {
      const [x, y] = [k % width, Math.floor(k / width)].map((at) => Math.floor(at / 3));
      return picture.values[y * picture.width + x];
    });
    const [one, other] = [picture, { width, height, values }].map((picture) =>
      findDigits(picture).digits.map(({ pixels }) => pixels)
    );
    assertEquals(other, one);
  }
});

for (const share of [0.02, 0.06, 0.12]) {
  Deno.test(`findDigits() finds the digits beside a dark edge of ${share} of the picture, on any side`, () => {
    const [width, height] = [400, 300];
    const pastes = Array.from({ length: 6 }, (_, i) => ({
      pixels: digit(i),
      left: 70 + 90 * (i % 3),
      top: 80 + 100 * Math.floor(i / 3),
    }));
    const { values } = sheet(width, height, pastes);
    for (const [x, y] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      const random = new Random(3);
      const photo = values.map((ink, i) => {
        const [u, v] = [i % width / width - 0.5, Math.floor(i / width) / height - 0.5];
        const isDark = u * x + v * y + 0.04 * (u * y + v * x) > 0.5 - share;
        return (isDark ? 60 : 190 - 0.5 * ink) + 2 * random.normal();
      });
      const { digits } = findDigits({ width, height, values: photo });
      assertEquals(digits.length, 6, `${x}, ${y}`);
      digits.forEach(({ box }, i) => {
        assert(box.left >= pastes[i].left - 2 && box.left + box.width <= pastes[i].left + 30);
      });
    }
  });
}

Deno.test("findDigits() leaves the bar of a 7 that is cut to its ink", () => {
  const [width, height] = [60, 90];
  const values = new Uint8Array(width * height).fill(240);
  values.fill(30, 0, 6 * width);
  for (let y = 6; y < height; y++) {
    const x = Math.round(53 - 0.4 * y);
    values.fill(30, y * width + x, y * width + x + 6);
  }
  const { digits } = findDigits({ width, height, values });
  assertEquals(digits.map(({ box }) => box), [{ left: 0, top: 0, width, height }]);
});

for (const side of [16, 28, 80]) {
  Deno.test(`findDigits() keeps a narrow 1 narrow in a square scan of ${side} pixels`, () => {
    const values = new Uint8Array(side * side).fill(240);
    const [left, width] = [Math.round(0.45 * side), Math.round(0.125 * side)];
    for (let y = 0; y < side; y++) values.fill(30, y * side + left, y * side + left + width);
    const { digits } = findDigits({ width: side, height: side, values });
    assertEquals(digits.map(({ box }) => box), [{ left, top: 0, width, height: side }]);
    const middle = digits[0].pixels.subarray(14 * IMAGE_SIDE, 15 * IMAGE_SIDE);
    const inked = middle.filter((ink) => ink > 64).length;
    assert(inked >= 2 && inked <= 4, `${inked} of 28 pixels are ink`);
  });
}
