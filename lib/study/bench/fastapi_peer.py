"""The same network behind FastAPI, by ONNX Runtime or Keras, answering the same requests.

Usage: fastapi_peer.py MODEL PORT PROCESSES, MODEL being a .onnx or .h5 file.
"""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

app = FastAPI()
path = os.environ.get("MODEL") or sys.argv[1]

if path.endswith(".onnx"):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # there is a process for each core
    session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    run = lambda pixels: session.run(None, {name: pixels})[0]
else:
    import tensorflow as tf
    import keras

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    network = keras.models.load_model(path, compile=False)
    forward = tf.function(lambda pixels: network(pixels, training=False))
    run = lambda pixels: forward(pixels).numpy()


@app.get("/v2/health/ready")
async def ready():
    return {}


@app.post("/v1/models/digits:predict")
async def predict(request: Request):
    instances = (await request.json())["instances"]
    pixels = numpy.asarray(instances, numpy.float32).reshape(-1, 28, 28, 1) / 255
    rows = run(pixels)
    return JSONResponse(
        {
            "predictions": [
                {"digit": int(row.argmax()), "confidence": float(row.max()), "probabilities": row.tolist()}
                for row in rows
            ]
        }
    )


if __name__ == "__main__":
    import uvicorn

    os.environ["MODEL"] = path
    uvicorn.run(
        "fastapi_peer:app",
        app_dir=os.path.dirname(os.path.abspath(__file__)),
        port=int(sys.argv[2]),
        workers=int(sys.argv[3]),
        log_level="error",
        access_log=False,
    )
