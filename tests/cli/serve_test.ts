import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { saveRandomNetwork, zipFolder } from "../model/saved_networks.ts";
import { withFolder } from "../temporary_folder.ts";
import { runTask, startTask } from "./run_task.ts";

Deno.test("deno task serve answers, logs in lines of JSON, and ends at once when interrupted", () =>
  withFolder(async (folder) => {
    const model = join(folder, "model");
    await saveRandomNetwork(model);
    const zip = join(folder, "recogniser.zip");
    await Deno.writeFile(zip, await zipFolder(model));
    const service = startTask("serve", "--port", "0", "--workers", "1", "--model", zip);
    let words = "";
    const reader = service.stderr.pipeThrough(new TextDecoderStream()).getReader();
    while (!words.includes("Draw at")) {
      const { done, value } = await reader.read();
      assert(!done, words);
      words += value;
    }
    const [url] = words.match(/http:\/\/127\.0\.0\.1:\d+/)!;
    assertEquals(await (await fetch(`${url}/v2/health/ready`)).json(), { ready: true });
    assertMatch(await (await fetch(url)).text(), /<h1[^>]*>Draw a digit<\/h1>/);
    service.kill("SIGTERM");
    const log = (await new Response(service.stdout).text()).trim().split("\n");
    assertEquals((await service.status).code, 0);
    assertEquals(
      log.map((line) => JSON.parse(line)).map(({ method, path, status }) => [method, path, status]),
      [["GET", "/v2/health/ready", 200], ["GET", "/", 200]],
    );
    while (!(await reader.read()).done);
  }));

Deno.test("deno task serve says in one sentence that there is no model", async () => {
  const { code, stdout, stderr } = await runTask("serve", "--port", "0", "--model", "nowhere");
  assertEquals([code, stdout], [1, ""]);
  assertEquals(
    stderr,
    "serve: Expected nowhere to be the folder or .zip of a saved network but there is none\n",
  );
});

Deno.test("deno task serve says in one sentence where it cannot listen", () =>
  withFolder(async (folder) => {
    const model = join(folder, "model");
    await saveRandomNetwork(model);
    await using other = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => new Response(),
    );
    const { port } = other.addr;
    for (
      const [host, words] of [
        [
          "127.0.0.1",
          `port ${port} to be free but another program listens at it: --port takes another`,
        ],
        [
          "192.0.2.1",
          "--host to be 127.0.0.1, or 0.0.0.0 for all addresses of this machine, but found 192.0.2.1: the task may listen at no other",
        ],
      ]
    ) {
      const flags = ["--host", host, "--port", String(port), "--workers", "1", "--model", model];
      const { code, stderr } = await runTask("serve", ...flags);
      assertEquals([code, stderr], [1, `serve: Expected ${words}\n`]);
    }
  }));
