"""What is kept for the next call never outlives a change: any change, then everything computed."""

import copy
import pickle
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rewire

from ..backends import BACKENDS, needs_numba
from .strategies import networks


def a_connection(net, chance):
    """A random connection, or None."""
    if len(net.connections) == 0:
        return None
    row = chance.randrange(len(net.connections))
    return int(net.connections.source[row]), int(net.connections.target[row])


def connect(net, chance):
    low = [(s, t) for t in range(net.size) for s in range(t) if net.rank_of(s) < net.rank_of(t)]
    source, target = chance.choice(low)
    if net.connections.find([source], [target])[1][0]:
        net.disconnect(source, target)
    net.connect(source, target, chance.uniform(-1, 1))
    return net


def disconnect(net, chance):
    found = a_connection(net, chance)
    if found:
        net.disconnect(*found)
    return net


def add_neuron(net, chance):
    if len(net.ranks) > 2:
        rank = chance.randrange(1, len(net.ranks) - 1)
        new = net.add_neuron(rank, chance.uniform(-1, 1))
        net.connect(0, new, 0.5)
        net.connect(new, net.size - 1, -0.5)
    return net


def remove_neuron(net, chance):
    hidden = [rank for rank in range(1, len(net.ranks) - 1) if net.ranks[rank]]
    if hidden:
        rank = chance.choice(hidden)
        net.remove_neuron(rank, chance.randrange(net.ranks[rank]))
    return net


def write_into_arrays(net, chance):
    net.connections.weight[:] *= chance.uniform(-1, 1)
    net.bias[net.ranks[0] :] += chance.uniform(-1, 1)
    return net


def put_other_arrays(net, chance):
    net.connections.data["weight"] = net.connections.weight * chance.uniform(-1, 1)
    net.neurons.data["bias"] = net.bias * chance.uniform(-1, 1)
    return net


def take_another(net, chance):
    other = net.copy()
    write_into_arrays(add_neuron(other, chance), chance)
    net.take(other)
    return net


def move_a_connection(net, chance):
    pairs = [(s, t) for t in range(net.size) for s in range(t) if net.rank_of(s) < net.rank_of(t)]
    absent = [pair for pair in pairs if not net.connections.find(*np.array([pair]).T)[1][0]]
    if absent and len(net.connections):
        row, (source, target) = chance.randrange(len(net.connections)), chance.choice(absent)
        net.rewire([row], [source], [target])
    return net


CHANGES = {
    "rewire": move_a_connection,
    "connect": connect,
    "disconnect": disconnect,
    "add a neuron": add_neuron,
    "remove a neuron": remove_neuron,
    "write into the arrays": write_into_arrays,
    "put other arrays in their place": put_other_arrays,
    "take another network": take_another,
    "a copy": lambda net, chance: net.copy(),
    "a deep copy": lambda net, chance: copy.deepcopy(net),
    "a pickle": lambda net, chance: pickle.loads(pickle.dumps(net)),
    "stripped": lambda net, chance: net.strip(),
}


def everything(net, trainers, seed):
    """All that is computed, on batches of several sizes; trains the network."""
    rng, found = np.random.default_rng(seed), []
    for batch in (1, 3, 1, 40):
        X, y = rng.normal(size=(batch, net.ranks[0])), rng.normal(size=(batch, net.ranks[-1]))
        found += [net.predict(X), net.predict(X[:1])]
        found += net.gradients(X, y, "mean_squared_error")
        for trainer in trainers:
            trainer.net = net
            found += [trainer.steps(X, y, 2).losses, net.connections.weight.copy(), net.bias.copy()]
    return found


def trainers_of(net):
    rules = (
        rewire.optimizers.SGD(0.05),
        rewire.optimizers.SGD(0.02, momentum=0.9, nesterov=True, weight_decay=0.1),
    )
    return [rewire.Trainer(net, "mean_squared_error", rule) for rule in rules]


@settings(max_examples=60, deadline=None)
@given(
    networks(smallest_hidden=1),
    st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=6),
    st.integers(0, 2**32 - 1),
)
def test_after_any_change_everything_is_what_the_plain_twin_computes(net, changes, seed):
    compiled, plain = net, net.copy()
    compiled.backend, plain.backend = BACKENDS[0], "numpy"
    trainers = trainers_of(compiled), trainers_of(plain)
    for turn, name in enumerate(["a copy", *changes]):
        compiled = CHANGES[name](compiled, random.Random(seed + turn))
        plain = CHANGES[name](plain, random.Random(seed + turn))
        compiled.check()
        found = everything(compiled, trainers[0], seed)
        for ours, theirs in zip(found, everything(plain, trainers[1], seed), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_what_was_learnt_before_a_change_does_not_matter_to_the_bits_after_it(change):
    """A network that has computed and one that has not are the same after the same change."""
    used, fresh = (rewire.mlp([5, 9, 7, 3], density=0.5, dtype="float64", seed=0) for _ in range(2))
    X = np.random.default_rng(0).normal(size=(20, 5))
    for batch in (X, X[:1], X[:4]):
        used.predict(batch)
        used.gradients(batch, np.zeros((len(batch), 3)), "mean_squared_error")
    used, fresh = (CHANGES[change](net, random.Random(1)) for net in (used, fresh))
    found, expected = (everything(net, trainers_of(net), 2) for net in (used, fresh))
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@needs_numba
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda weight: np.repeat(weight, 2)[::2], "must be C-contiguous"),
        (lambda weight: weight.astype(np.float64), "must have one dtype"),
    ],
)
def test_weights_that_cannot_be_read_as_they_are_refused(change, message):
    from numba.core.errors import TypingError

    net = rewire.mlp([5, 9, 3], density=0.5, backend="numba", seed=0)
    net.connections.data["weight"] = change(net.connections.weight)
    with pytest.raises(TypingError, match=message):
        net.predict(np.ones((1, 5), np.float32))
