"""One training step of a built-in model in PyTorch, eager, one thread, timed on request. The argument names the model.

Reads lines from standard input: the number of steps to run. Answers each with one line of JSON: the seconds per step, by the clock
and of processor time.
The first line that it writes names the version and the BLAS
library behind the dense layers, which the system chooses and on which much depends.
"""

import json
import sys
import time

import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(1)

BATCH = 32


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
        nn.Linear(3072, 256),
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


model = {"lenet": lenet, "mlp": mlp, "resnet8": resnet8}[sys.argv[1]]()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loss_of = nn.CrossEntropyLoss()
images = torch.randn(BATCH, 3, 32, 32)
labels = torch.arange(BATCH) % 10


def step():
    optimizer.zero_grad()
    loss = loss_of(model(images), labels)
    loss.backward()
    optimizer.step()


def blas():
    with open("/proc/self/maps") as maps:
        paths = {line.split()[-1] for line in maps if "blas" in line.rsplit("/", 1)[-1]}
    return ", ".join(sorted(path.rsplit("/", 1)[-1] for path in paths)) or "built in"


step()
print(json.dumps({"version": torch.__version__, "blas": blas()}), flush=True)
for line in sys.stdin:
    steps = int(line)
    start, busy = time.perf_counter(), time.process_time()
    for _ in range(steps):
        step()
    wall, cpu = time.perf_counter() - start, time.process_time() - busy
    print(json.dumps({"wall": wall / steps, "cpu": cpu / steps}), flush=True)
