"""PyTorch's side of the benchmark: the same network, in its fastest configuration on a CPU."""

import functools

import numpy
import torch
from torch import nn
from torch.nn import functional

import peer
import torch_models

options = peer.read_options()
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


class Residual(nn.Module):
    """Input + batch norm of a convolution of it, then ReLU."""

    def __init__(self, filters):
        super().__init__()
        self.convolution = nn.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(filters, eps=1e-3)

    def forward(self, inputs):
        return functional.relu(inputs + self.norm(self.convolution(inputs)))


def separable(inputs, filters, *pooling):
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs, eps=1e-3),
        nn.ReLU(),
        nn.Conv2d(inputs, filters, 1, bias=False),
        *pooling,
        nn.BatchNorm2d(filters, eps=1e-3),
        nn.ReLU(),
    )


# What the bases have behind the first stage.
BASES = {
    "cnn": lambda: [stage(32, 64), stage(64, 128)],
    "cnn-residual": lambda: [stage(32, 64), Residual(64), stage(64, 128), Residual(128)],
    "cnn-depthwise": lambda: [
        separable(32, 64, nn.MaxPool2d(2)),
        separable(64, 64),
        separable(64, 128, nn.MaxPool2d(2)),
    ],
}


def build(base="cnn"):
    base = nn.Sequential(Standardise(), stage(1, 32), *BASES[base](), nn.Flatten())
    head = nn.Sequential(nn.Linear(1152, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 10))
    return nn.Sequential(base, head).to(memory_format=torch.channels_last)


def pixels(count):
    return torch.rand(count, 1, 28, 28).to(memory_format=torch.channels_last)


def prepare(name, size):
    """A base or another's network, pictures, their labels, the loss, and the optimiser that is made for it."""
    if name in torch_models.MODELS:  # as tfjs's `trainOnBatch` does it, with Adam
        return *torch_models.build(name, size), torch.optim.Adam
    loss = functools.partial(functional.cross_entropy, label_smoothing=peer.LABEL_SMOOTHING)
    optimiser = functools.partial(torch.optim.AdamW, weight_decay=peer.WEIGHT_DECAY)
    return build(name), pixels(size), torch.randint(0, 10, (size,)), loss, optimiser


def maybe_compiled(network, compiles):
    return torch.compile(network, dynamic=False) if compiles else network


def make_trainer(network, loss_of, make_optimiser, kind, compiles):
    """A function that takes a training step."""
    optimiser = make_optimiser(network.parameters(), peer.LEARNING_RATE, **{kind: True})
    forward = maybe_compiled(network, compiles)

    def step(inputs, labels):
        optimiser.zero_grad(set_to_none=True)
        loss = loss_of(forward(inputs), labels)
        loss.backward()
        optimiser.step()
        return loss

    return step


@functools.cache
def make_step(size, name, kind, compiles):
    network, inputs, labels, loss_of, optimiser = prepare(name, size)
    step = make_trainer(network, loss_of, optimiser, kind, compiles)
    return lambda: step(inputs, labels).item()


@functools.cache
def make_forward(size, name, compiles):
    network, inputs, *_ = prepare(name, size)
    forward = maybe_compiled(network.eval(), compiles)

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
    def fastest(make, name, choices):
        return peer.fastest(make, {label: (name, *choice) for label, choice in choices.items()})

    ways = {
        name: (fastest(make_step, name, STEPS), fastest(make_forward, name, FORWARDS))
        for name in ["cnn", *options.networks]
    }

    def time(run, size):
        return peer.microseconds(run, size, options.pictures, options.repeats)

    def time_step(name, size):
        return time(make_step(size, name, *STEPS[ways[name][0]]), size)

    def time_forward(name, size):
        return time(make_forward(size, name, *FORWARDS[ways[name][1]]), size)

    def measure():
        largest = max(options.stepBatches), max(options.forwardBatches)
        return {
            "step": {size: time_step("cnn", size) for size in options.stepBatches},
            "forward": {size: time_forward("cnn", size) for size in options.forwardBatches},
            "features": measure_features(),
            "networks": {
                name: {"step": time_step(name, largest[0]), "forward": time_forward(name, largest[1])}
                for name in options.networks
            },
        }

    step, forward = ways["cnn"]
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
    network, _, _, loss_of, optimiser = prepare("cnn", 1)
    step = make_trainer(network, loss_of, optimiser, "fused", False)

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
