/** Starts the backend in a worker, twice at once, and answers with what it computes there. */

import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/backend/backend.ts";

await Promise.all([startBackend(), startBackend()]);
const x = tf.ones<tf.Rank.R4>([1, 4, 4, 8]);
const gradient = tf.grad((filter) => tf.conv2d(x, filter as tf.Tensor4D, 1, "same"));
const sums = gradient(tf.zeros([3, 3, 8, 8])).sum().dataSync()[0];
(self as unknown as Worker).postMessage({ backend: tf.getBackend(), sums });
self.close();
