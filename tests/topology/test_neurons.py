"""SRigL's rule: equal fan-ins, and neurons without enough strong connections removed."""

from functools import partial

import numpy as np
import pytest

from rewire import Network
from rewire.connectivity import Candidates
from rewire.topology import Method, RewiringPlan, neuron_rule, neuron_rules
from rewire.topology.growth import CSR, strongest_candidates
from rewire.topology.planning import plan_rewiring, resolve

from .tables import context


def candidates(net, score, starts, counts):
    """Return the strongest candidates by a given table of scores."""
    return strongest_candidates(
        CSR(net.connections.indptr, net.connections.source),
        Candidates(net).blocks,
        starts,
        counts,
        lambda targets, sources: score[targets, sources].astype(float),
    )


def plan(net, weight, score, fraction):
    """Return a RigL plan of one layer, by given drop and grow scores."""
    score_of = np.zeros((net.size, net.size))
    score_of[net.ranks[0] :, : net.ranks[0]] = score
    count = int(fraction * len(weight))
    return RewiringPlan(
        np.abs(weight),
        np.argsort(np.abs(weight), kind="stable")[:count],
        net.rank_start[1:],
        np.array([count]),
        partial(candidates, net, score_of),
        count,
    )


# Four sources, three targets: fan-ins 4, 1, 1.
WEIGHT = np.array([0.9, 0.8, 0.7, 0.1, 0.6, 0.2])
NET = Network.from_connections([4, 3], [0, 1, 2, 3, 0, 1], [4, 4, 4, 4, 5, 6], WEIGHT)
# Candidates: 5 <- 1, 2, 3 and 6 <- 0, 2, 3.
SCORE = np.array([[0, 0, 0, 0], [0, 5, 1, 4], [3, 0, 2, 6]])


def fan_ins(net, made):
    kept = np.delete(net.connections.target, made.dropped)
    return np.bincount(kept, minlength=net.size)[net.ranks[0] :] + made.grow


def test_fan_ins_are_equal_afterwards():
    rule = neuron_rules["constant fan-in"]
    made = rule(context(NET), plan(NET, WEIGHT, SCORE, 1 / 3))
    # Dropped are 0.1 and 0.2; neuron 4 has one more than two: 0.7 goes as well.
    assert sorted(made.dropped.tolist()) == [2, 3, 5]
    assert fan_ins(NET, made).tolist() == [2, 2, 2]
    assert made.grow.tolist() == [0, 1, 2]
    grown = made.strongest(made.group_start, made.grow)
    assert grown.target.tolist() == [5, 6, 6]
    assert grown.source.tolist() == [1, 3, 0]


def test_a_neuron_with_too_few_salient_connections_is_removed_for_good():
    # Salient: three kept and none among the candidates; one kept and one; none kept and one.
    score = SCORE.copy()
    score[2, 3] = 0
    score[2, 0] = 4.5  # the second of all
    rule = neuron_rules["constant fan-in"].using(ablate_below=0.75)  # of 2, so that 1 is too few
    made = rule(context(NET), plan(NET, WEIGHT, score, 1 / 3))
    assert fan_ins(NET, made).tolist() == [3, 3, 0]
    assert sorted(made.dropped.tolist()) == [3, 5]
    # A later rewiring leaves it alone.
    net = Network.from_connections([4, 3], [0, 1, 2, 0, 1, 3], [4, 4, 4, 5, 5, 5], WEIGHT)
    made = neuron_rules["constant fan-in"](context(net), plan(net, WEIGHT, SCORE, 1 / 3))
    assert fan_ins(net, made).tolist() == [3, 3, 0]


def test_as_many_neurons_stay_as_the_budget_needs():
    # Six connections of four sources need two neurons, whatever the threshold.
    rule = neuron_rules["constant fan-in"].using(ablate_below=1e9)
    made = rule(context(NET), plan(NET, WEIGHT, SCORE, 1 / 3))
    assert sorted(fan_ins(NET, made).tolist()) == [0, 3, 3]


def test_what_cannot_be_divided_goes_to_the_most_salient_neurons():
    weight = WEIGHT[:5]
    net = Network.from_connections([4, 3], [0, 1, 2, 3, 0], [4, 4, 4, 4, 5], weight)
    made = neuron_rules["constant fan-in"](context(net), plan(net, weight, SCORE, 1 / 3))
    # Neuron 6 has no connection, and is taken for removed.
    assert fan_ins(net, made).tolist() == [3, 2, 0]


@pytest.mark.parametrize("scope", ["neuron", "layer", "network"])
def test_the_scope_of_the_plan_does_not_matter_to_the_rule(scope):
    random = np.random.default_rng(0)
    net = Network.from_connections(
        [4, 3, 2],
        [0, 1, 2, 3, 0, 1, 4, 5, 6, 4],
        [4, 4, 4, 5, 6, 6, 7, 7, 7, 8],
        random.normal(size=10),
    )
    method = Method(
        name="mine", drop="magnitude", grow="random", fraction=0.5, scope=scope, neurons=RULE
    )
    ctx = context(net, scope=scope)
    made = method.neurons(ctx, plan_rewiring(method, ctx, np.diff(ctx.group_row), 0.0))
    change = resolve(method, ctx, made)
    targets = np.concatenate([np.delete(ctx.target, change.drop), change.grow.target])
    found = np.bincount(targets, minlength=9)
    assert found[4:7].max() - found[4:7].min() <= 1
    assert found[7:].max() - found[7:].min() <= 1
    assert found.sum() == 10


RULE = neuron_rules["constant fan-in"]


def test_unknown_needs_are_refused():
    with pytest.raises(ValueError, match="needs must be among"):
        neuron_rule("mine", needs=["luck"])(lambda ctx, plan: plan)
    assert "mine" not in neuron_rules
