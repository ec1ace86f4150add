/** Folders of pictures, one for each class, as Keras, torchvision and others have them. */

import { join } from "@std/path";
import { isDirectory } from "../data/file_system.ts";

/** The kinds of picture files that are read. */
export const PICTURE_KINDS = "PNG, JPEG, HEIC, WebP, AVIF, GIF, TIFF or BMP";

/** Files that are taken for pictures. */
export const PICTURE_NAME = /\.(png|jpe?g|hei[cf]|webp|avif|gif|tiff?|bmp)$/i;

/** What is in a folder or an archive: names from there on, with `/` between folders. */
export interface Contents {
  /** Each file, and where it is: a path, or its bytes. */
  files: { name: string; source: string | Uint8Array }[];
  folders: string[];
  /** Links that lead out of it. */
  passedOver: string[];
}

/** What pictures are for. */
export type Part = "train" | "validation" | "test";

/** A picture, its class and what it is for. */
export interface Entry {
  name: string;
  source: string | Uint8Array;
  /** Name of the class. */
  label: string;
  part: Part;
}

/** Names of folders that are splits, where all are such names. */
const SPLITS = new Map<string, Part>([
  ["train", "train"],
  ["training", "train"],
  ["validation", "validation"],
  ["valid", "validation"],
  ["val", "validation"],
  ["test", "test"],
  ["testing", "test"],
]);

/** Folders in one another: one around all, a split, a class, and one that is passed over. */
const DEEPEST = 4;

/** Order of names: 2 before 10. */
export const NATURAL = new Intl.Collator("en", { numeric: true });

/** Lists a folder. */
export async function listFolder(directory: string): Promise<Contents> {
  const root = await Deno.realPath(directory);
  const contents: Contents = { files: [], folders: [], passedOver: [] };
  const leadsOut = async (path: string) => {
    const target = await Deno.realPath(path).catch(() => "");
    return !target.startsWith(`${root}/`) && !target.startsWith(`${root}\\`);
  };
  const list = async (folder: string[]) => {
    for await (const entry of Deno.readDir(join(directory, ...folder))) {
      const inner = [...folder, entry.name];
      const [name, path] = [inner.join("/"), join(directory, ...inner)];
      if (entry.isSymlink && await leadsOut(path)) contents.passedOver.push(name);
      else if (entry.isDirectory || (entry.isSymlink && await isDirectory(path))) {
        contents.folders.push(name);
        if (inner.length < DEEPEST && !isHidden(entry.name)) await list(inner);
      } else contents.files.push({ name, source: path });
    }
  };
  await list([]);
  return contents;
}

/**
 * Sorts what is in a folder into classes. Folders `train`, `validation` and `test` are splits if there are no
 * others; a single folder around all others is looked into.
 *
 * @returns Pictures in natural order, and what is none: hidden files, other files, empty folders.
 */
export function sortIntoClasses(
  contents: Contents,
): { entries: Entry[]; passedOver: string[]; empty: string[] } {
  const { files, folders, passedOver } = withoutOuterFolder(contents);
  const visible = folders.filter((name) => !name.split("/").some(isHidden));
  const top = visible.filter((name) => !name.includes("/"));
  const areSplits = areAllSplits(top);
  const depth = areSplits ? 2 : 1;
  const entries: Entry[] = [];
  const others = visible.filter((name) => name.split("/").length === depth + 1);
  for (const { name, source } of files) {
    const path = name.split("/");
    const own = path.pop()!;
    if (path.some(isHidden) || path.length > depth) continue; // the folder is told, or hidden
    if (path.length < depth || isHidden(own) || !PICTURE_NAME.test(own)) others.push(name);
    else {
      const label = path[depth - 1].normalize("NFC");
      entries.push({ name, source, label, part: areSplits ? splitOf(path[0])! : "train" });
    }
  }
  const full = new Set(entries.map(({ name }) => name.slice(0, name.lastIndexOf("/"))));
  const inOrder = (names: string[]) => names.sort(NATURAL.compare);
  return {
    entries: entries.sort((one, other) => NATURAL.compare(one.name, other.name)),
    passedOver: inOrder([...passedOver, ...others]),
    empty: inOrder(
      visible.filter((name) => name.split("/").length === depth && !full.has(name)),
    ),
  };
}

/** An archive often holds one folder that holds all others. */
function withoutOuterFolder(contents: Contents): Contents {
  const visible = contents.folders.filter((name) => !isHidden(name));
  const top = visible.filter((name) => !name.includes("/"));
  const start = `${top[0]}/`;
  const isOuter = top.length === 1 && !areAllSplits(top) &&
    visible.some((name) => name.startsWith(start));
  if (!isOuter) return contents;
  const inner = (name: string) => name.startsWith(start) ? name.slice(start.length) : name;
  return {
    files: contents.files.map(({ name, source }) => ({ name: inner(name), source })),
    folders: visible.filter((name) => name !== top[0]).map(inner),
    passedOver: contents.passedOver,
  };
}

function areAllSplits(names: string[]): boolean {
  return names.every(splitOf) && names.some((name) => splitOf(name) === "train");
}

function splitOf(name: string): Part | undefined {
  return SPLITS.get(name.toLowerCase());
}

function isHidden(name: string): boolean {
  return name.startsWith(".") || name === "__MACOSX";
}
