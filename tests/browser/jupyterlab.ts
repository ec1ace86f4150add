/**
 * Every notebook in a real JupyterLab, in headless Chromium: with the page, `deno task test:browser`. Its
 * name keeps it out of `deno task test`, which needs neither. It comes after `deno task notebooks --check`,
 * whose figures it expects to see again. `deno task test:browser -- 3` tries notebook 3 alone.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import type { Browser, Locator, Page } from "playwright-core";
import { isDirectory } from "../../lib/data/file_system.ts";
import { CHECKPOINTS, type Notebook } from "../../lib/workshop/notebook.ts";
import { withFolder } from "../temporary_folder.ts";
import { draw, startBrowser, STROKES } from "./browser.ts";

/** Where `deno task notebooks --check` leaves what it ran. */
const RUNS = "outputs/notebooks";

const VEGA_LITE = "application/vnd.vegalite.v5+json";

/** A chart that JupyterLab has drawn. */
const CHART = ".jp-RenderedVegaCommon5 :is(canvas, svg.marks)";

/** Pixels from one place to the next where a chart is asked for its tooltip. */
const GRID = { x: 25, y: 8 };

/** Milliseconds that a notebook may take from the first cell to the last. */
const LONGEST_RUN = 300_000;

/** JupyterLab's settings: all cells drawn, also those out of sight; nothing saved, no news fetched. */
const SETTINGS = {
  "notebook-extension/tracker": { windowingMode: "none" },
  "docmanager-extension/plugin": { autosave: false },
  "apputils-extension/notification": { fetchNews: "false", checkForUpdates: false },
};

const notebooks = Array.from(Deno.readDirSync("notebooks"), ({ name }) => name)
  .filter((name) => name.endsWith(".ipynb") && name.startsWith(Deno.args[0] ?? ""))
  .sort();

Deno.test({
  name: "JupyterLab runs every notebook and draws its charts itself",
  // Playwright keeps pipes and timers of its own until the process ends.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    await withFolder(async (folder) => {
      await using server = await startJupyterLab(folder);
      await using browser = await startBrowser();
      for (const name of notebooks) {
        await t.step(name, () => tryNotebook(browser, server.url, name));
      }
    });
  },
});

Deno.test({
  name:
    "JupyterLab does what a room does: mistakes, corrections, Stop, a restart, a tab closed and opened",
  sanitizeOps: false,
  sanitizeResources: false,
  ignore: Deno.args.length > 0,
  async fn() {
    await withFolder(async (folder) => {
      // What an earlier run has learnt would leave nothing to do in mid-training.
      if (await isDirectory(CHECKPOINTS)) await Deno.remove(CHECKPOINTS, { recursive: true });
      await using server = await startJupyterLab(folder);
      await using browser = await startBrowser();
      await beARoom(browser, `${server.url}/lab/tree/notebooks/8_letters_too.ipynb`);
    });
  },
});

/** Parts of the cells that notebook 8 is to begin with after a restart. */
const RESTART = ["CLASS_SETS, confusedPairs", "const team =", "const unseen ="];

const LEARNING = "const own =";

async function beARoom(browser: Browser, url: string): Promise<void> {
  const viewport = { width: 1300, height: 1000 };
  const page = await browser.newPage({ viewport });
  await openNotebook(page, `${url}?reset`);
  // Out of order: told as an error.
  assertMatch(await runCell(page, "const worst ="), /confusedPairs is not defined/);
  for (const part of RESTART) assertEquals(await runCell(page, part), "");
  // Twice: the workers of the first run are gone, those of the second learn.
  assertEquals(await runCell(page, "const team ="), "");
  // A typo, and a number that is far too large; each is corrected.
  await replaceInCell(page, LEARNING, "recipe: { epochs }", "recipe: { epoch: 1 }");
  assertMatch(
    await runCell(page, LEARNING),
    /Expected recipe to be among epochs, .* but found epoch/,
  );
  await replaceInCell(page, LEARNING, "{ epoch: 1 }", "{ epochs, learningRate: 1e30 }");
  assertMatch(
    await runCell(page, LEARNING),
    /Expected a finite loss .* try a smaller learning rate/,
  );
  assertEquals(await cellWith(page, LEARNING).locator(CHART).count(), 1);
  await replaceInCell(page, LEARNING, ", learningRate: 1e30", "");
  assertEquals(await runCell(page, LEARNING), "");
  // A number changed, and Stop in the middle: the kernel ends, and the notebook is taken up again.
  await replaceInCell(page, "const epochs =", "const epochs = 8", "const epochs = 300");
  assertEquals(await runCell(page, "const epochs ="), "");
  await startCell(page, LEARNING);
  await page.getByText(/head, epoch \d+ of 300/).waitFor({ timeout: LONGEST_RUN });
  await clickMenu(page, "Kernel", "Interrupt Kernel");
  await page.getByRole("dialog").getByRole("button").last().click({ timeout: LONGEST_RUN });
  await clickMenu(page, "Kernel", "Restart Kernel…");
  await page.getByRole("button", { name: "Confirm Kernel Restart" }).click();
  await page.getByText("Deno | Idle").waitFor({ timeout: LONGEST_RUN });
  await replaceInCell(page, "const epochs =", "const epochs = 300", "const epochs = 8");
  for (const part of [...RESTART, LEARNING]) assertEquals(await runCell(page, part), "");
  // A tab closed in mid-training and opened: what was learnt comes with its chart, not from the beginning.
  await replaceInCell(page, "const epochs =", "const epochs = 8", "const epochs = 30");
  assertEquals(await runCell(page, "const epochs ="), "");
  await startCell(page, LEARNING);
  await page.getByText(/head, epoch [2-9] of 30/).waitFor({ timeout: LONGEST_RUN });
  await page.close();
  const again = await browser.newPage({ viewport });
  await again.goto(url);
  // A cell that is run before the tab has found its kernel begins another.
  await again.getByText(/^Deno \| (Idle|Busy|Unknown)$/).first().waitFor({ timeout: LONGEST_RUN });
  await startCell(again, LEARNING);
  await again.getByText("Going on after epoch 30 of head").waitFor({ timeout: LONGEST_RUN });
  assertEquals(await endOfCell(again, LEARNING), "");
  assertEquals(await cellWith(again, LEARNING).locator(CHART).count(), 1);
  assertEquals(await runCell(again, "const evaluation ="), "");
  await again.close();
}

async function openNotebook(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.locator(".jp-Notebook .jp-CodeCell").first().waitFor();
  await page.getByText("Deno | Idle").waitFor({ timeout: LONGEST_RUN });
}

/** The cell whose source has that part. */
function cellWith(page: Page, part: string): Locator {
  return page.locator(".jp-CodeCell", { has: page.locator(".jp-InputArea", { hasText: part }) })
    .first();
}

/** Runs a cell, and returns the error that it shows, if any. */
async function runCell(page: Page, part: string): Promise<string> {
  await startCell(page, part);
  await page.waitForTimeout(300);
  return await endOfCell(page, part);
}

async function startCell(page: Page, part: string): Promise<void> {
  await cellWith(page, part).locator(".jp-InputArea-editor").click();
  await page.keyboard.press("Control+Enter");
}

/** Waits until a cell has run, and returns the error that it shows, if any. */
async function endOfCell(page: Page, part: string): Promise<string> {
  const cell = cellWith(page, part);
  const prompt = cell.locator(".jp-InputArea-prompt");
  const deadline = performance.now() + LONGEST_RUN;
  while (!/^\[\d+\]:$/.test(await prompt.innerText())) {
    assert(performance.now() < deadline, `Expected the cell with ${part} to end`);
    await page.waitForTimeout(100);
  }
  await page.waitForTimeout(300);
  return (await cell.locator('[data-mime-type="application/vnd.jupyter.stderr"]').allInnerTexts())
    .join();
}

async function replaceInCell(page: Page, part: string, from: string, to: string): Promise<void> {
  const editor = cellWith(page, part).locator(".jp-InputArea-editor");
  const lines = await editor.locator(".cm-line").allInnerTexts();
  const source = lines.map((line) => line.replace(/\n$/, "")).join("\n");
  assert(source.includes(from), `Expected ${from} in the cell but found ${source}`);
  await editor.click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(source.replace(from, to));
}

async function tryNotebook(browser: Browser, url: string, name: string): Promise<void> {
  const { cells }: Notebook = JSON.parse(await Deno.readTextFile(join(RUNS, name)));
  const outputs = cells.flatMap(({ outputs = [] }) => outputs).map(({ data }) => data!);
  const specs = outputs.filter((data) => VEGA_LITE in data)
    .map((data) => JSON.stringify(data[VEGA_LITE]));
  const texts = outputs.filter((data) => Object.keys(data).join() === "text/plain")
    .map((data) => (data["text/plain"] as string[]).join(""));
  const codeCells = cells.filter(({ cell_type }) => cell_type === "code").length;

  const page = await browser.newPage({ viewport: { width: 1300, height: 1000 } });
  try {
    await runAll(page, `${url}/lab/tree/notebooks/${name}?reset`);
    const prompts = page.locator(".jp-CodeCell .jp-InputArea-prompt");
    assertEquals(
      await prompts.allInnerTexts(),
      Array.from({ length: codeCells }, (_, i) => `[${i + 1}]:`),
    );
    const shown = page.locator('.jp-OutputArea-output[data-mime-type="text/plain"]');
    assertEquals((await shown.allInnerTexts()).map((text) => text.trim()), texts);
    const charts = page.locator(CHART);
    await page.waitForTimeout(1000);
    assertEquals(await charts.count(), specs.length);
    await takePicture(page, name);

    await runInTheMiddle(page, `[${codeCells + 1}]:`);
    assertEquals(await charts.count(), specs.length);
    const chartWith = (part: string) => specs.findIndex((spec) => spec.includes(part));
    const withPictures = chartWith('"title":"image"');
    const withTooltip = withPictures >= 0 ? withPictures : chartWith('"tooltip"');
    const tooltip = await pointAt(charts.nth(withTooltip), () => true);
    assertEquals(tooltip.hasPicture, withPictures >= 0);
    const pad = page.getByRole("img", { name: "A pad to draw on" });
    if (await pad.count() > 0) {
      await draw(page, STROKES[7], pad);
      assertEquals(await runCell(page, "const drawing ="), "");
      await cellWith(page, "const drawing =").getByText(/^7, .* sure$/).waitFor();
    }
    await page.screenshot({ path: join(RUNS, `${name}-tooltip.png`) });
    const withCells = chartWith("Click a cell");
    // A matrix of 26 classes takes minutes to be swept with the mouse.
    if (withCells >= 0 && !specs[withCells].includes('"actual":"Z"')) {
      await clickCell(charts.nth(withCells));
      await page.screenshot({ path: join(RUNS, `${name}-click.png`) });
    }
  } catch (error) {
    await page.screenshot({ path: join(RUNS, `${name}-failed.png`) });
    throw error;
  } finally {
    await page.close();
    await endKernels(url);
  }
}

/** Ends all kernels: each keeps some hundred megabytes. */
async function endKernels(url: string): Promise<void> {
  const kernels: { id: string }[] = await (await fetch(`${url}/api/kernels`)).json();
  for (const { id } of kernels) {
    const { status } = await fetch(`${url}/api/kernels/${id}`, { method: "DELETE" });
    assertEquals(status, 204);
  }
}

/** Opens a notebook and runs it from its first cell to its last, in a kernel of its own. */
async function runAll(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.locator(".jp-Notebook .jp-CodeCell").first().waitFor();
  const idle = page.getByText("Deno | Idle");
  await idle.waitFor({ timeout: LONGEST_RUN });
  await clickMenu(page, "Kernel", "Restart Kernel and Clear Outputs of All Cells…");
  await page.getByRole("button", { name: "Confirm Kernel Restart" }).click();
  await page.locator(".jp-OutputArea-output").first().waitFor({ state: "detached" });
  await idle.waitFor({ timeout: LONGEST_RUN });
  await clickMenu(page, "Run", "Run All Cells");
  await waitForPrompt(page.locator(".jp-CodeCell .jp-InputArea-prompt").last());
}

/** Runs a cell in the middle of the notebook again, alone: one that does nothing but draw a chart. */
async function runInTheMiddle(page: Page, prompt: string): Promise<void> {
  const cells = page.locator(".jp-CodeCell", {
    has: page.locator(CHART),
    hasText: "await showChart(",
  });
  const middle = cells.nth(Math.floor(await cells.count() / 2));
  await middle.locator(".jp-InputArea-editor").click();
  await page.keyboard.press("Control+Enter");
  await waitForPrompt(middle.locator(".jp-InputArea-prompt"), prompt);
  await middle.locator(CHART).first().waitFor();
}

/** Clicks on a cell of the matrix beside the pictures of the mistakes, and expects its pictures. */
async function clickCell(chart: Locator): Promise<void> {
  const at = ({ rows }: Tooltip) => `${rows["actual"]} as ${rows["predicted"]}`;
  const before = await pointAt(chart, ({ hasPicture }) => hasPicture);
  const cell = await pointAt(
    chart,
    (tooltip) => Number(tooltip.rows["count"]) > 0 && at(tooltip) !== at(before),
  );
  await chart.page().mouse.down();
  await chart.page().mouse.up();
  const after = await pointAt(chart, ({ hasPicture }) => hasPicture);
  assertEquals(at(after), at(cell));
}

async function clickMenu(page: Page, menu: string, item: string): Promise<void> {
  await page.locator(".lm-MenuBar-itemLabel", { hasText: menu }).first().click();
  await page.locator(".lm-Menu-itemLabel", { hasText: item }).first().click();
}

/** Waits until a cell has run; fails at once if any cell failed. */
async function waitForPrompt(prompt: Locator, text?: string): Promise<void> {
  const deadline = performance.now() + LONGEST_RUN;
  const errors = prompt.page().locator('[data-mime-type="application/vnd.jupyter.stderr"]');
  for (;;) {
    const failed = await errors.allInnerTexts();
    assertEquals(failed, []);
    const found = await prompt.innerText();
    if (text ? found === text : /^\[\d+\]:$/.test(found)) return;
    assert(performance.now() < deadline, `Expected ${text ?? "the last cell"} in time`);
    await prompt.page().waitForTimeout(250);
  }
}

/** What a chart shows beside the mouse. */
interface Tooltip {
  rows: Record<string, string>;
  hasPicture: boolean;
}

/** Moves the mouse over a chart, column by column from the right, until it shows the wanted tooltip. */
async function pointAt(chart: Locator, isWanted: (tooltip: Tooltip) => boolean): Promise<Tooltip> {
  const page = chart.page();
  const element = page.locator("#vg-tooltip-element.visible");
  await chart.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await chart.boundingBox())!;
  for (let column = x + width - GRID.x; column > x; column -= GRID.x) {
    for (let row = y + GRID.y; row < y + height; row += GRID.y) {
      await page.mouse.move(column, row);
      await page.waitForTimeout(10);
      if (await element.count() === 0) continue;
      const tooltip = {
        rows: Object.fromEntries(
          (await element.innerText()).matchAll(/(.+):\s+(.+)/g).map((
            [, name, value],
          ) => [name, value]),
        ),
        hasPicture: await element.locator("img").count() > 0,
      };
      if (isWanted(tooltip)) return tooltip;
    }
  }
  throw new Error("Expected the chart to show such a tooltip but it did not");
}

/** A picture of the whole notebook, however long. */
async function takePicture(page: Page, name: string): Promise<void> {
  const height = await page.locator(".jp-NotebookPanel *")
    .evaluateAll((parts) => Math.max(...parts.map((part) => part.scrollHeight)));
  await page.setViewportSize({ width: 1300, height: Math.min(height + 150, 15_000) });
  await page.locator(".jp-Cell").first().scrollIntoViewIfNeeded();
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(RUNS, `${name}.png`) });
  await page.setViewportSize({ width: 1300, height: 1000 });
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
    "--ServerApp.disable_check_xsrf=True",
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
