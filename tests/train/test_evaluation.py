"""Measuring a network: PyTorch's losses, plain accuracy, any size and kind of data."""

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from torch import nn

import rewire
from rewire.train import evaluation

LOSSES = {
    "cross_entropy": nn.CrossEntropyLoss(),
    "hinge": lambda scores, y: (1 - y * scores).relu().mean(),
    "binary_cross_entropy": nn.BCEWithLogitsLoss(),
    "mean_squared_error": nn.MSELoss(),
}


def task(loss, samples=50):
    random = np.random.default_rng(0)
    X = random.normal(size=(samples, 6))
    y = {
        "cross_entropy": random.integers(0, 3, samples),
        "hinge": random.choice([-1.0, 1.0], (samples, 3)),
        "binary_cross_entropy": random.integers(0, 2, (samples, 3)).astype(float),
        "mean_squared_error": random.normal(size=(samples, 3)),
    }[loss]
    net = rewire.mlp([6, 9, 3], density=[0.6, 1], dtype="float64", seed=1)
    return net, X, y


@pytest.mark.parametrize("piece", [10**6, 90])
@pytest.mark.parametrize("loss", LOSSES)
def test_agrees_with_pytorch(loss, piece, monkeypatch):
    monkeypatch.setattr(evaluation, "PIECE", piece)  # 90: five samples of 18 neurons at a time
    net, X, y = task(loss)
    score = rewire.evaluate(net, X, y, loss)
    scores = net.predict(X)
    expected = LOSSES[loss](torch.from_numpy(scores), torch.from_numpy(y)).item()
    assert score.loss == pytest.approx(expected, rel=1e-12)
    if loss == "cross_entropy":
        assert score.accuracy == (scores.argmax(axis=1) == y).mean()
    elif loss == "mean_squared_error":
        assert score.accuracy is None
    else:
        assert score.accuracy == ((scores > 0) == (y > 0)).all(axis=1).mean()
    assert rewire.evaluate(net, csr_array(X), y, loss) == score


def test_the_penalty_is_part_of_the_loss():
    net, X, y = task("cross_entropy")
    squares = (net.connections.weight**2).sum() + (net.bias**2).sum()
    plain = rewire.evaluate(net, X, y).loss
    penalised = rewire.evaluate(net, X, y, rewire.losses.CrossEntropy(l2=0.25)).loss
    assert penalised == pytest.approx(plain + 0.25 * squares, rel=1e-12)


@pytest.mark.parametrize("more", [-5, 5, 25])
def test_targets_must_be_as_many_as_samples(more, monkeypatch):
    monkeypatch.setattr(evaluation, "PIECE", 90)
    net, X, _ = task("cross_entropy", 50)
    with pytest.raises(ValueError, match=r"y must have shape \(50,\)"):
        rewire.evaluate(net, X, np.zeros(50 + more, int))


def test_targets_that_the_loss_does_not_know_are_refused():
    net, X, y = task("cross_entropy")
    with pytest.raises(ValueError, match=r"y must hold class numbers in \[0, 3\); got 3"):
        rewire.evaluate(net, X, y + 1)
    with pytest.raises(ValueError, match=r"y must hold the labels -1 and \+1"):
        rewire.evaluate(net, X, np.zeros((50, 3)), "hinge")


def test_no_samples_are_refused():
    net, X, y = task("cross_entropy")
    with pytest.raises(ValueError, match="at least one sample"):
        rewire.evaluate(net, X[:0], y[:0])
