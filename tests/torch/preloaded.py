"""Loads what each process would need seconds for; no backward pass, which forbids forks."""

import torch

import rewire.torch as rt
from rewire.torch.layers import functional
from tests.torch import test_distributed  # noqa: F401

torch.set_num_threads(1)
torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.1)
with torch.no_grad():
    for layer, x in (
        (rt.Linear(3, 2, density=0.5, seed=0), torch.ones(4, 3)),
        (rt.Conv2d(3, 2, 3, density=0.5, seed=0), torch.ones(2, 3, 4, 4)),
    ):
        wanted = True, True, True
        functional.backward(torch.ones_like(layer(x)), x, layer.weight, layer.connections, wanted)
