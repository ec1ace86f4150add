/** How machines of the same network find the service. */

import { type Bitmap2D, generate } from "lean-qr";
import { toSvgDataURL } from "lean-qr/extras/svg";

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
  const code: Bitmap2D = generate(text);
  const side = code.size + 2 * QUIET_ZONE;
  const isDark = (x: number, y: number) => code.get(x - QUIET_ZONE, y - QUIET_ZONE);
  const line = (y: number) =>
    Array.from({ length: side }, (_, x) => " ▀▄█"[+isDark(x, y) + 2 * +isDark(x, y + 1)]).join("");
  return Array.from(
    { length: Math.ceil(side / 2) },
    (_, row) => `\x1b[38;5;16;48;5;231m${line(2 * row)}\x1b[0m`,
  ).join("\n");
}
