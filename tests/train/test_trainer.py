"""Training against PyTorch: every loss, every optimiser, both backends."""

import numpy as np
import pytest
import torch
from torch import nn

import rewire
from rewire import losses
from rewire.data import moons
from rewire.optimizers import SGD, Adam, AdamW

from ..backends import BACKENDS


class Twin(nn.Module):
    """The same network in PyTorch: dense matrices, and masks on their gradients."""

    def __init__(self, net):
        super().__init__()
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        start, table = net.rank_start, net.connections
        self.rows = []
        for rank in range(1, len(net.ranks)):
            rows = slice(table.indptr[start[rank]], table.indptr[start[rank + 1]])
            target = table.target[rows] - start[rank]
            source = table.source[rows] - start[rank - 1]
            weight = torch.zeros(net.ranks[rank], net.ranks[rank - 1], dtype=torch.float64)
            weight[target, source] = torch.from_numpy(table.weight[rows].copy())
            mask = torch.zeros_like(weight)
            mask[target, source] = 1
            parameter = nn.Parameter(weight)
            parameter.register_hook(lambda gradient, mask=mask: gradient * mask)
            self.weights.append(parameter)
            bias = net.bias[start[rank] : start[rank + 1]]
            self.biases.append(nn.Parameter(torch.from_numpy(bias.copy())))
            self.rows.append((target.astype(int), source.astype(int)))

    def forward(self, x):
        for n, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = x @ weight.T + bias
            if n < len(self.weights) - 1:
                x = x.relu()
        return x

    def flat_weights(self):
        return np.concatenate(
            [w.detach().numpy()[rows] for w, rows in zip(self.weights, self.rows, strict=True)]
        )

    def flat_biases(self):
        return np.concatenate([b.detach().numpy() for b in self.biases])


def network(**arguments):
    net = rewire.mlp([5, 8, 6, 3], density=[0.6, 0.5, 1], dtype="float64", seed=2, **arguments)
    net.bias[5:] = np.random.default_rng(1).normal(size=net.size - 5)
    return net


def batch(seed=0):
    random = np.random.default_rng(seed)
    return random.normal(size=(7, 5)), random


TARGETS = {
    "cross_entropy": lambda random: random.integers(0, 3, 7),
    "hinge": lambda random: random.choice([-1.0, 1.0], (7, 3)),
    "binary_cross_entropy": lambda random: random.uniform(size=(7, 3)),
    "mean_squared_error": lambda random: random.normal(size=(7, 3)),
}
TORCH_LOSSES = {
    "cross_entropy": nn.CrossEntropyLoss(),
    "hinge": lambda scores, y: (1 - y * scores).relu().mean(),
    "binary_cross_entropy": nn.BCEWithLogitsLoss(),
    "mean_squared_error": nn.MSELoss(),
}
OPTIMIZERS = {
    "sgd": (lambda: rewire.optimizers.SGD(0.1), lambda p: torch.optim.SGD(p, 0.1)),
    "decay": (
        lambda: rewire.optimizers.SGD(0.1, weight_decay=0.05),
        lambda p: torch.optim.SGD(p, 0.1, weight_decay=0.05),
    ),
    "momentum": (
        lambda: rewire.optimizers.SGD(0.1, momentum=0.9, weight_decay=0.01),
        lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.01),
    ),
    "nesterov": (
        lambda: rewire.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True),
    ),
    "adam": (
        lambda: rewire.optimizers.Adam(0.01, weight_decay=0.1),
        lambda p: torch.optim.Adam(p, 0.01, weight_decay=0.1),
    ),
    "adamw": (
        lambda: rewire.optimizers.AdamW(0.01, weight_decay=0.1),
        lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1),
    ),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("loss", TARGETS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_twenty_steps_follow_pytorch(backend, loss, optimizer):
    net = network(backend=backend)
    twin = Twin(net)
    make_ours, make_theirs = OPTIMIZERS[optimizer]
    trainer, theirs = rewire.Trainer(net, loss, make_ours()), make_theirs(twin.parameters())
    for step in range(20):
        X, random = batch(step)
        y = TARGETS[loss](random)
        theirs.zero_grad()
        expected = TORCH_LOSSES[loss](twin(torch.from_numpy(X)), torch.from_numpy(y))
        expected.backward()
        theirs.step()
        assert trainer.step(X, y) == pytest.approx(expected.item(), rel=1e-9)
    np.testing.assert_allclose(net.connections.weight, twin.flat_weights(), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(net.bias[5:], twin.flat_biases(), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("same", [False, True])
@pytest.mark.parametrize(
    ("first", "second"), [("adam", "adam"), ("nesterov", "nesterov"), ("momentum", "adam")]
)
def test_a_fresh_optimizer_begins_afresh_and_the_same_goes_on_as_in_pytorch(first, second, same):
    net, (X, random) = network(), batch()
    y, twin = TARGETS["cross_entropy"](random), Twin(net)
    ours = theirs = None
    for name in first, second:
        if ours is None or not (same and first == second):
            make_ours, make_theirs = OPTIMIZERS[name]
            ours, theirs = make_ours(), make_theirs(twin.parameters())
        rewire.Trainer(net, "cross_entropy", ours).steps(X, y, 5)
        for _ in range(5):
            theirs.zero_grad()
            nn.CrossEntropyLoss()(twin(torch.from_numpy(X)), torch.from_numpy(y)).backward()
            theirs.step()
    np.testing.assert_allclose(net.connections.weight, twin.flat_weights(), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(net.bias[5:], twin.flat_biases(), rtol=1e-8, atol=1e-10)
    assert ("velocity" in net.connections) == (second == "nesterov")


@pytest.mark.parametrize("loss", TARGETS)
@pytest.mark.parametrize("penalty", [0.0, 0.02])
def test_gradients_agree_with_autograd(loss, penalty):
    net, (X, random) = network(), batch()
    y, twin = TARGETS[loss](random), Twin(net)
    value = TORCH_LOSSES[loss](twin(torch.from_numpy(X)), torch.from_numpy(y))
    (value + penalty * sum((p * p).sum() for p in twin.parameters())).backward()
    ours = net.gradients(X, y, losses.get(loss, l2=penalty))
    expected = [w.grad.numpy()[rows] for w, rows in zip(twin.weights, twin.rows, strict=True)]
    np.testing.assert_allclose(ours.weight, np.concatenate(expected), atol=1e-12)
    expected = np.concatenate([b.grad.numpy() for b in twin.biases])
    np.testing.assert_allclose(ours.bias[5:], expected, atol=1e-12)
    assert not ours.bias[:5].any()


def test_signals_give_the_gradient_of_existing_and_absent_connections():
    net, (X, random) = network(), batch()
    y = TARGETS["cross_entropy"](random)
    A, D, _ = net.signals(X, y)
    table = net.connections
    by_rows = (D[table.target] * A[table.source]).sum(axis=1)
    np.testing.assert_allclose(by_rows, net.gradients(X, y).weight, atol=1e-14)
    # An absent connection's gradient is that of a connection of weight zero put there.
    _, exists = table.find(np.arange(5), np.full(5, 5))
    source = int(np.flatnonzero(~exists)[0])
    absent = D[5] @ A[source]
    net.connect(source, 5, 0.0)
    row, _ = net.connections.find([source], [5])
    assert net.gradients(X, y).weight[row[0]] == pytest.approx(absent, abs=1e-14)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_many_steps_are_the_same_as_one_by_one_and_as_those_of_an_optimizer_without_descent(
    optimizer, monkeypatch
):
    X, random = batch()
    y = TARGETS["cross_entropy"](random)
    nets = [network() for _ in range(4)]
    one, many, parts, updated = (
        rewire.Trainer(net, optimizer=OPTIMIZERS[optimizer][0]()) for net in nets
    )
    single = [one.step(X, y) for _ in range(30)]
    assert many.steps(X, y, 30).losses.tolist() == single
    updated.optimizer.descent = lambda net: None
    assert updated.steps(X, y, 30).losses.tolist() == single
    monkeypatch.setattr("rewire.train.trainer.WORK_PER_CALL", 5000)
    assert parts.steps(X, y, 30).losses.tolist() == single
    for net in nets:
        assert net.connections.weight.tobytes() == nets[0].connections.weight.tobytes()
        assert net.bias.tobytes() == nets[0].bias.tobytes()


def test_learning_rates_can_be_given_for_each_step():
    X, random = batch()
    y = TARGETS["cross_entropy"](random)
    one, many = network(), network()
    trainer = rewire.Trainer(one, optimizer=rewire.optimizers.SGD(0.2))
    for step in range(5):
        trainer.optimizer.lr = 0.1 * (step + 1)
        trainer.step(X, y)
    rewire.Trainer(many).steps(X, y, 5, lambda step: 0.1 * (step + 1))
    assert one.connections.weight.tobytes() == many.connections.weight.tobytes()


def test_right_counts_what_was_classified_right_before_the_update():
    net, (X, random) = network(), batch()
    y = TARGETS["cross_entropy"](random)
    expected = (net.predict(X).argmax(axis=1) == y).sum()
    assert rewire.Trainer(net).steps(X, y, 1).n_correct.tolist() == [expected]
    hinge = np.where(net.predict(X) > 0, 1, -1)
    hinge[0, 0] *= -1
    assert rewire.Trainer(net, "hinge").steps(X, hinge, 1).n_correct.tolist() == [6]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_wiring_may_change_between_steps_and_new_connections_start_without_state(optimizer):
    net, (X, random) = network(), batch()
    y = TARGETS["cross_entropy"](random)
    trainer = rewire.Trainer(net, optimizer=OPTIMIZERS[optimizer][0]())
    trainer.steps(X, y, 3)
    new = net.add_neuron(1, bias=0.5)
    net.connect("0_1", new)
    net.connections.replace([0], [new.number], [net.size - 1])
    net.version += 1
    net.check()
    row, _ = net.connections.find([new.number], [net.size - 1])
    state = set(net.connections.data) - {"source", "weight", "birth"}
    assert all(net.connections[name][row[0]] == 0 for name in state)
    before = trainer.steps(X, y, 1).losses[0]
    assert trainer.steps(X, y, 50).losses[-1] < before
    net.check()


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        ("cross_entropy", [0, 1, 3], r"class numbers in \[0, 3\); got 3"),
        ("cross_entropy", [0, 1, -1], r"class numbers in \[0, 3\); got -1"),
        ("cross_entropy", [0.5, 1, 1], r"class numbers in \[0, 3\); got 0.5"),
        ("cross_entropy", ["a", "b", "c"], "y must hold numbers; got <U1"),
        ("cross_entropy", [0, 1], r"y must have shape \(3,\).*got \(2,\)"),
        ("hinge", [[0, 1, 1]] * 3, "labels -1 and .1; got 0"),
        ("hinge", [1, 1, 1], r"y must have shape \(3, 3\).*got \(3,\)"),
        ("binary_cross_entropy", [[0, 1, 1.5]] * 3, r"y must be in \[0, 1\]; got 1.5"),
        ("mean_squared_error", [[0, 1, np.nan]] * 3, "y must hold finite numbers; got nan"),
    ],
)
def test_bad_targets_are_refused_and_nothing_is_learnt(loss, y, message):
    net = network()
    before = net.connections.weight.tobytes()
    with pytest.raises(ValueError, match=message):
        rewire.Trainer(net, loss).step(np.zeros((3, 5)), y)
    assert net.connections.weight.tobytes() == before


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rewire.optimizers.SGD(-1), r"lr must be in \[0, inf\); got -1"),
        (lambda: rewire.optimizers.SGD(momentum=1), r"momentum must be in \[0, 1\); got 1"),
        (lambda: rewire.optimizers.SGD(nesterov=True), "momentum must be above 0"),
        (lambda: rewire.optimizers.SGD(weight_decay=-1), "weight_decay must be"),
        (lambda: rewire.optimizers.Adam(betas=(0.9, 1.0)), r"betas must be in \[0, 1\); got 1.0"),
        (lambda: rewire.Trainer(network(), "cosine"), "loss must be one of .*got 'cosine'"),
        (lambda: losses.Hinge(l2=-1), "l2 must be at least 0 and finite; got -1"),
        (lambda: rewire.Trainer(network()).steps([[0] * 5], [0], 0), "count must be at least 1"),
        (lambda: rewire.Trainer(network()).steps([[0] * 5], [0], 2, [1]), "must have 2 numbers"),
        (lambda: rewire.Trainer(network()).step(np.zeros((0, 5)), []), "at least one sample"),
    ],
)
def test_bad_settings_are_refused_by_name(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_nan_in_the_data_is_named_and_nothing_is_learnt():
    net, X = network(), np.zeros((3, 5))
    before = net.connections.weight.tobytes()
    X[2, 1] = np.nan
    trainer = rewire.Trainer(net)
    with pytest.raises(ValueError, match="got nan for input 1 of sample 2"):
        trainer.step(X, [0, 1, 2])
    assert trainer.optimizer.steps == 0
    assert net.connections.weight.tobytes() == before


def test_large_finite_numbers_are_no_error():
    assert np.isfinite(network().predict(np.full((1, 5), 1e200))).all()


@pytest.mark.parametrize("base", [SGD, Adam, AdamW])
@pytest.mark.parametrize("name", ["update", "_apply"])
def test_what_is_built_on_an_optimizer_makes_its_own_updates(base, name):
    still = type("Still", (base,), {name: lambda self, *arguments: None})
    net = rewire.mlp([2, 4, 1], seed=0)
    before = net.connections.weight.copy()
    rewire.fit(net, *moons(seed=0), optimizer=still(0.1), total_steps=3)
    np.testing.assert_array_equal(net.connections.weight, before)
