/** The running service. */

import type { Classifier } from "../model/classifier.ts";
import { readCard } from "../model/saved_network.ts";
import { createApp } from "./app.ts";
import { Metrics } from "./metrics.ts";
import { addressesFor } from "./neighbours.ts";
import { readPage } from "./page_files.ts";
import { ReaderPool } from "./reader_pool.ts";

interface ServiceOptions
  extends Pick<Parameters<typeof createApp>[0], "samples" | "limits" | "guests"> {
  /** Folders or zips of the models by name; the first answers where no model is named. */
  models: Record<string, string>;
  /** Address to listen at. */
  host: string;
  /** Port to listen at; 0 takes a free one. */
  port: number;
  /** Number of workers that read pictures. */
  workers: number;
  /** Told of requests, and of workers that were replaced. */
  log?: (entry: Record<string, unknown>) => void;
}

/** Milliseconds that open requests have to be answered in once the service closes. */
const CLOSING_TIME = 20_000;

/**
 * Starts the service.
 *
 * @returns Where it listens, `http://127.0.0.1:8000`, where other machines find it, and what closes it, as
 * `await using` does: it takes no more requests, answers those it has, and ends its workers.
 * @throws {Error} If a model is not there or the address is taken.
 */
export async function startService(
  { models, host, port, workers, samples, limits, guests, log }: ServiceOptions,
) {
  let isStarting = true;
  const pool = new ReaderPool({
    models,
    workers,
    onBatch: (pictures) => metrics.batches.observe(pictures),
    onReplace: (reason) => {
      if (isStarting) return; // ready says so
      metrics.replaced.inc();
      log?.({ event: "worker replaced", reason });
    },
  });
  const metrics = new Metrics([
    ["digits_waiting_pictures", "Pictures that wait.", () => pool.readers.waiting],
    ["digits_waiting_files", "Picture files that wait.", () => pool.finder.waiting],
    [
      "digits_waiting_explanations",
      "Answers that wait to be explained.",
      () => pool.explainer.waiting,
    ],
    ["digits_resident_bytes", "Memory of the process.", () => Deno.memoryUsage().rss],
  ]);
  try {
    await pool.ready;
    const cards: Record<string, Classifier["card"]> = {};
    for (const [name, folder] of Object.entries(models)) {
      cards[name] = await readCard(folder) as Classifier["card"];
    }
    const addresses: string[] = [];
    const answer = createApp({
      pool,
      cards,
      metrics,
      page: await readPage(),
      samples,
      addresses,
      limits,
      guests: { ...guests, hosts: [host, ...guests?.hosts ?? []] },
      log,
    });
    isStarting = false;
    const others = addressesFor(host);
    const server = listen({ hostname: host, port }, answer);
    const { hostname, port: actualPort } = server.addr;
    const urlOf = (address: string) =>
      `http://${address.includes(":") ? `[${address}]` : address}:${actualPort}`;
    addresses.push(...others.map(urlOf));
    const close = async () => {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, CLOSING_TIME);
      await Promise.race([server.shutdown(), late]);
      clearTimeout(timer);
      pool[Symbol.dispose]();
    };
    const url = urlOf({ "0.0.0.0": "127.0.0.1", "::": "::1" }[hostname] ?? hostname);
    return { url, addresses, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    pool[Symbol.dispose]();
    throw error;
  }
}

/** Listens, or says why that is not possible. */
function listen(
  { hostname, port }: { hostname: string; port: number },
  handler: Deno.ServeHandler<Deno.NetAddr>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ hostname, port, onListen: () => {} }, handler);
  } catch (error) {
    const expected: Record<string, string> = {
      AddrInUse: `port ${port} to be free but another program listens at it: --port takes another`,
      AddrNotAvailable: `an address of this machine but found ${hostname}: --host 0.0.0.0 is all`,
      NotCapable:
        `--host to be 127.0.0.1, or 0.0.0.0 for all addresses of this machine, but found ${hostname}: the task may listen at no other`,
      PermissionDenied: `a port from 1024 up but found ${port}, which the system keeps for others`,
    };
    const { name } = error as Error;
    throw name in expected ? new Error(`Expected ${expected[name]}`) : error;
  }
}
