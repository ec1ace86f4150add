/** Fonts of the system, for characters that Inter lacks: kana, Han, runes, signs of mathematics. */

import { join } from "@std/path";

/** Where Linux, macOS and Windows keep them. */
const FOLDERS = [
  "/usr/share/fonts",
  "/usr/local/share/fonts",
  "/System/Library/Fonts",
  "/Library/Fonts",
  "C:\\Windows\\Fonts",
];

/** Cuts that are taken only if there is no other. */
const SPECIAL_CUT =
  /bold|black|heavy|medium|thin|light|italic|oblique|condensed|narrow|mono|serif|math/i;

/** A file, and the code points that it has, from first to last. */
interface SystemFont {
  path: string;
  ranges: [first: number, last: number][];
  bytes?: Uint8Array;
}

let found: Promise<SystemFont[]> | undefined;

/**
 * Finds the first font of the system that has a character. The first call looks through all that are there;
 * without permission to read them, there are none.
 */
export async function systemFontWith(character: string): Promise<Uint8Array | undefined> {
  const code = character.codePointAt(0)!;
  const fonts = await (found ??= findFonts());
  for (const font of fonts) {
    if (!font.ranges.some(([first, last]) => code >= first && code <= last)) continue;
    font.bytes ??= attempt(() => Deno.readFileSync(font.path));
    if (font.bytes) return font.bytes;
  }
  return undefined;
}

async function findFonts(): Promise<SystemFont[]> {
  const paths: string[] = [];
  const list = (folder: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      if (isDirectory) attempt(() => list(join(folder, name)));
      else if (/\.(ttf|otf|ttc)$/i.test(name) && name !== "LastResort.otf") {
        paths.push(join(folder, name));
      }
    }
  };
  for (const folder of FOLDERS) {
    const { state } = await Deno.permissions.query({ name: "read", path: folder });
    if (state === "granted") attempt(() => list(folder));
  }
  const rank = (path: string) => Number(SPECIAL_CUT.test(path));
  paths.sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1));
  return paths.flatMap((path) => attempt(() => [{ path, ranges: rangesOf(path) }]) ?? []);
}

/** What cannot be read, or is no font, is as if it were not there. */
function attempt<Result>(act: () => Result): Result | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/**
 * Reads which characters a font has, or the first of a collection: formats 4 and 12 of its table `cmap`
 * for Unicode (https://learn.microsoft.com/typography/opentype/spec/cmap). A range is taken as a whole:
 * a glyph that is missing inside one is not noticed.
 */
function rangesOf(path: string): SystemFont["ranges"] {
  using file = Deno.openSync(path);
  const read = (offset: number, length: number) => {
    const bytes = new Uint8Array(length);
    file.seekSync(offset, Deno.SeekMode.Start);
    file.readSync(bytes);
    return new DataView(bytes.buffer);
  };
  const header = read(0, 16);
  const isCollection = header.getUint32(0) === 0x74746366; // ttcf
  const start = isCollection ? header.getUint32(12) : 0;
  const tables = read(start + 12, 16 * read(start + 4, 2).getUint16(0));
  let at = 0;
  while (tables.getUint32(at) !== 0x636d6170) at += 16; // cmap
  const cmap = read(tables.getUint32(at + 8), tables.getUint32(at + 12));
  const records = Array.from({ length: cmap.getUint16(2) }, (_, i) => 4 + 8 * i);
  const isUnicode = (record: number) => {
    const [platform, encoding] = [cmap.getUint16(record), cmap.getUint16(record + 2)];
    return platform === 0 || platform === 3 && (encoding === 1 || encoding === 10);
  };
  return records.filter(isUnicode).flatMap((record) => {
    const part = cmap.getUint32(record + 4);
    if (cmap.getUint16(part) === 12) {
      return Array.from({ length: cmap.getUint32(part + 12) }, (_, i): [number, number] => {
        const group = part + 16 + 12 * i;
        return [cmap.getUint32(group), cmap.getUint32(group + 4)];
      });
    }
    if (cmap.getUint16(part) !== 4) return [];
    const size = cmap.getUint16(part + 6); // bytes of each column; the last segment is 0xFFFF alone
    return Array.from({ length: size / 2 - 1 }, (_, i): [number, number] => {
      const end = part + 14 + 2 * i;
      return [cmap.getUint16(end + size + 2), cmap.getUint16(end)];
    });
  });
}
