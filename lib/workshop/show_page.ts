/** A page that the phones of a room can open. */

import { Hono } from "hono";
import { serveStatic } from "hono/deno";
import { addressesFor, qrPixels } from "../service/neighbours.ts";
import { pictureSheet } from "./charts/picture_sheet.ts";
import { showChart, showText } from "./display.ts";

/** Side of the code to photograph, in pixels. */
const CODE_SIDE = 240;

let server: Deno.HttpServer<Deno.NetAddr> | undefined;

/**
 * Hands a page out to every machine of the network for as long as the kernel runs, or until another is
 * handed out, and shows under the cell where it is: for other machines if there is a network, and for
 * this one.
 *
 * @param folder Files of the page, `index.html` among them.
 */
export async function showPage(folder: string): Promise<void> {
  await server?.shutdown();
  const app = new Hono().use(serveStatic({ root: folder }));
  server = Deno.serve({ hostname: "0.0.0.0", port: 0, onListen: () => {} }, app.fetch);
  const { port } = server.addr;
  const addresses = [...addressesFor("0.0.0.0"), "localhost"]
    .map((host) => `http://${host}:${port}/`);
  await showText(addresses.join(" or "));
  await showChart(
    pictureSheet([{ name: addresses[0], ...qrPixels(addresses[0]) }], {
      title: "For the camera of a phone in the same network",
      side: CODE_SIDE,
    }),
    `QR code of ${addresses[0]}`,
  );
}
