"""Trains two small networks with Keras and saves each as .h5 and .keras: train_keras.py PIXELS LABELS FOLDER."""

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

chain = keras.Sequential([
    keras.Input((28, 28, 1)),
    layers.Rescaling(2.0, -1.0),
    layers.Conv2D(8, 3, padding="same", activation="relu"),
    layers.MaxPooling2D(),
    layers.Conv2D(16, 3, use_bias=False, kernel_regularizer="l2"),
    layers.BatchNormalization(momentum=0.8),
    layers.LeakyReLU(0.1),
    layers.AveragePooling2D(2, padding="same"),
    layers.Dropout(0.2),
    layers.Flatten(),
    layers.Dense(32, activation="silu"),
    layers.Dense(10, activation="softmax"),
])

entry = keras.Input((28, 28, 1))
stem = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(entry)
branch = layers.Conv2D(8, 3, padding="same")(stem)
joined = layers.Concatenate()([layers.Add()([stem, branch]), layers.DepthwiseConv2D(3, padding="same")(stem)])
body = keras.Model(entry, layers.ReLU()(layers.BatchNormalization(momentum=0.8)(joined)))
features = layers.Flatten()(layers.MaxPooling2D()(body(entry)))
graph = keras.Model(entry, layers.Dense(10, activation="softmax")(features))

for name, network in (("chain", chain), ("graph", graph)):
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    network.fit(pixels, labels, epochs=1, batch_size=64, verbose=0)
    network.save(f"{folder}/{name}.h5")
    network.save(f"{folder}/{name}.keras")
