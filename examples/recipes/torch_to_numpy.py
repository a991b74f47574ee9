"""A PyTorch module, exported to NumPy with a backward pass of its own: for a device without torch.

torch made the weights; from there on there are arrays only, and a backward pass that was written by
hand. The export is right where its outputs are those of the module, the backward pass where it
agrees with the loss.

    pip install torch
"""

import numpy as np
import torch

from gradcheck import check_gradients

torch.manual_seed(0)
module = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.GELU(approximate="tanh"),
                             torch.nn.Linear(5, 2)).double()  # fmt: skip
weights = {name: tensor.numpy().copy() for name, tensor in module.state_dict().items()}
rng = np.random.default_rng(0)
x, target = rng.normal(size=(8, 3)), rng.normal(size=(8, 2))
C = np.sqrt(2 / np.pi)


def forward(w):
    z = x @ w["0.weight"].T + w["0.bias"]  # torch keeps weights as (outputs, inputs)
    t = np.tanh(C * (z + 0.044715 * z**3))
    a = 0.5 * z * (1 + t)
    return z, t, a, a @ w["2.weight"].T + w["2.bias"]


def loss(w):
    return np.mean((forward(w)[-1] - target) ** 2)


def backward(w):
    z, t, a, y = forward(w)
    dy = 2 * (y - target) / target.size
    da = dy @ w["2.weight"]
    dz = da * (0.5 * (1 + t) + 0.5 * z * (1 - t**2) * C * (1 + 3 * 0.044715 * z**2))
    return {
        "0.weight": dz.T @ x,
        "0.bias": dz.sum(axis=0),
        "2.weight": dy.T @ a,
        "2.bias": dy.sum(axis=0),
    }


np.testing.assert_allclose(forward(weights)[-1], module(torch.tensor(x)).detach(), rtol=1e-12)
report = check_gradients(loss, weights, backward)
print(report)
