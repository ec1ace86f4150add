/** A peer of the benchmark that measures nothing: it answers with what it is asked for and its own counting. */

const [, , , amount] = Deno.args;
const { stepBatches, forwardBatches, pictures, repeats, networks } = JSON.parse(amount);
let time = 0;
for await (const _ of Deno.stdin.readable) {
  time += 10;
  const times = (sizes: number[]) => Object.fromEntries(sizes.map((size) => [size, time]));
  console.log(JSON.stringify({
    versions: { fake: "1.0" },
    configuration: `${pictures} pictures, ${repeats} readings`,
    step: times(stepBatches),
    forward: times(forwardBatches),
    features: 10 * time,
    networks: Object.fromEntries(
      networks.map((name: string) => [name, { step: 2 * time, forward: time }]),
    ),
    peakMegabytes: time,
  }));
}
