/** Models of other people's shapes, trained by plain tfjs on whatever runs this. */

/** An encoder and a decoder with a way across. */
function unet(tf) {
  const conv = (filters) =>
    tf.layers.conv2d({ filters, kernelSize: 3, padding: "same", activation: "relu" });
  const input = tf.input({ shape: [16, 12, 1] });
  const wide = conv(8).apply(input);
  const deep = conv(16).apply(tf.layers.maxPooling2d({ poolSize: 2 }).apply(wide));
  const up = tf.layers.upSampling2d({ size: [2, 2] }).apply(deep);
  const joined = conv(8).apply(tf.layers.concatenate().apply([wide, up]));
  const outputs = tf.layers.conv2d({ filters: 1, kernelSize: 1, activation: "sigmoid" });
  return tf.model({ inputs: input, outputs: outputs.apply(joined) });
}

function autoencoder(tf) {
  const { dense } = tf.layers;
  return tf.sequential({
    layers: [
      dense({ inputShape: [20], units: 8, activation: "relu" }),
      tf.layers.batchNormalization(),
      dense({ units: 20, activation: "sigmoid" }),
    ],
  });
}

function lstm(tf) {
  return tf.sequential({
    layers: [
      tf.layers.embedding({ inputDim: 12, outputDim: 6, inputLength: 7 }),
      tf.layers.lstm({ units: 8 }),
      tf.layers.dense({ units: 3, activation: "softmax" }),
    ],
  });
}

/** As tfjs-examples' mnist has it. */
function mnist(tf) {
  const conv = (options) =>
    tf.layers.conv2d({
      ...{ strides: 1, activation: "relu", kernelInitializer: "varianceScaling" },
      ...options,
    });
  const pool = () => tf.layers.maxPooling2d({ poolSize: [2, 2], strides: [2, 2] });
  return tf.sequential({
    layers: [
      conv({ inputShape: [28, 28, 1], kernelSize: 5, filters: 8 }),
      pool(),
      conv({ kernelSize: 5, filters: 16 }),
      pool(),
      tf.layers.flatten(),
      tf.layers.dense({ units: 10, activation: "softmax" }),
    ],
  });
}

/**
 * The same weights and order in every engine and run, since some let a network learn nothing: tfjs seeds
 * what it draws by Math.random (Park and Miller, "Random number generators: good ones are hard to find", 1988).
 */
function seedRandom(seed) {
  Math.random = () => (seed = seed * 16807 % 2147483647) / 2147483647;
}

/** Trains each model; the first loss and the last of each, and the backend. */
export async function trainAll({ tf, startBackend }) {
  await startBackend();
  seedRandom(1);
  const classes = (count, depth) =>
    tf.oneHot(Array.from({ length: count }, (_, i) => i % depth), depth);
  const pictures = tf.randomUniform([8, 16, 12, 1], 0, 1, "float32", 1);
  const rows = tf.randomUniform([32, 20], 0, 1, "float32", 2);
  const words = tf.randomUniform([12, 7], 0, 12, "int32", 3);
  const noise = tf.randomUniform([20, 28, 28, 1], 0, 1, "float32", 4);
  const digits = noise.add(classes(20, 10).pad([[0, 0], [9, 9]]).reshape([20, 28, 1, 1]));
  const tasks = {
    unet: [unet, pictures, pictures.greater(0.5).toFloat(), "binaryCrossentropy"],
    autoencoder: [autoencoder, rows, rows, "meanSquaredError"],
    lstm: [lstm, words, classes(12, 3), "categoricalCrossentropy"],
    mnist: [mnist, digits, classes(20, 10), "categoricalCrossentropy"],
  };
  const losses = {};
  for (const [name, [build, x, y, loss]] of Object.entries(tasks)) {
    const model = build(tf);
    model.compile({ optimizer: tf.train.adam(0.005), loss });
    const first = model.evaluate(x, y).dataSync()[0];
    await model.fit(x, y, { epochs: 60, batchSize: 4, verbose: 0 });
    losses[name] = [first, model.evaluate(x, y).dataSync()[0]];
  }
  return { backend: tf.getBackend(), losses };
}
