/** The worker that reads pictures, but one dies whenever there is a file named `kill` beside the models. */

import { dirname, join } from "@std/path";

const scope = self as unknown as { onmessage: (event: MessageEvent) => void };

await import("../../lib/service/reading_worker.ts");
const serve = scope.onmessage;
scope.onmessage = (event) => {
  if ("setup" in event.data) watch(join(dirname(event.data.setup.digits), "kill"));
  serve(event);
};

function watch(path: string): void {
  setInterval(() => {
    try {
      Deno.removeSync(path);
    } catch {
      return;
    }
    throw new Error("killed");
  }, 5);
}
