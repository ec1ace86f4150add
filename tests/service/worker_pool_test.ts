import { assertEquals, assertRejects } from "@std/assert";
import { WorkerPool } from "../../lib/service/worker_pool.ts";
import type { PoolTask } from "./pool_worker.ts";

type Options = ConstructorParameters<typeof WorkerPool>[0];

function startPool(options: Partial<Options> = {}): WorkerPool<PoolTask, number> {
  return new WorkerPool({
    module: new URL("./pool_worker.ts", import.meta.url),
    setup: {},
    size: 1,
    batch: 4,
    waiting: 100,
    deadline: 5000,
    ...options,
  });
}

Deno.test("WorkerPool answers every task with its own result", async () => {
  using pool = startPool({ size: 2 });
  const tasks = Array.from({ length: 50 }, (_, i) => i);
  assertEquals(await Promise.all(tasks.map((task) => pool.run(task))), tasks.map((i) => i + 1));
});

Deno.test("WorkerPool hands waiting tasks out in batches", async () => {
  const batches: number[] = [];
  using pool = startPool({ onBatch: (tasks) => batches.push(tasks) });
  await pool.ready;
  await Promise.all(Array.from({ length: 6 }, () => pool.run("batch")));
  assertEquals(batches, [1, 4, 1]);
});

Deno.test("WorkerPool passes the error of a task on, and answers the others of its batch", async () => {
  using pool = startPool();
  const [, failed, other] = await Promise.allSettled([pool.run(1), pool.run("fail"), pool.run(2)]);
  assertEquals(failed.status === "rejected" && [failed.reason.name, failed.reason.message], [
    "RangeError",
    "Expected a number",
  ]);
  assertEquals(other, { status: "fulfilled", value: 3 });
});

Deno.test("WorkerPool replaces a worker that dies, and blames the task it died over twice", async () => {
  const reasons: string[] = [];
  using pool = startPool({ onReplace: (reason) => reasons.push(reason) });
  await pool.ready;
  const first = pool.run(0);
  const [deadly, ...others] = [pool.run("die"), pool.run(1), pool.run(2)];
  await assertRejects(
    () => deadly,
    Error,
    "Expected a worker to answer but it died: Uncaught Error: killed",
  );
  assertEquals(await Promise.all([first, ...others, pool.run(3)]), [1, 2, 3, 4]);
  assertEquals(reasons, ["Uncaught Error: killed", "Uncaught Error: killed"]);
});

Deno.test("WorkerPool replaces a worker that hangs, and does not try its task again", async () => {
  const reasons: string[] = [];
  using pool = startPool({ deadline: 50, onReplace: (reason) => reasons.push(reason) });
  await pool.ready;
  await assertRejects(
    () => pool.run("hang"),
    Error,
    "Expected a worker to answer but it died: no answer within 50 ms",
  );
  assertEquals(await pool.run(1), 2);
  assertEquals(reasons, ["no answer within 50 ms"]);
});

Deno.test("WorkerPool answers those that came with a task that hangs", async () => {
  using pool = startPool({ deadline: 50 });
  await pool.ready;
  const busy = pool.run(0);
  const hanging = pool.run("hang");
  const others = [pool.run(1), pool.run(2)];
  await assertRejects(() => hanging, Error, "no answer within 50 ms");
  assertEquals(await Promise.all([busy, ...others]), [1, 2, 3]);
});

Deno.test("WorkerPool lets clients take turns, and makes room for who has less waiting", async () => {
  using pool = startPool({ batch: 1, waiting: 3 });
  await pool.ready;
  const answered: string[] = [];
  const ask = (name: string) => pool.run(0, name[0]).then(() => answered.push(name));
  const asked = ["a1", "a2", "a3", "a4", "b1", "b2"].map(ask);
  const settled = await Promise.allSettled(asked);
  assertEquals(answered, ["a1", "a2", "b1", "a3"]);
  assertEquals(settled.map(({ status }) => status === "fulfilled"), [
    true,
    true,
    true,
    false,
    true,
    false,
  ]);
});

Deno.test("WorkerPool takes no more tasks than may wait", async () => {
  using pool = startPool({ waiting: 2 });
  await pool.ready;
  const taken = [pool.run(1), pool.run(2), pool.run(3)];
  await assertRejects(
    () => pool.run(4),
    Error,
    "Expected at most 2 waiting tasks but no place is left",
  );
  assertEquals(await Promise.all(taken), [2, 3, 4]);
});

Deno.test("WorkerPool says that its workers cannot start", async () => {
  using pool = startPool({ setup: { fails: true } });
  const waiting = pool.run(1);
  await assertRejects(() => pool.ready, Error, "Expected to start but found no way");
  await assertRejects(
    () => waiting,
    Error,
    "Expected a worker to start but: Expected to start but found no way",
  );
  assertEquals(pool.isUp, false);
});

Deno.test("WorkerPool rejects open tasks when it is closed, and takes no more", async () => {
  const pool = startPool();
  const open = pool.run("hang");
  pool[Symbol.dispose]();
  await assertRejects(
    () => open,
    Error,
    "Expected an answer but the workers were closed",
  );
  await assertRejects(
    () => pool.run(1),
    Error,
    "Expected running workers but they were closed",
  );
});
