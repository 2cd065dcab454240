"""The run of bench/simulation.ts as somebody would write it directly in PyTorch: ABS in simulated time, ten workers.

    abs_simulation.py DATA [--threads N]

DATA is a folder with train_images, train_labels, test_images, test_labels (raw bytes, images NCHW) and a file config.json with
the settings. Prints one line of JSON: versions, seconds, rounds, tasks, and the accuracy of the last evaluation.

Nothing here is meant to be slow: images are normalised once, a task's batches are drawn by one indexing each, weights travel as one flat
vector, and a task is computed when its end has come, so that none is computed that was restarted.
"""

import argparse
import heapq
import json
import math
import os
import time

import torch
from torch import nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from models import lenet

parser = argparse.ArgumentParser()
parser.add_argument("data")
parser.add_argument("--threads", type=int, default=1)
options = parser.parse_args()
torch.set_num_threads(options.threads)

with open(os.path.join(options.data, "config.json")) as file:
    config = json.load(file)


def bytes_of(name):
    with open(os.path.join(options.data, name), "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.uint8)


def images_of(name):
    mean = torch.tensor(config["mean"]).view(1, -1, 1, 1)
    deviation = torch.tensor(config["deviation"]).view(1, -1, 1, 1)
    return (bytes_of(name).view(-1, 3, 32, 32).float() / 255 - mean) / deviation


train_images, train_labels = images_of("train_images"), bytes_of("train_labels").long()
test_images, test_labels = images_of("test_images"), bytes_of("test_labels").long()

workers, k0, a = config["workers"], config["k0"], config["a"]
local_steps, batch_size = config["localSteps"], config["batchSize"]
torch.manual_seed(config["seed"])
model = lenet()
loss_of = nn.CrossEntropyLoss()
partitions = torch.randperm(len(train_images)).chunk(workers)


def local_sgd(worker, start):
    """U steps from the model. Returns what they changed, and the mean and the first loss."""
    vector_to_parameters(start, model.parameters())
    optimizer = torch.optim.SGD(model.parameters(), lr=config["learningRate"])
    own = partitions[worker]
    losses = []
    for _ in range(local_steps):
        chosen = own[torch.randint(len(own), (batch_size,))]
        optimizer.zero_grad()
        loss = loss_of(model(train_images[chosen]), train_labels[chosen])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return parameters_to_vector(model.parameters()).detach() - start, sum(losses) / local_steps, losses[0]


def accuracy(weights):
    vector_to_parameters(weights, model.parameters())
    model.eval()
    right = 0
    with torch.no_grad():
        for images, labels in zip(test_images.split(500), test_labels.split(500)):
            right += (model(images).argmax(1) == labels).sum().item()
    model.train()
    return right / len(test_images)


def task_time():
    return torch.empty(1).exponential_(1).item()


def simulate():
    weights = parameters_to_vector(model.parameters()).detach().clone()
    queue, attempts, tasks = [], [0] * workers, 0
    staleness = [0] * workers
    wait_count, smoothed, initial = k0, None, None
    version, held = 0, []
    last, next_evaluation = 0.0, config["evalEveryTime"]

    def assign(worker, now):
        nonlocal tasks
        attempts[worker] += 1
        tasks += 1
        staleness[worker] = 0
        heapq.heappush(queue, (now + task_time(), worker, attempts[worker], weights))

    for worker in range(workers):
        assign(worker, 0.0)
    while queue:
        now, worker, attempt, start = heapq.heappop(queue)
        while next_evaluation <= min(now, config["time"]):
            last = accuracy(weights)
            next_evaluation += config["evalEveryTime"]
        if now > config["time"]:
            break
        if attempt != attempts[worker]:
            continue
        held.append((worker, *local_sgd(worker, start)))
        if len(held) < wait_count:
            continue
        weights = weights + torch.stack([delta for _, delta, _, _ in held]).mean(0)
        version += 1
        loss = sum(mean for _, _, mean, _ in held) / len(held)
        if initial is None:
            initial = smoothed = sum(first for _, _, _, first in held) / len(held)
        smoothed = 0.9 * smoothed + 0.1 * loss
        bound = max(1, math.floor(a / wait_count))
        for other in range(workers):
            staleness[other] += 1
        uploaded = {worker for worker, _, _, _ in held}
        held = []
        for other in range(workers):
            if other in uploaded or staleness[other] >= bound:
                assign(other, now)
        wait_count = min(workers, max(wait_count, math.floor(k0 * math.sqrt(initial / smoothed))))
    return version, tasks, last


began = time.perf_counter()
rounds, tasks, last = simulate()
seconds = time.perf_counter() - began
print(json.dumps({"version": torch.__version__, "seconds": seconds, "rounds": rounds, "tasks": tasks, "accuracy": last}))
