/** Chromium, and hands in it. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import axe, { type AxeResults } from "axe-core";
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from "playwright-core";

/** Where screenshots go, for people to look at. */
export const SCREENSHOTS = "outputs/browser";

export const LAPTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

const CHROMIUM = "/usr/bin/chromium";

/** Starts Chromium; close it with `await using`. */
export async function startBrowser(): Promise<Browser> {
  if (!await Deno.stat(CHROMIUM).then(() => true, () => false)) {
    throw new Error(
      `Expected Chromium at ${CHROMIUM} but there is none: run apt-get install chromium`,
    );
  }
  return await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
}

/** A stroke: points from the upper left (0, 0) to the lower right (1, 1) of the paper. */
type Stroke = [x: number, y: number][];

/** An arc of an ellipse, angles in degrees, clockwise from the right. */
function arc(
  x: number,
  y: number,
  width: number,
  height: number,
  from: number,
  to: number,
): Stroke {
  return Array.from({ length: 17 }, (_, i) => {
    const angle = (from + (to - from) * i / 16) * Math.PI / 180;
    return [x + width * Math.cos(angle), y + height * Math.sin(angle)];
  });
}

/** The digits 0 to 9 as a hand draws them. */
export const STROKES: Stroke[][] = [
  [arc(0.5, 0.5, 0.18, 0.3, -90, 280)],
  [[[0.5, 0.2], [0.49, 0.8]]],
  [[...arc(0.5, 0.35, 0.17, 0.16, -170, 30), [0.33, 0.8], [0.7, 0.8]]],
  [[...arc(0.48, 0.34, 0.16, 0.15, -150, 90), ...arc(0.48, 0.65, 0.19, 0.16, -90, 150)]],
  [[[0.47, 0.2], [0.3, 0.56], [0.7, 0.56]], [[0.58, 0.36], [0.56, 0.82]]],
  [[[0.66, 0.2], [0.38, 0.2], [0.36, 0.46], ...arc(0.47, 0.62, 0.19, 0.18, -120, 140)]],
  [[[0.6, 0.18], [0.42, 0.4], ...arc(0.49, 0.64, 0.15, 0.16, 180, -180)]],
  [[[0.31, 0.22], [0.69, 0.22], [0.45, 0.82]]],
  [[...arc(0.5, 0.35, 0.14, 0.15, 90, -270), ...arc(0.5, 0.66, 0.17, 0.16, -90, 270)]],
  [[...arc(0.5, 0.36, 0.15, 0.15, 0, -330), [0.65, 0.36], [0.6, 0.82]]],
];

/** A letter as a hand draws it. */
export const LETTER_A: Stroke[] = [
  [[0.3, 0.8], [0.5, 0.2], [0.7, 0.8]],
  [[0.38, 0.6], [0.62, 0.6]],
];

/** Draws strokes with the mouse, on the page's pad if on no other. */
export async function draw(
  page: Page,
  strokes: Stroke[],
  pad: Locator = page.locator("#pad"),
): Promise<void> {
  await pad.scrollIntoViewIfNeeded();
  const box = await pad.boundingBox();
  assert(box, "Expected a pad on the page");
  for (const stroke of strokes) {
    const points = stroke.map(([x, y]) => [box.x + x * box.width, box.y + y * box.height] as const);
    await page.mouse.move(...points[0]);
    await page.mouse.down();
    for (const point of points.slice(1)) await page.mouse.move(...point, { steps: 2 });
    await page.mouse.up();
  }
}

/** Waits until the page answers so. */
export async function waitForAnswer(page: Page, answer: string): Promise<void> {
  const digits = page.locator("#digits");
  await digits.filter({ hasText: new RegExp(`^${answer}$`) }).waitFor({ timeout: 30_000 })
    .catch(async () => {
      throw new Error(`Expected the page to read ${answer} but found ${await digits.innerText()}`);
    });
}

/** Opens the page in a window of its own; no error may show in its console. */
export async function withPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions,
  act: (page: Page) => Promise<void>,
): Promise<void> {
  await using context = await browser.newContext({ viewport: LAPTOP, ...options });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("pageerror", ({ message }) => errors.push(message));
  await page.goto(url);
  await page.locator("html[data-ready]").waitFor();
  await act(page);
  assertEquals(errors, []);
}

/** Runs axe-core (https://github.com/dequelabs/axe-core); nothing serious may be found. */
export async function assertAccessible(page: Page): Promise<void> {
  // By the debugger, past the content security policy, which lets no foreign script in.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate("axe.run()") as AxeResults;
  assertEquals(
    violations.filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(", ")}`),
    [],
  );
}

const TYPES: Record<string, string> = {
  html: "text/html",
  css: "text/css",
  js: "text/javascript",
  svg: "image/svg+xml",
  wasm: "application/wasm",
  json: "application/json",
  bin: "application/octet-stream",
};

/** Hands the files of a folder out, each when it is its turn; without a turn, none. */
export function serveFolder(
  folder: string,
  turn: (name: string) => Promise<boolean> = () => Promise.resolve(true),
): AsyncDisposable & { url: string } {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      const name = pathname.slice(1).replace(/(^|\/)$/, "$1index.html");
      const isHandedOut = await turn(name);
      const body = isHandedOut && await Deno.readFile(join(folder, name)).catch(() => undefined);
      if (!body) return new Response("Not found", { status: 404 });
      const type = TYPES[name.split(".").at(-1)!];
      return new Response(body, { headers: { "content-type": type } });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
