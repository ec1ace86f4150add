/** How machines of the same network find the service. */

import { type Bitmap2D, generate } from "lean-qr";
import { toSvgDataURL } from "lean-qr/extras/svg";
import type { GreyPicture } from "../picture/decode.ts";

/** Names of the interfaces of virtual machines and containers, which no phone reaches. */
const VIRTUAL = /^(docker|br-|veth|virbr|vmnet|vboxnet)/;

/** Addresses that an interface gives itself where nobody gives it one (RFC 3927). */
const LINK_LOCAL = "169.254.";

/** Modules that stay light around a code (ISO/IEC 18004). */
const QUIET_ZONE = 4;

/**
 * Lists the addresses at which other machines find what listens at an address. Needs
 * `--allow-sys=networkInterfaces` where that is all addresses of the machine.
 *
 * @param host `0.0.0.0`, or `::` for those of version 6 too; any other is the only one, if it leads out of the
 * machine at all.
 */
export function addressesFor(host: string): string[] {
  if (/^(127\.|::1$|localhost$)/.test(host)) return [];
  if (host !== "0.0.0.0" && host !== "::") return [host];
  return Deno.networkInterfaces()
    .filter(({ family, name, address }) =>
      family === "IPv4" && !address.startsWith("127.") && !address.startsWith(LINK_LOCAL) &&
      !VIRTUAL.test(name)
    )
    .map(({ address }) => address);
}

/** The QR code of a text as a picture, in a `data:` URL. */
export function qrPicture(text: string): string {
  return toSvgDataURL(generate(text), {
    on: "#000",
    off: "#fff",
    padX: QUIET_ZONE,
    padY: QUIET_ZONE,
  });
}

/** The QR code of a text for a terminal: black on white whatever its colours, two modules a character. */
export function qrLines(text: string): string {
  const { side, isDark } = modulesOf(text);
  const line = (y: number) =>
    Array.from({ length: side }, (_, x) => " ▀▄█"[+isDark(x, y) + 2 * +isDark(x, y + 1)]).join("");
  return Array.from(
    { length: Math.ceil(side / 2) },
    (_, row) => `\x1b[38;5;16;48;5;231m${line(2 * row)}\x1b[0m`,
  ).join("\n");
}

/** The QR code of a text in pixels, one for each module. */
export function qrPixels(text: string): GreyPicture {
  const { side, isDark } = modulesOf(text);
  const values = Uint8Array.from(
    { length: side * side },
    (_, i) => isDark(i % side, Math.floor(i / side)) ? 0 : 255,
  );
  return { width: side, height: side, values };
}

/** The modules of a code and of its margin. */
function modulesOf(text: string): { side: number; isDark: (x: number, y: number) => boolean } {
  const code: Bitmap2D = generate(text);
  return {
    side: code.size + 2 * QUIET_ZONE,
    isDark: (x, y) => code.get(x - QUIET_ZONE, y - QUIET_ZONE),
  };
}
