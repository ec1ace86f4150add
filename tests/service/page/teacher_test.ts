import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { strToU8, zipSync } from "fflate";
import { decodePicture } from "../../../lib/picture/decode.ts";
import { readOwnPictures } from "../../../lib/picture/own_pictures.ts";
import { Helper } from "../../../lib/service/page/helper.ts";
import type { TeachingSkills } from "../../../lib/service/page/teacher.ts";
import { withFolder } from "../../temporary_folder.ts";

const teacher = new Helper<TeachingSkills>(
  import.meta.resolve("../../../lib/service/page/teacher.ts"),
);

/** A bar. */
function bar(width: number): Uint8Array {
  const pixels = new Uint8Array(784);
  for (let y = 4; y < 24; y++) pixels.fill(255, 28 * y + 8, 28 * y + 8 + width);
  return pixels;
}

const EXAMPLES = new Map([
  ["__proto__", [bar(2), bar(3)]],
  ["は", Array.from({ length: 10 }, (_, i) => bar(1 + i))],
]);

Deno.test("the teacher packs what it unpacks, and what train --pictures reads", () =>
  withFolder(async (folder) => {
    const zip = await teacher.run("packExamples", EXAMPLES);
    const pictures = await teacher.run("unpackPictures", zip);
    const decoded = await Promise.all(
      pictures.map(({ bytes, name }) => decodePicture(bytes, name)),
    );
    assertEquals(
      pictures.map(({ name }, i) => [name, decoded[i].values]),
      [...EXAMPLES].flatMap(([name, examples]) => examples.map((pixels) => [name, pixels])),
    );
    await Deno.writeFile(join(folder, "examples.zip"), zip);
    const { train, classes } = await readOwnPictures(join(folder, "examples.zip"));
    assertEquals([classes, train.count], [["__proto__", "は"], 12]);
  }));

Deno.test("the teacher cleans the names of classes, and passes over what is no picture", async () => {
  const zip = zipSync({
    "signs/plus/2.png": strToU8("two"),
    "signs/plus/10.PNG": strToU8("ten"),
    "signs/plus/read me.txt": strToU8("text"),
    "signs/plus/.hidden.png": strToU8("hidden"),
    "__MACOSX/plus/1.png": strToU8("resource"),
    "signs/a?/1.jpg": strToU8("question"),
  });
  assertEquals(
    await teacher.run("unpackPictures", zip),
    [
      { name: "a？", bytes: strToU8("question") },
      { name: "plus", bytes: strToU8("two") },
      { name: "plus", bytes: strToU8("ten") },
    ],
  );
});

Deno.test("the teacher throws on what is no zip, leads out, too much or nothing", async () => {
  const throws = (zip: Uint8Array, message: string) =>
    assertRejects(() => teacher.run("unpackPictures", zip), Error, message);
  await throws(strToU8("zip"), "Expected the file to be a whole zip archive but it is not");
  await throws(
    zipSync({ "../../up/1.png": new Uint8Array(1) }),
    "Expected files in the file to stay inside it but found ../../up/1.png",
  );
  await throws(
    zipSync({ "1.png": new Uint8Array(1) }),
    "Expected 1 to 500 pictures in folders of classes but found 0",
  );
  const many = Array.from({ length: 501 }, (_, i) => [`a/${i}.png`, new Uint8Array(1)]);
  await throws(
    zipSync(Object.fromEntries(many)),
    "Expected 1 to 500 pictures in folders of classes but found 501",
  );
});
