"""What a reader of a tutorial writes: predict_digit.py PIXELS, in the folder of the model."""

import sys

import numpy as np
from tensorflow.keras.models import load_model

model = load_model("digit_recognition_model.h5")


def predict_digit(image):
    image = image.reshape(1, 28, 28, 1).astype("float32") / 255.0
    return int(np.argmax(model.predict(image, verbose=0)))


images = np.fromfile(sys.argv[1], np.uint8).reshape(-1, 28, 28)
print(*[predict_digit(image) for image in images[:5]])
