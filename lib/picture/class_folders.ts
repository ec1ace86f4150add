/** Folders of pictures, one for each class, as Keras, torchvision and others have them, also in a zip archive. */

import { join } from "@std/path";
import { isDirectory, unzip } from "../data/file_system.ts";

/** The kinds of picture files that are read. */
export const PICTURE_KINDS = "PNG, JPEG, HEIC, WebP, AVIF, GIF, TIFF or BMP";

/** Files that are taken for pictures. */
export const PICTURE_NAME = /\.(png|jpe?g|hei[cf]|webp|avif|gif|tiff?|bmp)$/i;

/** What is in a folder or an archive: names from there on, with `/` between folders. */
interface Contents {
  /** Each file, and where it is: a path, or its bytes. */
  files: { name: string; source: string | Uint8Array }[];
  folders: string[];
  /** Links that lead out of it. */
  passedOver: string[];
}

/** What pictures are for. */
type Part = "train" | "validation" | "test";

/** Pictures in natural order, and what is none. */
interface ClassFolders {
  entries: {
    name: string;
    /** A path, or the file's bytes. */
    source: string | Uint8Array;
    /** Name of the class. */
    label: string;
    part: Part;
  }[];
  /** Hidden files, other files, links that lead out. */
  passedOver: string[];
  /** Folders. */
  empty: string[];
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

/**
 * Sorts what is in a folder into classes. Folders `train`, `validation` and `test` are splits if there are no
 * others; a single folder around all others is looked into.
 */
export async function listFolder(directory: string): Promise<ClassFolders> {
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
  return sortIntoClasses(contents);
}

/**
 * Unpacks the pictures of a zip archive, and sorts what is in it as {@linkcode listFolder} does; nothing is written
 * anywhere.
 *
 * @param archive What to call it in an error.
 * @throws {SyntaxError} If it is no zip archive, damaged, or has a file whose name leads out of it.
 * @throws {RangeError} If its pictures have more than 600 MB.
 */
export function listArchive(bytes: Uint8Array, archive: string): ClassFolders {
  const names: string[] = [];
  const unpacked = unzip(bytes, archive, (name) => {
    names.push(name);
    return PICTURE_NAME.test(name);
  });
  for (const name of names) checkName(name, archive);
  const files = names.filter((name) => !/[/\\]$/.test(name));
  return sortIntoClasses({
    files: files.map((name) => ({
      name: readable(name),
      source: Object.hasOwn(unpacked, name) ? unpacked[name] : new Uint8Array(),
    })),
    folders: [...new Set(names.flatMap((name) => foldersOf(readable(name))))],
    passedOver: [],
  });
}

function checkName(name: string, archive: string): void {
  const path = name.split(/[/\\]/);
  if (!path.includes("..") && path[0] !== "" && !/^[a-z]:/i.test(name)) return;
  throw new SyntaxError(`Expected files in ${archive} to stay inside it but found ${name}`);
}

/** Names with `/` between folders; those of UTF-8 that do not say so, as macOS writes them, read as such. */
function readable(name: string): string {
  const path = name.replaceAll("\\", "/");
  if (/[^\0-\xff]/.test(path)) return path;
  try {
    const bytes = Uint8Array.from(path, (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return path;
  }
}

/** All folders that a file is in, one inside the other. */
function foldersOf(name: string): string[] {
  const path = name.split("/").slice(0, -1);
  return path.map((_, i) => path.slice(0, i + 1).join("/"));
}

function sortIntoClasses(contents: Contents): ClassFolders {
  const { files, folders, passedOver } = withoutOuterFolder(contents);
  const visible = folders.filter((name) => !name.split("/").some(isHidden));
  const top = visible.filter((name) => !name.includes("/"));
  const areSplits = areAllSplits(top);
  const depth = areSplits ? 2 : 1;
  const entries: ClassFolders["entries"] = [];
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
