/** Reading what a client sends, for as long and as much as is allowed. */

/** A request that cannot be answered, with the status that says so. */
export class HttpError extends Error {
  override name = "HttpError";
  /** @param message One sentence. */
  constructor(
    readonly status: number,
    message: string,
    readonly headers?: Record<string, string>,
  ) {
    super(message);
  }
}

/** How much of a body is read. */
export interface BodyLimits {
  /** Most bytes. */
  bytes: number;
  /** Most milliseconds from the first byte to the last. */
  milliseconds: number;
}

/**
 * Reads the body of a request.
 *
 * @throws {HttpError} 413 if it is too long, 408 if it takes too long, 400 if it breaks off.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const request = new Request("http://localhost", { method: "POST", body: "seven" });
 * const body = await readBody(request, { bytes: 10, milliseconds: 1000 });
 * assertEquals(new TextDecoder().decode(body), "seven");
 * ```
 */
export async function readBody(
  request: Request,
  { bytes, milliseconds }: BodyLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  const announced = request.headers.get("content-length");
  if (Number(announced) > bytes) throw tooLong(bytes);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new HttpError(408, `Expected the body within ${milliseconds} ms`)),
      milliseconds,
    );
  });
  // The server reads no more than was announced.
  const whole = announced === null ? readStream(request, bytes, late) : request.bytes();
  try {
    return await Promise.race([whole, late]);
  } catch (error) {
    whole.catch(() => {}); // what else goes wrong with a body that is given up
    if (error instanceof HttpError) throw error;
    throw new HttpError(400, "Expected a whole body but it broke off");
  } finally {
    clearTimeout(timer);
  }
}

async function readStream(
  request: Request,
  bytes: number,
  late: Promise<never>,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  try {
    while (reader) {
      const { done, value } = await Promise.race([reader.read(), late]);
      if (done) break;
      length += value.length;
      if (length > bytes) throw tooLong(bytes);
      chunks.push(value);
    }
  } catch (error) {
    reader?.cancel().catch(() => {});
    throw error;
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return body;
}

function tooLong(bytes: number): HttpError {
  return new HttpError(413, `Expected a body of at most ${bytes} bytes`);
}

/**
 * Reads a body as JSON.
 *
 * @throws {HttpError} As {@linkcode readBody}; 400 if it is no JSON.
 */
export async function readJson(request: Request, limits: BodyLimits): Promise<unknown> {
  const text = new TextDecoder().decode(await readBody(request, limits));
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, "Expected a body of JSON but it is not");
  }
}
