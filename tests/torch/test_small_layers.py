"""Few rows of a small layer: PyTorch's operations compute, as a call of theirs costs less."""

import pytest
import torch

import rewire.torch as rt
from rewire.torch.layers import functional

SMALL = 2**15


@pytest.fixture(autouse=True)
def small_layers_do_not(small_layers_use_the_kernels, monkeypatch):
    monkeypatch.setattr(functional, "SMALL", SMALL)


def gradients(layer, x):
    layer.zero_grad()
    x = x.clone().requires_grad_()
    out = layer(x)
    (out * torch.arange(out.numel(), dtype=x.dtype).view_as(out)).sum().backward()
    return out, x.grad, layer.weight.grad, layer.bias.grad


@pytest.mark.parametrize("slack", [0.0, 0.5])
@pytest.mark.parametrize("rows", [0, 1, 32])
def test_it_computes_what_the_kernels_do(rows, slack, monkeypatch):
    layer = rt.Linear(17, 13, density=0.3, slack=slack, seed=0, dtype=torch.float64)
    x = torch.randn(rows, 17, dtype=torch.float64)
    small = gradients(layer, x)
    assert "Addmm" in type(small[0].grad_fn).__name__
    layer.backend = "sparse"
    for one, other in zip(small, gradients(layer, x), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


def test_the_kernels_compute_what_is_not_small():
    layer = rt.Linear(32, 32, density=0.3, seed=0)
    assert "Addmm" in type(layer(torch.ones(32, 32)).grad_fn).__name__
    assert "Addmm" not in type(layer(torch.ones(33, 32)).grad_fn).__name__


def test_the_weights_of_a_new_wiring_are_used():
    layer = rt.Linear(4, 3, wiring=([0, 1, 2, 3], [0, 1, 2]), seed=0)
    before = layer(torch.eye(4))
    layer.set_wiring(*(layer.indptr.numpy(), layer.source.flip(0).numpy()))
    after = layer(torch.eye(4))
    assert before[3].equal(layer.bias)
    torch.testing.assert_close(after - layer.bias, layer.dense_weight().T)
    assert not after.equal(before)


@pytest.mark.parametrize("shape", [(128, 16, 16), (32, 32, 32), (1, 256, 128), (8, 64, 64)])
def test_the_number_of_threads_changes_no_bit(shape):
    rows, inputs, outputs = shape
    layer, x = rt.Linear(inputs, outputs, density=0.3, seed=0), torch.randn(rows, inputs)
    before = torch.get_num_threads()
    try:
        found = []
        for number in (1, 2):
            torch.set_num_threads(number)
            found.append(gradients(layer, x))
    finally:
        torch.set_num_threads(before)
    assert all(one.equal(other) for one, other in zip(*found, strict=True))


def test_a_rewiring_sees_their_passes():
    def rewired(small):
        functional.SMALL = SMALL * small  # the fixture sets it back
        torch.manual_seed(0)
        model = torch.nn.Sequential(
            rt.Linear(8, 12, density=0.4, seed=0),
            torch.nn.ReLU(),
            rt.Linear(12, 3, density=0.4, seed=1),
        ).double()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        rewirer = rt.Rewirer(model, optimizer, "rigl", steps=8, every=2, seed=0)
        for _ in range(8):
            optimizer.zero_grad()
            model(torch.randn(5, 8, dtype=torch.float64)).square().sum().backward()
            optimizer.step()
            rewirer.step()
        assert len(rewirer.history) > 0
        return [layer.source.tolist() for layer in model if isinstance(layer, rt.Linear)]

    assert rewired(small=True) == rewired(small=False)
