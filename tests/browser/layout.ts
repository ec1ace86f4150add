/** The page on screens of every kind, in headless Chromium: part of `deno task test:browser`. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { findModels } from "../../lib/model/model_folders.ts";
import { startService } from "../../lib/service/server.ts";
import {
  assertAccessible,
  draw,
  LAPTOP,
  PHONE,
  SCREENSHOTS,
  startBrowser,
  STROKES,
  waitForAnswer,
  withPage,
} from "./browser.ts";

/** Screens; those of a laptop whose browser enlarges have fewer pixels of CSS. */
const SCREENS: Record<string, BrowserContextOptions> = {
  "phone held across": { viewport: { width: 750, height: 342 }, hasTouch: true, isMobile: true },
  "phone held upright": { viewport: PHONE, hasTouch: true, isMobile: true },
  "200 percent": { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
  "400 percent": { viewport: { width: 320, height: 200 }, deviceScaleFactor: 4 },
  "forced colours": { viewport: LAPTOP, forcedColors: "active" },
  "forced dark colours": { viewport: LAPTOP, forcedColors: "active", colorScheme: "dark" },
};

Deno.test({
  name: "The page on screens of every kind",
  // Playwright keeps pipes and timers of its own until the process ends.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    await Deno.mkdir(SCREENSHOTS, { recursive: true });
    await using browser = await startBrowser();
    await using service = await startService({
      models: await findModels(),
      host: "0.0.0.0",
      port: 0,
      workers: 1,
    });
    for (const [name, options] of Object.entries(SCREENS)) {
      await t.step(name, () =>
        withPage(browser, service.url, options, async (page) => {
          await draw(page, STROKES[3]);
          await waitForAnswer(page, "3");
          await page.evaluate("scrollTo(0, 0)");
          const { height } = options.viewport!;
          for (const part of ["#pad", "#digits", "#sure"]) {
            const box = (await page.locator(part).boundingBox())!;
            assert(box.y >= 0 && box.y + box.height <= height, `${part} leaves the screen`);
          }
          if (options.forcedColors) assertEquals(await coloursOf(page), []);
          await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
          await page.locator("#inside summary").click();
          for (const url of service.addresses) {
            if (await page.locator("#addresses").isHidden()) {
              await page.getByText("On phones").click();
            }
            await page.getByRole("img", { name: `QR code of ${url}` }).waitFor();
          }
          await page.locator("#flow canvas").nth(3).waitFor();
          await assertFits(page);
          await page.getByRole("button", { name: "Teach", exact: true }).click();
          await page.locator("#sure").filter({ hasText: "Name a class" }).waitFor();
          await page.getByLabel("New class").fill("three");
          await page.keyboard.press("Enter");
          await page.getByRole("button", { name: "Remove example 1 of three" }).waitFor();
          await assertFits(page);
        }));
    }
  },
});

/** Nothing is wider than the screen, and axe finds nothing. */
async function assertFits(page: Page): Promise<void> {
  const wide = await page.evaluate(`Array.from(document.querySelectorAll("main *"))
    .filter((each) => !each.matches(".bar") && each.getBoundingClientRect().right > innerWidth + 1)
    .map((each) => each.outerHTML)`);
  assertEquals(wide, []);
  await assertAccessible(page);
}

/** What looks like what is around it, and should not. */
async function coloursOf(page: Page): Promise<unknown> {
  return await page.evaluate(`(() => {
    const style = (query) => getComputedStyle(document.querySelector(query));
    const ground = style("body").backgroundColor;
    return [".first .bar", "button[aria-pressed=true]"]
      .filter((query) => style(query).backgroundColor === ground)
      .concat(style("#paper").borderTopWidth === "0px" ? ["#paper"] : []);
  })()`);
}
