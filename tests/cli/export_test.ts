import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { decodeKeras } from "../../lib/formats/keras.ts";
import { loadModel } from "../../lib/model/classifier.ts";
import { assertSameOutputs } from "../formats/networks.ts";
import { decodeOnnx } from "../formats/onnx_file.ts";
import { saveRandomNetwork } from "../model/saved_networks.ts";
import { withFolder } from "../temporary_folder.ts";
import { runTask } from "./run_task.ts";

/** Runs `act` with the folder of a saved model and a folder to export to. */
function withModel(act: (model: string, out: string) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    await saveRandomNetwork(join(folder, "model"));
    await act(join(folder, "model"), join(folder, "new", "out"));
  });
}

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("export writes the model in every format", () =>
  withModel(async (folder, out) => {
    const { code, stdout, stderr } = await runTask("export", "--model", folder, "--out", out);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(stdout.trimEnd().split("\n").map((line) => line.split(": ")[0]), [
      join(out, "digit_recognition_model"),
      join(out, "digit_recognition_model.h5"),
      join(out, "digit_recognition_model.keras"),
      join(out, "digit_recognition_model.onnx"),
    ]);
    const path = join(out, "digit_recognition_model");
    using model = await loadModel(folder);
    using copy = await loadModel(path);
    assertEquals(copy.card, model.card);
    const networks = [
      copy.network,
      await decodeKeras(await Deno.readFile(`${path}.h5`), "h5"),
      await decodeKeras(await Deno.readFile(`${path}.keras`), ".keras"),
    ];
    for (const network of networks) assertSameOutputs(network, model.network);
    for (const network of networks.slice(1)) network.dispose();
    decodeOnnx(await Deno.readFile(`${path}.onnx`));
  }));

Deno.test("export in fewer bits writes no larger files than a model, which has 16, and says what that costs", () =>
  withModel(async (folder, out) => {
    const args = ["--model", folder, "--out", out, "--limit", "50", "--quantize"];
    for (const [precision, share] of [["float16", 1.01], ["uint8", 0.61]] as const) {
      const { code, stdout } = await runTask("export", ...args, precision);
      assertEquals(code, 0);
      assertMatch(
        stdout,
        new RegExp(`^validation: \\d+\\.\\d\\d % with float32, .* wrong of 50$`, "m"),
      );
      assertMatch(stdout, new RegExp(`^test: .* with ${precision}: \\d+ \\w+ wrong of 50$`, "m"));
      const name = `digit_recognition_model_${precision}`;
      const weights = await Deno.stat(join(out, name, "weights.bin"));
      const { size } = await Deno.stat(join(folder, "weights.bin"));
      assert(weights.size < share * size);
      using _ = await loadModel(join(out, name));
    }
    assertEquals(namesIn(out), [
      "digit_recognition_model_float16",
      "digit_recognition_model_float16.onnx",
      "digit_recognition_model_uint8",
      "digit_recognition_model_uint8.onnx",
    ]);
  }));

Deno.test("export does not put fewer bits into formats that do not hold them", async () => {
  const { code, stderr } = await runTask("export", "--format", "keras", "--quantize", "float16");
  assertEquals([code, stderr], [
    2,
    "export: Expected --quantize with --format onnx or tfjs but found keras, which holds 32-bit floats\n" +
    "See deno task export --help\n",
  ]);
});
