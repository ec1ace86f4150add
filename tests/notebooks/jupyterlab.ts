/**
 * `deno task test:notebooks`: every notebook in a real JupyterLab, in headless Chromium. Its name keeps
 * it out of `deno task test`, which needs neither.
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import type { Notebook } from "../../lib/notebook/notebook.ts";
import { withFolder } from "../temporary_folder.ts";

const CHROMIUM = "/usr/bin/chromium";

const VEGA_LITE = "application/vnd.vegalite.v5+json";

/** Where screenshots go, for people to look at. */
const SCREENSHOTS = "outputs/notebooks";

/** Milliseconds that a notebook may take from the first cell to the last. */
const LONGEST_RUN = 300_000;

/** JupyterLab's settings: all cells drawn, also those out of sight; nothing saved, no news fetched. */
const SETTINGS = {
  "notebook-extension/tracker": { windowingMode: "none" },
  "docmanager-extension/plugin": { autosave: false },
  "apputils-extension/notification": { fetchNews: "false", checkForUpdates: false },
};

const notebooks = Array.from(Deno.readDirSync("notebooks"), ({ name }) => name)
  .filter((name) => name.endsWith(".ipynb"))
  .sort();

Deno.test({
  name: "JupyterLab runs every notebook and draws its charts itself",
  // Playwright keeps pipes and timers of its own until the process ends.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    await withFolder(async (folder) => {
      await Deno.mkdir(SCREENSHOTS, { recursive: true });
      await using server = await startJupyterLab(folder);
      await using browser = await startBrowser();
      for (const name of notebooks) {
        await t.step(name, () => runNotebook(browser, server.url, name));
      }
    });
  },
});

async function runNotebook(browser: Browser, url: string, name: string): Promise<void> {
  const { cells }: Notebook = JSON.parse(await Deno.readTextFile(join("notebooks", name)));
  const charts = cells.flatMap(({ outputs = [] }) => outputs)
    .filter(({ data }) => data && VEGA_LITE in data).length;
  const page = await browser.newPage({ viewport: { width: 1300, height: 1000 } });
  try {
    await page.goto(`${url}/lab/tree/notebooks/${name}?reset`);
    await page.locator(".jp-Notebook .jp-CodeCell").first().waitFor();
    await page.getByText("Deno | Idle").waitFor({ timeout: LONGEST_RUN });

    await clickMenu(page, "Kernel", "Restart Kernel and Clear Outputs of All Cells…");
    await page.getByRole("button", { name: "Confirm Kernel Restart" }).click();
    await page.locator(".jp-OutputArea-output").first().waitFor({ state: "detached" });
    await page.getByText("Deno | Idle").waitFor({ timeout: LONGEST_RUN });
    await clickMenu(page, "Run", "Run All Cells");
    const prompts = page.locator(".jp-CodeCell .jp-InputArea-prompt");
    await waitForPrompt(prompts.last());

    const codeCells = cells.filter(({ cell_type }) => cell_type === "code").length;
    assertEquals(
      await prompts.allInnerTexts(),
      Array.from({ length: codeCells }, (_, i) => `[${i + 1}]:`),
    );
    const drawn = page.locator(".jp-RenderedVegaCommon5 :is(canvas, svg.marks)");
    await page.waitForTimeout(1000);
    assertEquals(await drawn.count(), charts);
    await screenshot(page, name);

    if (charts > 0) {
      const middle = page.locator(".jp-CodeCell", { has: drawn }).nth(Math.floor(charts / 2) - 1);
      await middle.locator(".jp-InputArea-editor").click();
      await page.keyboard.press("Control+Enter");
      await waitForPrompt(middle.locator(".jp-InputArea-prompt"), `[${codeCells + 1}]:`);
      await middle.locator(".jp-RenderedVegaCommon5 :is(canvas, svg.marks)").first().waitFor();
      await assertTooltip(page, drawn, name);
    }
  } finally {
    await page.close();
  }
}

async function clickMenu(page: Page, menu: string, item: string): Promise<void> {
  await page.locator(".lm-MenuBar-itemLabel", { hasText: menu }).first().click();
  await page.locator(".lm-Menu-itemLabel", { hasText: item }).first().click();
}

/** Waits until a cell has run; fails at once if any cell failed. */
async function waitForPrompt(prompt: Locator, text?: string): Promise<void> {
  const deadline = performance.now() + LONGEST_RUN;
  const errors = prompt.page().locator('[data-mime-type="application/vnd.jupyter.error"]');
  for (;;) {
    const failed = await errors.allInnerTexts();
    assertEquals(failed, []);
    const found = await prompt.innerText();
    if (text ? found === text : /^\[\d+\]:$/.test(found)) return;
    assert(performance.now() < deadline, `Expected ${text ?? "the last cell"} in time`);
    await prompt.page().waitForTimeout(250);
  }
}

/** Moves the mouse over the charts until one shows a tooltip. */
async function assertTooltip(page: Page, charts: Locator, name: string): Promise<void> {
  const tooltip = page.locator("#vg-tooltip-element.visible");
  for (const chart of await charts.all()) {
    await chart.scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await chart.boundingBox())!;
    for (let step = 2; step < 19; step++) {
      await page.mouse.move(x + width * step / 20, y + height * step / 20);
      await page.waitForTimeout(20);
      if (await tooltip.count() > 0) {
        await page.screenshot({ path: join(SCREENSHOTS, `${name}-tooltip.png`) });
        return;
      }
    }
  }
  throw new Error(`Expected a chart of ${name} to show a tooltip but none did`);
}

/** A picture of the whole notebook, however long. */
async function screenshot(page: Page, name: string): Promise<void> {
  const height = await page.locator(".jp-NotebookPanel *")
    .evaluateAll((parts) => Math.max(...parts.map((part) => part.scrollHeight)));
  await page.setViewportSize({ width: 1300, height: Math.min(height + 150, 15_000) });
  await page.locator(".jp-Cell").first().scrollIntoViewIfNeeded();
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  await page.setViewportSize({ width: 1300, height: 1000 });
}

async function startBrowser(): Promise<Browser> {
  if (!await Deno.stat(CHROMIUM).then(() => true, () => false)) {
    throw new Error(
      `Expected Chromium at ${CHROMIUM} but there is none: run apt-get install chromium`,
    );
  }
  return await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
}

/** Starts JupyterLab on a free port, with settings of its own. */
async function startJupyterLab(folder: string): Promise<AsyncDisposable & { url: string }> {
  for (const [name, settings] of Object.entries(SETTINGS)) {
    const path = join(folder, "@jupyterlab", `${name}.jupyterlab-settings`);
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.writeTextFile(path, JSON.stringify(settings));
  }
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const server = spawnJupyter([
    "lab",
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    `--port=${port}`,
    "--IdentityProvider.token=",
    `--LabApp.user_settings_dir=${folder}`,
  ]);
  const url = `http://127.0.0.1:${port}`;
  let ended = false;
  server.status.then(() => ended = true);
  for (let tries = 0; !await isUp(url); tries++) {
    assert(!ended && tries < 240, "Expected JupyterLab to start: run pip install jupyterlab");
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      server.kill();
      await server.status;
    },
  };
}

function spawnJupyter(args: string[]): Deno.ChildProcess {
  try {
    return new Deno.Command("jupyter", { args, stdout: "null", stderr: "null" }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(
      "Expected jupyter on the path but there is none: run pip install jupyterlab, then deno jupyter --install",
    );
  }
}

async function isUp(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/api/status`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
