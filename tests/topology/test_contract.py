"""What every method and every part must keep, those registered later included."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewire import Network, mlp
from rewire.connectivity.blocks import SCOPES, Candidates
from rewire.methods import get as get_method
from rewire.methods import registry as methods
from rewire.optimizers import SGD
from rewire.schedules import Constant, Every, Time
from rewire.topology import (
    Method,
    PruningSchedule,
    Rewirer,
    Threshold,
    drop_criteria,
    grow_criteria,
    neuron_rules,
    redistributions,
)
from rewire.topology.criteria import DropCriterion, GrowCriterion

from ..graph.strategies import networks
from .tables import by_layer, random_batch

OPTIMIZER = SGD(0.1, momentum=0.9)
STEPS = 1000
SCORED = [(d, g) for d in drop_criteria for g in grow_criteria]


@st.composite
def rewirings(draw):
    """Return a network with a velocity, many equal weights, and the settings of a method."""
    dtype = draw(st.sampled_from(["float32", "float64"]))
    sizes = st.lists(st.integers(1, 8), min_size=2, max_size=4)
    layered = st.builds(
        mlp, sizes, density=st.floats(0.05, 1), dtype=st.just(dtype), seed=st.integers(0, 99)
    )
    net = draw(st.one_of(networks(dtype=dtype), layered))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    if draw(st.booleans()):
        net.connections.weight[:] = random.integers(-2, 3, len(net.connections))
    net.connections.zeros("velocity", net.dtype)[:] = random.normal(size=len(net.connections))
    options = {
        "scope": draw(st.sampled_from(SCOPES)),
        "wiring": draw(st.sampled_from(["layered", "skip"])),
        "allow_regrowth": draw(st.booleans()),
        "candidates": draw(st.sampled_from([None, None, 2.0])),
    }
    return net, seed, options


def state(net):
    """Return everything a connection carries, by its ends."""
    table = net.connections
    names = sorted(set(table.data) - {"source"})
    rows = zip(*(table[name].tolist() for name in names), strict=True)
    keys = zip(table.source.tolist(), table.target.tolist(), strict=True)
    return {key: dict(zip(names, row, strict=True)) for key, row in zip(keys, rows, strict=True)}


def rewired(method, net, seed, step=STEPS // 2):
    """Rewire a copy once."""
    net = net.copy()
    batches = [random_batch(net, seed=seed + k) for k in range(2)]
    rewirer = Rewirer(
        method, net, total_steps=STEPS, steps_per_epoch=10, optimizer=OPTIMIZER, seed=seed
    )
    record = rewirer.rewire(step, batches, "mean_squared_error", learning_rate=0.5)
    return net, record, rewirer


def check(method, net, seed):
    before, born, counts = state(net), net.connections.next_birth, by_layer_of(net)
    table = net.connections
    room = counts + Candidates(net, wiring=method.wiring).absent(
        table.indptr, table.source, table.target, net.rank_start[1:]
    )
    after, record, rewirer = rewired(method, net, seed)
    after.check()
    found = by_layer_of(after)
    # How many there are.
    if method.pruning is not None:
        budget = method.pruning.budget(net, rewirer._first, _time())
        can_grow = method.grow is not None
        expected = np.minimum(budget, room if can_grow else counts)
        if method.scope == "layer":
            sure = (budget <= counts) | (method.candidates is None)
            np.testing.assert_array_equal(found[sure], expected[sure])
            assert ((counts <= found) & (found <= expected))[~sure].all()
        elif budget.sum() <= counts.sum():
            assert found.sum() == budget.sum()
    else:
        assert found.sum() == counts.sum()
        if method.redistribute is None and method.scope != "network":
            np.testing.assert_array_equal(found, counts)
        if method.scope == "neuron" and method.redistribute is None and method.neurons is None:
            np.testing.assert_array_equal(after.connections.fan_in, net.connections.fan_in)
    # What they carry.
    for ends, now in state(after).items():
        if now["birth"] >= born:
            assert ends not in before or ends not in kept(before, after)
            assert now["weight"] == now["velocity"] == 0
        elif method.rewind:
            assert now["velocity"] == 0
            assert now["weight"] == before[ends]["weight"]
        else:
            assert now == before[ends]
    # What the record says.
    new = after.connections.birth >= born
    assert record.grown == tuple(by_layer(after, after.connections.target[new]).tolist())
    assert record.connections == tuple(found.tolist())
    assert tuple(counts + record.grown - record.dropped) == tuple(found)
    assert not (
        method.allow_regrowth is False and set(lost(before, after)) & set(grown(after, born))
    )
    assert record.shortfall >= 0
    # The same once more.
    again, record_again, _ = rewired(method, net, seed)
    assert state(again) == state(after)
    assert record_again == record
    assert again.connections.weight.dtype == net.dtype
    return after, record


def by_layer_of(net):
    return by_layer(net, net.connections.target)


def _time():
    return Time(STEPS // 2, STEPS, 0.5)


def kept(before, after):
    return {ends for ends, now in state(after).items() if before.get(ends, {}) == now}


def lost(before, after):
    now = state(after)
    return [e for e in before if e not in now or now[e]["birth"] != before[e]["birth"]]


def grown(after, born):
    return [ends for ends, now in state(after).items() if now["birth"] >= born]


# ----------------------------------------------------------------------------------- registries


@pytest.mark.parametrize("name", methods)
@given(case=rewirings())
@settings(max_examples=100)
def test_methods(name, case):
    net, seed, options = case
    if name == "static":
        options = {}
    elif get_method(name).pruning is not None and options["scope"] == "neuron":
        options["scope"] = "layer"
    check(get_method(name, **options), net, seed)


@pytest.mark.parametrize(("drop", "grow"), SCORED)
@given(case=rewirings(), fraction=st.floats(0.01, 1))
@settings(max_examples=30)
def test_criteria(drop, grow, case, fraction):
    net, seed, options = case
    method = Method(
        name="mine", drop=drop, grow=grow, fraction=Constant(fraction), batches=2, **options
    )
    check(with_data(method), net, seed)


@pytest.mark.parametrize("name", redistributions)
@given(case=rewirings(), fraction=st.floats(0.01, 1), adaptive=st.booleans())
@settings(max_examples=100)
def test_redistributions(name, case, fraction, adaptive):
    net, seed, options = case
    share = Threshold(fraction, start=0.7) if adaptive else Constant(fraction)
    method = Method(name="mine", grow="random", fraction=share, redistribute=name, **options)
    check(with_data(method), net, seed)


@pytest.mark.parametrize("name", neuron_rules)
@pytest.mark.parametrize("grow", grow_criteria)
@given(case=rewirings(), fraction=st.floats(0.01, 1))
@settings(max_examples=100)
def test_neuron_rules(name, grow, case, fraction):
    net, seed, options = case
    method = Method(name="mine", grow=grow, fraction=Constant(fraction), neurons=name, **options)
    check(with_data(method), net, seed)


@given(case=rewirings(), density=st.floats(0.05, 1), grow=st.sampled_from([None, "random"]))
def test_thinning(case, density, grow):
    net, seed, options = case
    if options["scope"] == "neuron":
        options["scope"] = "layer"
    fraction = None if grow is None else 0.3
    parts = {"grow": grow, "fraction": fraction, "pruning": PruningSchedule(density)}
    check(with_data(Method(name="mine", **parts, **options)), net, seed)


def with_data(method):
    """Return the method with a time to rewire, so that it looks at data where it needs to."""
    return replace(method, when=Every(10))


@pytest.mark.parametrize("name", methods)
def test_methods_over_a_whole_training(name):
    """Ten rewirings, one after another, end with the number of connections that was promised."""
    dense = get_method(name).initial == "dense"
    net = mlp([6, 9, 8, 3], density=None if dense else 0.4, seed=0)
    counts = by_layer_of(net)
    net.connections.zeros("velocity", net.dtype)[:] = 1
    method = get_method(name)
    rewirer = Rewirer(
        method, net, total_steps=STEPS, steps_per_epoch=100, optimizer=OPTIMIZER, seed=0
    )
    for step in rewirer.due_steps.tolist():
        rewirer.rewire(step, [random_batch(net, seed=step)], "mean_squared_error", 0.1)
        net.check()
    if dense:
        final = method.pruning._final(net)
        assert by_layer_of(net).sum() == final.sum()
        if method.scope == "layer":
            np.testing.assert_array_equal(by_layer_of(net), final)
    else:
        assert len(net.connections) == counts.sum()
    assert len(rewirer.history) == len(rewirer.due_steps)


# ------------------------------------------------------------------------------------- processes

FINGERPRINT = """
import hashlib
from tests.topology.test_contract import fingerprint
print(fingerprint())
"""


def fingerprint():
    """Return a digest of what all methods choose in three rewirings."""
    digest = hashlib.sha256()
    for name in methods:
        net = mlp([7, 12, 9, 3], density=0.4, seed=0, backend="numpy")
        net.connections.zeros("velocity", net.dtype)[:] = net.connections.weight[::-1]
        rewirer = Rewirer(
            name, net, total_steps=1000, steps_per_epoch=9, optimizer=OPTIMIZER, seed=1
        )
        for step in (100, 200, 300):
            rewirer.rewire(step, [random_batch(net, seed=step)], "mean_squared_error", 0.3)
        for column in ("source", "birth", "weight"):
            digest.update(net.connections[column].tobytes())
    return digest.hexdigest()


def test_two_processes_choose_the_same_connections():
    found = {
        subprocess.run(
            [sys.executable, "-c", FINGERPRINT],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {fingerprint() + "\n"}


# --------------------------------------------------------------------------------------- refusals

WRONG = {
    "drop NaN": {"drop": DropCriterion("lost", lambda now: now.weight * np.nan)},
    "drop shape": {"drop": DropCriterion("short", lambda now: now.weight[1:])},
    "drop undeclared": {"drop": DropCriterion("nosy", lambda now: now.gradient)},
    "grow NaN": {"grow": GrowCriterion("lost", lambda now, t, s: np.full(sizes(t, s), np.nan))},
    "grow shape": {"grow": GrowCriterion("flat", lambda now, t, s: np.zeros(3))},
    "grow undeclared": {"grow": GrowCriterion("nosy", lambda now, t, s: now.activation[t])},
    "fraction": {"fraction": lambda time: 1.5},
    "fraction NaN": {"fraction": lambda time: np.nan},
    "redistribution": {"redistribute": type(redistributions["surviving"])("x", lambda *_: [1])},
}


def sizes(targets, sources):
    return targets.stop - targets.start, len(np.arange(99)[sources])


@pytest.mark.parametrize("parts", WRONG.values(), ids=WRONG.keys())
def test_what_is_refused_changes_nothing(parts):
    net = mlp([6, 9, 3], density=0.4, seed=0)
    method = Method(**{"name": "mine", "grow": "random", "fraction": 0.3} | parts)
    rewirer = Rewirer(method, net, total_steps=100)
    before, version = state(net), net.version
    with pytest.raises((ValueError, TypeError)):
        rewirer.rewire(10, [random_batch(net)], "mean_squared_error")
    assert state(net) == before
    assert net.version == version
    assert rewirer.history == []


def test_scores_may_be_whole_numbers_or_read_only():
    net = Network.from_connections([3, 2], [0, 1], [3, 4], [1.0, 2.0])
    few = GrowCriterion("whole numbers", lambda now, t, s: -np.ones(sizes(t, s), int))
    still = GrowCriterion(
        "by source", lambda now, t, s: np.broadcast_to(-now.fan_out[s], sizes(t, s))
    )
    for grow, grown_one in ((few, 1), (still, 2)):
        copy = net.copy()
        method = Method(name="mine", drop="magnitude", grow=grow, fraction=0.5)
        Rewirer(method, copy, total_steps=10).rewire(1)
        assert copy.connections.source.tolist()[0] == grown_one
