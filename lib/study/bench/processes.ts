/** The processes that the benchmarks start, and what they print. */

import { fromFileUrl } from "@std/path";

/** Path of a script beside this one. */
export function script(name: string): string {
  return fromFileUrl(new URL(name, import.meta.url));
}

/** Starts a program, with its output piped. */
export function spawn(
  program: string,
  args: string[],
  stdin: "piped" | "null" = "null",
): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      args,
      env: { PYTHONDONTWRITEBYTECODE: "1" },
      stdin,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Error(`${program} is not installed`);
    throw error;
  }
}

/** The lines of a stream of UTF-8, without their ends. */
export async function* lines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
  if (rest) yield rest;
}

/** The last line with text; of an error in Deno, the line that names it. */
export async function lastLine(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let last = "";
  for await (const line of lines(stream)) {
    // deno-lint-ignore no-control-regex -- colours of the terminal
    const text = line.replaceAll(/\x1b\[[0-9;]*m/g, "").trim();
    if (text && !last.startsWith("error: ")) last = text;
  }
  return last;
}
