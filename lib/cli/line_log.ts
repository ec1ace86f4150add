/**
 * Starts a log in JSON lines on standard output, written a few times a second, not once a line.
 *
 * @returns What adds a line, with the time, and what writes out what was not written yet.
 */
export function startLineLog() {
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
