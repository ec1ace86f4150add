/**
 * The page in headless Chromium, from the service and as static files: with the notebooks,
 * `deno task test:browser`. Its name keeps it out of `deno task test`, which needs no browser.
 */

import { Buffer } from "node:buffer";
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { Page } from "playwright-core";
import { loadModel, predict } from "../../lib/model/classifier.ts";
import { addExamples } from "../../lib/model/saved_network.ts";
import { findModels } from "../../lib/model/model_folders.ts";
import { readOwnPictures } from "../../lib/picture/own_pictures.ts";
import { Samples } from "../../lib/service/samples.ts";
import { startService } from "../../lib/service/server.ts";
import { writeStaticPage } from "../../lib/service/page_files.ts";
import { SEVEN_PNG } from "../picture/picture_files.ts";
import { withFolder } from "../temporary_folder.ts";
import {
  assertAccessible,
  draw,
  LAPTOP,
  LETTER_A,
  PHONE,
  SCREENSHOTS,
  serveFolder,
  startBrowser,
  STROKES,
  waitForAnswer,
  withPage,
} from "./browser.ts";

Deno.test({
  name: "The page in Chromium",
  // Playwright keeps pipes and timers of its own until the process ends.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    await Deno.mkdir(SCREENSHOTS, { recursive: true });
    await using browser = await startBrowser();
    await withFolder(async (folder) => {
      const samples = await Samples.open(join(folder, "samples"));
      const models = await findModels();
      const seen: string[] = [];
      await using service = await startService({
        models,
        host: "127.0.0.1",
        port: 0,
        workers: 1,
        samples,
      });
      const step = (name: string, act: (page: Page) => Promise<void>, options = {}) =>
        t.step(name, () => withPage(browser, service.url, options, act));

      await step("draws each digit with the mouse and reads the answer", async (page) => {
        for (const [digit, strokes] of STROKES.entries()) {
          await draw(page, strokes);
          await waitForAnswer(page, String(digit));
          seen.push(await pixelsSeen(page, digit));
          await page.locator("#clear").click();
          await waitForAnswer(page, "");
        }
      });

      await step("sends the service no picture of what is drawn, but of a file", async (page) => {
        const asked: string[] = [];
        page.on("request", (request) => {
          if (request.method() === "POST") asked.push(new URL(request.url()).pathname);
        });
        await draw(page, STROKES[3]);
        await waitForAnswer(page, "3");
        assertEquals(new Set(asked), new Set(["/v1/models/digits:predict"]));
        const file = { name: "7.png", mimeType: "image/png", buffer: Buffer.from(SEVEN_PNG) };
        await page.locator("#file").setInputFiles(file);
        await waitForAnswer(page, "7");
        assertEquals(asked.at(-1), "/predict");
      });

      await t.step("sends a picture where it cannot find digits by itself", async () => {
        await using context = await browser.newContext();
        const page = await context.newPage();
        await page.route("**/finder.js", (route) => route.fulfill({ status: 500 }));
        await page.goto(service.url);
        await page.locator("html[data-ready]").waitFor();
        const asked = page.waitForRequest("**/predict?model=digits");
        await draw(page, STROKES[3]);
        await waitForAnswer(page, "3");
        await asked;
      });

      await step("shows probabilities while a digit is drawn", async (page) => {
        const box = (await page.locator("#pad").boundingBox())!;
        await page.mouse.move(box.x + box.width / 2, box.y + 0.2 * box.height);
        await page.mouse.down();
        await page.mouse.move(box.x + box.width / 2, box.y + 0.8 * box.height, { steps: 10 });
        await waitForAnswer(page, "1");
        await page.mouse.up();
      });

      await step("undo takes the last stroke away, clear all", async (page) => {
        await draw(page, STROKES[4]);
        await waitForAnswer(page, "4");
        await page.locator("#undo").click();
        await page.locator("#digits").filter({ hasNotText: "4" }).waitFor();
        await page.keyboard.press("Control+z");
        await waitForAnswer(page, "");
        assert(await page.locator("#undo").isDisabled());
      });

      await step(
        "brings back what was cleared, and a picture that was drawn over",
        async (page) => {
          await draw(page, STROKES[4]);
          await waitForAnswer(page, "4");
          await page.locator("#clear").click();
          await waitForAnswer(page, "");
          await page.locator("#undo").click();
          await waitForAnswer(page, "4");
          const file = { name: "7.png", mimeType: "image/png", buffer: Buffer.from(SEVEN_PNG) };
          await page.locator("#file").setInputFiles(file);
          await waitForAnswer(page, "7");
          await draw(page, STROKES[1]);
          await waitForAnswer(page, "1");
          await page.locator("#undo").click();
          await waitForAnswer(page, "7");
          await page.locator("#undo").click();
          await waitForAnswer(page, "4");
        },
      );

      await step("says that a scribble is nothing it knows", async (page) => {
        await draw(page, SCRIBBLE);
        await page.getByText("like nothing that it knows").first().waitFor();
        await waitForAnswer(page, "\\?");
      });

      await t.step("asks again when the service is back", async () => {
        await using context = await browser.newContext();
        const page = await context.newPage();
        await page.goto(service.url);
        await page.locator("html[data-ready]").waitFor();
        await context.setOffline(true);
        await draw(page, STROKES[3]);
        await page.getByText("The service does not answer. It is asked again.").first().waitFor();
        await context.setOffline(false);
        await waitForAnswer(page, "3");
        await page.locator("#sure").filter({ hasText: /^\d+\.\d\s% sure$/ }).waitFor();
      });

      await t.step("says nothing of a question that failed while more was drawn", async () => {
        await using context = await browser.newContext();
        const page = await context.newPage();
        await page.goto(service.url);
        await draw(page, STROKES[1]);
        await waitForAnswer(page, "1");
        const drawn = Promise.withResolvers<void>();
        await page.route("**:predict", async (route) => {
          await drawn.promise;
          await route.abort();
        }, { times: 1 });
        const failed = page.waitForEvent("requestfailed");
        const asked = page.waitForRequest("**:predict");
        await draw(page, [[[0.4, 0.85]]]);
        await asked;
        await draw(page, [[[0.6, 0.85]]]);
        drawn.resolve();
        await failed;
        await page.locator("#sure").filter({ hasText: /sure$/ }).waitFor();
      });

      await step("speaks German where the browser does", async (page) => {
        await page.getByRole("heading", { name: "Zeichne eine Ziffer" }).waitFor();
        await draw(page, STROKES[3]);
        await page.locator("#sure").filter({ hasText: /^zu \d+,\d\s% sicher$/ }).waitFor();
        await assertAccessible(page);
        const english = await page.evaluate("document.body.innerText");
        assertEquals(/\b(the|draw|undo|clear|look)\b/i.exec(english as string), null);
      }, { locale: "de-AT" });

      await step("reads two digits, and shows either", async (page) => {
        const half = (digit: number, left: number) =>
          STROKES[digit].map((stroke) =>
            stroke.map(([x, y]): [number, number] => [left + (x - 0.3) * 0.8, 0.15 + y * 0.7])
          );
        await draw(page, [...half(4, 0.12), ...half(2, 0.58)]);
        await waitForAnswer(page, "42");
        await page.getByRole("button", { name: "2 of 2: 2" }).click();
        assertEquals(await page.locator("#bars .first span").first().innerText(), "2");
      });

      await step("draws with keys alone", async (page) => {
        const below = await page.locator("#inside").boundingBox();
        await page.keyboard.press("Tab");
        assertEquals(await page.evaluate("document.activeElement.id"), "pad");
        await page.keyboard.press("Space");
        for (let i = 0; i < 18; i++) await page.keyboard.press("ArrowDown");
        await page.keyboard.press("Space");
        await waitForAnswer(page, "1");
        await page.locator("#status").filter({ hasText: /^1, .* sure$/ }).waitFor();
        assertEquals(await page.locator("#inside").boundingBox(), below);
        await page.keyboard.press("Escape");
        await waitForAnswer(page, "");
        assertEquals(await page.locator("#inside").boundingBox(), below);
      });

      await step("reads a file that is chosen, dropped or pasted", async (page) => {
        const file = { name: "7.png", mimeType: "image/png", buffer: Buffer.from(SEVEN_PNG) };
        await page.locator("#file").setInputFiles(file);
        await waitForAnswer(page, "7");
        for (const [type, transfer] of [["drop", "dataTransfer"], ["paste", "clipboardData"]]) {
          await page.locator("#clear").click();
          await waitForAnswer(page, "");
          await page.evaluate(dispatchFile(type, transfer));
          await waitForAnswer(page, "7");
        }
      });

      await step("says that a text is no picture, in place of the answer before", async (page) => {
        await draw(page, STROKES[3]);
        await waitForAnswer(page, "3");
        const file = { name: "7.png", mimeType: "image/png", buffer: Buffer.from("seven") };
        await page.locator("#file").setInputFiles(file);
        await page.getByText("This is no picture that can be opened, or a part of it is missing.")
          .first().waitFor();
        await waitForAnswer(page, "");
        await page.locator("#undo").click();
        await waitForAnswer(page, "3");
        await page.getByText("This is no picture").first().waitFor({ state: "hidden" });
      });

      await step(
        "shows what is inside, and of the map that is pointed at its filter",
        async (page) => {
          await draw(page, STROKES[3]);
          await page.locator("#inside summary").click();
          await page.getByRole("img", { name: "what speaks for and against a 3" }).waitFor();
          assertEquals(await page.getByText(/^Layer \d: \d+ maps/).allInnerTexts(), [
            "Layer 1: 32 maps of 14\u00a0×\u00a014.",
            "Layer 2: 64 maps of 7\u00a0×\u00a07.",
            "Layer 3: 128 maps of 3\u00a0×\u00a03.",
          ]);
          const maps = page.getByRole("slider").first();
          await maps.scrollIntoViewIfNeeded();
          const { x, y, width, height } = (await maps.boundingBox())!;
          await page.mouse.move(x + 1.5 * width / 6, y + 0.5 * height / 6);
          await page.getByText("Map 2: its filter, and where it answers").waitFor();
          await maps.press("ArrowDown");
          await page.getByText("Map 8: its filter, and where it answers").waitFor();
          await page.getByRole("slider").nth(2).press("ArrowRight");
          await page.getByText(/^Map \d+: the strongest of its 64 filters/).waitFor();
          assertEquals(await page.locator(".lens canvas").count(), 6);
          assertEquals(await page.locator("#flow .bars .first").innerText(), "3\n0");
          await assertAccessible(page);
        },
      );

      await step(
        "reads letters, or letters and digits, where somebody wants that",
        async (page) => {
          assertEquals(await page.locator("h1").innerText(), "Draw a digit");
          await page.getByRole("button", { name: "Letters", exact: true }).click();
          assertEquals(await page.locator("h1").innerText(), "Draw a letter");
          assertEquals(await page.locator("#choices button").count(), 26);
          await draw(page, LETTER_A);
          await waitForAnswer(page, "A");
          assertEquals(await page.locator("#bars .first .class").innerText(), "A");
          await page.locator("#choices").getByRole("button", { name: "H" }).click();
          await page.getByText("Kept as an H. Thank you.").first().waitFor();
          await page.getByRole("button", { name: "H", pressed: true }).click();
          await page.getByText("A click keeps this picture").waitFor();
          assertEquals(samples.count, 0);
          await page.locator("#inside summary").click();
          await page.getByRole("img", { name: "what speaks for and against an A" }).waitFor();
          await assertAccessible(page);
          await page.screenshot({ path: join(SCREENSHOTS, "letters.png"), fullPage: true });
          await page.getByRole("button", { name: "Letters and digits" }).click();
          await waitForAnswer(page, "A");
          await page.locator("#clear").click();
          await draw(page, STROKES[4]);
          await waitForAnswer(page, "4");
          await page.getByRole("button", { name: "Digits", exact: true }).click();
          await waitForAnswer(page, "4");
          assertEquals(await page.locator("#bars .class").allInnerTexts(), [..."0123456789"]);
        },
      );

      await step("keeps a corrected sample, only after a click", async (page) => {
        await draw(page, STROKES[1]);
        await waitForAnswer(page, "1");
        assertEquals(samples.count, 0);
        await page.locator("#choices").getByRole("button", { name: "7" }).click();
        await page.getByText("Kept as a 7. Thank you.").first().waitFor();
        assertEquals(samples.count, 1);
        await page.locator("#choices").getByRole("button", { name: "4" }).click();
        await page.getByText("Kept as a 4. Thank you.").first().waitFor();
        assertEquals(samples.count, 1);
        await page.getByRole("button", { name: "4", pressed: true }).click();
        await page.getByText("A click keeps this picture").waitFor();
        assertEquals(samples.count, 0);
        await page.locator("#choices").getByRole("button", { name: "7" }).click();
        await page.getByText("Kept as a 7. Thank you.").first().waitFor();
        assertEquals(samples.count, 1);
      });

      await step("keeps what is on the paper, though it is not read yet", async (page) => {
        const { count } = samples;
        await draw(page, STROKES[1]);
        await pixelsSeen(page, 1); // at rest
        const clicked = Promise.withResolvers<void>();
        let read = "";
        await page.route("**:predict", async (route) => {
          read = route.request().postDataJSON().instances[0].b64;
          await clicked.promise;
          await route.continue();
        });
        const asked = page.waitForRequest("**:predict");
        await draw(page, [[[0.5, 0.85]]]);
        await asked;
        const kept = page.waitForRequest("**/samples");
        await page.locator("#choices").getByRole("button", { name: "7" }).click();
        clicked.resolve();
        assertEquals((await kept).postDataJSON().pixels, read);
        await page.getByRole("button", { name: "7", pressed: true }).click();
        await page.getByText("A click keeps this picture").waitFor();
        assertEquals(samples.count, count);
      });

      await step("is drawn on with a finger", async (page) => {
        await touch(page, STROKES[1]);
        await waitForAnswer(page, "1");
        assertEquals(await page.evaluate("scrollY"), 0);
      }, { viewport: PHONE, hasTouch: true, isMobile: true });

      const [lesson, recogniser] = ["examples.zip", "recogniser.zip"]
        .map((name) => join(folder, name));
      await step(
        "is taught three signs with the mouse, which an export and a reload keep",
        async (page) => {
          await teach(page, draw, SIGNS);
          await assertReads(page, draw, SIGNS);
          assertEquals(
            [...Deno.readDirSync(join(folder, "samples"))].map(({ name }) => name).sort(),
            [
              "7",
              "__proto__",
              "zigzag",
              "．.／x",
            ],
          );
          await Deno.writeFile(lesson, await saved(page, "Save examples"));
          await Deno.writeFile(recogniser, await saved(page, "Save recogniser"));
          await page.reload();
          await page.locator("html[data-ready]").waitFor();
          await assertReads(page, draw, SIGNS);
        },
      );

      await t.step("hands out examples and a recogniser that tasks take", async () => {
        const pictured = await readOwnPictures(lesson);
        const { train, classes } = pictured;
        assertEquals([train.count, new Set(classes)], [6, new Set(SIGNS.keys())]);
        const both = await addExamples(pictured, recogniser);
        assertEquals([both.train.count, new Set(both.classes)], [6, new Set(SIGNS.keys())]);
        using model = await loadModel(recogniser);
        const pictures = Array.from(
          { length: train.count },
          (_, i) => train.images.subarray(i * 784, (i + 1) * 784),
        );
        assertEquals(
          predict(model, pictures).map(({ label }) => label),
          Array.from(train.labels, (label) => classes[label]),
        );
      });

      await step("takes examples back, renames and removes what is taught", async (page) => {
        const { count } = samples;
        await page.getByRole("button", { name: "Teach", exact: true }).click();
        await page.getByLabel("New class").fill("x".repeat(300));
        await page.keyboard.press("Enter");
        await page.getByRole("textbox", { name: `Name of class ${"x".repeat(80)}` }).fill("bar");
        await page.keyboard.press("Enter");
        await draw(page, STROKES[1]);
        await page.locator("#pad").press("Enter");
        const kept = (request: "POST" | "DELETE") =>
          page.waitForResponse((response) =>
            response.url().includes("/samples") && response.request().method() === request
          );
        const example = page.getByRole("button", { name: "Remove example 1 of bar" });
        await example.waitFor();
        const takenBack = kept("DELETE");
        await example.click();
        assertEquals(await page.locator(".examples button").count(), 0);
        await takenBack;
        assertEquals(samples.count, count);
        const keptAgain = kept("POST");
        await page.getByRole("button", { name: "Take back" }).click();
        assertEquals(await page.locator(".examples button").count(), 1);
        await keptAgain;
        assertEquals(samples.count, count + 1);
        await page.getByRole("button", { name: "Remove class bar" }).click();
        assertEquals(await page.locator("#classes li").count(), 0);
        await page.getByLabel("New class").fill("  ");
        await page.keyboard.press("Enter");
        await page.getByText("A class needs a name.").first().waitFor();
      });

      await step("is taught with a finger, and opens what was saved", async (page) => {
        await teach(page, touch, SIGNS);
        await assertReads(page, touch, SIGNS);
        const buffer = Buffer.from(await Deno.readFile(lesson));
        const file = { name: "lesson.zip", mimeType: "application/zip", buffer };
        await page.locator("#open-examples").setInputFiles(file);
        await page.getByText("6 examples opened").first().waitFor();
        assertEquals(await page.locator(".examples button").count(), 12);
        await page.locator("#open-examples").setInputFiles({ ...file, buffer: Buffer.from("zip") });
        await page.getByText("This is no zip of examples that can be opened.").first()
          .waitFor();
        await assertReads(page, touch, SIGNS);
      }, { viewport: PHONE, hasTouch: true, isMobile: true });

      for (const colorScheme of ["light", "dark"] as const) {
        for (const [name, viewport] of Object.entries({ laptop: LAPTOP, phone: PHONE })) {
          await step(`passes axe, ${colorScheme}, on a ${name}`, async (page) => {
            await assertAccessible(page);
            await draw(page, STROKES[3]);
            await pixelsSeen(page, 3); // at rest
            await page.locator("#inside summary").click();
            await page.locator("#flow canvas").nth(3).waitFor();
            await assertAccessible(page);
            assertEquals(
              await page.evaluate("document.documentElement.scrollWidth <= innerWidth"),
              true,
            );
            const path = join(SCREENSHOTS, `${name}-${colorScheme}.png`);
            await page.screenshot({ path, fullPage: true });
            await teach(page, draw, SIGNS);
            await draw(page, SIGNS.get("zigzag")!);
            await page.locator("#status").filter({ hasText: /^zigzag, .* sure$/ }).waitFor();
            await assertAccessible(page);
            await page.screenshot({
              path: join(SCREENSHOTS, `teach-${name}-${colorScheme}.png`),
              fullPage: true,
            });
            await page.goto(`${service.url}/docs`);
            await assertAccessible(page);
          }, { colorScheme, viewport });
        }
      }

      await t.step("works as static files, with the network cut after loading", async () => {
        const site = join(folder, "site");
        await writeStaticPage(site, models);
        await using server = serveFolder(site);
        await withPage(browser, server.url, {}, async (page) => {
          await page.evaluate("navigator.serviceWorker.ready"); // all files are there
          await page.context().setOffline(true);
          for (const digit of [3, 7]) {
            await draw(page, STROKES[digit]);
            await waitForAnswer(page, String(digit));
            assertEquals(await pixelsSeen(page, digit), seen[digit]);
            await page.locator("#clear").click();
          }
          const file = { name: "7.png", mimeType: "image/png", buffer: Buffer.from(SEVEN_PNG) };
          await page.locator("#file").setInputFiles(file);
          await waitForAnswer(page, "7");
          await page.locator("#clear").click();
          await page.getByRole("button", { name: "Letters", exact: true }).click();
          await draw(page, LETTER_A);
          await waitForAnswer(page, "A");
          await page.locator("#inside summary").click();
          await page.locator("#flow canvas").nth(3).waitFor();
          await assertAccessible(page);
          await page.screenshot({ path: join(SCREENSHOTS, "static.png"), fullPage: true });
        });
        await withPage(browser, server.url, {}, async (page) => {
          await page.getByRole("button", { name: "Teach", exact: true }).click();
          await page.getByText("Name a class and draw it.").first().waitFor();
          await page.context().setOffline(true);
          await teach(page, draw, SIGNS);
          await assertReads(page, draw, SIGNS);
        });
      });
    });
  },
});

/** Lines to and fro. */
const SCRIBBLE = [
  Array.from({ length: 30 }, (_, i): [number, number] => [
    0.15 + 0.7 * ((7 * i) % 11) / 11,
    0.15 + 0.7 * ((5 * i) % 13) / 13,
  ]),
];

/** How signs are drawn: with the mouse or with a finger. */
type Hand = typeof draw;

/** Draws strokes with a finger. */
async function touch(page: Page, strokes: Parameters<Hand>[1]): Promise<void> {
  const pad = page.locator("#pad");
  await pad.scrollIntoViewIfNeeded();
  const box = (await pad.boundingBox())!;
  const session = await page.context().newCDPSession(page);
  const send = (type: "touchStart" | "touchMove" | "touchEnd", points: number[][]) =>
    session.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: points.map(([x, y]) => ({
        x: box.x + x * box.width,
        y: box.y + y * box.height,
      })),
    });
  for (const stroke of strokes) {
    await send("touchStart", [stroke[0]]);
    for (const point of stroke.slice(1)) await send("touchMove", [point]);
    await send("touchEnd", []);
  }
  await session.detach();
}

/** Signs of somebody's own, by names that are hard to keep; and how they are written for the page. */
const SIGNS = new Map([
  ["__proto__", STROKES[0]],
  ["．.／x", STROKES[7]],
  ["zigzag", [[[0.2, 0.8], [0.35, 0.3], [0.5, 0.8], [0.65, 0.3], [0.8, 0.8]]] as typeof LETTER_A],
]);

/** Teaches signs, from two examples each. */
async function teach(page: Page, hand: Hand, signs: typeof SIGNS): Promise<void> {
  await page.getByRole("button", { name: "Teach", exact: true }).click();
  await page.locator("#sure").filter({ hasText: "Name a class and draw it." }).waitFor();
  for (const [name, strokes] of signs) {
    await page.locator("#clear").click({ force: true });
    await hand(page, strokes);
    await page.getByLabel("New class").fill(name === "．.／x" ? "../x" : name);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: `Remove example 1 of ${name}` }).waitFor();
    await hand(page, strokes.map((stroke) => stroke.map(([x, y]) => [x + 0.02, 0.95 * y])));
    await page.getByRole("button", { name: `Add to ${name}`, exact: true }).click();
    await page.getByRole("button", { name: `Remove example 2 of ${name}` }).waitFor();
  }
}

/** Signs that were taught, drawn again, are read. */
async function assertReads(page: Page, hand: Hand, signs: typeof SIGNS): Promise<void> {
  for (const [name, strokes] of signs) {
    await hand(page, strokes.map((stroke) => stroke.map(([x, y]) => [0.95 * x, y])));
    await page.locator(".classes .first").getByLabel(`Name of class ${name}`).waitFor();
    await page.locator("#clear").click();
  }
}

/** The file that a button of the page saves. */
async function saved(page: Page, button: string): Promise<Uint8Array> {
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: button }).click();
  return await Deno.readFile(await (await download).path());
}

/** What the network sees of what is drawn, once it is at rest. */
async function pixelsSeen(page: Page, digit: number): Promise<string> {
  await page.locator("#status").filter({ hasText: new RegExp(`^${digit}, .* sure$`) }).waitFor();
  return await page.evaluate("document.getElementById('seen').toDataURL()");
}

/** A script that drops or pastes the 7. */
function dispatchFile(type: string, transfer: string): string {
  return `{
    const bytes = Uint8Array.from(atob("${SEVEN_PNG.toBase64()}"), (c) => c.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], "7.png", { type: "image/png" }));
    const event = new Event("${type}", { bubbles: true, cancelable: true });
    Object.defineProperty(event, "${transfer}", { value: data });
    document.body.dispatchEvent(event);
  }`;
}
