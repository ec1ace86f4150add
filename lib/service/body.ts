/** Reading what a client sends, for as long and as much as is allowed. */

import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { timeout } from "hono/timeout";

/** What clients may ask of the service. */
export interface Limits {
  /** Bytes of a request in JSON. */
  jsonBytes: number;
  /** Bytes of a picture file. */
  pictureBytes: number;
  /** Milliseconds from the first byte of a body to the last. */
  bodyMilliseconds: number;
}

/** Says how many bytes of a body are JSON where those of tensors follow. */
export const JSON_LENGTH = "inference-header-content-length";

/**
 * Reads a body in JSON, compressed or not.
 *
 * @param read Makes of it, and of the bytes that follow it, what is needed; what it throws is the
 * client's doing.
 * @throws {HTTPException} 413 if it is too long, 408 if it takes too long, 415 if it is compressed by
 * other means than gzip or deflate, 400 if it breaks off, is no JSON, or `read` throws.
 */
export async function readJson<Value>(
  c: Context,
  { jsonBytes, bodyMilliseconds }: Limits,
  read: (body: unknown, rest: Uint8Array) => Value,
): Promise<Value> {
  const body = await readBody(c, jsonBytes, bodyMilliseconds);
  const bytes = await decompress(body, c.req.header("content-encoding"), jsonBytes);
  const length = Number(c.req.header(JSON_LENGTH) ?? bytes.length);
  const text = new TextDecoder().decode(bytes.subarray(0, length));
  return refuseErrors(() =>
    read(refuseErrors(() => JSON.parse(text), NO_JSON), bytes.subarray(length))
  );
}

/** @param most Bytes that may come out. */
async function decompress(
  bytes: Uint8Array<ArrayBuffer>,
  encoding: string | undefined,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (encoding === undefined || encoding === "identity") return bytes;
  if (encoding !== "gzip" && encoding !== "deflate") {
    throw new HTTPException(415, { message: "Expected a body as it is, or by gzip or deflate" });
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(encoding));
    for await (const chunk of stream) {
      length += chunk.length;
      if (length > most) throw tooLong(most);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof HTTPException) throw error;
    throw new HTTPException(400, { message: `Expected a body by ${encoding} but it is not` });
  }
  return await new Blob(chunks).bytes();
}

function tooLong(bytes: number): HTTPException {
  return new HTTPException(413, { message: `Expected a body of at most ${bytes} bytes` });
}

const NO_JSON = "Expected a body of JSON but it is not";

function refuseErrors<Value>(act: () => Value, message?: string): Value {
  try {
    return act();
  } catch (error) {
    throw new HTTPException(400, { message: message ?? (error as Error).message });
  }
}

/**
 * Reads a picture file: the body itself, or the file of a form.
 *
 * @throws {HTTPException} 413 if it is too long, 408 if it takes too long, 400 if it breaks off, or is
 * a form without a file.
 */
export async function readPictureFile(
  c: Context,
  { pictureBytes, bodyMilliseconds }: Limits,
): Promise<Uint8Array> {
  const body = await readBody(c, pictureBytes, bodyMilliseconds);
  if (!/^multipart\/form-data/i.test(c.req.header("content-type") ?? "")) return body;
  const form = await c.req.formData().catch(() => new FormData());
  const file = [...form.values()].find((value) => value instanceof File);
  if (file) return await file.bytes();
  throw new HTTPException(400, { message: "Expected a form with a picture file but found none" });
}

async function readBody(
  c: Context,
  bytes: number,
  milliseconds: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const limitTime = timeout(
    milliseconds,
    () => new HTTPException(408, { message: `Expected the body within ${milliseconds} ms` }),
  );
  const limitLength = bodyLimit({
    maxSize: bytes,
    onError() {
      throw tooLong(bytes);
    },
  });
  try {
    await limitTime(c, async () => {
      await limitLength(c, async () => void await c.req.arrayBuffer());
    });
  } catch (error) {
    if (error instanceof HTTPException) throw error;
    throw new HTTPException(400, { message: "Expected a whole body but it broke off" });
  }
  return new Uint8Array(await c.req.arrayBuffer());
}
