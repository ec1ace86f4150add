"""The networks of others in `this_project.ts`, in PyTorch: network, shape of a picture, loss, labels of pictures."""

import torch
from torch import nn
from torch.nn import functional


def convolution(inputs, filters):
    return nn.Sequential(nn.Conv2d(inputs, filters, 3, padding=1), nn.ReLU())


def two(inputs, filters):
    return nn.Sequential(convolution(inputs, filters), convolution(filters, filters))


class UNet(nn.Module):
    """Two convolutions a level, three levels, with a way across at two."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.lowest = two(1, 16), two(16, 32), two(32, 64)
        self.third, self.last = two(96, 32), two(48, 16)
        self.outputs = nn.Conv2d(16, 1, 1)

    def forward(self, inputs):
        up = lambda inputs: functional.interpolate(inputs, scale_factor=2)
        first = self.first(inputs)
        second = self.second(functional.max_pool2d(first, 2))
        lowest = self.lowest(functional.max_pool2d(second, 2))
        third = self.third(torch.cat([second, up(lowest)], 1))
        return self.outputs(self.last(torch.cat([first, up(third)], 1))).sigmoid()


def build_autoencoder():
    transposed = lambda: nn.ConvTranspose2d(32, 32, 3, stride=2, padding=1, output_padding=1)
    return nn.Sequential(
        *(convolution(1, 32), nn.MaxPool2d(2), convolution(32, 32), nn.MaxPool2d(2)),
        *(transposed(), nn.ReLU(), transposed(), nn.ReLU()),
        *(nn.Conv2d(32, 1, 3, padding=1), nn.Sigmoid()),
    )


class Lstm(nn.Module):
    """Reads a picture row by row; logits."""

    def __init__(self):
        super().__init__()
        self.rows, self.head = nn.LSTM(28, 128, batch_first=True), nn.Linear(128, 10)

    def forward(self, inputs):
        return self.head(self.rows(inputs)[0][:, -1])


MODELS = {
    "U-Net": (UNet, (1, 28, 28), functional.binary_cross_entropy, lambda x: (x > 0.5).float()),
    "autoencoder": (build_autoencoder, (1, 28, 28), functional.binary_cross_entropy, torch.clone),
    "LSTM": (Lstm, (28, 28), functional.cross_entropy, lambda x: torch.arange(len(x)) % 10),
}


def build(name, size):
    """The network, pictures, their labels and the loss."""
    make, shape, loss, labels_of = MODELS[name]
    network, pictures = make(), torch.rand(size, *shape)
    if len(shape) == 3:
        network = network.to(memory_format=torch.channels_last)
        pictures = pictures.to(memory_format=torch.channels_last)
    return network, pictures, labels_of(pictures), loss
