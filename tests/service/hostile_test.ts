import { assert, assertEquals, assertMatch } from "@std/assert";
import { encode } from "fast-png";
import { join } from "@std/path";
import { crc32, deflateSync } from "node:zlib";
import { Random } from "../../lib/data/random.ts";
import { startService } from "../../lib/service/server.ts";
import { saveRandomNetwork } from "../model/saved_networks.ts";
import { sevenFiles } from "../picture/picture_files.ts";
import { withFolder } from "../temporary_folder.ts";

const PREDICT = "/v1/models/digits:predict";
const PICTURE = Array.from({ length: 784 }, (_, i) => i % 256);

/** Milliseconds that a body may take. */
const BODY_TIME = 1000;

Deno.test("startService() answers 500 hostile requests without a crash, and right after", () =>
  withService(async ({ url }) => {
    const before = await predict(url);
    const requests = [...await hostileFiles(), ...hostileJson(), ...hostileAddresses()];
    const statuses = new Map<number, number>();
    const wrong: string[] = [];
    const count = (what: string, status: number) => {
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status >= 500 && status !== 503) wrong.push(`${what} got ${status}`);
    };
    for (let i = 0; i < requests.length; i += 25) {
      await Promise.all(
        requests.slice(i, i + 25).map(async ([path, init]) => {
          const response = await fetch(url + path, { method: "POST", ...init });
          await response.body?.cancel();
          count(path, response.status);
        }),
      );
    }
    for (const text of rawRequests()) {
      const status = await ask(url, text);
      if (status) count(text, status);
    }
    const tried = requests.length + rawRequests().length;
    console.log(`${tried} hostile requests tried, ${tried - wrong.length} rightly answered`);
    assertEquals(wrong, []);
    assert(tried >= 500);
    assert([400, 404, 405, 413, 415].every((status) => statuses.has(status)), [...statuses].join());
    assertEquals(await predict(url), before);
  }));

Deno.test("startService() reads or refuses small files that are large or laborious inside, and goes on", () =>
  withService(async ({ url }) => {
    for (const [name, status, body] of await bombs()) {
      const response = await fetch(`${url}/predict`, { method: "POST", body });
      assertEquals([name, response.status, Object.keys(await response.json())], [
        name,
        status,
        status === 200 ? ["digits", "endsEarly"] : ["error"],
      ]);
    }
    await predict(url);
  }, 4 * 2 ** 20));

Deno.test("startService() does not wait for slow clients, nor lets them hold others up", () =>
  withService(async ({ url }) => {
    const slow = Array.from(
      { length: 50 },
      () =>
        ask(
          url,
          `POST ${PREDICT} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{`,
          false,
        ),
    );
    const silent = await Promise.all(
      Array.from({ length: 50 }, () => connect(url)),
    );
    for (const connection of silent) {
      await connection.write(new TextEncoder().encode("POST / HTTP/1.1\r\nho"));
    }
    await predict(url);
    assertEquals(await Promise.all(slow), Array(50).fill(408));
    for (const connection of silent) connection.close();
    await predict(url);
  }));

Deno.test("startService() answers what it accepted before it closes", () =>
  withService(async (service) => {
    const answers = Array.from({ length: 20 }, () => predict(service.url));
    await answers[0];
    await service.close();
    const settled = await Promise.allSettled(answers);
    assert(settled.every(({ status }) => status === "fulfilled"));
    const refused = await predict(service.url).then(() => false, () => true);
    assert(refused);
  }));

Deno.test("startService() refuses a host that is none, with the usual headers", () =>
  withService(async ({ url }) => {
    const { hostname, port } = new URL(url);
    for (const host of ["a b", "a:99999", "[::"]) {
      using connection = await Deno.connect({ hostname, port: Number(port) });
      const request = `GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;
      await connection.write(new TextEncoder().encode(request));
      const answer = await new Response(connection.readable).text();
      assertMatch(answer, /^HTTP\/1.1 400 /);
      assert(answer === "HTTP/1.1 400 Bad Request\r\n\r\n" || /nosniff/.test(answer), answer);
    }
  }));

async function withService(
  act: (service: Awaited<ReturnType<typeof startService>>) => Promise<void>,
  pictureBytes = 2 ** 20,
): Promise<void> {
  await withFolder(async (folder) => {
    const model = join(folder, "model");
    await saveRandomNetwork(model);
    await using service = await startService({
      models: { digits: model },
      host: "127.0.0.1",
      port: 0,
      workers: 1,
      limits: { bodyMilliseconds: BODY_TIME, pictureBytes },
    });
    await act(service);
  });
}

async function predict(url: string): Promise<unknown> {
  const body = JSON.stringify({ instances: [PICTURE] });
  const response = await fetch(url + PREDICT, { method: "POST", body });
  assertEquals(response.status, 200);
  return await response.json();
}

type Hostile = [path: string, init: RequestInit];

/** Files of each format with wrong bytes, cut off, with another's start, and bombs. */
async function hostileFiles(): Promise<Hostile[]> {
  const random = new Random(1);
  const files = Object.values(await sevenFiles());
  const bodies: Uint8Array[] = [new Uint8Array(), new Uint8Array(2 ** 20 + 1)];
  for (const file of files) {
    for (let i = 0; i < 18; i++) {
      const copy = file.slice();
      for (let k = 0; k <= i; k++) copy[random.integer(copy.length)] = random.integer(256);
      bodies.push(copy);
    }
    for (let i = 0; i < 4; i++) bodies.push(file.slice(0, random.integer(file.length)));
    bodies.push(Uint8Array.from([...files[random.integer(files.length)].slice(0, 12), ...file]));
  }
  const side = 5000; // 25 million pixels, in a file of 25 kB
  const data = new Uint8Array(side * side);
  bodies.push(encode({ width: side, height: side, channels: 1, depth: 8, data }));
  const enormous = encode({ width: 1, height: 1, channels: 1, depth: 8, data: new Uint8Array(1) });
  new DataView(enormous.buffer).setUint32(16, 2 ** 31 - 1);
  bodies.push(enormous);
  return bodies.map((body) => ["/predict", {
    body: body as Uint8Array<ArrayBuffer>,
    headers: { "content-type": "image/png" },
  }]);
}

/** Files of at most 4 MB that held the decoder for seconds, one for half a minute, and what they get. */
async function bombs(): Promise<[name: string, status: number, file: Uint8Array<ArrayBuffer>][]> {
  const { "grey.png": png, "grey.jpg": jpeg } = await sevenFiles();
  const blank = encode({
    width: 8000,
    height: 8000,
    channels: 1,
    depth: 8,
    data: new Uint8Array(64e6),
  });
  const sized = jpeg.slice();
  const frame = sized.findIndex((byte, i) => byte === 0xff && sized[i + 1] === 0xc0);
  new DataView(sized.buffer).setUint32(frame + 5, 8000 << 16 | 8000);
  const scan = sized.findLastIndex((byte, i) => byte === 0xff && sized[i + 1] === 0xda);
  const text = deflateSync(new Uint8Array(7.9e6));
  const note = new Uint8Array([
    0,
    0,
    0,
    0,
    ...new TextEncoder().encode("zTXtC"),
    0,
    0,
    ...text,
    0,
    0,
    0,
    0,
  ]);
  new DataView(note.buffer).setUint32(0, note.length - 12);
  new DataView(note.buffer).setUint32(note.length - 4, crc32(note.subarray(4, -4)));
  const comment = Uint8Array.of(0xff, 0xfe, 0, 3, 0);
  const repeat = (file: Uint8Array, at: number, part: Uint8Array, count: number) => {
    const parts = Array<Uint8Array>(count).fill(part);
    return new Blob([file.subarray(0, at), ...parts, file.subarray(at)] as BlobPart[]).bytes();
  };
  return [
    ["64 million pixels in a PNG", 413, blank as Uint8Array<ArrayBuffer>],
    [
      "300 scans of a JPEG",
      413,
      await repeat(sized, sized.length - 2, sized.subarray(scan, -2), 300),
    ],
    ["4 GB of texts in a PNG", 200, await repeat(png, 33, note, 500)],
    ["800 000 comments in a JPEG", 200, await repeat(jpeg, 2, comment, 800_000)],
  ];
}

/** JSON that is huge, deep, of wrong types or none. */
function hostileJson(): Hostile[] {
  const picture = JSON.stringify(PICTURE);
  const texts = [
    "",
    "{",
    "null",
    "7",
    '"7"',
    "[]",
    "{}",
    "NaN",
    '{"instances":[[NaN]]}',
    `{"instances":[${picture.replace("[0", "[1e999")}]}`,
    `{"instances":[${picture.replace("[0", "[-1")}]}`,
    `{"instances":[${picture.replace("[0", '["0"')}]}`,
    `{"instances":[${picture.replace("[0", "[[0]")}]}`,
    `{"instances":${picture}}`,
    `{"instances":{"length":1,"0":${picture}}}`,
    `{"__proto__":{"instances":[${picture}]}}`,
    `{"instances":[{"b64":"${"A".repeat(10_000)}"}]}`,
    `{"instances":[{"b64":{"b64":"AAAA"}}]}`,
    `{"instances":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
    `${'{"instances":'.repeat(50_000)}1${"}".repeat(50_000)}`,
    `{"instances":[${"0,".repeat(1_000_000)}0]}`,
    `{"instances":[${Array(300).fill("[]").join()}]}`,
    `{"inputs":[{"shape":[1,784],"datatype":"FP32","data":${"[".repeat(9)}${"]".repeat(9)}}]}`,
    `{"inputs":[{"shape":[1e9,784],"datatype":"FP32","data":[]}]}`,
    `{"inputs":[{"shape":[-1,784],"datatype":"FP32","data":${picture}}]}`,
    `{"pixels":7,"digit":[]}`,
    `{"pixels":"AAAA","label":-1}`,
    "\u0000".repeat(1000),
    " ".repeat(5_000_000),
  ];
  return [PREDICT, "/v2/models/digits/infer", "/explain", "/samples", "/predict"].flatMap((path) =>
    texts.map((body): Hostile => [path, { body, headers: { "content-type": "application/json" } }])
  );
}

/** Paths that lead out of the page, unknown ones, and wrong methods. */
function hostileAddresses(): Hostile[] {
  const paths = [
    "/..%2f..%2fetc%2fpasswd",
    "/%2e%2e/deno.json",
    "/page.ts",
    "//etc/passwd",
    "/page.js%00.png",
    "/v1/models/other:predict",
    "/v1/models/digits:regress",
    "/v2/models/%F0%9F%98%80",
    `/${"a".repeat(5000)}`,
    "/?x=".padEnd(5000, "y"),
  ];
  return [
    ...paths.map((path): Hostile => [path, { method: "GET" }]),
    ...["PUT", "PATCH", "DELETE", "OPTIONS", "BREW"].flatMap((method) =>
      [PREDICT, "/", "/predict", "/metrics"].map((path): Hostile => [path, { method }])
    ),
  ];
}

/** What is hardly HTTP. */
function rawRequests(): string[] {
  const head = `POST ${PREDICT} HTTP/1.1\r\nhost: localhost\r\n`;
  return [
    "\r\n\r\n",
    "hello\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n",
    "GET ../../etc/passwd HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "GET /../../etc/passwd HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "GET http://127.0.0.1/metrics HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "CONNECT example.com:443 HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "TRACE / HTTP/1.1\r\nhost: localhost\r\n\r\n",
    `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${"y".repeat(100_000)}\r\n\r\n`,
    `GET / HTTP/1.1\r\nhost: localhost\r\n${"x: y\r\n".repeat(1000)}\r\n`,
    `${head}content-length: -1\r\n\r\n`,
    `${head}content-length: 1e9\r\n\r\n`,
    `${head}content-length: 99999999999999999999\r\n\r\n`,
    `${head}content-length: 1000000000\r\n\r\n{`,
    `${head}content-length: 10\r\ncontent-length: 20\r\n\r\n{`,
    `${head}transfer-encoding: chunked\r\n\r\nzz\r\n`,
    `${head}transfer-encoding: chunked\r\n\r\nffffffff\r\n{`,
    `${head}content-length: 50\r\n\r\n{"instances"`,
    `POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: image/png\r\ncontent-length: 500\r\n\r\n\x89PNG`,
    `POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data\r\ncontent-length: 4\r\n\r\n--a\n`,
  ];
}

/**
 * Sends a text and breaks off, or waits for the answer.
 *
 * @returns The status of the answer, if one came.
 */
async function ask(url: string, text: string, breakOff = true): Promise<number | undefined> {
  using connection = await connect(url);
  try {
    await connection.write(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    if (breakOff) await connection.closeWrite();
    const buffer = new Uint8Array(1000);
    const length = await connection.read(buffer) ?? 0;
    const status = Number(new TextDecoder().decode(buffer.subarray(9, Math.min(length, 12))));
    return status || undefined;
  } catch {
    return undefined; // the service may hang up on such a client
  }
}

function connect(url: string): Promise<Deno.TcpConn> {
  const { hostname, port } = new URL(url);
  return Deno.connect({ hostname, port: Number(port) });
}
