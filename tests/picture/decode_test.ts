import { crc32, deflateSync } from "node:zlib";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { encode } from "fast-png";
import { Random } from "../../lib/data/random.ts";
import { decodePicture, LARGEST_PICTURE_FILE, throughJpeg } from "../../lib/picture/decode.ts";
import { findDigits } from "../../lib/picture/find_digits.ts";
import { SEVEN, SEVEN_PNG, sevenFiles } from "./picture_files.ts";

const files = Object.entries(await sevenFiles());

for (const [name, bytes] of files) {
  Deno.test(`decodePicture() shows ${name} as a viewer does`, async () => {
    const { width, height, values } = await decodePicture(bytes, name);
    assertEquals([width, height], [SEVEN.width, SEVEN.height]);
    const wrong = values.filter((value, i) => Math.abs(value - SEVEN.values[i]) > 64).length;
    assert(wrong < 10, `${wrong} pixels differ`);
  });
}

Deno.test("decodePicture() shows white ink on nothing on black", async () => {
  const data = Uint8Array.from(
    { length: 2 * SEVEN.values.length },
    (_, i) => i % 2 === 0 ? 255 : 255 - SEVEN.values[i >> 1],
  );
  const png = encode({ width: SEVEN.width, height: SEVEN.height, data, channels: 2, depth: 8 });
  const { values } = await decodePicture(png, "white.png");
  assertEquals(values, SEVEN.values.map((value) => 255 - value));
});

Deno.test("decodePicture() takes a PNG that is cut off after any byte, or says so in one sentence", async () => {
  let shown = 0;
  for (let length = 0; length < SEVEN_PNG.length; length++) {
    try {
      const { height } = await decodePicture(SEVEN_PNG.slice(0, length), "cut.png");
      assert(height <= SEVEN.height);
      shown++;
    } catch (error) {
      assertMatch((error as Error).message, /^Expected cut\.png to be [^.]*$/);
    }
  }
  assert(shown > SEVEN_PNG.length / 3, `${shown} of ${SEVEN_PNG.length}`);
});

const CUT = [
  "grey.png",
  "16-bit.png",
  "transparent.png",
  "picture.gif",
  "picture.webp",
  "lossless.webp",
  "strips.tiff",
];
for (const name of CUT) {
  Deno.test(`decodePicture() shows the upper rows of ${name} when it is cut off`, async () => {
    const bytes = (await sevenFiles())[name];
    const whole = await decodePicture(bytes, name);
    const cut = await decodePicture(bytes.slice(0, 0.8 * bytes.length), name);
    assert(cut.endsEarly);
    assertEquals(cut.width, SEVEN.width);
    assert(cut.height > 0 && cut.height < SEVEN.height, `${cut.height} rows`);
    const end = (cut.height - 1) * cut.width; // of the last row, a part may be there
    assertEquals(cut.values.subarray(0, end), whole.values.subarray(0, end));
  });
}

Deno.test("decodePicture() shows no row of a lossy WebP that is not there, wherever it is cut off", async () => {
  const { "picture.webp": bytes } = await sevenFiles();
  const whole = await decodePicture(bytes, "whole.webp");
  let shown = 0;
  for (let length = 20; length < bytes.length; length += 5) {
    const cut = await decodePicture(bytes.slice(0, length), "cut.webp").catch(({ message }) => {
      assertEquals(message, "Expected cut.webp to be a whole WebP picture but it ends early");
    });
    if (!cut) continue;
    shown++;
    const rows = cut.values.subarray(0, (cut.height - 4) * cut.width); // a filter softens the lowest
    const wrong = rows.filter((value, i) => Math.abs(value - whole.values[i]) > 64).length;
    assertEquals([length, wrong], [length, 0]);
  }
  assert(shown > bytes.length / 5 / 2, `${shown}`);
});

Deno.test("decodePicture() shows the whole picture of a WebP of which a note behind it is cut off", async () => {
  const { "lossless.webp": bytes } = await sevenFiles();
  const [HAS_XMP, SIZE] = [4, [SEVEN.width - 1, 0, 0, SEVEN.height - 1, 0, 0]];
  const header = [...ascii("VP8X"), 10, 0, 0, 0, HAS_XMP, 0, 0, 0, ...SIZE];
  const note = [...ascii("XMP "), 100, 0, 0, 0, ...new Uint8Array(100)];
  const noted = Uint8Array.of(...bytes.subarray(0, 12), ...header, ...bytes.subarray(12), ...note);
  new DataView(noted.buffer).setUint32(4, noted.length - 8, true);
  for (const [length, endsEarly] of [[noted.length, false], [noted.length - 50, true]] as const) {
    const picture = await decodePicture(noted.slice(0, length), "noted.webp");
    assertEquals([picture.values, picture.endsEarly], [SEVEN.values, endsEarly]);
  }
});

Deno.test("decodePicture() shows what is there of a JPEG that is cut off where a scan or a table begins", async () => {
  const { "progressive.jpg": bytes } = await sevenFiles();
  const whole = await decodePicture(bytes, "whole.jpg");
  for (const marker of [0xc4, 0xda]) {
    const start = bytes.findLastIndex((byte, i) => byte === 0xff && bytes[i + 1] === marker);
    for (let length = start; length <= start + 4; length++) {
      const cut = await decodePicture(bytes.slice(0, length), "cut.jpg");
      assertEquals([cut.endsEarly, cut.height], [true, whole.height]);
    }
  }
});

Deno.test("decodePicture() refuses files of millions of empty parts without filling the memory", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--allow-sys=systemMemoryInfo",
      fromFileUrl(new URL("./many_parts.ts", import.meta.url)),
    ],
  }).output();
  const answers = new TextDecoder().decode(stdout).trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  assertEquals(answers.map(({ name }) => name), ["PNG", "JPEG", "WebP", "GIF", "TIFF"]);
  for (const { name, message, mebibytes } of answers) {
    assert(message.startsWith(`Expected it to be a whole ${name} picture but it `), message);
    assert(mebibytes < 300, `${name}: ${mebibytes} MiB`);
  }
});

function ascii(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

for (const name of ["picture.bmp", "bmp3.bmp"]) {
  Deno.test(`decodePicture() shows ${name} whole when its header claims more bytes than there are`, async () => {
    const bytes = (await sevenFiles())[name].slice();
    const { values } = await decodePicture(bytes, name);
    const view = new DataView(bytes.buffer);
    for (const claim of [2, 34]) view.setUint32(claim, view.getUint32(claim, true) + 2, true);
    const mended = await decodePicture(bytes, name);
    assertEquals([mended.values, mended.endsEarly], [values, false]);
  });
}

Deno.test("decodePicture() takes a PNG whose colours have a wrong checksum", async () => {
  const chunk = (type: string, data: Uint8Array, wrong = 0) => {
    const named = [...ascii(type), ...data];
    const [length, checksum] = [data.length, crc32(Uint8Array.from(named)) ^ wrong]
      .map((value) => [24, 16, 8, 0].map((shift) => value >>> shift & 255));
    return [...length, ...named, ...checksum];
  };
  const [width, height] = [3, 2];
  const bytes = Uint8Array.from([
    ...SEVEN_PNG.subarray(0, 8),
    ...chunk("IHDR", Uint8Array.of(0, 0, 0, width, 0, 0, 0, height, 8, 3, 0, 0, 0)),
    ...chunk("PLTE", Uint8Array.of(9, 9, 9, 200, 200, 200), 1),
    ...chunk("IDAT", deflateSync(Uint8Array.of(0, 0, 1, 0, 0, 1, 0, 1))),
    ...chunk("IEND", new Uint8Array()),
  ]);
  assertEquals([...(await decodePicture(bytes, "a.png")).values], [9, 200, 9, 200, 9, 200]);
});

Deno.test("decodePicture() shows the lower rows of a BMP when it is cut off", async () => {
  const { "true-colour.bmp": bytes, "picture.bmp": packed } = await sevenFiles();
  const cut = await decodePicture(bytes.slice(0, 0.8 * bytes.length), "cut.bmp");
  assert(cut.endsEarly);
  assert(cut.height > 0 && cut.height < SEVEN.height, `${cut.height} rows`);
  assertEquals(cut.values, SEVEN.values.subarray(-cut.values.length));
  await assertRejects(
    () => decodePicture(packed.slice(0, 0.8 * packed.length), "cut.bmp"),
    SyntaxError,
    "Expected cut.bmp to be a whole BMP picture but it ends early",
  );
});

for (const name of ["animated.gif", "animated.webp", "pages.tiff"]) {
  Deno.test(`decodePicture() shows the first picture of ${name} when the second is cut off`, async () => {
    const bytes = (await sevenFiles())[name];
    const whole = await decodePicture(bytes, name);
    const { values, endsEarly } = await decodePicture(bytes.slice(0, -100), name);
    assertEquals([values, endsEarly], [whole.values, false]);
  });
}

Deno.test("decodePicture() says how many pages a TIFF file has, smaller copies not counted", async () => {
  const { "pages.tiff": two, "picture.tiff": one } = await sevenFiles();
  const copied = two.slice();
  const view = new DataView(copied.buffer);
  const isLittle = copied[0] === 0x49;
  const first = view.getUint32(4, isLittle);
  const next = first + 2 + 12 * view.getUint16(first, isLittle);
  const second = view.getUint32(next, isLittle);
  assertEquals(view.getUint16(second + 2, isLittle), 254);
  view.setUint32(second + 10, 1, isLittle);
  const circular = two.slice();
  new DataView(circular.buffer).setUint32(next, first, isLittle);
  const pages = [two, one, copied].map(async (bytes) => (await decodePicture(bytes, "TIFF")).pages);
  assertEquals(await Promise.all(pages), [2, 1, 1]);
  assert((await decodePicture(circular, "TIFF")).pages! > 2);
});

Deno.test("decodePicture() says of which files the end is missing", async () => {
  for (const name of ["grey.png", "grey.jpg"]) {
    const bytes = (await sevenFiles())[name];
    assert(!(await decodePicture(bytes, name)).endsEarly);
    assert((await decodePicture(bytes.subarray(0, 0.8 * bytes.length), name)).endsEarly);
  }
});

const BEGINNINGS = [
  ["PNG", "grey.png", 24],
  ["JPEG", "grey.jpg", 24],
  ["WebP", "picture.webp", 24],
  ["WebP", "picture.webp", 27],
  ["WebP", "animated.webp", 70],
  ["GIF", "picture.gif", 24],
  ["BMP", "picture.bmp", 24],
  ["BMP", "bmp3.bmp", 59],
  ["TIFF", "strips.tiff", 24],
  ["TIFF", "picture.tiff", 100],
  ["AVIF", "picture.avif", 24],
  ["AVIF", "picture.avif", -10],
] as const;
for (const [kind, name, end] of BEGINNINGS) {
  Deno.test(`decodePicture() says that ${name} ends early where byte ${end} is the last`, async () => {
    const bytes = (await sevenFiles())[name];
    const { message } = await assertRejects(() => decodePicture(bytes.slice(0, end), name));
    assertEquals(message, `Expected ${name} to be a whole ${kind} picture but it ends early`);
  });
}

Deno.test("decodePicture() decodes what it can of a damaged file, or says so in one sentence", async () => {
  let count = 0;
  for (const [name, bytes] of files) {
    const random = new Random(1, bytes.length);
    const damaged = [
      ...Array.from({ length: 12 }, (_, k) => bytes.slice(0, Math.floor(bytes.length * k / 12))),
      ...Array.from({ length: 8 }, () => {
        const copy = bytes.slice();
        for (let k = 0; k < 4; k++) {
          copy[12 + random.integer(copy.length - 12)] = random.integer(256);
        }
        return copy;
      }),
    ];
    for (const copy of damaged) {
      count++;
      try {
        const { width, height, values } = await decodePicture(copy, name);
        assertEquals(values.length, width * height);
      } catch (error) {
        assert(error instanceof SyntaxError || error instanceof RangeError, String(error));
        assertMatch(error.message, /^Expected \S+ to [^\n]+ but [^\n]+$/);
      }
    }
  }
  assert(count >= 200);
});

const REFUSED: [name: string, bytes: Uint8Array, message: string][] = [
  [
    "empty.png",
    new Uint8Array(0),
    "to be a PNG, JPEG, HEIC, WebP, AVIF, GIF, TIFF or BMP picture but it is empty",
  ],
  [
    "notes.png",
    new TextEncoder().encode("seven"),
    "to be a PNG, JPEG, HEIC, WebP, AVIF, GIF, TIFF or BMP picture but it starts like none of them",
  ],
  [
    "drawing.svg",
    new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>'),
    "to be a PNG, JPEG, HEIC, WebP, AVIF, GIF, TIFF or BMP picture but it is an SVG drawing: save it as PNG or JPEG",
  ],
  [
    "start.png",
    SEVEN_PNG.subarray(0, 8),
    "to be a whole PNG picture but it ends early",
  ],
  ["zero.png", withSize(0, 10), "to be a whole PNG picture but it is damaged"],
  [
    "bomb.png",
    withSize(60000, 60000),
    "to have at most 64000000 pixels but found 60000 × 60000",
  ],
  [
    "endless.png",
    withSize(2 ** 31 - 1, 1),
    "to be a whole PNG picture but it is damaged",
  ],
  [
    "heavy.png",
    new Uint8Array(LARGEST_PICTURE_FILE + 1),
    `to have at most ${LARGEST_PICTURE_FILE} bytes but found ${LARGEST_PICTURE_FILE + 1}`,
  ],
];

for (const [name, bytes, message] of REFUSED) {
  Deno.test(`decodePicture() refuses ${name} in one sentence`, async () => {
    const error = await assertRejects(() => decodePicture(bytes, name), Error);
    assertEquals(error.message, `Expected ${name} ${message}`);
  });
}

Deno.test("decodePicture() refuses by its header what takes longer than it may, and takes it in more time", async () => {
  const large = encode({
    width: 2000,
    height: 1000,
    channels: 1,
    depth: 8,
    data: new Uint8Array(2e6),
  });
  const { message } = await assertRejects(
    () => decodePicture(large, "large.png", { seconds: 0.1 }),
    RangeError,
  );
  assertEquals(
    message,
    "Expected large.png to take at most 0.1 s to decode but 2000 × 1000 pixels of PNG take up to 1 s: send it smaller",
  );
  assertEquals((await decodePicture(large, "large.png", { seconds: 1 })).width, 2000);
});

Deno.test("decodePicture() says how much larger a file has what it decoded smaller, and boxes are the file's", async () => {
  const jpeg = (await sevenFiles())["grey.jpg"];
  const [whole, half] = [{}, { enough: SEVEN.width * SEVEN.height - 1 }].map(async (options) => {
    const { digits: [{ box }] } = findDigits(await decodePicture(jpeg, "seven.jpg", options));
    return box;
  });
  const [one, other] = [await whole, await half];
  for (const edge of ["left", "top", "width", "height"] as const) {
    assert(Math.abs(one[edge] - other[edge]) <= 4, `${edge}: ${one[edge]}, ${other[edge]}`);
  }
});

/** A PNG whose header says another size, with a right checksum. */
function withSize(width: number, height: number): Uint8Array {
  const png = SEVEN_PNG.slice();
  const view = new DataView(png.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  view.setUint32(29, crc32(png.subarray(12, 29)));
  return png;
}

Deno.test("decodePicture() weighs colours by their luma", async () => {
  const data = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255);
  const png = encode({ width: 3, height: 1, channels: 3, depth: 8, data });
  assertEquals([...(await decodePicture(png, "flag.png")).values], [54, 182, 18]);
});

const OTHERS = {
  "a Photoshop document": "8BPS\0\x01",
  "a PDF document": "%PDF-1.7\n",
};
for (const [kind, start] of Object.entries(OTHERS)) {
  Deno.test(`decodePicture() says that a file is ${kind}`, async () => {
    await assertRejects(
      () => decodePicture(new TextEncoder().encode(start), "mine"),
      SyntaxError,
      `Expected mine to be a PNG, JPEG, HEIC, WebP, AVIF, GIF, TIFF or BMP picture but it is ${kind}: save it as PNG or JPEG`,
    );
  });
}

const INKS = {
  red: [200, 30, 30],
  green: [20, 120, 40],
  blue: [30, 50, 190],
  brown: [150, 90, 20],
};
for (const [name, ground] of [["light", 200], ["white", 255], ["dark", 20]] as const) {
  Deno.test(`decodePicture() has ink of every colour as dark on a ${name} ground`, async () => {
    const [width, height] = [40, 12];
    const data = new Uint8Array(3 * width * height).fill(ground);
    Object.values(INKS).forEach((ink, k) => {
      for (let y = 2; y < 10; y++) data.set(ink, 3 * (y * width + 10 * k + 4));
    });
    const { values } = await decodePicture(
      encode({ width, height, channels: 3, depth: 8, data }),
      "inks",
    );
    for (let k = 0; k < 4; k++) assert(values[5 * width + 10 * k + 4] < 100, `${k}`);
    assert(values[0] >= 254);
  });
}

Deno.test("decodePicture() halves a JPEG until it has few enough pixels, and keeps its ink", async () => {
  const [, jpeg] = files.find(([name]) => name.endsWith(".jpg"))!;
  const darkness = ({ values }: { values: Uint8Array }) =>
    values.reduce((sum, value) => sum + 255 - value, 0) / values.length;
  const pixels = SEVEN.width * SEVEN.height;
  for (const [enough, side] of [[pixels, 1], [pixels - 1, 2], [pixels / 4 - 1, 4], [1, 8]]) {
    const small = await decodePicture(jpeg, "seven", { enough });
    assertEquals(
      [small.width, small.height],
      [SEVEN.width, SEVEN.height].map((length) => Math.ceil(length / side)),
    );
    assert(
      Math.abs(darkness(small) / darkness(SEVEN) - 1) < 0.1,
      `${side} ${darkness(small)} ${darkness(SEVEN)}`,
    );
  }
});

Deno.test("throughJpeg() adds what JPEG adds, more at lower quality", async () => {
  const errorAt = async (quality: number) => {
    const { values } = await throughJpeg(SEVEN, quality);
    return values.reduce((sum, value, i) => sum + Math.abs(value - SEVEN.values[i]), 0);
  };
  const [bad, good] = [await errorAt(10), await errorAt(95)];
  assert(bad > good && good > 0);
});
