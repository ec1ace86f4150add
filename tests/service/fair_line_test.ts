import { assertEquals } from "@std/assert";
import { FairLine } from "../../lib/service/fair_line.ts";

function lineOf(...items: string[]): FairLine<string> {
  const line = new FairLine<string>();
  for (const item of items) line.push(item[0], item);
  return line;
}

function rest(line: FairLine<string>): string[] {
  return Array.from({ length: line.length }, () => line.shift()!);
}

Deno.test("FairLine lets clients take turns, each with what it brought first", () => {
  assertEquals(rest(lineOf("a1", "a2", "a3", "b1", "c1", "b2")), [
    "a1",
    "b1",
    "c1",
    "a2",
    "b2",
    "a3",
  ]);
});

Deno.test("FairLine lets nobody wait for ever, however many come", () => {
  const line = lineOf("a1", "a2");
  assertEquals(line.shift(), "a1");
  line.push("b", "b1");
  line.push("c", "c1");
  assertEquals(rest(line), ["a2", "b1", "c1"]);
});

Deno.test("FairLine.makeRoom() takes from who has most, never from who has as little", () => {
  const line = lineOf("a1", "a2", "a3", "b1");
  assertEquals([line.makeRoom("a"), line.makeRoom("c"), line.makeRoom("c")], [
    undefined,
    "a3",
    "a2",
  ]);
  assertEquals([line.makeRoom("c"), line.length], [undefined, 2]);
});

Deno.test("FairLine.clear() takes all", () => {
  const line = lineOf("a1", "a2", "b1");
  assertEquals([line.clear(), line.length], [["a1", "a2", "b1"], 0]);
});
