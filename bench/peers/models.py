"""The models of the bench in PyTorch, layer by layer those of src/compute/models and bench/compute/models.ts."""

import torch
from torch import nn


def lenet():
    return nn.Sequential(
        nn.Conv2d(3, 6, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )


def mlp():
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 256),
        nn.ReLU(),
        nn.Linear(256, 10),
    )


class Residual(nn.Module):
    def __init__(self, ins, outs, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(ins, outs, 3, stride, 1),
            nn.BatchNorm2d(outs),
            nn.ReLU(),
            nn.Conv2d(outs, outs, 3, 1, 1),
            nn.BatchNorm2d(outs),
        )
        self.shortcut = nn.Identity() if stride == 1 else nn.Conv2d(ins, outs, 1, stride)

    def forward(self, x):
        return torch.relu(self.shortcut(x) + self.body(x))


def resnet8():
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, 1, 1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        Residual(16, 16, 1),
        Residual(16, 32, 2),
        Residual(32, 64, 2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, 10),
    )


def wide_cnn():
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, 1, 1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, 1, 1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 3, 1, 1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, 10),
    )


#: By name: how to make it, and the shape of one image.
models = {
    "lenet": (lenet, (3, 32, 32)),
    "mlp": (mlp, (1, 28, 28)),
    "resnet8": (resnet8, (3, 32, 32)),
    "wide-cnn": (wide_cnn, (3, 32, 32)),
}
