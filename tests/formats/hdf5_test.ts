import { assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { encodeHdf5, Hdf5File } from "../../lib/formats/hdf5.ts";

const CONTENT = {
  attributes: { text: "grüße", list: ["a", "bcd"], empty: "", long: "x".repeat(100_000) },
  members: {
    group: {
      attributes: { none: [] },
      members: {
        matrix: { shape: [2, 1], values: Float32Array.of(1.5, -2) },
        number: { shape: [], values: Float32Array.of(3) },
      },
    },
  },
};

Deno.test("Hdf5File gives back what encodeHdf5() wrote", async () => {
  const { attributes, members: { group } } = CONTENT;
  using file = await Hdf5File.open(await encodeHdf5(CONTENT), "file.h5");
  assertEquals(file.names("/"), ["group"]);
  assertEquals(file.names("/group"), ["matrix", "number"]);
  assertEquals(file.names("/none"), []);
  for (const [name, text] of Object.entries(attributes)) {
    assertEquals(file.attribute("/", name), text);
  }
  assertEquals((file.attribute("/group", "none") as string[]).length, 0);
  assertEquals(file.attribute("/group", "text"), undefined);
  assertEquals(file.attribute("/none", "text"), undefined);
  assertEquals(file.array("/group/matrix"), group.members.matrix);
  assertEquals(file.array("/group/number"), group.members.number);
});

Deno.test("encodeHdf5() gives the same bytes at any time, and leaves the clock alone", async () => {
  const bytes = await encodeHdf5(CONTENT);
  const { now } = Date;
  Date.now = () => 1e12;
  try {
    assertEquals(await encodeHdf5(CONTENT), bytes);
    assertEquals(Date.now(), 1e12);
  } finally {
    Date.now = now;
  }
  assertNotEquals(Date.now(), 1e12);
});

Deno.test("Hdf5File says what a file is not", async () => {
  const bytes = await encodeHdf5(CONTENT);
  for (const part of [bytes.subarray(0, -1), bytes.subarray(100), bytes.subarray(0, 0)]) {
    assertEquals(
      (await assertRejects(() => Hdf5File.open(part, "cut.h5"), SyntaxError)).message,
      "Expected cut.h5 to be a whole HDF5 file but it is not",
    );
  }
  using file = await Hdf5File.open(bytes, "file.h5");
  for (const [path, found] of [["/none", "nothing"], ["/group", "something else"]]) {
    assertEquals(
      assertThrows(() => file.array(path)).message,
      `Expected file.h5 to hold 32-bit floats as ${path} but it holds ${found}`,
    );
  }
  assertEquals(file.names("/"), ["group"]);
});
