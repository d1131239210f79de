"""What every method and every part must keep on every model, those registered later included."""

import copy
import hashlib
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewire import Network, methods, mlp
from rewire.connectivity import Candidates
from rewire.connectivity.candidates import SCOPES
from rewire.connectivity.protocol import ABILITIES, check_model
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

from ..connectivity.separate_blocks import COLUMNS, SeparateBlocks
from ..graph.strategies import networks
from .tables import by_layer, random_batch

OPTIMIZER = SGD(0.1, momentum=0.9)
STEPS = 1000
SCORED = [(d, g) for d in drop_criteria for g in grow_criteria]


@cache
def any_network(dtype):
    """Networks with skipping connections and empty ranks, and layered ones."""
    sizes = st.lists(st.integers(1, 8), min_size=2, max_size=4)
    layered = st.builds(
        mlp, sizes, density=st.floats(0.05, 1), dtype=st.just(dtype), seed=st.integers(0, 99)
    )
    return st.one_of(networks(dtype=dtype), layered)


def network(draw, dtype):
    return draw(any_network(dtype))


def separate_blocks(draw, dtype):
    """Return three blocks of plain arrays."""
    size = st.integers(1, 6)
    shapes = draw(st.tuples(*[st.tuples(size, size)] * 3))
    return SeparateBlocks(shapes, draw(st.floats(0.05, 1)), dtype, draw(st.integers(0, 99)))


MODELS = {"network": network, "separate blocks": separate_blocks}
BOTH = pytest.mark.parametrize("kind", MODELS)


@st.composite
def rewirings(draw, kind):
    """Return a model with a velocity, many equal weights, and the settings of a method."""
    model = MODELS[kind](draw, draw(st.sampled_from(["float32", "float64"])))
    seed = draw(st.integers(0, 2**32 - 1))
    random, table = np.random.default_rng(seed), model.connections
    if draw(st.booleans()):
        table.weight[:] = random.integers(-2, 3, len(table))
    table.zeros("velocity", table.weight.dtype)[:] = random.normal(size=len(table))
    skips = [False, True] if "skip connections" in model.abilities else [False]
    options = {
        "scope": draw(st.sampled_from(SCOPES)),
        "skip_connections": draw(st.sampled_from(skips)),
        "allow_regrowth": draw(st.booleans()),
        "growth_candidates": draw(st.sampled_from([None, None, 2.0])),
    }
    return model, seed, options


def state(model):
    """Return everything a connection carries, by its ends."""
    table = model.connections
    names = sorted(set(table.data) - {"source"})
    rows = zip(*(table[name].tolist() for name in names), strict=True)
    keys = zip(table.source.tolist(), table.target.tolist(), strict=True)
    return {key: dict(zip(names, row, strict=True)) for key, row in zip(keys, rows, strict=True)}


def signals_of(model, method, *seeds):
    """Return a function that computes the signals of random batches, as the method asks."""
    if isinstance(model, SeparateBlocks):
        return lambda: [model.signals(seed) for seed in seeds]
    part = slice(-1, None) if method.growth_samples == "last" else slice(None)
    batches = [random_batch(model, seed=seed) for seed in seeds]
    return lambda: [model.signals(X[part], y[part], "mean_squared_error") for X, y in batches]


def bound(method, model, seed):
    return Rewirer(
        method, model, total_steps=STEPS, steps_per_epoch=10, optimizer=OPTIMIZER, seed=seed
    )


def rewired(method, model, seed, step=STEPS // 2):
    """Rewire a copy once."""
    model = copy.deepcopy(model)
    rewirer = bound(method, model, seed)
    signals = signals_of(model, method, seed, seed + 1)
    return model, rewirer.rewire(step, signals, learning_rate=0.5), rewirer


def check(method, model, seed):
    lacking = method.needs & set(ABILITIES) - model.abilities
    if lacking and method.when is not None:
        with pytest.raises(ValueError, match=f"'{method.name}' needs .* got SeparateBlocks"):
            bound(method, model, seed)
        return
    before, born, counts = state(model), model.connections.next_birth, by_layer_of(model)
    after, record, _ = rewired(method, model, seed)
    check_model(after)
    found = by_layer_of(after)
    check_counts(method, model, after)
    # What they carry.
    for ends, connection in state(after).items():
        if connection["birth"] >= born:
            assert ends not in before  # a dropped one may only return as it was
            assert connection["weight"] == connection["velocity"] == 0
        elif method.rewind:
            assert connection["velocity"] == 0
            assert connection["weight"] == before[ends]["weight"]
        else:
            assert connection == before[ends]
    # What the record says.
    new = after.connections.birth >= born
    assert record.grown == tuple(by_layer(after, after.connections.target[new]).tolist())
    assert record.connections == tuple(found.tolist())
    assert tuple(counts + record.grown - record.dropped) == tuple(found)
    assert record.shortfall >= 0
    # The same once more.
    again, record_again, _ = rewired(method, model, seed)
    assert state(again) == state(after)
    assert record_again == record
    assert again.connections.weight.dtype == model.connections.weight.dtype


def check_counts(method, before, after):
    """Check how many connections there are."""
    counts, found, table = by_layer_of(before), by_layer_of(after), before.connections
    candidates = Candidates(before, skip_connections=method.skip_connections)
    if method.pruning is not None:
        budget = method.pruning.budget(before, counts, Time(STEPS // 2, STEPS, 0.5))
        room = counts + candidates.count(table, table.target, candidates.layer_start)
        expected = np.minimum(budget, room if method.grow is not None else counts)
        if method.scope == "layer":
            sure = (budget <= counts) | (method.growth_candidates is None)
            np.testing.assert_array_equal(found[sure], expected[sure])
            assert ((counts <= found) & (found <= expected))[~sure].all()
        elif budget.sum() <= counts.sum():
            assert found.sum() == budget.sum()
        return
    assert found.sum() == counts.sum()
    if method.redistribute is None and method.scope != "network":
        np.testing.assert_array_equal(found, counts)
    if method.scope == "neuron" and method.redistribute is None and method.neurons is None:
        np.testing.assert_array_equal(after.connections.fan_in, table.fan_in)


def by_layer_of(model):
    return by_layer(model, model.connections.target)


# ----------------------------------------------------------------------------------- registries


@BOTH
@pytest.mark.parametrize("name", methods.registry)
@given(data=st.data())
@settings(max_examples=100)
def test_methods(kind, name, data):
    model, seed, options = data.draw(rewirings(kind))
    if name == "static":
        options = {}
    elif methods.get(name).pruning is not None and options["scope"] == "neuron":
        options["scope"] = "layer"
    check(methods.get(name, **options), model, seed)


@pytest.mark.parametrize(("drop", "grow"), SCORED)
@given(data=st.data(), fraction=st.floats(0.01, 1))
@settings(max_examples=30)
def test_criteria(drop, grow, data, fraction):
    model, seed, options = data.draw(rewirings(data.draw(st.sampled_from(list(MODELS)))))
    method = Method(
        name="mine", drop=drop, grow=grow, fraction=Constant(fraction), batches=2, **options
    )
    check(with_data(method), model, seed)


@BOTH
@pytest.mark.parametrize("name", redistributions)
@given(data=st.data(), fraction=st.floats(0.01, 1), adaptive=st.booleans())
@settings(max_examples=100)
def test_redistributions(kind, name, data, fraction, adaptive):
    model, seed, options = data.draw(rewirings(kind))
    share = Threshold(fraction, start=0.7) if adaptive else Constant(fraction)
    method = Method(name="mine", grow="random", fraction=share, redistribute=name, **options)
    check(with_data(method), model, seed)


@pytest.mark.parametrize("name", neuron_rules)
@pytest.mark.parametrize("grow", grow_criteria)
@given(data=st.data(), fraction=st.floats(0.01, 1))
@settings(max_examples=100)
def test_neuron_rules(name, grow, data, fraction):
    model, seed, options = data.draw(rewirings(data.draw(st.sampled_from(list(MODELS)))))
    method = Method(name="mine", grow=grow, fraction=Constant(fraction), neurons=name, **options)
    check(with_data(method), model, seed)


@BOTH
@given(data=st.data(), density=st.floats(0.05, 1), grow=st.sampled_from([None, "random"]))
def test_pruning(kind, data, density, grow):
    model, seed, options = data.draw(rewirings(kind))
    if options["scope"] == "neuron":
        options["scope"] = "layer"
    fraction = None if grow is None else 0.3
    parts = {"grow": grow, "fraction": fraction, "pruning": PruningSchedule(density)}
    check(with_data(Method(name="mine", **parts, **options)), model, seed)


def with_data(method):
    """Return the method with a time to rewire, so that it looks at data where it needs to."""
    return replace(method, when=Every(10))


@pytest.mark.parametrize("name", methods.registry)
def test_methods_over_a_whole_training(name):
    """Ten rewirings, one after another, end with the number of connections that was promised."""
    dense = methods.get(name).initial == "dense"
    net = mlp([6, 9, 8, 3], density=None if dense else 0.4, seed=0)
    counts = by_layer_of(net)
    net.connections.zeros("velocity", net.dtype)[:] = 1
    method = methods.get(name)
    rewirer = Rewirer(
        method, net, total_steps=STEPS, steps_per_epoch=100, optimizer=OPTIMIZER, seed=0
    )
    for step in rewirer.due_steps.tolist():
        rewirer.rewire(step, signals_of(net, method, step), learning_rate=0.1)
        net.check()
    if dense:
        final = method.pruning.final(net)
        assert by_layer_of(net).sum() == final.sum()
        if method.scope == "layer":
            np.testing.assert_array_equal(by_layer_of(net), final)
    else:
        assert len(net.connections) == counts.sum()
    assert len(rewirer.history) == len(rewirer.due_steps)


# ------------------------------------------------------------------------------- propose and apply


def example(kind, dense):
    """Return a model with room to grow, or a dense one to prune."""
    density = 1.0 if dense else 0.4
    if kind == "network":
        model = mlp([6, 9, 8, 3], density=density, seed=0)
    else:
        model = SeparateBlocks([(6, 9), (5, 8), (4, 3)], density, seed=0)
    weight = model.connections.weight
    model.connections.zeros("velocity", weight.dtype)[:] = weight[::-1]
    return model


def same(one, other):
    """Return whether two states are equal, arrays included."""
    return one.keys() == other.keys() and all(
        np.array_equal(one[key], other[key]) if isinstance(one[key], np.ndarray)
        else one[key] == other[key]
        for key in one
    )  # fmt: skip


@BOTH
@pytest.mark.parametrize("name", methods.registry)
def test_a_follower_that_applies_the_leaders_changes_ends_in_the_same_state(kind, name):
    method = methods.get(name)
    leading = example(kind, method.initial == "dense")
    following = copy.deepcopy(leading)
    if method.needs & set(ABILITIES) - leading.abilities:
        return  # refused, as test_methods says
    leader, follower = bound(method, leading, 0), bound(method, following, 0)
    for step in (100, 200, 300):
        signals = signals_of(leading, method, step)
        change = leader.propose(step, signals, learning_rate=0.3)
        copied = pickle.loads(pickle.dumps(change))
        assert leader.apply(change) == follower.apply(copied)
        assert state(leading) == state(following)
        assert same(leader.state_dict(), follower.state_dict())


@BOTH
@pytest.mark.parametrize("name", ["set", "rigl", "dsr", "chts"])
def test_a_proposal_changes_nothing(kind, name):
    model = example(kind, dense=False)
    rewirer = bound(methods.get(name), model, 0)
    connections, before = state(model), rewirer.state_dict()
    signals = signals_of(model, rewirer.method, 1)
    first, second = (rewirer.propose(100, signals, learning_rate=0.3) for _ in range(2))
    assert state(model) == connections
    assert same(rewirer.state_dict(), before)
    np.testing.assert_array_equal(first.drop, second.drop)
    np.testing.assert_array_equal(first.grow, second.grow)
    assert len(first.drop) == len(first.grow.source)


def test_a_change_for_other_connections_is_refused():
    model = example("separate blocks", dense=False)
    rewirer = bound(methods.get("set"), model, 0)
    change = rewirer.propose(100)
    rewirer.apply(change)
    before = state(model)
    with pytest.raises(ValueError, match="change must be applied to the connections it was prop"):
        rewirer.apply(change)
    assert state(model) == before
    assert len(rewirer.history) == 1


@BOTH
@pytest.mark.parametrize("name", ["set", "rigl", "dsr"])
def test_a_state_that_is_loaded_goes_on_to_the_same(kind, name):
    method, model = methods.get(name), example(kind, dense=False)
    rewirer = bound(method, model, 0)
    rewirer.rewire(100, signals_of(model, method, 1), learning_rate=0.3)
    other = copy.deepcopy(model)
    resumed = bound(method, other, 99)
    resumed.load_state_dict(rewirer.state_dict())
    records = [
        one.rewire(200, signals_of(model, method, 2), learning_rate=0.3)
        for one in (rewirer, resumed)
    ]
    assert records[0] == records[1]
    assert state(model) == state(other)
    assert same(rewirer.state_dict(), resumed.state_dict())


# -------------------------------------------------------------------------------- what is lacking


@pytest.mark.parametrize(
    ("method", "need"),
    [
        (methods.get("reviving rigl"), "revival"),
        (methods.get("lottery ticket"), "rewinding"),
        (methods.get("set", skip_connections=True), "skip connections"),
    ],
)
def test_what_a_model_lacks_is_refused_by_name(method, need):
    model = example("separate blocks", dense=False)
    message = rf"'{method.name}' needs a model .*\('{need}'\); got SeparateBlocks, which offers sig"
    with pytest.raises(ValueError, match=message):
        bound(method, model, 0)


@pytest.mark.parametrize("name", ["rigl", "snip"])
def test_a_model_without_signals_is_refused(name):
    model = example("separate blocks", dense=False)
    model.abilities = frozenset()
    with pytest.raises(ValueError, match=rf"'{name}' needs .*\('signals'\).* offers nothing"):
        bound(methods.get(name), model, 0)
    bound(methods.get("set"), model, 0)


def test_the_cost_goes_by_the_columns_of_each_block():
    model = SeparateBlocks([(6, 9), (5, 8), (4, 3)], 0.4, seed=0)
    possible = 6 * 9 * COLUMNS[0] + 5 * 8 * COLUMNS[1] + 2 * 4 * 3 * COLUMNS[2]
    record = bound(methods.get("rigl"), model, 0).rewire(100, [model.signals()])
    assert record.flops == 100 + 2 * possible
    assert record.dead is None
    counts = by_layer_of(model)
    record = bound(methods.get("mest"), model, 0).rewire(100, [model.signals()])
    assert record.flops == 100 + 2 * (counts * COLUMNS).sum()


# ------------------------------------------------------------------------------------- processes

FINGERPRINT = """
import hashlib
from tests.topology.test_contract import fingerprint
print(fingerprint())
"""


def fingerprint():
    """Return a digest of what all methods choose in three rewirings."""
    digest = hashlib.sha256()
    for name in methods.registry:
        net = mlp([7, 12, 9, 3], density=0.4, seed=0, backend="numpy")
        net.connections.zeros("velocity", net.dtype)[:] = net.connections.weight[::-1]
        rewirer = Rewirer(
            name, net, total_steps=1000, steps_per_epoch=9, optimizer=OPTIMIZER, seed=1
        )
        for step in (100, 200, 300):
            signals = signals_of(net, rewirer.method, step)
            rewirer.rewire(step, signals, learning_rate=0.3)
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
    "drop NaN": {"drop": DropCriterion("lost", lambda ctx: ctx.weight * np.nan)},
    "drop shape": {"drop": DropCriterion("short", lambda ctx: ctx.weight[1:])},
    "drop undeclared": {"drop": DropCriterion("nosy", lambda ctx: ctx.gradient)},
    "grow NaN": {"grow": GrowCriterion("lost", lambda ctx, t, s: np.full(sizes(t, s), np.nan))},
    "grow shape": {"grow": GrowCriterion("flat", lambda ctx, t, s: np.zeros(3))},
    "grow undeclared": {"grow": GrowCriterion("nosy", lambda ctx, t, s: ctx.activation[t])},
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
        rewirer.rewire(10, signals_of(net, method, 0))
    assert state(net) == before
    assert net.version == version
    assert rewirer.history == []


def test_scores_may_be_whole_numbers_or_read_only():
    net = Network.from_connections([3, 2], [0, 1], [3, 4], [1.0, 2.0])
    few = GrowCriterion("whole numbers", lambda ctx, t, s: -np.ones(sizes(t, s), int))
    still = GrowCriterion(
        "by source", lambda ctx, t, s: np.broadcast_to(-ctx.fan_out[s], sizes(t, s))
    )
    for grow, grown_one in ((few, 1), (still, 2)):
        copied = net.copy()
        method = Method(name="mine", drop="magnitude", grow=grow, fraction=0.5)
        Rewirer(method, copied, total_steps=10).rewire(1)
        assert copied.connections.source.tolist()[0] == grown_one
