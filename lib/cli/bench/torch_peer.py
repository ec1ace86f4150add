"""PyTorch's side of the benchmark: the same network, in its fastest configuration on a CPU."""

import functools

import numpy
import torch
from torch import nn
from torch.nn import functional

import peer

options = peer.parse_options()
torch.set_num_threads(options.threads)
torch.manual_seed(1)


class Standardise(nn.Module):
    def forward(self, pixels):
        return (pixels - peer.MEAN) / peer.DEVIATION


def stage(inputs, filters):
    return nn.Sequential(
        nn.Conv2d(inputs, filters, 3, padding=1, bias=False),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(filters, eps=1e-3),
        nn.ReLU(),
    )


def build():
    base = nn.Sequential(Standardise(), stage(1, 32), stage(32, 64), stage(64, 128), nn.Flatten())
    head = nn.Sequential(nn.Linear(1152, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 10))
    return nn.Sequential(base, head).to(memory_format=torch.channels_last)


def pixels(count):
    return torch.rand(count, 1, 28, 28).to(memory_format=torch.channels_last)


def make_trainer(optimiser_kind, compiles):
    """A network and a function that takes a training step with it."""
    network = build()
    optimiser = torch.optim.AdamW(
        network.parameters(),
        peer.LEARNING_RATE,
        weight_decay=peer.WEIGHT_DECAY,
        **{optimiser_kind: True},
    )
    forward = torch.compile(network, dynamic=False) if compiles else network

    def step(inputs, labels):
        optimiser.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(
            forward(inputs), labels, label_smoothing=peer.LABEL_SMOOTHING
        )
        loss.backward()
        optimiser.step()
        return loss

    return network, step


@functools.cache
def make_step(size, optimiser_kind, compiles):
    _, step = make_trainer(optimiser_kind, compiles)
    inputs, labels = pixels(size), torch.randint(0, 10, (size,))
    return lambda: step(inputs, labels).item()


@functools.cache
def make_forward(size, compiles):
    network = build().eval()
    forward = torch.compile(network, dynamic=False) if compiles else network
    inputs = pixels(size)

    @torch.inference_mode()
    def run():
        return forward(inputs)

    return run


STEPS = {
    f"{kind} AdamW{', torch.compile' if compiles else ''}": (kind, compiles)
    for compiles in (False, True)
    for kind in ("fused", "foreach")
}
FORWARDS = {"eager": (False,), "torch.compile": (True,)}


def measure_features():
    base = build()[0].eval()
    images = numpy.random.default_rng(1).integers(0, 256, (4 * options.pictures, 28, 28), numpy.uint8)
    features = numpy.empty((len(images), 1152), numpy.float32)

    def run():
        for first in range(0, len(images), peer.FEATURE_BATCH):
            batch = torch.from_numpy(images[first : first + peer.FEATURE_BATCH])
            inputs = batch.float().div_(255).unsqueeze(1).to(memory_format=torch.channels_last)
            features[first : first + peer.FEATURE_BATCH] = base(inputs).numpy()

    with torch.inference_mode():
        return peer.microseconds(run, len(images), len(images), options.repeats)


def measure_all():
    step = peer.fastest(make_step, STEPS)
    forward = peer.fastest(make_forward, FORWARDS)

    def measure():
        time = lambda run, size: peer.microseconds(run, size, options.pictures, options.repeats)
        return {
            "step": {size: time(make_step(size, *STEPS[step]), size) for size in options.step_batches},
            "forward": {
                size: time(make_forward(size, *FORWARDS[forward]), size)
                for size in options.forward_batches
            },
            "features": measure_features(),
        }

    peer.serve(
        {"PyTorch": torch.__version__},
        f"channels_last, {step}, set_to_none; forward {forward}, inference_mode",
        measure,
    )


def learn():
    """Eager: compiling would take longer than it saves in so few epochs."""
    images, labels, test_images, test_labels = peer.read_mnist(options.data)

    def to_pixels(bytes_):
        inputs = torch.from_numpy(bytes_.copy()).float().div_(255).unsqueeze(1)
        return inputs.to(memory_format=torch.channels_last)

    inputs, targets = to_pixels(images), torch.from_numpy(labels.astype(numpy.int64))
    test_inputs, test_targets = to_pixels(test_images), torch.from_numpy(test_labels.astype(numpy.int64))
    network, step = make_trainer("fused", False)

    def epoch():
        network.train()
        for chosen in torch.randperm(len(inputs)).split(peer.BATCH_SIZE):
            step(inputs[chosen], targets[chosen])
        network.eval()
        with torch.inference_mode():
            right = sum(
                (network(batch).argmax(1) == answers).sum().item()
                for batch, answers in zip(test_inputs.split(500), test_targets.split(500))
            )
        return right / len(test_targets)

    peer.learn_until_goal(epoch)


learn() if options.what == "learn" else measure_all()
