"""A model of the bench in PyTorch, eager, timed on request.

    training_step.py MODEL [--threads N] [--forward IMAGES]

Reads lines from standard input, each the number of training steps to run (batch 32), or with --forward of forward passes over so
many images. Answers each with one line of JSON: the seconds per step, by the clock and of processor time. The first line
that it writes names the version and the BLAS library behind the dense layers, which the system chooses and on which much
depends.
"""

import argparse
import json
import sys
import time

import torch
from torch import nn

from models import models

BATCH = 32
# The fastest of 32, 100, 250, 500 and 1000 for lenet on PyTorch 1.13.
FORWARD_BATCH = 100

parser = argparse.ArgumentParser()
parser.add_argument("model", choices=models)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--forward", type=int, metavar="IMAGES")
parser.add_argument("--forward-batch", type=int, default=FORWARD_BATCH)
options = parser.parse_args()

torch.set_num_threads(options.threads)
torch.manual_seed(1)
make, shape = models[options.model]
model = make()


def training():
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss_of = nn.CrossEntropyLoss()
    images = torch.randn(BATCH, *shape)
    labels = torch.arange(BATCH) % 10

    def step():
        optimizer.zero_grad()
        loss = loss_of(model(images), labels)
        loss.backward()
        optimizer.step()

    return step


def forward():
    model.eval()
    batches = torch.randn(options.forward, *shape).split(options.forward_batch)

    def evaluate():
        with torch.no_grad():
            for batch in batches:
                model(batch).argmax(1)

    return evaluate


def blas():
    try:
        with open("/proc/self/maps") as maps:
            paths = {line.split()[-1] for line in maps if "blas" in line.rsplit("/", 1)[-1]}
    except OSError:
        return "unknown BLAS"
    return ", ".join(sorted(path.rsplit("/", 1)[-1] for path in paths)) or "built-in BLAS"


step = training() if options.forward is None else forward()
step()
print(json.dumps({"version": torch.__version__, "blas": blas()}), flush=True)
for line in sys.stdin:
    steps = int(line)
    start, busy = time.perf_counter(), time.process_time()
    for _ in range(steps):
        step()
    wall, cpu = time.perf_counter() - start, time.process_time() - busy
    print(json.dumps({"wall": wall / steps, "cpu": cpu / steps}), flush=True)
