import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { writeFileAtomically } from "../../lib/data/file_system.ts";

async function withFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await act(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((entry) => entry.name);
}

Deno.test("writeFileAtomically() writes text and bytes and leaves nothing else", () =>
  withFolder(async (folder) => {
    await writeFileAtomically(join(folder, "digit"), "drei ≠ 8");
    assertEquals(await Deno.readTextFile(join(folder, "digit")), "drei ≠ 8");
    await writeFileAtomically(join(folder, "digit"), new Uint8Array([3, 0, 255]));
    assertEquals(await Deno.readFile(join(folder, "digit")), new Uint8Array([3, 0, 255]));
    assertEquals(namesIn(folder), ["digit"]);
  }));

Deno.test("writeFileAtomically() writes an empty file", () =>
  withFolder(async (folder) => {
    await writeFileAtomically(join(folder, "empty"), "");
    assertEquals(await Deno.readTextFile(join(folder, "empty")), "");
  }));

Deno.test("writeFileAtomically() keeps the old file when writing fails", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "model"), "old");
    const unreadable = new Proxy(new Uint8Array(4), {
      get(bytes, property) {
        if (property === "subarray") throw new Error("Disk on fire");
        return Reflect.get(bytes, property, bytes);
      },
    });
    await assertRejects(
      () => writeFileAtomically(join(folder, "model"), unreadable),
      Error,
      "Disk on fire",
    );
    assertEquals(await Deno.readTextFile(join(folder, "model")), "old");
    assertEquals(namesIn(folder), ["model"]);
  }));

Deno.test("writeFileAtomically() leaves no temporary file when the name is taken by a folder", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(join(folder, "taken"));
    await assertRejects(() => writeFileAtomically(join(folder, "taken"), "text"), Error);
    assertEquals(namesIn(folder), ["taken"]);
  }));

Deno.test("writeFileAtomically() throws when the folder does not exist", () =>
  withFolder(async (folder) => {
    await assertRejects(
      () => writeFileAtomically(join(folder, "missing", "file"), "text"),
      Deno.errors.NotFound,
    );
    assertEquals(namesIn(folder), []);
  }));
