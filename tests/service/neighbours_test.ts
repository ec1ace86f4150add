import { assertEquals, assertMatch } from "@std/assert";
import { addressesFor, QrCode } from "../../lib/service/neighbours.ts";

Deno.test("addressesFor() is the address that leads out of the machine, if there is one", () => {
  for (const host of ["127.0.0.1", "127.1.2.3", "::1", "localhost"]) {
    assertEquals(addressesFor(host), []);
  }
  assertEquals(addressesFor("192.168.1.5"), ["192.168.1.5"]);
});

Deno.test("QrCode.toLines() draws a code's three corners in a light margin, black on white", () => {
  const lines = new QrCode("http://192.168.1.5:8000").toLines().split("\n");
  // deno-lint-ignore no-control-regex
  const rows = lines.map((line) => /^\x1b\[38;5;16;48;5;231m(.*)\x1b\[0m$/.exec(line)![1]);
  // Version 2 of a code has 25 modules a side (ISO/IEC 18004, table 1).
  assertEquals([rows.length, new Set(rows.map(({ length }) => length))], [17, new Set([33])]);
  const corner = ["█▀▀▀▀▀█", "█ ███ █", "█ ▀▀▀ █", "▀▀▀▀▀▀▀"];
  const at = (left: number, top: number) =>
    rows.slice(top, top + 4).map((row) => row.slice(left, left + 7));
  assertEquals([at(4, 2), at(22, 2)], [corner, corner]);
  assertEquals(rows.slice(0, 2).join("").trim(), "");
});

Deno.test("QrCode.toPicture() is a picture of the same code", () => {
  assertMatch(new QrCode("http://192.168.1.5:8000").toPicture(), /^data:image\/svg\+xml;base64,/);
});

Deno.test("QrCode.toPixels() has a pixel for each module of the same code", () => {
  const { width, height, values } = new QrCode("http://192.168.1.5:8000").toPixels();
  assertEquals([width, height], [33, 33]);
  const upperSideOfCorner = [255, 0, 0, 0, 0, 0, 0, 0, 255];
  assertEquals([...values.subarray(4 * 33 + 3, 4 * 33 + 12)], upperSideOfCorner);
});
