/** The service's router with a recogniser on workers, in the process of the test. */

import { join } from "@std/path";
import { createApp, type Limits, type LogEntry } from "../../lib/service/app.ts";
import { Metrics } from "../../lib/service/metrics.ts";
import { readPage } from "../../lib/service/page_files.ts";
import { Recogniser } from "../../lib/service/recogniser.ts";
import { Samples } from "../../lib/service/samples.ts";
import { saveNetwork } from "../../lib/model/files.ts";
import { CARD, randomNetwork } from "../model/saved_networks.ts";
import { withFolder } from "../temporary_folder.ts";

/** The router, and what it is made of. */
export interface TestApp {
  app: ReturnType<typeof createApp>;
  recogniser: Recogniser;
  /** What was logged. */
  log: LogEntry[];
  /** Folder that holds the model. */
  folder: string;
}

/** What is different from the usual. */
export interface TestAppOptions {
  workers?: number;
  /** Module of the workers. */
  module?: URL;
  limits?: Partial<Limits>;
  /** No samples are kept. */
  withoutSamples?: boolean;
}

/** Runs `act` with a router whose model is small and knows nothing. */
export function withApp(
  { workers = 1, module, limits, withoutSamples }: TestAppOptions,
  act: (test: TestApp) => Promise<void>,
): Promise<void> {
  return withFolder(async (folder) => {
    const network = await randomNetwork();
    const model = join(folder, "model");
    await saveNetwork(model, network, CARD);
    network.dispose();
    const metrics = new Metrics();
    using recogniser = new Recogniser({
      model,
      workers,
      module,
      onReplace: () => metrics.workerReplaced(),
    });
    await recogniser.ready;
    const log: LogEntry[] = [];
    const app = createApp({
      recogniser,
      card: CARD,
      metrics,
      page: await readPage(),
      samples: withoutSamples ? undefined : await Samples.open(join(folder, "samples")),
      limits,
      onAnswer: (entry) => log.push(entry),
    });
    await act({ app, recogniser, log, folder });
  });
}

/** A request with a body in JSON. */
export function post(body: unknown): RequestInit {
  return {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "content-type": "application/json" },
  };
}
