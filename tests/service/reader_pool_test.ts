import { assertEquals } from "@std/assert";
import { withPool } from "./test_app.ts";

Deno.test("ReaderPool reads pictures while explanations wait", () =>
  withPool({}, async ({ pool }) => {
    const answered: string[] = [];
    const note = (name: string) => () => void answered.push(name);
    const explanations = Array.from(
      { length: 8 },
      () =>
        pool.explainer.run({ model: "digits", pixels: new Uint8Array(784), index: 7 }).then(
          note("explained"),
        ),
    );
    await pool.read("digits", [new Float32Array(784)]).then(note("read"));
    await Promise.all(explanations);
    assertEquals(answered.filter((name) => name === "explained").length, 8);
    assertEquals(answered.slice(-1), ["explained"]);
  }));
