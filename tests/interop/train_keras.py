"""Trains small networks with Keras: train_keras.py PIXELS LABELS FOLDER.

Four of many layers are saved as .keras, and as .h5 if Keras can read it; six are called ACTIVATION_RANGE.keras, after the pixels they take.
"""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy
from keras import layers

pictures, classes, folder = sys.argv[1:]
pixels = numpy.fromfile(pictures, numpy.uint8).reshape(-1, 28, 28, 1).astype(numpy.float32) / 255
labels = numpy.fromfile(classes, numpy.uint8)
keras.utils.set_random_seed(1)

statistics = layers.Normalization()
statistics.adapt(pixels)
chain = keras.Sequential([
    keras.Input((28, 28, 1)),
    layers.RandomRotation(0.02),
    statistics,
    layers.Rescaling(2.0, -1.0),
    layers.Conv2D(8, 3, padding="same", activation="leaky_relu"),
    layers.MaxPooling2D(),
    layers.Conv2D(16, 3, activation="mish"),
    layers.Conv2D(16, 3, use_bias=False, kernel_regularizer="l2"),
    layers.BatchNormalization(momentum=0.8),
    layers.LeakyReLU(0.1),
    layers.AveragePooling2D(2, padding="same"),
    layers.Dropout(0.2),
    layers.Flatten(),
    layers.Dense(32, activation="silu"),
    layers.Dense(32, activation="gelu"),
    layers.Dense(32, activation=layers.LeakyReLU(0.1)),
    layers.Dense(10, activation="softmax"),
])

entry = keras.Input((28, 28, 1))
stem = layers.Conv2D(8, 3, strides=2, padding="same", activation="leaky_relu")(entry)
branch = layers.Conv2D(8, 3, padding="same")(stem)
joined = layers.Concatenate()([layers.Add()([stem, branch]), layers.DepthwiseConv2D(3, padding="same", activation="relu6")(stem)])
body = keras.Model(entry, layers.ReLU()(layers.BatchNormalization(momentum=0.8)(joined)))
features = layers.Flatten()(layers.MaxPooling2D()(body(entry)))
graph = keras.Model(entry, layers.Dense(10, activation="softmax")(features))

rows = keras.Sequential([
    keras.Input((28, 28, 1)),
    layers.Normalization(axis=None, mean=0.1307, variance=0.3081**2),
    layers.Reshape((28, 28)),
    layers.TimeDistributed(layers.Dense(32, activation="relu")),
    layers.Bidirectional(layers.LSTM(32, return_sequences=True)),
    layers.LSTM(64),
    layers.Dense(10, activation="softmax"),
])

entry = keras.Input((28, 28, 1))
grouped = layers.Conv2D(16, 5, strides=2, activation="hard_silu")(layers.Resizing(32, 32)(entry))
grouped = layers.GroupNormalization(4)(layers.Conv2D(16, 3, groups=4, padding="same")(grouped))
weight = layers.Dense(16, activation="hard_sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(grouped))
grouped = layers.Conv2D(16, 3, strides=2)(grouped * weight * 0.5 + 1)
patches = layers.UnitNormalization()(layers.Reshape((-1, 16))(grouped))
patches = patches - layers.MultiHeadAttention(2, 8)(patches, value=patches)
attention = keras.Model(entry, layers.Dense(10, activation="softmax")(layers.GRU(32)(layers.RMSNormalization()(patches))))

for name, network, epochs, rate in (
    ("chain", chain, 1, 1e-3),
    ("graph", graph, 1, 1e-3),
    ("rows", rows, 4, 1e-3),
    ("attention", attention, 4, 5e-3),
):
    network.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    network.fit(pixels, labels, epochs=epochs, batch_size=64, verbose=0)
    network.save(f"{folder}/{name}.keras")
    if network is not attention:
        network.save(f"{folder}/{name}.h5")

for activation in ("relu", "tanh"):
    for name, scale, offset in (("0 to 1", 1, 0), ("0 to 255", 255, 0), ("-1 to 1", 2, -1)):
        network = keras.Sequential([
            keras.Input((28, 28, 1)),
            layers.Conv2D(6, 5, activation=activation),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 5, activation=activation),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(84, activation=activation),
            layers.Dense(10, activation="softmax"),
        ])
        network.compile("adam", "sparse_categorical_crossentropy")
        network.fit(scale * pixels + offset, labels, epochs=2, batch_size=64, verbose=0)
        network.save(f"{folder}/{activation}_{name}.keras")
