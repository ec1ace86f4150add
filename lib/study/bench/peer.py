"""What the Python peers of the benchmark share: options, timing, MNIST's files, answers in JSON."""

import json
import pathlib
import resource
import statistics
import sys
import time
import types

import numpy

# The recipe of the network's training from scratch, and the batch in which features are computed.
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 0.02
LABEL_SMOOTHING = 0.1
BATCH_SIZE = 128
FEATURE_BATCH = 250
MEAN, DEVIATION = 0.13, 0.31

# Pictures that are kept apart for validation, as in the project's own split.
VALIDATION_COUNT = 5000
GOAL = 0.99
MOST_EPOCHS = 20


def read_options():
    """What the benchmark asks for: what to do, with how many threads, and how much or with which data."""
    what, threads, task = sys.argv[1:]
    amount = json.loads(task) if what == "measure" else {"data": task}
    return types.SimpleNamespace(what=what, threads=int(threads), **amount)


def microseconds(run, pictures_a_run, pictures, repeats):
    """Median time a picture of `run`, which is called until `pictures` have gone through, after a warm-up."""
    run()
    calls = max(1, pictures // pictures_a_run)
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        for _ in range(calls):
            run()
        times.append((time.perf_counter() - started) * 1e6 / (calls * pictures_a_run))
    return statistics.median(times)


def fastest(make, choices):
    """The name of the choice whose `make(batch size, *choice)` runs fastest; one that fails is out."""
    times = {}
    for name, choice in choices.items():
        try:
            run = make(BATCH_SIZE, *choice)
            run()
            times[name] = microseconds(run, BATCH_SIZE, 4 * BATCH_SIZE, 3)
        except Exception as error:  # a compiler that is not installed, for one
            print(f"{name} is out: {str(error).strip().splitlines()[:1]}", file=sys.stderr)
    return min(times, key=times.get)


def answer(**values):
    """Prints one line of JSON."""
    print(json.dumps(values), flush=True)


def serve(versions, configuration, measure):
    """Measures once for every line on standard input."""
    for _ in sys.stdin:
        answer(
            versions=versions,
            configuration=configuration,
            **measure(),
            peakMegabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        )


def read_idx(path):
    """Bytes of an IDX file, shaped."""
    content = pathlib.Path(path).read_bytes()
    dimensions = content[3]
    shape = numpy.frombuffer(content, ">u4", dimensions, 4)
    return numpy.frombuffer(content, numpy.uint8, -1, 4 + 4 * dimensions).reshape(shape)


def read_mnist(folder):
    """Training pictures and labels without the validation part, test pictures and labels."""
    images, labels, test_images, test_labels = (
        read_idx(pathlib.Path(folder) / name)
        for name in (
            "train-images-idx3-ubyte",
            "train-labels-idx1-ubyte",
            "t10k-images-idx3-ubyte",
            "t10k-labels-idx1-ubyte",
        )
    )
    return images[:-VALIDATION_COUNT], labels[:-VALIDATION_COUNT], test_images, test_labels


def learn_until_goal(epoch):
    """Calls `epoch`, which trains once through the data and returns the test accuracy, up to the goal."""
    for done in range(1, MOST_EPOCHS + 1):
        accuracy = epoch()
        if accuracy >= GOAL:
            break
    answer(accuracy=accuracy, epochs=done)
