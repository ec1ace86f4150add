/** A peer of the benchmark that measures nothing: it answers with its options and its own counting. */

const options: Record<string, string> = Object.fromEntries(
  Deno.args.map((arg) => arg.replace("--", "").split("=")),
);
let time = 0;
for await (const _ of Deno.stdin.readable) {
  time += 10;
  const times = (sizes: string) => Object.fromEntries(sizes.split(",").map((size) => [size, time]));
  console.log(JSON.stringify({
    versions: { fake: "1.0" },
    configuration: `${options.pictures} pictures, ${options.repeats} readings`,
    step: times(options["step-batches"]),
    forward: times(options["forward-batches"]),
    features: 10 * time,
    networks: Object.fromEntries(
      options.networks.split(",").map((name) => [name, { step: 2 * time, forward: time }]),
    ),
    peakMegabytes: time,
  }));
}
