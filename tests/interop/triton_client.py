"""Asks a running service as Triton's own client does by default: ADDRESS in, "ok" out."""

import sys

import numpy as np
import tritonclient.http as triton

address = sys.argv[1]
picture = np.zeros((2, 28, 28, 1), dtype=np.float32)
picture[:, 4:24, 13:15] = 1

with triton.InferenceServerClient(url=address) as client:
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("digits") and client.is_model_ready("digits", "1")
    metadata = client.get_model_metadata("digits", "1")
    (about,) = metadata["inputs"]
    names = [output["name"] for output in metadata["outputs"]]

    def infer(model="digits", outputs=None, binary=True, **options):
        given = triton.InferInput(about["name"], picture.shape, about["datatype"])
        given.set_data_from_numpy(picture, binary_data=binary)
        return client.infer(model, [given], outputs=outputs, **options)

    def read(result, names=names):
        return [result.as_numpy(name).tolist() for name in names]

    expected = read(infer(outputs=[triton.InferRequestedOutput(n, binary_data=False) for n in names],
                          binary=False))
    assert len(expected[0]) == 2 and len(expected[0][0]) == 10
    assert read(infer()) == expected
    assert read(infer(model_version="1")) == expected
    assert read(infer(outputs=[triton.InferRequestedOutput(n) for n in names])) == expected
    for algorithm in ["gzip", "deflate"]:
        compressed = infer(
            request_compression_algorithm=algorithm,
            response_compression_algorithm=algorithm,
        )
        assert read(compressed) == expected, algorithm
    letters = infer("letters").as_numpy("character")
    assert letters.shape == (2,) and letters[0] == letters[1], letters

print("ok")
