"""One training step of the ABS paper's CIFAR-10 network in PyTorch, eager, one thread, timed on request.

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

model = nn.Sequential(
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
