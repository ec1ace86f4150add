import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { share, shareMemory, Team } from "../../lib/backend/team.ts";
import { Random } from "../../lib/data/random.ts";
import type { jobs } from "./team_worker.ts";

const MODULE = new URL("team_worker.ts", import.meta.url);

Deno.test("share() cuts into contiguous parts that differ by one at most", () => {
  for (const count of [0, 1, 2, 3, 10, 127, 128, 55_000]) {
    for (const size of [1, 2, 3, 7, 64]) {
      const parts = Array.from({ length: size }, (_, rank) => share(count, { rank, size }));
      assertEquals(parts[0][0], 0);
      assertEquals(parts.at(-1)![1], count);
      for (let i = 1; i < size; i++) assertEquals(parts[i][0], parts[i - 1][1]);
      const lengths = parts.map(([start, end]) => end - start);
      assert(Math.max(...lengths) - Math.min(...lengths) <= 1);
    }
  }
});

Deno.test("Team.run() gives every member its rank and the task, and returns results by rank", async () => {
  await using team = new Team<typeof jobs>({ module: MODULE, size: 3 });
  assertEquals(team.size, 3);
  assertEquals(await team.run("introduce", "Worker"), [
    "Worker 0 of 3",
    "Worker 1 of 3",
    "Worker 2 of 3",
  ]);
  assertEquals((await team.run("introduce", "Again"))[2], "Again 2 of 3");
});

/** Never called: compiles only as long as TypeScript checks what is run. */
export async function assertTypes(team: Team<typeof jobs>): Promise<void> {
  (await team.run("introduce", "Worker")) satisfies string[];
  await team.run("report", 1, { onReport: ({ rank, i }) => rank + i });
  // @ts-expect-error no job of the team
  await team.run("interduce", "Worker");
  // @ts-expect-error not the job's task
  await team.run("introduce", 1);
  // @ts-expect-error not what the job reports
  await team.run("report", 1, { onReport: ({ done }) => done });
  // @ts-expect-error not what the job returns
  (await team.run("introduce", "Worker")) satisfies number[];
}

Deno.test("Team.run() shares memory with the members", async () => {
  await using team = new Team<typeof jobs>({ module: MODULE, size: 2 });
  const shared = new Uint8Array(new SharedArrayBuffer(2));
  await team.run("fill", shared);
  assertEquals([...shared], [1, 2]);
});

Deno.test("Team.run() passes reports on before it ends, each member's in order", async () => {
  await using team = new Team<typeof jobs>({ module: MODULE, size: 2 });
  const reports: { rank: number; i: number }[] = [];
  await team.run("report", 50, {
    onReport: (report) => reports.push(report),
  });
  for (const member of [0, 1]) {
    assertEquals(
      reports.filter(({ rank }) => rank === member).map(({ i }) => i),
      [...Array(50).keys()],
    );
  }
});

for (const size of [1, 2, 3]) {
  Deno.test(`Member.sum() gives ${size} members the same bits, added in the order of ranks`, async () => {
    const random = new Random(size);
    // Of such different magnitude that another order gives another sum.
    const rounds = Array.from(
      { length: 100 },
      (_, round) =>
        Array.from({ length: size }, () =>
          Float32Array.from(
            { length: 1 + round % 5 },
            () => random.normal() * 10 ** random.integer(9),
          )),
    );
    const expected = rounds.map((values) =>
      values.reduce((total, addend) => total.map((value, i) => value + addend[i]))
    );
    await using team = new Team<typeof jobs>({ module: MODULE, size });
    for (const sums of await team.run("sum", rounds, { sumLength: 5 })) {
      assertEquals(sums, expected);
    }
  });
}

Deno.test("Member.sum() throws on more numbers than were announced", async () => {
  await using team = new Team<typeof jobs>({ module: MODULE, size: 2 });
  const rounds = [[new Float32Array(4), new Float32Array(4)]];
  const error = await assertRejects(() => team.run("sum", rounds, { sumLength: 3 }));
  assertEquals(
    error.message.replace(/Worker \d/, "Worker N"),
    "Worker N of 2 failed in sum: Expected at most 3 numbers to sum but found 4",
  );
});

Deno.test("Team.run() rejects when a member throws while the others wait for it", async () => {
  for (const rank of [0, 2]) {
    await using team = new Team<typeof jobs>({ module: MODULE, size: 3 });
    const error = await assertRejects(() => team.run("throwInOne", rank, { sumLength: 1 }));
    assertEquals(
      error.message,
      `Worker ${rank} of 3 failed in throwInOne: Expected luck but found none`,
    );
    assertEquals((await team.run("introduce", "Worker"))[rank], `Worker ${rank} of 3`);
  }
});

Deno.test("Team.run() has new workers do the first job first", async () => {
  await using team = new Team<typeof jobs>({
    module: MODULE,
    size: 2,
    first: { job: "remember", task: "ink" },
  });
  assertEquals(await team.run("recall", undefined), ["ink", "ink"]);
  await assertRejects(() => team.run("throwInOne", 0, { sumLength: 1 }));
  assertEquals(await team.run("recall", undefined), ["ink", "ink"]);
});

Deno.test("Team.run() rejects when a member dies while the others wait for it", async () => {
  await using team = new Team<typeof jobs>({ module: MODULE, size: 2 });
  const error = await assertRejects(() => team.run("dieInOne", 1, { sumLength: 1 }));
  assertEquals(
    error.message,
    "Worker 1 of 2 died in dieInOne: Uncaught Error: Expected memory but found none",
  );
});

Deno.test("Team.run() rejects when the workers' module cannot be loaded", async () => {
  await using team = new Team<typeof jobs>({
    module: new URL("nowhere.ts", import.meta.url),
    size: 1,
  });
  const error = await assertRejects(() => team.run("introduce", "Worker"));
  assert(error.message.startsWith("Worker 0 of 1 died in introduce: "), error.message);
});

Deno.test("Team.run() rejects with what its observer throws, which hears no more", async () => {
  await using team = new Team<typeof jobs>({ module: MODULE, size: 2 });
  let reports = 0;
  const error = await assertRejects(() =>
    team.run("report", 50, {
      onReport: () => {
        reports++;
        throw new TypeError("No display");
      },
    }), TypeError);
  assertEquals([error.message, reports], ["No display", 1]);
});

Deno.test("Team.close() in the middle of a job rejects it, and every further one", async () => {
  const team = new Team<typeof jobs>({ module: MODULE, size: 2 });
  const running = team.run("never", undefined);
  setTimeout(() => team.close(), 20);
  assertEquals(
    (await assertRejects(() => running)).message,
    "Expected the team to finish but it was closed",
  );
  assertEquals(
    (await assertRejects(() => team.run("introduce", "Worker"))).message,
    "Expected a running team but it was closed",
  );
});

Deno.test("Team.cancel() rejects the job that is running with the reason, and the next one runs", async () => {
  await using team = new Team<typeof jobs>({ module: MODULE, size: 2 });
  const running = team.run("never", undefined);
  setTimeout(() => team.cancel(new Error("Disk full")), 20);
  assertEquals((await assertRejects(() => running)).message, "Disk full");
  assertEquals((await team.run("introduce", "Worker"))[1], "Worker 1 of 2");
});

Deno.test("Team.run() rejects a second job while one is running, which goes on", async () => {
  const team = new Team<typeof jobs>({ module: MODULE, size: 1 });
  const running = team.run("never", undefined);
  assertEquals(
    (await assertRejects(() => team.run("introduce", "Worker"))).message,
    "Expected an idle team but it is running another job",
  );
  assertEquals(team.size, 1);
  team.close();
  await assertRejects(() => running);
});

Deno.test("Team() throws on a number of workers that is none", () => {
  for (const size of [0, -1, 1.5, NaN]) {
    assertEquals(
      assertThrows(() => new Team<typeof jobs>({ module: MODULE, size }), RangeError).message,
      `Expected workers to be an integer of at least 1 but found ${size}`,
    );
  }
});

Deno.test("no worker outlives its team: a process whose team failed or was closed ends", async () => {
  const program = `
    import { Team } from "${new URL("../../lib/backend/team.ts", import.meta.url)}";
    const module = new URL("${MODULE}");
    const failing = new Team({ module, size: 2 });
    await failing.run("throwInOne", 0, { sumLength: 1 }).catch((error) => console.log(error.message));
    const closed = new Team({ module, size: 2 });
    const running = closed.run("throwInOne", 5, { sumLength: 1 }).catch(() => {});
    closed.close();
    await running;
    { await using scoped = new Team({ module, size: 2 }); await scoped.run("introduce", ""); }
    console.log("end of program");`;
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(path, program);
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--allow-read", path],
      signal: AbortSignal.timeout(30_000),
      stderr: "inherit",
    }).output();
    assertEquals(
      [code, new TextDecoder().decode(stdout)],
      [0, "Worker 0 of 2 failed in throwInOne: Expected luck but found none\nend of program\n"],
    );
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("shareMemory() copies the numbers of the view, not of its whole buffer", () => {
  for (const array of [Uint8Array.of(1, 2, 3, 4), Float32Array.of(1.5, -2, NaN, 0)]) {
    const shared = shareMemory(array.subarray(1, 3));
    assertEquals([...shared], [...array.subarray(1, 3)]);
    assertEquals(shared.buffer.byteLength, 2 * array.BYTES_PER_ELEMENT);
    assert(shared.buffer as ArrayBufferLike instanceof SharedArrayBuffer);
  }
});

Deno.test("shareMemory() gives back what is shared already", () => {
  const array = new Float32Array(new SharedArrayBuffer(8));
  assert(shareMemory(array) === array);
});
