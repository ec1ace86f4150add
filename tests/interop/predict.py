"""Runs exported models over pictures: predict.py PIXELS MODEL..., writing MODEL.probabilities each."""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy
import onnx
import onnxruntime


def predict(path, pixels):
    """Probabilities of a model, by the library that its file is for."""
    if not path.endswith(".onnx"):
        return keras.models.load_model(path).predict(pixels, batch_size=500, verbose=0)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path)
    (entry,), (result,) = session.get_inputs(), session.get_outputs()
    assert (entry.name, entry.shape) == ("pixels", ["batch", 28, 28, 1]), entry
    assert (result.name, result.shape) == ("probabilities", ["batch", 10]), result
    return session.run(["probabilities"], {"pixels": pixels})[0]


pictures, *models = sys.argv[1:]
pixels = numpy.fromfile(pictures, numpy.uint8).reshape(-1, 28, 28, 1).astype(numpy.float32) / 255
for model in models:
    predict(model, pixels).astype(numpy.float32).tofile(model + ".probabilities")
