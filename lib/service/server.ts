/** The running service. */

import { join } from "@std/path";
import type { ModelCard } from "../model/classifier.ts";
import { createApp, refuseAddress } from "./app.ts";
import type { Limits } from "./body.ts";
import { type Guests, hasAddress } from "./guard.ts";
import { Metrics } from "./metrics.ts";
import { readPage } from "./page_files.ts";
import { ReaderPool } from "./reader_pool.ts";
import type { Samples } from "./samples.ts";

interface ServiceOptions {
  /** Folders of the models by name; the first answers where no model is named. */
  models: Record<string, string>;
  /** Address to listen at. */
  host: string;
  /** Port to listen at; 0 takes a free one. */
  port: number;
  /** Number of workers that read pictures. */
  workers: number;
  /** Where samples are kept, if they are. */
  samples?: Samples;
  limits?: Partial<Limits>;
  /** Names and pages that are let in besides the usual ones. */
  guests?: Guests;
  /** Module of the workers, if not the usual one. */
  module?: URL;
  /** Told of requests, and of workers that were replaced. */
  log?: (entry: Record<string, unknown>) => void;
}

/** A service that listens. Close it with `await using`. */
export interface Service extends AsyncDisposable {
  /** Where it listens, `http://127.0.0.1:8000`. */
  url: string;
  /** Takes no more requests, answers those it has, and ends its workers. */
  close(): Promise<void>;
}

/** Milliseconds that open requests have to be answered in once the service closes. */
const CLOSING_TIME = 20_000;

/**
 * Starts the service.
 *
 * @throws {Error} If a model is not there or the address is taken.
 */
export async function startService(
  { models, host, port, workers, samples, limits, guests, module, log }: ServiceOptions,
): Promise<Service> {
  let state: "starting" | "open" | "closing" = "starting";
  const pool = new ReaderPool({
    models,
    workers,
    module,
    onBatch: (pictures) => metrics.batch(pictures),
    onReplace: (reason) => {
      if (state === "starting") return; // ready says so
      metrics.workerReplaced();
      log?.({ event: "worker replaced", reason });
    },
  });
  const metrics = new Metrics([
    ["digits_waiting_pictures", "Pictures that wait.", () => pool.waiting.pictures],
    ["digits_waiting_files", "Picture files that wait.", () => pool.waiting.files],
    [
      "digits_waiting_explanations",
      "Answers that wait to be explained.",
      () => pool.waiting.explanations,
    ],
    ["digits_resident_bytes", "Memory of the process.", () => Deno.memoryUsage().rss],
  ]);
  try {
    await pool.ready;
    const cards: Record<string, ModelCard> = {};
    for (const [name, folder] of Object.entries(models)) {
      cards[name] = JSON.parse(await Deno.readTextFile(join(folder, "card.json")));
    }
    const app = createApp({
      pool,
      cards,
      metrics,
      page: await readPage(),
      samples,
      isClosing: () => state === "closing",
      limits,
      guests: { ...guests, hosts: [host, ...guests?.hosts ?? []] },
      log,
    });
    state = "open";
    const server = Deno.serve(
      { hostname: host, port, onListen: () => {} },
      (request, info) => hasAddress(request) ? app.fetch(request, info) : refuseAddress(),
    );
    const { hostname, port: actualPort } = server.addr;
    const close = async () => {
      state = "closing";
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, CLOSING_TIME);
      await Promise.race([server.shutdown(), late]);
      clearTimeout(timer);
      pool.close();
    };
    const name = hostname.includes(":") ? `[${hostname}]` : hostname;
    return { url: `http://${name}:${actualPort}`, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    pool.close();
    throw error;
  }
}
