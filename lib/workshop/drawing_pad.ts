/** A pad under a cell, to draw on with mouse, finger or pen. */

import { decodePicture, type GreyPicture } from "../picture/decode.ts";
import { showHtml } from "./display.ts";

/** Side of the pad and width of its ink, in pixels. */
const SIDE = 280, INK = 18;

/** A pad that is shown. */
interface DrawingPad {
  /** @returns What is drawn on it by now; nothing, if nothing is. */
  picture(): Promise<GreyPicture | undefined>;
}

/**
 * Shows a pad under the cell. What is drawn on it reaches the kernel, as long as that runs, if the browser is
 * on the same machine.
 */
export async function showPad(): Promise<DrawingPad> {
  let drawn: Uint8Array | undefined;
  const secret = `/${crypto.randomUUID()}`; // so that no page but this one draws on it
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const text = new URL(request.url).pathname === secret ? await request.text() : "";
      const [, base64] = /^data:image\/png;base64,(.*)$/.exec(text) ?? [];
      if (base64) drawn = Uint8Array.fromBase64(base64);
      return new Response(undefined, { status: base64 ? 204 : 404 });
    },
  );
  server.unref(); // nothing waits for the pad
  await showHtml(padHtml(`http://127.0.0.1:${server.addr.port}${secret}`), "A pad to draw on");
  return { picture: async () => drawn && await decodePicture(drawn, "the drawing") };
}

/** A canvas that sends itself to an address after every stroke, as text, which needs no leave of the receiver. */
function padHtml(address: string): string {
  return `<canvas width="${SIDE}" height="${SIDE}" role="img" aria-label="A pad to draw on"
  style="background: #fff; border: 1px solid #7b8794; touch-action: none; cursor: crosshair"></canvas>
<script>
{
  const canvas = document.currentScript.previousElementSibling;
  const ink = canvas.getContext("2d");
  ink.fillStyle = "#fff";
  ink.fillRect(0, 0, ${SIDE}, ${SIDE});
  Object.assign(ink, { lineWidth: ${INK}, lineCap: "round", lineJoin: "round" });
  const to = ({ offsetX, offsetY }) => (ink.lineTo(offsetX, offsetY), ink.stroke());
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    ink.beginPath();
    to(event);
  };
  canvas.onpointermove = (event) => event.buttons && to(event);
  canvas.onpointerup = () => {
    fetch("${address}", { method: "POST", mode: "no-cors", body: canvas.toDataURL() });
  };
}
</script>`;
}
