/** The service's router with models on workers, in the process of the test. */

import { join } from "@std/path";
import { CLASS_SETS } from "../../lib/data/class_sets.ts";
import type { Classifier } from "../../lib/model/classifier.ts";
import { createApp } from "../../lib/service/app.ts";
import { Metrics } from "../../lib/service/metrics.ts";
import { readPage } from "../../lib/service/page_files.ts";
import { ReaderPool } from "../../lib/service/reader_pool.ts";
import { Samples } from "../../lib/service/samples.ts";
import { CARD, saveRandomNetwork } from "../model/saved_networks.ts";
import { withFolder } from "../temporary_folder.ts";

/** The router, and what it is made of. */
interface TestApp {
  app: { request(path: string, init?: RequestInit): Promise<Response> };
  /** What was logged. */
  log: Record<string, unknown>[];
  /** Folder that holds the models. */
  folder: string;
}

/** What is different from the usual. */
interface TestAppOptions {
  workers?: number;
  /** Module of the workers. */
  module?: URL;
  limits?: Parameters<typeof createApp>[0]["limits"];
  /** No samples are kept. */
  withoutSamples?: boolean;
}

/** Workers of two models, of digits and of letters, that are small and know nothing. */
interface TestPool {
  pool: ReaderPool;
  cards: Record<string, Classifier["card"]>;
  metrics: Metrics;
  /** Folder that holds the models. */
  folder: string;
}

/** Runs `act` with such workers. */
export function withPool(
  { workers = 1, module }: Pick<TestAppOptions, "workers" | "module">,
  act: (test: TestPool) => Promise<void>,
): Promise<void> {
  return withFolder(async (folder) => {
    const cards: Record<string, Classifier["card"]> = {
      digits: CARD,
      letters: { ...CARD, classes: CLASS_SETS.letters },
    };
    const models: Record<string, string> = {};
    for (const [name, card] of Object.entries(cards)) {
      models[name] = join(folder, name);
      await saveRandomNetwork(models[name], card);
    }
    const metrics = new Metrics();
    using pool = new ReaderPool({
      models,
      workers,
      module,
      onReplace: () => metrics.replaced.inc(),
    });
    await pool.ready;
    await act({ pool, cards, metrics, folder });
  });
}

/** Runs `act` with a router of them. */
export function withApp(
  { limits, withoutSamples, ...options }: TestAppOptions,
  act: (test: TestApp) => Promise<void>,
): Promise<void> {
  return withPool(options, async ({ folder, ...parts }) => {
    const log: Record<string, unknown>[] = [];
    const app = appOf({
      ...parts,
      page: await readPage(),
      samples: withoutSamples ? undefined : await Samples.open(join(folder, "samples")),
      limits,
      log: (entry) => log.push(entry),
    });
    await act({ app, log, folder });
  });
}

/** A router that is asked by paths. */
export function appOf(options: Parameters<typeof createApp>[0]): TestApp["app"] {
  const answer = createApp(options);
  return {
    request: async (path, init) =>
      await answer(new Request(new URL(path, "http://localhost"), init)),
  };
}

/** A request with a body in JSON. */
export function post(body: unknown): RequestInit {
  return {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "content-type": "application/json" },
  };
}
