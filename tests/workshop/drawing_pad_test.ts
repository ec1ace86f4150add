import { assertEquals } from "@std/assert";
import { SEVEN, SEVEN_PNG } from "../picture/picture_files.ts";
import { showPad } from "../../lib/workshop/drawing_pad.ts";

Deno.test({
  name: "showPad() has what its own page drew, and takes nothing from others",
  sanitizeResources: false, // the pad listens as long as the kernel runs
  sanitizeOps: false,
  async fn() {
    let html = "";
    const broadcast = (_: string, { data }: { data: Record<string, string> }) => {
      html = data["text/html"];
      return Promise.resolve();
    };
    Object.assign(Deno, { jupyter: { broadcast } });
    const pad = await showPad();
    const [address] = /http:\/\/127\.0\.0\.1:\d+\/[\w-]+/.exec(html)!;
    const post = async (address: string, body: string) =>
      (await fetch(address, { method: "POST", body })).status;
    const drawing = `data:image/png;base64,${SEVEN_PNG.toBase64()}`;
    assertEquals(await post(new URL("/", address).href, drawing), 404);
    assertEquals(await post(address, "a text"), 404);
    assertEquals(await pad.picture(), undefined);
    assertEquals(await post(address, drawing), 204);
    assertEquals((await pad.picture())?.values, SEVEN.values);
  },
});
