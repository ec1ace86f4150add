/** Bodies: what a client sends is read for as long and as much as is allowed; bytes may follow JSON both ways. */

import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { timeout } from "hono/timeout";

/** What clients may ask of the service. */
const LIMITS = {
  /** Bytes of a request in JSON. */
  jsonBytes: 4 * 2 ** 20,
  /** Bytes of a picture file. */
  pictureBytes: 16 * 2 ** 20,
  /** Milliseconds from the first byte of a body to the last. */
  bodyMilliseconds: 15_000,
};

/** Says how many bytes of a body are JSON where those of tensors follow. */
const JSON_LENGTH = "inference-header-content-length";

/**
 * Makes what reads and writes bodies. All that it throws is the client's doing: 413 if a body is too long, 408 if
 * it takes too long, 400 if it breaks off.
 */
export function createBodies(limits: Partial<typeof LIMITS> = {}) {
  const { jsonBytes, pictureBytes, bodyMilliseconds } = { ...LIMITS, ...limits };
  const limitTime = timeout(
    bodyMilliseconds,
    () => refusal(408, `Expected the body within ${bodyMilliseconds} ms`),
  );
  const read = async (c: Context, most: number) => {
    const length = c.req.header("content-length");
    // Where the length is announced, the body need not become a stream to be counted, which takes longer.
    const isAnnounced = length !== undefined && !c.req.header("transfer-encoding");
    if (isAnnounced && Number(length) > most) throw tooLong(most);
    const { raw } = c.req;
    let bytes = new Uint8Array();
    const readAll = async () => {
      bytes = isAnnounced ? await raw.bytes() : await readAtMost(most, raw.body ?? []);
    };
    await refuseErrors(() => limitTime(c, readAll), "Expected a whole body but it broke off");
    return bytes;
  };
  return {
    /** Bytes of a request in JSON, and of a picture file. */
    jsonBytes,
    pictureBytes,

    answerWithBytes,

    /**
     * Reads a body in JSON, compressed or not.
     *
     * @param parse Makes of it, and of the bytes that follow it, what is needed; what it throws is the
     * client's doing.
     * @throws {HTTPException} 415 if it is compressed by other means than gzip or deflate, 400 if it is no JSON,
     * or `parse` throws.
     */
    async json<Value>(
      c: Context,
      parse: (body: unknown, rest: Uint8Array) => Value,
    ): Promise<Value> {
      const body = await read(c, jsonBytes);
      const bytes = await decompress(body, c.req.header("content-encoding"), jsonBytes);
      const length = Number(c.req.header(JSON_LENGTH) ?? bytes.length);
      const text = new TextDecoder().decode(bytes.subarray(0, length));
      const noJson = "Expected a body of JSON but it is not";
      const value = await refuseErrors(() => JSON.parse(text), noJson);
      return await refuseErrors(() => parse(value, bytes.subarray(length)));
    },

    /**
     * Reads a picture file: the body itself, or the file of a form.
     *
     * @throws {HTTPException} 400 if it is a form without a file.
     */
    async picture(c: Context): Promise<Uint8Array> {
      const body = await read(c, pictureBytes);
      const type = c.req.header("content-type") ?? "";
      if (!/^multipart\/form-data/i.test(type)) return body;
      const sent = new Response(body, { headers: { "content-type": type } });
      const form = await sent.formData().catch(() => new FormData());
      const file = [...form.values()].find((value) => value instanceof File);
      if (file) return await file.bytes();
      throw refusal(400, "Expected a form with a picture file but found none");
    },
  };
}

/** Answers with JSON, and with the bytes that follow it, if there are any. */
async function answerWithBytes(
  c: Context,
  head: object,
  bytes: Uint8Array<ArrayBuffer>[],
): Promise<Response> {
  if (bytes.length === 0) return c.json(head);
  const json = new TextEncoder().encode(JSON.stringify(head));
  return c.body(await new Blob([json, ...bytes]).arrayBuffer(), 200, {
    "content-type": "application/octet-stream",
    [JSON_LENGTH]: String(json.length),
  });
}

/** @param most Bytes that may come out. */
async function decompress(
  bytes: Uint8Array<ArrayBuffer>,
  encoding: string | undefined,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (encoding === undefined || encoding === "identity") return bytes;
  if (encoding !== "gzip" && encoding !== "deflate") {
    throw refusal(415, "Expected a body as it is, or by gzip or deflate");
  }
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(encoding));
  const message = `Expected a body by ${encoding} but it is not`;
  return await refuseErrors(() => readAtMost(most, stream), message);
}

/** Puts parts of a body together, up to a number of bytes. */
async function readAtMost(
  most: number,
  parts: ReadableStream<Uint8Array<ArrayBuffer>> | [],
): Promise<Uint8Array<ArrayBuffer>> {
  const read: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const part of parts) {
    length += part.length;
    if (length > most) throw tooLong(most);
    read.push(part);
  }
  return await new Blob(read).bytes();
}

/** Has the client told of what its body makes throw: by its own message, or another. */
async function refuseErrors<Value>(
  act: () => Value | Promise<Value>,
  message?: string,
): Promise<Value> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof HTTPException) throw error;
    throw refusal(400, message ?? (error as Error).message);
  }
}

function tooLong(bytes: number): HTTPException {
  return refusal(413, `Expected a body of at most ${bytes} bytes`);
}

function refusal(status: 400 | 408 | 413 | 415, message: string): HTTPException {
  return new HTTPException(status, { message });
}
