/** The page as static files on bad lines and without one, in headless Chromium: part of `deno task test:browser`. */

import { assert, assertEquals } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import type { Page } from "playwright-core";
import { pick } from "../../lib/data/dataset.ts";
import { loadMnist } from "../../lib/data/mnist.ts";
import { learnFromFew } from "../../lib/model/few_pictures.ts";
import { findModels } from "../../lib/model/model_folders.ts";
import { saveNetwork } from "../../lib/model/saved_network.ts";
import { startTeam } from "../../lib/model/team.ts";
import { writeStaticPage } from "../../lib/service/page_files.ts";
import { showPage } from "../../lib/workshop/display.ts";
import { withFolder } from "../temporary_folder.ts";
import {
  draw,
  PHONE,
  SCREENSHOTS,
  serveFolder,
  startBrowser,
  STROKES,
  waitForAnswer,
  withPage,
} from "./browser.ts";

const RELOADS = 20;

Deno.test({
  name: "The page as static files",
  // Playwright keeps pipes and timers of its own until the process ends.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    await using browser = await startBrowser();
    await withFolder(async (folder) => {
      await writeStaticPage(folder, await findModels());
      const step = (
        name: string,
        turn: Parameters<typeof serveFolder>[1],
        act: (page: Page, server: ReturnType<typeof serveFolder>) => Promise<void>,
      ) =>
        t.step(name, async () => {
          await using server = serveFolder(folder, turn);
          await using context = await browser.newContext();
          const page = await context.newPage();
          await page.goto(server.url, { waitUntil: "commit" });
          await act(page, server);
        });

      await step("opens again and again without a network", undefined, async (page, server) => {
        await page.locator("html[data-ready]").waitFor();
        await page.evaluate("navigator.serviceWorker.ready");
        await server[Symbol.asyncDispose]();
        for (let i = 0; i < RELOADS; i++) {
          await page.reload();
          await draw(page, STROKES[i % 10]);
          await waitForAnswer(page, String(i % 10));
        }
        await page.getByRole("button", { name: "Letters", exact: true }).click();
        await page.locator("#choices button").nth(25).waitFor({ state: "attached" });
        await page.getByRole("button", { name: "Teach", exact: true }).click();
        await page.getByText("Name a class and draw it.").first().waitFor();
      });

      const line = Promise.withResolvers<boolean>();
      await step(
        "says that it loads, and keeps what is drawn before it has",
        async (name) => name === "network.js" ? await line.promise : true,
        async (page) => {
          await page.locator("#models button").first().waitFor();
          await page.getByText("Loading the network …").waitFor();
          await draw(page, STROKES[3]);
          assertEquals(await page.locator("#digits").innerText(), "");
          line.resolve(true);
          await waitForAnswer(page, "3");
          assert(page.workers().some((worker) => worker.url().endsWith("/network.js")));
        },
      );

      const rest = Promise.withResolvers<boolean>();
      await step(
        "keeps what is drawn while most of its programs are still on their way",
        async (name) =>
          /^(index\.html|style\.css|pad\.js|texts\.js)$/.test(name) || await rest.promise,
        async (page) => {
          await page.waitForFunction(`(document.getElementById("pad")?.width ?? 300) !== 300`);
          await page.getByText("Loading the network …").waitFor();
          await draw(page, STROKES[3]);
          rest.resolve(true);
          await waitForAnswer(page, "3");
        },
      );

      let isMissing = true;
      await step(
        "says that the network could not be loaded, and loads it once it can",
        (name) => Promise.resolve(!isMissing || !name.endsWith("weights.bin")),
        async (page) => {
          await page.getByText("The network could not be loaded. It is tried again.").first()
            .waitFor();
          await draw(page, STROKES[3]);
          isMissing = false;
          await waitForAnswer(page, "3");
          await page.locator("#sure").filter({ hasText: /sure$/ }).waitFor();
        },
      );

      await t.step("says what to do where it is opened as a file", async () => {
        await using context = await browser.newContext();
        const page = await context.newPage();
        await page.goto(toFileUrl(join(folder, "index.html")).href);
        await page.getByText("Hand its folder out with a web server").waitFor();
      });
    });
  },
});

/** Classes by the digits that look so. */
const OWN_CLASSES = { ring: 0, bar: 1, hook: 7 };

Deno.test({
  name:
    "A page with classes of one's own, learnt from five pictures of each, on a phone of the network",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const texts: string[] = [];
    const broadcast = (_kind: string, { data }: { data: Record<string, string> }) =>
      Promise.resolve(void texts.push(data["text/plain"]));
    Object.assign(Deno, { jupyter: { broadcast } });
    const classes = Object.keys(OWN_CLASSES);
    const { train, test, source } = await loadMnist({ limit: 400 });
    const five = Object.values(OWN_CLASSES).flatMap((digit) =>
      [...train.labels.keys()].filter((i) => train.labels[i] === digit).slice(0, 5)
    );
    const labels = Uint8Array.from(five.keys(), (i) => Math.floor(i / 5));
    const none = pick(test, []);
    const data = {
      train: { ...pick(train, five), labels },
      validation: none,
      test: none,
      classes,
      source,
    };
    await using team = await startTeam();
    const { network, card } = await learnFromFew(team, { data, base: "cnn", seed: 1 });
    await withFolder(async (folder) => {
      const [model, page] = [join(folder, "model"), join(folder, "page")];
      await saveNetwork(model, network, card);
      await writeStaticPage(page, { own: model });
      await using browser = await startBrowser();
      await showPage(page);
      for (const url of texts[0].split(" or ")) {
        await withPage(browser, url, { viewport: PHONE, hasTouch: true }, async (phone) => {
          for (const [name, digit] of Object.entries(OWN_CLASSES)) {
            await draw(phone, STROKES[digit]);
            await waitForAnswer(phone, name);
            await phone.screenshot({ path: join(SCREENSHOTS, `own-${name}.png`) });
            await phone.getByRole("button", { name: "Clear" }).click();
          }
        });
      }
    });
  },
});
