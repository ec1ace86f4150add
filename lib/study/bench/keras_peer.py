"""Keras's side of the benchmark, on TensorFlow: the same network, with XLA where that is faster."""

import functools
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import numpy
import tensorflow as tf
import keras
from keras import layers

import peer

options = peer.read_options()
tf.config.threading.set_intra_op_parallelism_threads(options.threads)
tf.config.threading.set_inter_op_parallelism_threads(options.threads)
keras.utils.set_random_seed(1)


def build(compiles):
    """The network, compiled in the sense of Keras, and its base."""
    base = [layers.Rescaling(1 / peer.DEVIATION, -peer.MEAN / peer.DEVIATION)]
    for filters in (32, 64, 128):
        base += [
            layers.Conv2D(filters, 3, padding="same", use_bias=False),
            layers.MaxPooling2D(),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
        ]
    base = keras.Sequential([keras.Input((28, 28, 1)), *base, layers.Flatten()])
    head = [layers.Dense(256, activation="relu"), layers.Dropout(0.5), layers.Dense(10)]
    network = keras.Sequential([base, *head])
    network.compile(
        keras.optimizers.AdamW(peer.LEARNING_RATE, weight_decay=peer.WEIGHT_DECAY),
        keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=peer.LABEL_SMOOTHING
        ),
        jit_compile=compiles,
    )
    return network, base


@functools.cache
def make_step(size, compiles):
    """The step that `fit` takes, without what `fit` does around it."""
    network, _ = build(compiles)
    labels = tf.one_hot(tf.random.uniform((size,), 0, 10, tf.int32), 10)
    batch = (tf.random.uniform((size, 28, 28, 1)), labels)
    batches = iter(tf.data.Dataset.from_tensors(batch).repeat())
    network.make_train_function()
    return lambda: float(network.train_function(batches)["loss"])


@functools.cache
def make_forward(size, compiles):
    network, _ = build(compiles)
    forward = tf.function(lambda inputs: network(inputs, training=False), jit_compile=compiles)
    inputs = tf.random.uniform((size, 28, 28, 1))
    return lambda: forward(inputs).numpy()


@functools.cache
def make_extraction(compiles):
    _, base = build(compiles)
    forward = tf.function(
        lambda images: base(tf.cast(images, tf.float32)[..., None] / 255, training=False),
        jit_compile=compiles,
    )
    images = numpy.random.default_rng(1).integers(0, 256, (4 * options.pictures, 28, 28), numpy.uint8)
    features = numpy.empty((len(images), 1152), numpy.float32)

    def run():
        for first in range(0, len(images), peer.FEATURE_BATCH):
            batch = slice(first, first + peer.FEATURE_BATCH)
            features[batch] = forward(tf.constant(images[batch])).numpy()

    return run


CONFIGURATIONS = {"without XLA": (False,), "with XLA": (True,)}


def measure_all():
    step = peer.fastest(make_step, CONFIGURATIONS)
    forward = peer.fastest(make_forward, CONFIGURATIONS)

    def measure():
        time = lambda run, size: peer.microseconds(run, size, options.pictures, options.repeats)
        return {
            "step": {
                size: time(make_step(size, *CONFIGURATIONS[step]), size)
                for size in options.stepBatches
            },
            "forward": {
                size: time(make_forward(size, *CONFIGURATIONS[forward]), size)
                for size in options.forwardBatches
            },
            "features": peer.microseconds(
                make_extraction(*CONFIGURATIONS[forward]),
                4 * options.pictures,
                4 * options.pictures,
                options.repeats,
            ),
            "networks": {},
        }

    peer.serve(
        {"Keras": keras.__version__, "TensorFlow": tf.__version__},
        f"training step {step}, forward {forward}",
        measure,
    )


def learn():
    images, labels, test_images, test_labels = peer.read_mnist(options.data)
    to_pixels = lambda bytes_: bytes_[..., None].astype(numpy.float32) / 255
    targets = keras.utils.to_categorical(labels, 10)
    train = (
        tf.data.Dataset.from_tensor_slices((to_pixels(images), targets))
        .cache()
        .shuffle(len(images))
        .batch(peer.BATCH_SIZE)
        .prefetch(1)
    )
    test_inputs = to_pixels(test_images)
    network, _ = build("auto")

    def epoch():
        network.fit(train, verbose=0)
        answers = network.predict(test_inputs, batch_size=500, verbose=0).argmax(1)
        return float((answers == test_labels).mean())

    peer.learn_until_goal(epoch)


learn() if options.what == "learn" else measure_all()
