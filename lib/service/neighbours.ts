/** How machines of the same network find the service. */

import { generate } from "lean-qr";
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

/** The QR code of a text. */
export class QrCode {
  #code: ReturnType<typeof generate>;

  constructor(text: string) {
    this.#code = generate(text);
  }

  /** As a picture, in a `data:` URL. */
  toPicture(): string {
    return toSvgDataURL(this.#code, {
      on: "#000",
      off: "#fff",
      padX: QUIET_ZONE,
      padY: QUIET_ZONE,
    });
  }

  /** In pixels, one for each module of it and of its margin. */
  toPixels(): GreyPicture {
    const side = this.#code.size + 2 * QUIET_ZONE;
    const values = Uint8Array.from({ length: side * side }, (_, i) => {
      const isDark = this.#code.get(i % side - QUIET_ZONE, Math.floor(i / side) - QUIET_ZONE);
      return isDark ? 0 : 255;
    });
    return { width: side, height: side, values };
  }

  /** For a terminal: black on white whatever its colours, two modules a character. */
  toLines(): string {
    const { width: side, values } = this.toPixels();
    const lines = Array.from({ length: Math.ceil(side / 2) }, (_, row) => {
      const dark = (x: number, y: number) => +(values[y * side + x] === 0);
      const line = Array.from(
        { length: side },
        (_, x) => " ▀▄█"[dark(x, 2 * row) + 2 * dark(x, 2 * row + 1)],
      );
      return `\x1b[38;5;16;48;5;231m${line.join("")}\x1b[0m`;
    });
    return lines.join("\n");
  }
}
