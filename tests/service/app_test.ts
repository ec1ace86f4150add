import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { CLASS_SETS } from "../../lib/data/class_sets.ts";
import { SEVEN_PNG } from "../picture/picture_files.ts";
import { post, withApp } from "./test_app.ts";

const PICTURE = Array.from({ length: 784 }, (_, i) => i % 256);
const PREDICT = "/v1/models/digits:predict";
const INFER = "/v2/models/digits/infer";

/** Short ones, so that a test can go beyond them. */
const LIMITS = { jsonBytes: 40_000, pictureBytes: 9999, bodyMilliseconds: 500 };

const SAFE_HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

Deno.test("createApp()", (t) =>
  withApp({ workers: 2, limits: LIMITS }, async ({ app, log }) => {
    await t.step("counts and logs requests", async () => {
      await app.request(PREDICT, post({ instances: [PICTURE] }));
      await app.request(PREDICT, post("{"));
      await app.request("/nothing", { method: "BREW" });
      const text = await (await app.request("/metrics")).text();
      for (
        const line of [
          `digits_requests_total{route="${PREDICT}",method="POST",status="200"} 1`,
          `digits_requests_total{route="${PREDICT}",method="POST",status="400"} 1`,
          'digits_requests_total{route="other",method="other",status="404"} 1',
        ]
      ) assert(text.includes(line), line);
      assertEquals(
        log.map(({ milliseconds: _, ...entry }) => entry).slice(1, 2),
        [{
          method: "POST",
          path: PREDICT,
          status: 400,
          error: "Expected a body of JSON but it is not",
        }],
      );
    });

    await t.step("answers in every form with the same prediction", async () => {
      const { predictions } = await (await app.request(PREDICT, post({ instances: [PICTURE] })))
        .json();
      const [{ probabilities, digit, confidence, accepted }] = predictions;
      assertEquals(probabilities.length, 10);
      assertEquals(Math.max(...probabilities), confidence);
      assertEquals(probabilities.indexOf(confidence), digit);

      const inputs = [{ name: "pixels", shape: [1, 784], datatype: "UINT8", data: PICTURE }];
      const { outputs } = await (await app.request(INFER, post({ inputs }))).json();
      assertEquals(
        Object.fromEntries(
          outputs.map(({ name, data }: { name: string; data: unknown }) => [name, data]),
        ),
        { probabilities, digit: [digit], confidence: [confidence], accepted: [accepted] },
      );

      const columns = await app.request(PREDICT, post({ inputs: { pixels: [PICTURE, PICTURE] } }));
      assertEquals((await columns.json()).outputs, {
        probabilities: [probabilities, probabilities],
        digit: [digit, digit],
        confidence: [confidence, confidence],
        accepted: [accepted, accepted],
      });
    });

    await t.step("describes the model as TensorFlow Serving does", async () => {
      const { model_spec: model, metadata } = await (await app.request(
        "/v1/models/letters/metadata",
      )).json();
      assertEquals(model, { name: "letters", signature_name: "", version: "1" });
      const { inputs, outputs } = metadata.signature_def.signature_def.serving_default;
      const described = (
        tensors: Record<string, { dtype: string; tensor_shape: { dim: { size: string }[] } }>,
      ) =>
        Object.entries(tensors).map(([name, { dtype, tensor_shape: { dim } }]) =>
          [name, dtype, ...dim.map(({ size }) => size)].join(" ")
        );
      assertEquals(described(inputs), ["pixels DT_FLOAT -1 28 28 1"]);
      assertEquals(described(outputs), [
        "probabilities DT_FLOAT -1 26",
        "character DT_STRING -1",
        "confidence DT_FLOAT -1",
        "accepted DT_BOOL -1",
      ]);
    });

    await t.step("answers at the addresses of the one version that there is", async () => {
      const inputs = [{ name: "pixels", shape: [1, 784], datatype: "UINT8", data: PICTURE }];
      const requests: [before: string, after: string, request?: RequestInit][] = [
        ["/v1/models/digits", ""],
        ["/v1/models/digits", "/metadata"],
        ["/v1/models/digits", ":predict", post({ instances: [PICTURE] })],
        ["/v2/models/letters", ""],
        ["/v2/models/letters", "/ready"],
        ["/v2/models/letters", "/infer", post({ inputs })],
      ];
      for (const [before, after, request] of requests) {
        const [plain, first] = await Promise.all(
          ["", "/versions/1"].map((version) => app.request(before + version + after, request)),
        );
        assertEquals([first.status, await first.json()], [200, await plain.json()]);
        const second = await app.request(`${before}/versions/2${after}`, request);
        assertEquals(second.status, 404);
        await second.body?.cancel();
      }
    });

    await t.step("answers with letters where the model reads letters", async () => {
      assertEquals(
        (await (await app.request("/models")).json()).models.map(({ name }: { name: string }) =>
          name
        ),
        [
          "digits",
          "letters",
        ],
      );
      const asked = post({ instances: [PICTURE] });
      const { predictions: [{ character, probabilities, digit }] } =
        await (await app.request("/v1/models/letters:predict", asked)).json();
      assertEquals([probabilities.length, digit], [26, undefined]);
      assertEquals(
        CLASS_SETS.letters.indexOf(character),
        probabilities.indexOf(Math.max(...probabilities)),
      );

      const body = SEVEN_PNG as Uint8Array<ArrayBuffer>;
      const { characters } =
        await (await app.request("/predict?model=letters", { method: "POST", body })).json();
      assertEquals([characters.length, characters[0].character.length], [1, 1]);
      const pixels = characters[0].pixels;
      const explained = await app.request(
        "/explain",
        post({ model: "letters", character, pixels }),
      );
      assertEquals((await explained.json()).importance.length, 784);
      for (
        const [question, error] of [
          [
            { model: "letters", character: "7", pixels },
            `Expected character to be one of ${CLASS_SETS.letters.join("")}`,
          ],
          [{ model: "runes", character: "A", pixels }, "Expected model to be digits or letters"],
        ] as const
      ) {
        const refused = await app.request("/explain", post(question));
        assertEquals([refused.status, await refused.json()], [400, { error }]);
      }
    });

    await t.step("keeps the answers of concurrent requests apart", async () => {
      const ask = async (value: number) => {
        const instances = [PICTURE.map((pixel) => (pixel * value) % 256)];
        return (await (await app.request(PREDICT, post({ instances }))).json()).predictions[0]
          .probabilities;
      };
      const values = Array.from({ length: 100 }, (_, i) => i + 1);
      const together = await Promise.all(values.map(ask));
      for (const i of [0, 49, 99]) {
        const alone: number[] = await ask(values[i]);
        alone.forEach((p, k) => assert(Math.abs(p - together[i][k]) < 1e-5));
      }
    });

    await t.step("finds the digit of a picture file, as the body or in a form", async () => {
      const form = new FormData();
      form.append("file", new Blob([SEVEN_PNG as Uint8Array<ArrayBuffer>]), "seven.png");
      const bodies: RequestInit[] = [
        { body: SEVEN_PNG as Uint8Array<ArrayBuffer>, headers: { "content-type": "image/png" } },
        { body: SEVEN_PNG as Uint8Array<ArrayBuffer> },
        { body: form },
      ];
      for (const init of bodies) {
        const response = await app.request("/predict", { method: "POST", ...init });
        const { digits, endsEarly } = await response.json();
        assertEquals([digits.length, endsEarly], [1, false]);
        const { box, pixels } = digits[0];
        assertEquals(box, { left: 14, top: 10, width: 34, height: 60 });
        assertEquals(Uint8Array.fromBase64(pixels).length, 784);
      }
    });

    await t.step("says that a picture file ends early, and reads what is there", async () => {
      const body = SEVEN_PNG.slice(0, 0.7 * SEVEN_PNG.length) as Uint8Array<ArrayBuffer>;
      const response = await app.request("/predict", { method: "POST", body });
      const { digits, endsEarly } = await response.json();
      assertEquals([digits.length, endsEarly], [1, true]);
    });

    await t.step("explains an answer", async () => {
      const pixels = Uint8Array.from(PICTURE).toBase64();
      const { importance, layers } =
        await (await app.request("/explain", post({ pixels, digit: 7 })))
          .json();
      assertEquals(importance.length, 784);
      assertEquals(
        layers.map(({ side, maps }: { side: number; maps: string }) =>
          Uint8Array.fromBase64(maps).length / side ** 2
        ),
        [16, 32, 64],
      );
      assertEquals(
        layers.map((
          { filters: { count, side, values } }: { filters: Record<string, string> },
        ) => [count, side, Uint8Array.fromBase64(values).length]),
        [[1, 3, 16 * 9], [16, 3, 32 * 9], [32, 3, 64 * 9]],
      );
    });

    await t.step(
      "sends safe headers with everything, and a page without inline script",
      async () => {
        for (const path of ["/", "/page.js", "/docs", "/openapi.json", "/metrics", "/nothing"]) {
          const { headers } = await app.request(path);
          for (const [name, value] of Object.entries(SAFE_HEADERS)) {
            assertEquals(headers.get(name), value);
          }
        }
        for (const path of ["/", "/docs"]) {
          const html = await (await app.request(path)).text();
          assert(!/<script(?![^>]*src=)|<style| on\w+=| style=/.test(html), path);
        }
      },
    );

    await t.step("hands out the network that the page teaches", async () => {
      const { headers } = await app.request("/tfjs-backend-wasm-simd.wasm");
      assertEquals(headers.get("content-type"), "application/wasm");
      for (const file of ["model.json", "weights.bin"]) {
        const sent = await (await app.request(`/base/${file}`)).bytes();
        assertEquals(sent, await Deno.readFile(`data/bases/cnn/${file}`));
      }
    });

    await t.step("refuses wrong requests in one sentence", async () => {
      const png = { "content-type": "image/png" };
      const cases: [string, RequestInit, number, string][] = [
        ["/nothing", {}, 404, "Expected an address that GET /docs lists"],
        ["/..%2f..%2fetc/passwd", {}, 404, "Expected an address that GET /docs lists"],
        [PREDICT, {}, 405, "Expected POST but found GET"],
        ["/samples", { method: "PUT" }, 405, "Expected GET or POST or DELETE but found PUT"],
        [PREDICT, post("{"), 400, "Expected a body of JSON but it is not"],
        [PREDICT, post({ instances: [] }), 400, "Expected 1 to 1024 instances but found 0"],
        [PREDICT, post(" ".repeat(40_001)), 413, "Expected a body of at most 40000 bytes"],
        [
          PREDICT,
          { method: "POST", body: new ReadableStream() },
          408,
          "Expected the body within 500 ms",
        ],
        [
          "/predict",
          { method: "POST", body: "seven", headers: png },
          415,
          "Expected the picture to be a PNG, JPEG, HEIC, WebP, AVIF, GIF, TIFF or BMP picture but it starts like none of them",
        ],
        [
          "/predict",
          { method: "POST", body: SEVEN_PNG.slice(0, 60), headers: png },
          415,
          "Expected the picture to be a whole PNG picture but it ends early",
        ],
        [
          "/predict",
          post({}),
          415,
          "Expected the picture to be a PNG, JPEG, HEIC, WebP, AVIF, GIF, TIFF or BMP picture but it starts like none of them",
        ],
        [
          "/predict",
          { method: "POST", body: new FormData() },
          400,
          "Expected a form with a picture file but found none",
        ],
        [
          "/explain",
          post(null),
          400,
          "Expected pixels to be 784 bytes in base64 but found something else",
        ],
        [
          "/samples",
          post({ pixels: new Uint8Array(784).toBase64(), class: "../up" }),
          400,
          "Expected class to be the name of a folder, of at most 80 characters",
        ],
        [
          "/samples",
          { ...post({}), headers: { "sec-fetch-site": "cross-site" } },
          403,
          "Expected a request of this service's own page: serve --cors lets others in",
        ],
        [
          "/samples",
          {
            ...post({}),
            headers: { "origin": "http://localhost:99", "content-type": "text/plain" },
          },
          403,
          "Expected a request of this service's own page: serve --cors lets others in",
        ],
        [
          "/samples",
          { method: "DELETE", headers: { "origin": "http://localhost:99" } },
          403,
          "Expected a request of this service's own page: serve --cors lets others in",
        ],
        ["/samples", { ...post({}), headers: {} }, 415, "Expected a sample as application/json"],
        [
          "http://rebound.example/metrics",
          {},
          403,
          "Expected a request for a name of this service but found rebound.example: serve --allow-host lets it in",
        ],
      ];
      for (const [path, init, status, error] of cases) {
        const response = await app.request(path, init);
        assertEquals([response.status, await response.json()], [status, { error }]);
      }
    });
  }));

Deno.test("createApp() answers a thousand pictures of one request, as clients of TensorFlow Serving write them", () =>
  withApp({}, async ({ app }) => {
    const body = JSON.stringify({ instances: Array(1000).fill(PICTURE) }).replaceAll(",", ", ");
    const response = await app.request(PREDICT, post(body));
    assertEquals((await response.json()).predictions.length, 1000);
  }));

Deno.test("createApp() says when to come back if too much is asked at a time", () =>
  withApp({}, async ({ app }) => {
    const b64 = Uint8Array.from(PICTURE).toBase64();
    const request = post({ instances: Array(256).fill({ b64 }) });
    const responses = await Promise.all(
      Array.from({ length: 12 }, async () => await app.request(PREDICT, request)),
    );
    const answers = await Promise.all(responses.map((response) => response.json()));
    responses.forEach(({ status, headers }, i) => {
      if (status === 200) return assertEquals(answers[i].predictions.length, 256);
      assertEquals([status, headers.get("retry-after")], [503, "1"]);
      assertEquals(answers[i], {
        error: "Expected at most 2048 waiting tasks but no place is left",
      });
    });
    assertEquals(new Set(responses.map(({ status }) => status)), new Set([200, 503]));
  }));

Deno.test("createApp() keeps samples only if it was told to", async () => {
  const sample = post({ pixels: new Uint8Array(784).toBase64(), class: "7" });
  await withApp({}, async ({ app }) => {
    assertEquals(await (await app.request("/samples")).json(), { open: true, kept: 0 });
    assertEquals((await app.request("/samples", sample)).status, 201);
    assertEquals(await (await app.request("/samples")).json(), { open: true, kept: 1 });
  });
  await withApp({ withoutSamples: true }, async ({ app }) => {
    assertEquals(await (await app.request("/samples")).json(), { open: false, kept: 0 });
    assertEquals((await app.request("/samples", sample)).status, 403);
  });
});

Deno.test("createApp() answers every request while a worker is killed, and heals", () =>
  withApp(
    { workers: 2, module: new URL("./mortal_worker.ts", import.meta.url) },
    async ({ app, folder }) => {
      const predict = async () => {
        const response = await app.request(PREDICT, post({ instances: Array(4).fill(PICTURE) }));
        await response.json();
        return response.status;
      };
      const statuses: number[] = [];
      const client = async () => {
        for (let i = 0; i < 20; i++) statuses.push(await predict());
      };
      const clients = Promise.all(Array.from({ length: 16 }, client));
      await Deno.writeTextFile(join(folder, "kill"), "");
      await clients;
      assertEquals(statuses.length, 320);
      assert(statuses.every((status) => status === 200 || status === 503), statuses.join());
      const metrics = await (await app.request("/metrics")).text();
      assert(metrics.includes("digits_workers_replaced_total 1"), metrics);
      assertEquals(await predict(), 200);
    },
  ));
