/** `deno task serve`: the web page and the REST service. */

import { FLAGS, UsageError } from "../flags.ts";
import { findModels } from "../model/model_folders.ts";
import { QrCode } from "../service/neighbours.ts";
import { Samples } from "../service/samples.ts";
import { startService } from "../service/server.ts";
import { runCommand } from "./command_line.ts";

/** Where samples go. */
const SAMPLES = "outputs/samples";

await runCommand({
  name: "serve",
  summary: "Serves the page to draw digits on, and the REST service. Ends with Ctrl+C.",
  example: "deno task serve --port 8080 --keep-samples",
  flags: {
    port: { type: "integer", help: "port to listen at", default: 8000, least: 0, most: 65535 },
    host: {
      type: "text",
      help: "address to listen at; 0.0.0.0 lets other machines in",
      value: "ADDRESS",
      default: "127.0.0.1",
    },
    workers: FLAGS.workers,
    model: { ...FLAGS.model, help: "folder or .zip of a model to serve alone, if not all" },
    "keep-samples": {
      type: "switch",
      help: `keep what people correct on the page in ${SAMPLES}, for train --pictures`,
    },
    "allow-host": {
      type: "text",
      help: "names by which others may ask, besides localhost and addresses: teacher.local,…",
      value: "NAME,…",
    },
    cors: {
      type: "text",
      help: "pages of others that may ask from a browser: https://example.org,…",
      value: "ORIGIN,…",
    },
    quiet: { type: "switch", help: "log no requests" },
  },
  async run({ port, host, workers, model, "keep-samples": keepSamples, quiet, ...flags }) {
    const log = startLineLog();
    await using service = await startService({
      models: await findModels(model),
      host,
      port,
      workers,
      samples: keepSamples ? await Samples.open(SAMPLES) : undefined,
      guests: {
        hosts: readList("--allow-host", flags["allow-host"], /^[^/:\s]+$/),
        origins: readList("--cors", flags.cors, /^(null|[a-z][a-z\d+.-]*:\/\/[^\/\s]+)$/),
      },
      log: quiet ? undefined : log.write,
    });
    console.error(`Draw at ${service.url}, programs see ${service.url}/docs; Ctrl+C ends`);
    invite(service.addresses);
    await interrupted();
    console.error("Answering what is open, then done");
    await service.close();
    log.flush();
    Deno.exit(); // What still sends a body is not waited for.
  },
});

function readList(flag: string, text: string | undefined, form: RegExp): string[] {
  const entries = text?.split(",") ?? [];
  const wrong = entries.find((entry) => !form.test(entry));
  if (wrong === undefined) return entries;
  throw new UsageError(`Expected ${flag} to list what browsers ask with but found ${wrong}`);
}

/** Says where phones find the page, with a code to photograph where there is a screen. */
function invite(addresses: string[]): void {
  if (addresses.length === 0) return;
  console.error(`Phones in the same network draw at ${addresses.join(" or ")}`);
  if (Deno.stderr.isTerminal()) console.error(new QrCode(addresses[0]).toLines());
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, () => resolve());
    }
  });
}

/**
 * Starts a log in JSON lines on standard output, written a few times a second, not once a line.
 *
 * @returns What adds a line, with the time, and what writes out what was not written yet.
 */
function startLineLog() {
  const encoder = new TextEncoder();
  let lines = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const bytes = encoder.encode(lines);
    lines = "";
    for (let written = 0; written < bytes.length;) {
      written += Deno.stdout.writeSync(bytes.subarray(written));
    }
  };
  const write = (entry: object) => {
    lines += JSON.stringify({ time: new Date().toISOString(), ...entry }) + "\n";
    timer ??= setTimeout(flush, 200);
  };
  return { write, flush };
}
