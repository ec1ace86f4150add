import { assertEquals, assertThrows } from "@std/assert";
import { CLASS_SETS } from "../../lib/data/class_sets.ts";
import { formsOf } from "../../lib/service/protocols.ts";
import { CARD } from "../model/saved_networks.ts";

const { serving, inference } = formsOf("digits", CARD);
const { read: readPredict } = serving;
const { read: readInfer } = inference;

const FLAT = Array.from({ length: 784 }, (_, i) => i % 256);
const ROWS = Array.from({ length: 28 }, (_, y) => FLAT.slice(28 * y, 28 * (y + 1)));
const PIXELS = Float32Array.from(FLAT, (value) => value / 255);
const PREDICTION = {
  index: 7,
  label: "H",
  confidence: 0.9,
  accepted: true,
  probabilities: Array(10).fill(0.1),
};

Deno.test("formsOf().serving reads every form of a picture to the same pixels", () => {
  const forms = {
    flat: FLAT,
    rows: ROWS,
    "rows of pixels": ROWS.map((row) => row.map((value) => [value])),
    base64: { b64: Uint8Array.from(FLAT).toBase64() },
    named: { image: ROWS },
    "named base64": { image_bytes: { b64: Uint8Array.from(FLAT).toBase64() } },
  };
  for (const [name, form] of Object.entries(forms)) {
    for (
      const [body, columns] of [
        [{ instances: [form] }, false],
        [{ inputs: [form] }, true],
        [{ signature_name: "serving_default", inputs: { pixels: [form] } }, true],
      ] as const
    ) {
      const { pictures, write } = readPredict(body);
      assertEquals(pictures, [PIXELS], name);
      assertEquals("outputs" in write([PREDICTION]), columns, name);
    }
  }
});

Deno.test("formsOf().serving takes numbers for shares where none is above 1", () => {
  const shares = Array.from(PIXELS);
  assertEquals(readPredict({ instances: [shares] }).pictures, [PIXELS]);
});

Deno.test("formsOf().serving throws on what holds no pictures", () => {
  const cases: [unknown, string][] = [
    [null, "Expected a JSON object with a list of instances or inputs but found null"],
    [[1], "Expected a JSON object with a list of instances or inputs but found a list"],
    [
      { pictures: 1 },
      'Expected a JSON object with a list of instances or inputs but found none among "pictures"',
    ],
    [
      { inputs: { b64: "AAAA" } },
      "Expected a JSON object with a list of instances or inputs but found object",
    ],
    [{ inputs: [FLAT], instances: [FLAT] }, "Expected instances or inputs but found both"],
    [
      { signature_name: "classify", instances: [FLAT] },
      'Expected signature_name to be serving_default but found "classify"',
    ],
    [{ inputs: { pixels: [] } }, "Expected 1 to 1024 inputs but found 0"],
    [
      { instances: "7" },
      "Expected a JSON object with a list of instances or inputs but found string",
    ],
    [{ instances: [] }, "Expected 1 to 1024 instances but found 0"],
    [{ instances: Array(1025).fill(FLAT) }, "Expected 1 to 1024 instances but found 1025"],
    [{ instances: [7] }, "Expected instances[0] to be a list of numbers but found 7"],
    [{ instances: [{}] }, "Expected instances[0] to be a list of numbers but found an object"],
    [
      { instances: [[1, 2]] },
      "Expected instances[0] to be 28 × 28, 28 × 28 × 1 or 784 numbers but found a list of 2",
    ],
    [
      { instances: [FLAT, FLAT.with(3, 256)] },
      "Expected instances[1] to hold numbers from 0 to 255 but found 256",
    ],
    [
      { instances: [[...FLAT.slice(1), null]] },
      "Expected instances[0] to hold numbers from 0 to 255 but found null",
    ],
    [
      { instances: [ROWS.map((row) => row.map((value) => [value, value]))] },
      "Expected instances[0] to hold numbers from 0 to 255 but found a list of 2",
    ],
    [
      { instances: [{ b64: "AAAA" }] },
      "Expected instances[0] to be 784 bytes in base64 but found 3 bytes",
    ],
    [
      { instances: [{ b64: "?" }] },
      "Expected instances[0] to be 784 bytes in base64 but found something else",
    ],
  ];
  for (const [body, message] of cases) assertThrows(() => readPredict(body), Error, message);
});

Deno.test("formsOf().inference reads flat and nested numbers", () => {
  for (const [shape, data] of [[[2, 784], [...FLAT, ...FLAT]], [[2, 28, 28], [ROWS, ROWS]]]) {
    const body = { id: "a", inputs: [{ name: "pixels", shape, datatype: "UINT8", data }] };
    const { pictures, write } = readInfer(body);
    assertEquals(pictures, [PIXELS, PIXELS]);
    const { id, outputs } = write([PREDICTION]).head;
    const names = ["probabilities", "digit", "confidence", "accepted"];
    assertEquals([id, outputs.map(({ name }) => name)], ["a", names]);
  }
});

Deno.test("formsOf().inference reads numbers as bytes that follow the JSON", () => {
  for (const [datatype, Numbers] of [["UINT8", Uint8Array], ["FP32", Float32Array]] as const) {
    const rest = new Uint8Array(Numbers.from(FLAT).buffer);
    const ask = (binary_data_size: unknown, bytes: Uint8Array) =>
      readInfer(
        {
          inputs: [{ shape: [1, 784], datatype, parameters: { binary_data_size } }],
          parameters: { binary_data_output: true },
          outputs: [{ name: "digit" }, { name: "accepted", parameters: { binary_data: false } }],
        },
        bytes,
      );
    const { pictures, write } = ask(rest.length, rest);
    assertEquals(pictures, [PIXELS]);
    const { head: { outputs } } = write([PREDICTION]);
    assertEquals(outputs.map((output) => "data" in output), [false, true]);
    const message = `bytes of ${datatype} after the JSON but found`;
    for (const [size, bytes] of [[1, rest], ["784", rest], [rest.length, rest.subarray(1)]]) {
      assertThrows(() => ask(size, bytes as Uint8Array), TypeError, message);
    }
    const half = rest.subarray(rest.length / 2);
    assertThrows(() => ask(half.length, half), TypeError, "Expected data to hold 784 numbers");
  }
});

Deno.test("formsOf().inference throws on what holds no pictures", () => {
  const input = { name: "pixels", shape: [1, 784], datatype: "FP32", data: FLAT };
  const cases: [unknown, string][] = [
    [{}, 'Expected a JSON object with a list of one input but found none among ""'],
    [
      { inputs: [input, input] },
      "Expected a JSON object with a list of one input but found a list of 2",
    ],
    [{ id: 7, inputs: [input] }, "Expected id to be a string but found number"],
    [
      { inputs: [{ ...input, datatype: "BYTES" }] },
      'Expected datatype to be one of FP32, FP64, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64 but found "BYTES"',
    ],
    [
      { inputs: [{ ...input, shape: [28, 28] }] },
      "Expected shape to be [count, 28, 28, 1], [count, 28, 28] or [count, 784] but found a list of 2",
    ],
    [{ inputs: [{ ...input, shape: [0, 784] }] }, "Expected 1 to 1024 pictures but found 0"],
    [
      { inputs: [{ ...input, shape: [2, 784] }] },
      "Expected data to hold 1568 numbers but found 784",
    ],
    [{ inputs: [{ ...input, data: 7 }] }, "Expected data to hold 784 numbers but found 0"],
    [
      { inputs: [input], outputs: [{ name: "logits" }] },
      'Expected the name of an output to be one of probabilities, digit, confidence, accepted but found "logits"',
    ],
  ];
  for (const [body, message] of cases) {
    assertThrows(() => readInfer(body), Error, message);
  }
});

Deno.test("formsOf().inference has the outputs written that were asked for", () => {
  const inputs = [{ name: "pixels", shape: [1, 784], datatype: "FP32", data: FLAT }];
  const ask = (id: string | undefined, ...names: string[]) => ({
    id,
    inputs,
    outputs: names.map((name) => ({ name })),
  });
  const { write } = readInfer(ask("a", "accepted", "digit"));
  assertEquals(write([PREDICTION, PREDICTION]).head, {
    model_name: "digits",
    model_version: "1",
    id: "a",
    outputs: [
      { name: "accepted", datatype: "BOOL", shape: [2], data: [true, true] },
      { name: "digit", datatype: "INT64", shape: [2], data: [7, 7] },
    ],
  });
  const letters = formsOf("letters", { ...CARD, classes: CLASS_SETS.letters }).inference;
  assertEquals(letters.metadata.outputs[0].shape, [-1, 26]);
  const { head: { outputs } } = letters.read(ask(undefined, "character")).write([PREDICTION]);
  assertEquals(outputs, [{ name: "character", datatype: "BYTES", shape: [1], data: ["H"] }]);
  const { head, tensors } = letters.read({
    ...ask(undefined, "character", "confidence", "accepted"),
    parameters: { binary_data_output: true },
  }).write([{ ...PREDICTION, confidence: 0.5 }]);
  const sizes = [5, 4, 1];
  assertEquals(
    head.outputs.map((output) => "parameters" in output && output.parameters.binary_data_size),
    sizes,
  );
  assertEquals(tensors.map((bytes) => [...bytes]), [[1, 0, 0, 0, 72], [0, 0, 0, 63], [1]]);
});
