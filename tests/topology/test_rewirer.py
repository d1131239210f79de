"""A method at work: when it is due, what it records, and networks that change in between."""

import tracemalloc

import numpy as np
import pytest

from rewire import Network, Trainer, mlp
from rewire.methods import RigL
from rewire.optimizers import SGD
from rewire.schedules import At, Constant, Every, FollowLearningRate
from rewire.topology import Method, PruningSchedule, Rewirer
from rewire.topology.criteria import DropCriterion, GrowCriterion

from .tables import eight, pairs, random_batch, signals_of

LOSS = "mean_squared_error"
RANDOM = {"name": "mine", "drop": "magnitude", "grow": "random"}


def rewirer(net, method=None, **options):
    method = method or Method(when=Every(10), fraction=0.3, **RANDOM)
    return Rewirer(method, net, **{"total_steps": 100, "seed": 0} | options)


# ------------------------------------------------------------------------------------------ when


def test_rewirings_are_due_at_the_methods_times():
    at_work = rewirer(eight())
    assert [step for step in range(101) if at_work.due(step)] == list(range(10, 100, 10))


def test_an_epoch_is_as_long_as_it_is_said_to_be():
    method = Method(when=Every("epoch"), fraction=0.3, **RANDOM)
    assert rewirer(eight(), method, steps_per_epoch=40).due_steps.tolist() == [40, 80]


def test_a_method_that_never_comes_to_rewire_warns():
    with pytest.warns(UserWarning, match="'rigl' never rewires, .* a training of 50 steps: short"):
        Rewirer("rigl", eight(), total_steps=50)
    with pytest.warns(UserWarning, match="'set' never rewires"):
        Rewirer("set", eight(), total_steps=50)


def test_a_method_without_times_is_silent():
    assert len(Rewirer("static", eight(), total_steps=50).due_steps) == 0


def test_what_the_optimiser_cannot_give_is_refused_when_bound():
    with pytest.raises(ValueError, match="needs an optimiser that keeps a momentum"):
        Rewirer("snfs", eight(), total_steps=50, steps_per_epoch=10, optimizer=SGD(0.1))


def test_a_method_that_looks_at_gradients_wants_a_batch():
    net = eight()
    with pytest.raises(ValueError, match="'rigl' looks at gradients; signals must hold those of"):
        rewirer(net, RigL(every=10)).rewire(10)


def test_a_share_that_follows_an_unknown_learning_rate_is_refused():
    net = eight()
    method = Method(when=Every(10), fraction=FollowLearningRate(0.3), **RANDOM)
    with pytest.raises(ValueError, match=r"numbers in \[0, 1\]; got nan after 10 steps"):
        rewirer(net, method).rewire(10)


def test_only_the_latest_batches_count():
    net = mlp([4, 6, 2], density=0.5, seed=0, dtype="float64")
    batches = [random_batch(net, seed=seed) for seed in range(4)]
    method = RigL(every=10, batches=2)
    many, few = net.copy(), net.copy()
    rewirer(many, method).rewire(10, signals_of(many, *batches))
    rewirer(few, method).rewire(10, signals_of(few, *batches[2:]))
    assert pairs(many) == pairs(few)
    last = net.copy()
    rewirer(last, RigL(every=10)).rewire(10, signals_of(last, *batches))
    assert pairs(last) != pairs(many)


# --------------------------------------------------------------------------------------- records


def oldest_first():
    """Drop the oldest, grow the first absent; all can be followed by hand."""
    drop = DropCriterion("oldest", lambda ctx: -ctx.age.astype(float), ["age"])
    grow = GrowCriterion("first", lambda ctx, t, s: np.zeros((t.stop - t.start, s.stop - s.start)))
    return Method(name="mine", when=Every(10), drop=drop, grow=grow, fraction=0.25)


def test_ages_and_explored_connections_are_counted():
    net = eight()
    at_work = rewirer(net, oldest_first())
    seen, born = pairs(net), dict.fromkeys(pairs(net), 0)
    for step in (10, 20, 30, 40, 50):
        record = at_work.rewire(step)
        born = {pair: born.get(pair, step) for pair in pairs(net)}
        ages = [step - birthday for birthday in born.values()]
        seen |= pairs(net)
        assert record.age == (min(ages), np.median(ages), max(ages))
        assert record.explored == len(seen) / 12
        assert record.step == step
        assert record.moved == 2
    assert at_work.history[-1] is record
    assert record.explored == 1


def test_the_explored_share_is_that_of_a_set_of_pairs():
    net = mlp([10, 20, 10, 4], density=0.2, seed=0)
    at_work = rewirer(net)
    seen = pairs(net)
    for step in range(10, 100, 10):
        record = at_work.rewire(step)
        seen |= pairs(net)
        assert record.explored == len(seen) / 440


def test_connections_across_ranks_are_explored_only_where_they_may_grow():
    net = Network.from_connections([2, 2, 1], [0, 1, 2, 0], [2, 3, 4, 4], np.ones(4))
    method = Method(when=Every(10), fraction=0.01, **RANDOM)
    assert rewirer(net, method).rewire(10).explored == 3 / 6
    skip = Method(when=Every(10), fraction=0.01, skip_connections=True, **RANDOM)
    assert rewirer(net, skip).rewire(10).explored == 4 / 8


def test_connections_and_fan_ins_are_those_of_the_network():
    net = mlp([10, 20, 10, 4], density=0.2, seed=0)
    record = rewirer(net).rewire(10)
    table, start = net.connections, net.rank_start
    assert record.connections == tuple(
        int(sum(start[r] <= t < start[r + 1] for t in table.target)) for r in (1, 2, 3)
    )
    fan_in, fan_out = table.fan_in[10:], table.fan_out[:40]
    assert record.fan_in == (fan_in.min(), fan_in.mean(), fan_in.max())
    assert record.fan_out == (fan_out.min(), fan_out.mean(), fan_out.max())
    assert record.dropped == record.grown == (12, 12, 2)  # floor of 0.3 · 40, 40, 8


def test_dead_neurons_are_those_on_no_way_through():
    # 2 is not read, 3 is not fed, 4 is alive.
    net = Network.from_connections([2, 3, 1], [0, 3, 1, 4], [2, 5, 4, 5], [1, 1, 1, 1])
    keep = Method(name="mine", pruning=PruningSchedule(1.0), when=At(0))
    assert rewirer(net, keep).rewire(0).dead == 2


def test_flops_by_hand():
    net = eight()  # 8 connections, 3 biases, 12 possible ones
    X, y = random_batch(net, samples=5)
    forward = 2 * 8 + 3
    assert rewirer(net.copy()).rewire(10).flops == 0
    method = RigL(every=10)
    assert rewirer(net.copy(), method).rewire(10, signals_of(net, (X, y))).flops == 5 * (
        2 * forward + 2 * 12
    )
    snip = Method(name="mine", when=At(0), drop="sensitivity", pruning=PruningSchedule(0.5))
    # Forward, backward, and the gradients of the connections themselves.
    assert rewirer(net.copy(), snip).rewire(0, signals_of(net, (X, y))).flops == 5 * (
        2 * forward + 2 * 8
    )


def test_nothing_to_describe_in_a_network_without_connections():
    net = Network.from_connections([2, 1], [], [], [])
    record = rewirer(net).rewire(10)
    assert record.age == (0, 0, 0)
    assert record.connections == (0,)
    assert record.explored == 0


# ------------------------------------------------------------------------------------- shortfall


def test_without_candidates_the_strongest_of_what_should_go_stays():
    net = Network.from_connections([3, 2], [0, 1, 2, 0, 1], [3, 3, 3, 4, 4], [1.0, 2, 3, 4, 5])
    record = rewirer(net, Method(when=Every(10), fraction=0.6, **RANDOM)).rewire(10)
    assert record.shortfall == 2  # one candidate for three
    assert record.moved == 1
    assert pairs(net) == {(1, 3), (2, 3), (0, 4), (1, 4), (2, 4)}
    assert sorted(net.connections.weight) == [0, 2, 3, 4, 5]


def test_a_full_network_stays_as_it_is():
    net = mlp([3, 2], seed=0)
    weight = net.connections.weight.copy()
    record = rewirer(net).rewire(10)
    assert (record.moved, record.shortfall) == (0, 1)
    np.testing.assert_array_equal(net.connections.weight, weight)


def test_what_no_criterion_wants_is_not_grown():
    net = eight()
    never = GrowCriterion(
        "never", lambda ctx, t, s: np.full((t.stop - t.start, s.stop - s.start), -np.inf)
    )
    before = pairs(net)
    record = rewirer(net, Method(name="mine", grow=never, fraction=0.5)).rewire(10)
    assert (record.moved, record.shortfall) == (0, 4)
    assert pairs(net) == before


def test_what_is_not_found_in_one_layer_is_kept_in_that_layer():
    """The second layer's criterion wants nothing: all its connections stay, no other's."""
    net = mlp([4, 6, 4], density=0.5, seed=0)

    def first_only(ctx, targets, sources):
        shape = targets.stop - targets.start, sources.stop - sources.start
        return np.full(shape, 0.0 if targets.start < 10 else -np.inf)

    grow = GrowCriterion("first only", first_only)
    for allow_regrowth in (False, True):
        record = rewirer(
            net, Method(name="mine", grow=grow, fraction=0.5, allow_regrowth=allow_regrowth)
        ).rewire(10)
        assert record.connections == (12, 12)
        assert record.dropped == record.grown
        assert record.grown[1] == 0
        assert record.shortfall == 6


# ------------------------------------------------------------------------------- changes between


def test_a_network_may_be_changed_between_rewirings():
    net = mlp([4, 6, 5, 2], density=0.5, seed=0)
    at_work = rewirer(net, RigL(every=10), optimizer=SGD(0.1, 0.9))
    trainer = Trainer(net, LOSS, at_work.optimizer)
    X, y = random_batch(net)
    changes = [
        lambda: net.add_neuron(1),
        lambda: net.connect("0_0", "1_6"),
        lambda: net.remove_neuron(2, 0),
        lambda: net.connect("0_1", "3_0"),
        lambda: net.disconnect("0_1", "3_0"),
        lambda: None,
    ]
    for step, change in enumerate(changes, start=1):
        trainer.step(X, y)
        change()
        before = len(net.connections)
        record = at_work.rewire(10 * step, signals_of(net, (X, y)))
        net.check()
        assert len(net.connections) == before == sum(record.connections)
        assert 0 < record.explored <= 1
        assert record.explored >= before / (net.possible_connections + 1)


def test_what_was_explored_is_counted_anew_when_neurons_are_numbered_anew():
    net = mlp([4, 6, 2], density=0.5, seed=0)
    at_work = rewirer(net)
    at_work.rewire(10)
    net.add_neuron(1)
    seen = pairs(net)
    record = at_work.rewire(20)
    assert record.explored == len(seen | pairs(net)) / (4 * 7 + 7 * 2)


def test_connections_made_by_hand_count_as_explored():
    net = eight()
    at_work = rewirer(net, Method(when=Every(10), fraction=0.01, **RANDOM))
    assert at_work.rewire(10).explored == 8 / 12
    net.connect(3, 4)
    net.disconnect(0, 4)
    assert at_work.rewire(20).explored == 9 / 12


# ---------------------------------------------------------------------------------- the one mutator


def test_a_dropped_connection_takes_its_state_away_and_a_grown_one_starts_at_zero():
    net = Network.from_connections([2, 2], [0, 1], [2, 3], [1.0, 2.0])
    net.connections.zeros("velocity", np.float32)[:] = [10, 20]
    version = net.version
    net.rewire(np.array([0]), np.array([1]), np.array([2]))
    net.check()
    assert net.connections.source.tolist() == [1, 1]
    assert net.connections.weight.tolist() == [0, 2]
    assert net.connections["velocity"].tolist() == [0, 20]
    assert net.connections.birth.tolist() == [2, 1]
    assert net.version == version + 1


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ([1], [3], "got 1 to 3, which exists"),
        ([2], [1], "target must be in a later rank than source"),
        ([0, 0], [3, 3], "each connection must be listed once; got 0 to 3 twice"),
        ([0], [4], r"target must be in \[0, 4\)"),
    ],
)
def test_what_cannot_grow_is_refused_and_changes_nothing(source, target, message):
    net = Network.from_connections([2, 2], [0, 1], [2, 3], [1.0, 2.0])
    with pytest.raises(ValueError, match=message):
        net.rewire(np.array([0]), np.array(source), np.array(target))
    assert pairs(net) == {(0, 2), (1, 3)}
    assert net.connections.weight.tolist() == [1.0, 2.0]
    assert net.version == 0


# ------------------------------------------------------------------------------------------ memory


def test_random_growth_never_lists_what_is_absent():
    """10¹⁰ possible connections, half a million existing ones."""
    net = mlp([2000, 100_000, 100_000, 2], density=[1e-3, 2e-5, 1e-3], seed=0)
    connections = len(net.connections)
    at_work = rewirer(net, Method(when=Every(10), fraction=Constant(0.3), **RANDOM))
    tracemalloc.start()
    record = at_work.rewire(10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert record.moved == int(0.3 * 200_000) * 2 + 60
    # Two tables of 16 bytes a connection, keys of 8 twice, and some numbers for each neuron.
    assert peak < 150 * connections, f"{peak / connections:.0f} bytes a connection"
