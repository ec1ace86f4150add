/** The workers of the benchmark: the project's own jobs, and forward passes at any batch size. */

import * as tf from "@tensorflow/tfjs";
import { type Member, serveJobs } from "../../backend/mod.ts";
import { IMAGE_SIDE } from "../../image/size.ts";
import { jobs as modelJobs } from "../../model/jobs.ts";
import { applyLayers, networkFromData } from "../../model/network.ts";

/** Forward passes to time. */
interface ForwardTask {
  network: tf.io.ModelArtifacts;
  /** Pictures a pass and worker. */
  batch: number;
  /** Passes before the clock is read. */
  calls: number;
  /** Readings. */
  repeats: number;
}

/** Job: passes of batches of each worker's own. @returns Milliseconds of every reading. */
async function forward(
  member: Member,
  { network: data, batch, calls, repeats }: ForwardTask,
): Promise<number[]> {
  const network = await networkFromData(data);
  const pictures = tf.randomUniform([batch, IMAGE_SIDE, IMAGE_SIDE, 1]);
  const run = () => tf.tidy(() => applyLayers(network.layers, pictures).dataSync());
  run();
  const times: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    meet(member);
    const started = performance.now();
    for (let call = 0; call < calls; call++) run();
    meet(member);
    times.push(performance.now() - started);
  }
  pictures.dispose();
  network.dispose();
  return times;
}

/** Waits for the others. */
function meet(member: Member): void {
  member.sum([new Float32Array(1)]);
}

/** What the workers do. */
export const jobs = { ...modelJobs, forward };

serveJobs(jobs);
