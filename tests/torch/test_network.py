"""Models of linear layers as networks: the same function, checked on random inputs."""

import numpy as np
import pytest
import torch
from torch import nn

import rewire.torch as rt


class Residual(nn.Module):
    """Two blocks with residual additions, one before and one after an activation."""

    def __init__(self):
        super().__init__()
        options = {"density": 0.3, "dtype": torch.float64}
        self.first = rt.Linear(6, 9, seed=0, **options)
        self.inner = rt.Linear(9, 12, seed=1, **options)
        self.outer = rt.Linear(12, 9, seed=2, **options)
        self.norm = nn.BatchNorm1d(9, dtype=torch.float64)
        self.last = nn.Linear(9, 3, dtype=torch.float64)

    def forward(self, x):
        x = torch.tanh(self.first(x.flatten(1)))
        x = x + self.outer(self.inner(x).relu())
        x = torch.relu(self.norm(x)) + x
        return self.last(x)


def sequence():
    return nn.Sequential(
        nn.Flatten(),
        rt.Linear(6, 10, density=0.4, seed=0, dtype=torch.float64),
        nn.BatchNorm1d(10, dtype=torch.float64),
        nn.LeakyReLU(),
        nn.Dropout(0.5),
        rt.Linear(10, 8, density=0.4, seed=1, bias=False, dtype=torch.float64),
        nn.Sigmoid(),
        nn.Linear(8, 4, dtype=torch.float64),
    )


@pytest.mark.parametrize("make", [sequence, Residual])
def test_a_network_computes_what_the_model_does(make):
    torch.manual_seed(0)
    model, x = make(), torch.randn(50, 2, 3, dtype=torch.float64)
    model(x)  # the batch norm's statistics
    assert model.training
    net = rt.to_network(model, x)
    assert model.training
    expected = model.eval()(x).detach().numpy()
    np.testing.assert_allclose(net.predict(x.flatten(1).numpy()), expected, rtol=1e-12, atol=1e-12)


def test_layers_become_ranks_with_their_own_connections():
    net = rt.to_network(sequence(), torch.ones(1, 2, 3, dtype=torch.float64))
    assert net.ranks == (6, 10, 8, 4)
    assert len(net.connections) == 24 + 32 + 32
    assert [activation.name for activation in net.activations[1:]] == [
        "leaky_relu",
        "sigmoid",
        "linear",
    ]


def test_residual_additions_become_connections_that_skip():
    net = rt.to_network(Residual(), torch.ones(1, 2, 3, dtype=torch.float64))
    assert net.ranks == (6, 9, 12, 9, 9, 3)
    rank = np.repeat(np.arange(len(net.ranks)), net.ranks)
    table = net.connections
    assert (rank[table.target] - rank[table.source]).max() > 1


def test_a_model_that_ends_with_an_activation_or_is_one_layer():
    x = torch.randn(5, 6)
    for model in (
        nn.Sequential(rt.Linear(6, 3, density=0.5, seed=0), nn.Tanh()),
        rt.Linear(6, 3, density=0.5, seed=0),
        nn.Sequential(rt.Linear(6, 3, density=0.5, seed=0), nn.Linear(3, 2)),
    ):
        net = rt.to_network(model, x)
        np.testing.assert_allclose(net.predict(x.numpy()), model(x).detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.Sequential(nn.Linear(6, 3), nn.GELU()), r"got GELU\(approximate='none'\)"),
        (nn.Sequential(nn.Linear(6, 3), nn.LeakyReLU(0.2)), "got LeakyReLU"),
        (nn.Sequential(nn.Linear(6, 3), nn.BatchNorm1d(3, track_running_stats=False)), "running"),
    ],
)
def test_what_a_network_cannot_do_is_refused_by_name(model, message):
    with pytest.raises(ValueError, match=message):
        rt.to_network(model, torch.randn(5, 6))


def test_a_linear_layer_over_tokens_is_refused():
    with pytest.raises(ValueError, match=r"inputs of a Linear must have the shape \(samples, feat"):
        rt.to_network(nn.Sequential(nn.Linear(6, 3)), torch.randn(5, 2, 6))
