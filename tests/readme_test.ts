import { assert, assertEquals } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";

const ROOT = fromFileUrl(new URL("..", import.meta.url));

const read = (file: string) => Deno.readTextFile(join(ROOT, file));

/** What a heading is called in a link, as GitHub does it. */
const anchor = (heading: string) =>
  heading.toLowerCase().replaceAll(/[^\p{L}\p{N} -]/gu, "").replaceAll(" ", "-");

/** The sections of a Markdown file by their anchors. */
async function sections(file: string): Promise<Map<string, string>> {
  const parts = (await read(file)).split(/^#+ /m).slice(1);
  return new Map(parts.map((part) => [anchor(part.slice(0, part.indexOf("\n"))), part]));
}

for (const file of ["README.md", "outputs/README.md", "notebooks/README.md"]) {
  Deno.test(`the links of ${file} lead somewhere`, async () => {
    const links = (await read(file)).matchAll(/\]\((?!https?:)([^)#]*)#?([^)]*)\)/g);
    for (const [link, path, heading] of links) {
      const target = path ? join(dirname(file), path) : file;
      assert(await Deno.stat(join(ROOT, target)).then(() => true, () => false), link);
      if (heading) assert((await sections(target)).has(heading), link);
    }
  });
}

Deno.test("README's figures are those of the tables that they link to", async () => {
  const tables = await sections("outputs/README.md");
  const rows = [...(await read("README.md")).matchAll(/^\|.*\(outputs\/README\.md#(.+)\) \|$/gm)];
  assert(rows.length > 0);
  for (const [row, heading] of rows) {
    const figures = [...row.matchAll(/\*\*(.+?)\*\*/g)].map(([, figure]) => figure);
    assert(figures.length > 0, row);
    assertEquals(figures.filter((figure) => !tables.get(heading)!.includes(figure)), [], row);
  }
});
