/** Names of classes, which are names of folders as well. */

/** Most characters of a name: of three bytes each, a folder's name still has room for them. */
export const LONGEST_CLASS_NAME = 80;

/** What Windows takes for a device, whatever comes behind a dot. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * Makes a name for a class, and for its folder on any system, of what somebody wrote: on one line, not too
 * long. What a path would take for its own stands in the wide form that East Asian text has: `？`, `／`.
 *
 * @returns The name; empty if nothing is left.
 *
 * @example A way out of the folder
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(cleanClassName(" ../up "), "．.／up");
 * ```
 */
export function cleanClassName(text: string): string {
  const line = text.normalize("NFC").replaceAll(/[\p{Cc}\p{Cs}\s]+/gu, " ").trim();
  const short = line.slice(0, LONGEST_CLASS_NAME).replace(/[\ud800-\udbff]$/, "").trimEnd();
  const name = short.replaceAll(/[\\/:*?"<>|]|^\.|\.$/g, widen);
  return DEVICE.test(name) ? `_${name}`.slice(0, LONGEST_CLASS_NAME) : name;
}

/** The wide form of a character of ASCII (Unicode's block of half-width and full-width forms). */
function widen(character: string): string {
  return String.fromCharCode(character.charCodeAt(0) + 0xfee0);
}
