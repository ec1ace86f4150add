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

/**
 * Reads a body in JSON.
 *
 * @param read Makes of it what is needed; what it throws is the client's doing.
 * @throws {HTTPException} 413 if it is too long, 408 if it takes too long, 400 if it breaks off, is no
 * JSON, or `read` throws.
 */
export async function readJson<Value>(
  c: Context,
  { jsonBytes, bodyMilliseconds }: Limits,
  read: (body: unknown) => Value,
): Promise<Value> {
  const text = new TextDecoder().decode(await readBody(c, jsonBytes, bodyMilliseconds));
  return refuseErrors(() => read(refuseErrors(() => JSON.parse(text), NO_JSON)));
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

async function readBody(c: Context, bytes: number, milliseconds: number): Promise<Uint8Array> {
  const limitTime = timeout(
    milliseconds,
    () => new HTTPException(408, { message: `Expected the body within ${milliseconds} ms` }),
  );
  const limitLength = bodyLimit({
    maxSize: bytes,
    onError() {
      throw new HTTPException(413, { message: `Expected a body of at most ${bytes} bytes` });
    },
  });
  try {
    await limitTime(c, async () => {
      await limitLength(c, async () => void await c.req.bytes());
    });
  } catch (error) {
    if (error instanceof HTTPException) throw error;
    throw new HTTPException(400, { message: "Expected a whole body but it broke off" });
  }
  return await c.req.bytes();
}
