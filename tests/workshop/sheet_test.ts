import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { startResvg } from "../../lib/image/resvg.ts";
import { loadModel, predict } from "../../lib/model/classifier.ts";
import { decodePicture } from "../../lib/picture/decode.ts";
import { findDigits } from "../../lib/picture/find_digits.ts";
import { rowsOf, sheetPhoto } from "../../lib/workshop/sheet.ts";

/** Millimetres of the page, of where its boxes begin, and of a box. */
const SHEET = { width: 210, left: 25, top: 32, boxWidth: 17, boxHeight: 25 };

Deno.test("the printed sheet has ten rows of ten boxes", async () => {
  const svg = await Deno.readTextFile("notebooks/pictures/sheet.svg");
  const Renderer = await startResvg();
  const png = new Renderer(svg, { fitTo: { mode: "width", value: 4 * SHEET.width } }).render();
  const { width, values } = await decodePicture(png.asPng(), "sheet.svg");
  const isLine = (x: number, y: number) =>
    values[Math.round(4 * y) * width + Math.round(4 * x)] < 255;
  for (let box = 0; box <= 10; box++) {
    const [x, y] = [SHEET.left + box * SHEET.boxWidth, SHEET.top + box * SHEET.boxHeight];
    assert(isLine(x, SHEET.top + 5) && isLine(SHEET.left + 5, y), `no line at ${x} or ${y}`);
    assert(!isLine(x + 5, SHEET.top + 5) && !isLine(SHEET.left + 5, y + 5));
  }
});

Deno.test("sheetPhoto() has its digits where the printed sheet has its boxes", () => {
  const photo = sheetPhoto(1);
  const rows = rowsOf(findDigits(photo).digits);
  const meanOf = (places: number[]) =>
    places.reduce((sum, place) => sum + place, 0) / places.length * SHEET.width / photo.width;
  for (let i = 0; i < 10; i++) {
    const x = meanOf(rows.map((row) => row[i].box.left + row[i].box.width / 2));
    const y = meanOf(rows[i].map(({ box }) => box.top + box.height / 2));
    assertAlmostEquals(x, SHEET.left + (i + 0.5) * SHEET.boxWidth, 2);
    assertAlmostEquals(y, SHEET.top + (i + 0.5) * SHEET.boxHeight, 2);
  }
});

Deno.test("rowsOf() sorts a photographed sheet into ten rows of ten, which the shipped model reads", async () => {
  using model = await loadModel("data/models/digits");
  for (const seed of [1, 2, 4]) {
    const rows = rowsOf(findDigits(sheetPhoto(seed)).digits);
    assertEquals(rows.map(({ length }) => length), Array(10).fill(10));
    const read = predict(model, rows.flat().map(({ pixels }) => pixels));
    assert(read.filter(({ index }, i) => index === i % 10).length >= 95);
  }
});
