/** A peer of the benchmark that measures nothing: it answers with its options and its own counting. */

const options: Record<string, string> = Object.fromEntries(
  Deno.args.slice(1).map((arg) => arg.replace("--", "").split("=")),
);
const factor = Number(Deno.args[0]);
let turn = 0;
for await (const _ of Deno.stdin.readable) {
  turn++;
  const times = (sizes: string) =>
    Object.fromEntries(sizes.split(",").map((size) => [size, factor * turn]));
  const networks = (names: string) =>
    Object.fromEntries(
      names.split(",").filter((name) => name)
        .map((name) => [name, { step: factor * turn * 2, forward: factor * turn }]),
    );
  console.log(JSON.stringify({
    versions: { fake: "1.0" },
    configuration: `${options.pictures} pictures`,
    step: times(options["step-batches"]),
    forward: times(options["forward-batches"]),
    features: factor * turn * 10,
    bases: networks(options.bases),
    models: networks(options.models),
    peakMegabytes: turn,
  }));
}
