"""Choosing parts: what fits, what is refused, and the parts that say how much."""

import numpy as np
import pytest

from rewire import methods, mlp
from rewire.optimizers import SGD, Adam, AdamW
from rewire.schedules import Constant, Cosine, Cubic, Every, Rounds, Time
from rewire.topology import Method, PruningSchedule, Revival, Threshold
from rewire.topology.method import momentum_of

NET = mlp([10, 20, 5], seed=0)  # 200 and 100 connections


def budgets(pruning, *steps, initial=(200, 100)):
    return [pruning.budget(NET, np.array(initial), Time(step, 100)).tolist() for step in steps]


def test_pruning_goes_from_what_there_is_to_the_final_density():
    assert budgets(PruningSchedule(0.1, Cubic(0, 0.5)), 0, 25, 50, 99) == [
        *[[200, 100], [42, 21], [20, 10], [20, 10]]  # 200 - 180 · 7/8 = 42.5, to the even one
    ]


def test_pruning_at_once_and_to_a_density_for_each_layer():
    assert budgets(PruningSchedule([0.1, 0.5]), 0) == [[20, 50]]


def test_pruning_over_layers_by_size():
    # Erdős-Rényi: (10 + 20) and (20 + 5) connections, scaled to 30 in all.
    assert budgets(PruningSchedule(0.1, distribution="er"), 0) == [[16, 14]]


def test_geometric_pruning_removes_equal_shares():
    assert budgets(PruningSchedule(0.1, Rounds(4), geometric=True), 0, 25, 50, 75) == [
        *[[200, 100], [93, 46], [43, 22], [20, 10]]  # 10^(-1/3) of what is left, three times
    ]


def test_no_layer_is_pruned_to_nothing():
    assert budgets(PruningSchedule(0.001), 0) == [[1, 1]]


def test_a_threshold_doubles_halves_or_stays():
    threshold = Threshold(0.1, tolerance=0.2)
    assert threshold.next(0.5, dropped=7, connections=100) == 1.0
    assert threshold.next(0.5, dropped=8, connections=100) == 0.5
    assert threshold.next(0.5, dropped=12, connections=100) == 0.5
    assert threshold.next(0.5, dropped=13, connections=100) == 0.25


def test_a_number_is_a_constant_fraction():
    assert Method(name="mine", grow="random", fraction=0.2).fraction == Constant(0.2)


def test_needs_are_those_of_all_parts():
    method = Method(
        name="mine",
        when=Every(5),
        drop="sensitivity",
        grow="momentum",
        fraction=0.1,
        redistribute="momentum",
    )
    assert method.needs == {"gradient", "momentum", "signals"}
    assert method.looks_at_data
    assert not Method(name="mine", when=Every(5), grow="random", fraction=0.1).looks_at_data
    assert Method(name="mine", rewind=True, skip_connections=True).needs == {
        "rewinding",
        "skip connections",
    }
    assert Method(name="mine", revive=Revival()).needs == {"revival", "signals"}


@pytest.mark.parametrize(
    ("parts", "error", "message"),
    [
        ({"drop": "magnitud"}, ValueError, "did you mean 'magnitude'"),
        ({"grow": "magnitude"}, ValueError, "grow criterion must be one of"),
        (
            {"drop": np.abs},
            TypeError,
            "must be a name .* or an object of type DropCriterion",
        ),
        ({"redistribute": "x"}, ValueError, "redistribution must be one of momentum, surviving"),
        ({"neurons": "x"}, ValueError, "neuron rule must be one of constant fan-in"),
        ({"scope": "rank"}, ValueError, "scope must be one of neuron, layer, network; got 'rank'"),
        ({"skip_connections": "all"}, TypeError, "skip_connections must be a bool.*got 'all'"),
        (
            {"growth_samples": "first"},
            ValueError,
            "growth_samples must be one of all, last; got 'first'",
        ),
        ({"initial": "empty"}, ValueError, "initial must be one of sparse, dense; got 'empty'"),
        ({"batches": 0}, ValueError, "batches must be at least 1; got 0"),
        ({"growth_candidates": 0.5}, ValueError, "growth_candidates must be at least 1 .* got 0.5"),
        ({"fraction": 0.3, "grow": None}, ValueError, "grow must name a criterion where fraction"),
        ({"fraction": 1.3}, ValueError, r"value must be in \(0, 1\]; got 1.3"),
        (
            {"pruning": PruningSchedule(0.1), "scope": "neuron"},
            ValueError,
            "scope must be 'layer' or 'network' for pruning; got 'neuron'",
        ),
    ],
)
def test_parts_that_do_not_fit_are_refused(parts, error, message):
    with pytest.raises(error, match=message):
        Method(**{"name": "mine", "grow": "random"} | parts)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Threshold(0), r"fraction must be in \(0, 1\]; got 0"),
        (lambda: Threshold(0.1, tolerance=1), r"tolerance must be in \[0, 1\); got 1"),
        (lambda: Threshold(0.1, start=0), "start must be above 0 and finite; got 0"),
    ],
)
def test_thresholds_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_momentum_that_the_optimiser_does_not_keep_is_refused():
    method = methods.get("snfs", every=10)
    with pytest.raises(
        ValueError, match=r"'snfs' needs an optimiser that keeps a momentum .* got "
    ):
        method.check(NET, SGD(0.1))
    with pytest.raises(ValueError, match="got None"):
        method.check(NET)
    for optimizer in (SGD(0.1, 0.9), Adam(), AdamW()):
        method.check(NET, optimizer)
    methods.get("rigl").check(NET)


def test_the_factor_of_momentum():
    assert [momentum_of(o) for o in (None, SGD(0.1), SGD(0.1, 0.5), Adam())] == [0, 0, 0.5, 0.9]


def test_methods_by_name_take_options_for_their_parts():
    method = methods.get("rigl", every=7, allow_regrowth=True, fraction=0.2)
    assert method.when == Every(7, end=0.75)
    assert method.fraction == Cosine(0.2, 0.75)
    assert method.allow_regrowth
    assert methods.get(method) is method
    assert methods.get(None).name == "static"
    with pytest.raises(ValueError, match="options are for methods by name; got \\['every'\\]"):
        methods.get(method, every=3)
    with pytest.raises(ValueError, match=r"method must be one of .*; did you mean 'rigl'"):
        methods.get("rigel")
