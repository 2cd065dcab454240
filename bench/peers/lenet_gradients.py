"""Writes what PyTorch makes of the first step of LeNet: a fixture for test/compute/plan/pytorch-gradients.test.ts.

    python3 bench/peers/lenet_gradients.py test/compute/fixtures/pytorch-lenet.bin

The file is a line of JSON, which names what follows as little-endian float32: images, every weight, and the gradient of every
weight. Weights, images and labels come from a fixed seed and are float32; the step itself is computed in float64, so that
the fixture's errors are those of its last rounding.

This script changes PyTorch's layouts into those of TensorFlow.js: images NCHW to NHWC, filters OIHW to HWIO, matrices
[outs, ins] to [ins, outs], and of the matrix behind the last convolution also the order of the inputs, which PyTorch
flattens as [channels, height, width].
"""

import json
import sys

import torch
from torch import nn

from models import lenet

BATCH = 4

torch.set_num_threads(1)
torch.manual_seed(20230108)
model = lenet()
images = torch.randn(BATCH, 3, 32, 32)
labels = torch.randint(10, (BATCH,))

truth = lenet().double()
truth.load_state_dict({name: value.double() for name, value in model.state_dict().items()})
loss = nn.CrossEntropyLoss()(truth(images.double()), labels)
loss.backward()


def channels_last(value):
    """A parameter, or its gradient, as TensorFlow.js has it."""
    if value.dim() == 4:
        return value.permute(2, 3, 1, 0)
    if value.shape == (120, 400):
        return value.reshape(120, 16, 5, 5).permute(2, 3, 1, 0).reshape(400, 120)
    return value.t() if value.dim() == 2 else value


layers = ["conv1", "conv2", "dense1", "dense2", "logits"]
names = [f"{layer}/{part}" for layer in layers for part in ("kernel", "bias")]
tensors = [("images", images.permute(0, 2, 3, 1))]
tensors += [(name, channels_last(weight)) for name, weight in zip(names, model.parameters())]
tensors += [(f"gradient of {name}", channels_last(weight.grad)) for name, weight in zip(names, truth.parameters())]

head = {
    "madeBy": f"bench/peers/lenet_gradients.py, PyTorch {torch.__version__}",
    "labels": labels.tolist(),
    "loss": loss.item(),
    "tensors": [{"name": name, "shape": list(tensor.shape)} for name, tensor in tensors],
}
with open(sys.argv[1], "wb") as file:
    file.write(json.dumps(head).encode() + b"\n")
    for _, tensor in tensors:
        file.write(tensor.detach().contiguous().float().numpy().astype("<f4").tobytes())
