import { assertEquals, assertThrows } from "@std/assert";
import { CLASS_SETS } from "../../lib/data/class_sets.ts";
import {
  outputsOf,
  readInferRequest,
  readPredictRequest,
  writeInferResponse,
} from "../../lib/service/protocols.ts";

const OUTPUTS = outputsOf(CLASS_SETS.digits);

const FLAT = Array.from({ length: 784 }, (_, i) => i % 256);
const ROWS = Array.from({ length: 28 }, (_, y) => FLAT.slice(28 * y, 28 * (y + 1)));
const PIXELS = Float32Array.from(FLAT, (value) => value / 255);

Deno.test("readPredictRequest() reads every form of a picture to the same pixels", () => {
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
      const expected = { pictures: [PIXELS], form: columns ? "columns" : "rows" };
      assertEquals(readPredictRequest(body), expected, name);
    }
  }
});

Deno.test("readPredictRequest() takes numbers for shares where none is above 1", () => {
  const shares = Array.from(PIXELS);
  assertEquals(readPredictRequest({ instances: [shares] }).pictures, [PIXELS]);
});

Deno.test("readPredictRequest() throws on what holds no pictures", () => {
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
  for (const [body, message] of cases) assertThrows(() => readPredictRequest(body), Error, message);
});

Deno.test("readInferRequest() reads flat and nested numbers", () => {
  for (const [shape, data] of [[[2, 784], [...FLAT, ...FLAT]], [[2, 28, 28], [ROWS, ROWS]]]) {
    const body = { id: "a", inputs: [{ name: "pixels", shape, datatype: "UINT8", data }] };
    assertEquals(readInferRequest(body, OUTPUTS), {
      id: "a",
      pictures: [PIXELS, PIXELS],
      outputs: OUTPUTS,
    });
  }
});

Deno.test("readInferRequest() reads numbers as bytes that follow the JSON", () => {
  for (const [datatype, Numbers] of [["UINT8", Uint8Array], ["FP32", Float32Array]] as const) {
    const rest = new Uint8Array(Numbers.from(FLAT).buffer);
    const ask = (binary_data_size: unknown, bytes: Uint8Array) =>
      readInferRequest(
        {
          inputs: [{ shape: [1, 784], datatype, parameters: { binary_data_size } }],
          parameters: { binary_data_output: true },
          outputs: [{ name: "digit" }, { name: "accepted", parameters: { binary_data: false } }],
        },
        OUTPUTS,
        bytes,
      );
    const { pictures, outputs } = ask(rest.length, rest);
    assertEquals(pictures, [PIXELS]);
    assertEquals(outputs.map(({ isBinary }) => isBinary), [true, undefined]);
    const message = `bytes of ${datatype} after the JSON but found`;
    for (const [size, bytes] of [[1, rest], ["784", rest], [rest.length, rest.subarray(1)]]) {
      assertThrows(() => ask(size, bytes as Uint8Array), TypeError, message);
    }
    const half = rest.subarray(rest.length / 2);
    assertThrows(() => ask(half.length, half), TypeError, "Expected data to hold 784 numbers");
  }
});

Deno.test("readInferRequest() throws on what holds no pictures", () => {
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
    assertThrows(() => readInferRequest(body, OUTPUTS), Error, message);
  }
});

Deno.test("writeInferResponse() gives the outputs that were asked for", () => {
  const prediction = {
    index: 7,
    label: "H",
    confidence: 0.9,
    accepted: true,
    probabilities: Array(10).fill(0.1),
  };
  const [, digit, , accepted] = OUTPUTS;
  const predictions = [prediction, prediction];
  assertEquals(
    writeInferResponse(
      "digits",
      { id: "a", pictures: [], outputs: [accepted, digit] },
      predictions,
    ).head,
    {
      model_name: "digits",
      model_version: "1",
      id: "a",
      outputs: [
        { name: "accepted", datatype: "BOOL", shape: [2], data: [true, true] },
        { name: "digit", datatype: "INT64", shape: [2], data: [7, 7] },
      ],
    },
  );
  const [probabilities, character] = outputsOf(CLASS_SETS.letters);
  assertEquals(probabilities.shape, [26]);
  assertEquals(
    writeInferResponse("letters", { pictures: [], outputs: [character] }, predictions).head.outputs,
    [{ name: "character", datatype: "BYTES", shape: [2], data: ["H", "H"] }],
  );
  const binary = outputsOf(CLASS_SETS.letters).slice(1).map((all) => ({ ...all, isBinary: true }));
  const { head, tensors } = writeInferResponse(
    "letters",
    { pictures: [], outputs: binary },
    [{ ...prediction, confidence: 0.5 }],
  );
  const sizes = [5, 4, 1];
  assertEquals(
    head.outputs.map((output) => "parameters" in output && output.parameters.binary_data_size),
    sizes,
  );
  assertEquals(tensors.map((bytes) => [...bytes]), [[1, 0, 0, 0, 72], [0, 0, 0, 63], [1]]);
});
