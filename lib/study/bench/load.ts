/** Clients that ask a service, as fast as it answers or now and then. */

import { setTimeout as wait } from "node:timers/promises";

/** What clients ask. */
interface Questions {
  path: string;
  /** Asked in turn. */
  bodies: (string | Uint8Array)[];
  /** @default {"application/json"} */
  type?: string;
  /** Clients, each of which has a connection of its own and waits for its answer before it asks again. */
  clients: number;
  /**
   * Milliseconds from a question to the client's next, or longer if the answer takes longer.
   * @default {0}
   */
  every?: number;
  /**
   * Statuses of right answers.
   * @default {[200]}
   */
  right?: readonly number[];
}

/** Bytes of an answer; longer ones are no predictions. */
const LONGEST_ANSWER = 64 * 1024;

/**
 * Asks the service at `url` for as long as `seconds`.
 *
 * @returns How many answers were right, in all and a second; how many had another status or never came, with
 * their connection broken; and milliseconds from question to answer, by percentile.
 */
export async function load(
  url: string,
  { path, bodies, type = "application/json", clients, every = 0, right = [200] }: Questions,
  seconds: number,
) {
  const { hostname, port } = new URL(url);
  const requests = bodies.map((body) => {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const head = new TextEncoder().encode(
      `POST ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: ${type}\r\n` +
        `content-length: ${bytes.length}\r\n\r\n`,
    );
    return new Uint8Array([...head, ...bytes]);
  });
  const times: number[] = [];
  let failed = 0;
  let next = 0;
  const started = performance.now();
  const end = started + 1000 * seconds;
  await Promise.all(Array.from({ length: clients }, async (_, client) => {
    if (every > 0) await wait(every * client / clients);
    while (performance.now() < end) {
      try {
        using connection = await Deno.connect({ hostname, port: Number(port) });
        connection.setNoDelay();
        const buffer = new Uint8Array(LONGEST_ANSWER);
        while (performance.now() < end) {
          const asked = performance.now();
          const status = await ask(connection, requests[next++ % requests.length], buffer);
          if (right.includes(status)) times.push(performance.now() - asked);
          else failed++;
          const rest = Math.min(end, asked + every) - performance.now();
          if (rest > 0) await wait(rest);
        }
      } catch {
        failed++;
        await wait(20);
      }
    }
  }));
  const elapsed = (performance.now() - started) / 1000;
  times.sort((a, b) => a - b);
  const percentile = (share: number) => times[Math.floor(share * (times.length - 1))] ?? NaN;
  return {
    answered: times.length,
    failed,
    perSecond: times.length / elapsed,
    milliseconds: { p50: percentile(0.5), p99: percentile(0.99), most: percentile(1) },
  };
}

/** Asks once on an open connection. */
async function ask(
  connection: Deno.Conn,
  request: Uint8Array,
  buffer: Uint8Array,
): Promise<number> {
  for (let written = 0; written < request.length;) {
    written += await connection.write(request.subarray(written));
  }
  let length = 0;
  let whole = Infinity;
  let head = "";
  while (length < whole) {
    const read = await connection.read(buffer.subarray(length));
    if (read === null) throw new Error("Expected an answer but the connection was closed");
    length += read;
    if (whole < Infinity) continue;
    head = String.fromCharCode(...buffer.subarray(0, Math.min(length, 2048)));
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) continue;
    whole = end + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1]);
  }
  return Number(head.slice(9, 12));
}
