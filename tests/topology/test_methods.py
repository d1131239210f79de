"""Every method of the catalogue against its paper's formula, computed densely and by hand."""

import math

import numpy as np
import pytest

from rewire import Network, Trainer, methods, mlp
from rewire.methods import (
    CHT,
    DSR,
    GMP,
    MEST,
    SET,
    SNFS,
    SNIP,
    CHTs,
    CHTss,
    GraNet,
    LotteryTicket,
    PostRigL,
    RigL,
    SRigL,
    Static,
)
from rewire.optimizers import SGD, Adam
from rewire.schedules import Constant, Cosine, Every, Rounds
from rewire.topology import Rewirer, Threshold, grow_criteria

from .tables import by_layer, context, pairs, random_batch, signals_of

LOSS = "mean_squared_error"


def network(sizes=(8, 10, 6, 3), density=0.4, seed=0, **options):
    net = mlp(sizes, density=density, seed=seed, dtype="float64", **options)
    net.bias[sizes[0] :] = np.random.default_rng(seed).normal(size=net.size - sizes[0])
    return net


def dense_gradient(net, X, y):
    signals = net.signals(X, y, LOSS)
    return signals.sensitivity @ signals.activation.T


def rewirer(method, net, **options):
    return Rewirer(method, net, **{"total_steps": 1000, "steps_per_epoch": 10, "seed": 0} | options)


def layers(net):
    """Return, for each layer, its rows and all its possible (source, target)."""
    start = net.rank_start
    for rank in range(1, len(net.ranks)):
        rows = np.arange(*net.connections.indptr[start[[rank, rank + 1]]])
        places = [
            (s, t)
            for t in range(start[rank], start[rank + 1])
            for s in range(start[rank - 1], start[rank])
        ]
        yield rows, places


def counts(net):
    return by_layer(net, net.connections.target)


def strongest(places, existing, score, count):
    """Return the absent places of highest score; ties by target, then source."""
    absent = [(-score[t, s], t, s) for s, t in places if (s, t) not in existing]
    return {(s, t) for _, t, s in sorted(absent)[:count]}


def ends(net, rows):
    target = net.connections.target
    return {(int(net.connections.source[row]), int(target[row])) for row in rows}


# ---------------------------------------------------------------------------------------- static


def test_static_never_rewires():
    net = network()
    assert len(rewirer(Static(), net).due_steps) == 0


# ------------------------------------------------------------------------------------------- SET


def test_set_drops_equal_shares_of_both_signs_and_grows_at_random():
    net = network((12, 10), 0.5)  # 60 connections
    random = np.random.default_rng(0)
    weight = random.permutation(np.concatenate([np.arange(1, 41), -np.arange(1, 21)]))
    net.connections.weight[:] = weight
    before = pairs(net)
    record = rewirer(SET(), net).rewire(10)
    # ζ = 0.3: the 12 smallest of 40 positive weights, the 6 of 20 negative ones closest to zero.
    kept = net.connections.weight[net.connections.weight != 0]
    assert sorted(kept) == [*range(-20, -6), *range(13, 41)]
    assert record.moved == 18
    grown = ends(net, np.flatnonzero(net.connections.weight == 0))
    assert len(grown) == 18
    assert not grown & before


def test_set_grows_each_absent_connection_equally_often():
    net = network((6, 5), 0.5)
    seen = {}
    for seed in range(2000):
        copy = net.copy()
        Rewirer(SET(), copy, total_steps=100, steps_per_epoch=10, seed=seed).rewire(10)
        for pair in pairs(copy) - pairs(net):
            seen[pair] = seen.get(pair, 0) + 1
    expected = 2000 * 4 / 15  # floor(0.3 · 15) of 15 absent
    assert len(seen) == 15
    assert all(abs(n - expected) < 5 * math.sqrt(expected) for n in seen.values())


# ------------------------------------------------------------------------------------------ SNFS


def test_snfs_shares_by_momentum_and_grows_where_it_is_largest():
    net = network((8, 10, 6, 20), 0.3)
    optimizer = SGD(0.1, momentum=0.9)
    trainer = Trainer(net, LOSS, optimizer)
    batches = [random_batch(net, seed=seed) for seed in range(3)]
    for X, y in batches:
        trainer.step(X, y)
    expected_momentum = sum(
        0.9**age * dense_gradient(net, X, y) for age, (X, y) in enumerate(reversed(batches))
    )
    velocity, weight = net.connections["velocity"], net.connections.weight
    share = np.array([np.abs(velocity[rows]).mean() for rows, _ in layers(net)])
    fraction = 0.25 * (1 + math.cos(math.pi * 10 / 1000))  # from 0.5
    drop = [int(fraction * len(rows)) for rows, _ in layers(net)]
    freed, existing = sum(drop), pairs(net)
    gone, grown_by_layer = set(), freed * share / share.sum()
    expected = []
    for (rows, _), k in zip(layers(net), drop, strict=True):
        gone |= ends(net, rows[np.argsort(np.abs(weight[rows]), kind="stable")[:k]])
    room = [len(places) - len(rows) for rows, places in layers(net)]
    assert (grown_by_layer < room).all(), "no layer is full in this example"
    record = rewirer(SNFS(), net, optimizer=optimizer).rewire(10, signals_of(net, *batches))
    assert record.dropped == tuple(drop)
    assert sum(record.grown) == freed
    assert (np.abs(np.array(record.grown) - grown_by_layer) < 1).all()
    for (_, places), k in zip(layers(net), record.grown, strict=True):
        expected += strongest(places, existing, np.abs(expected_momentum), k)
    assert pairs(net) == existing - gone | set(expected)


def test_snfs_without_redistribution_keeps_every_layer():
    net = network()
    before = counts(net)
    optimizer = Adam()
    Trainer(net, LOSS, optimizer).step(*random_batch(net))
    rewirer(SNFS(redistribute=None), net, optimizer=optimizer).rewire(
        10, signals_of(net, random_batch(net))
    )
    np.testing.assert_array_equal(counts(net), before)


# ------------------------------------------------------------------------------------------- DSR


def test_dsr_drops_below_one_threshold_that_doubles_and_halves():
    net = network((10, 10, 10), 0.4)
    weight = net.connections.weight
    weight[:] = np.random.default_rng(0).permutation(np.arange(1, 81) / 100)
    at_work = rewirer(DSR(fraction=Threshold(0.1, tolerance=0.1, start=0.01)), net)
    below = int((np.abs(weight) < 0.01).sum())
    assert below == 0
    assert at_work.rewire(100).moved == 0
    assert at_work.threshold == 0.02  # none of the 8 that should go
    assert at_work.rewire(200).moved == 1  # 0.01
    assert at_work.threshold == 0.04
    net.connections.weight[net.connections.weight == 0] = 1.0
    assert at_work.rewire(300).moved == 2  # 0.02 and 0.03
    assert at_work.threshold == 0.08
    net.connections.weight[net.connections.weight == 0] = 1.0
    assert at_work.rewire(400).moved == 4  # 0.04 to 0.07
    assert at_work.threshold == 0.16
    net.connections.weight[net.connections.weight == 0] = 1.0
    assert at_work.rewire(500).moved == 8  # 0.08 to 0.15: as wanted
    assert at_work.threshold == 0.16
    net.connections.weight[:20] = 0.1
    assert at_work.rewire(600).moved >= 20
    assert at_work.threshold == 0.08


def test_dsr_shares_what_it_drops_by_what_survives():
    net = network((10, 10, 10), [0.6, 0.2])
    weight = net.connections.weight
    weight[:] = 1
    weight[:12] = weight[60:68] = 1e-9  # 12 of 60 and 8 of 20
    record = rewirer(DSR(), net).rewire(100)
    assert record.dropped == (12, 8)
    assert record.grown == (16, 4)  # 20 by 48 : 12
    assert record.connections == (64, 16)


# ------------------------------------------------------------------------------------------ RigL


def rigl_by_hand(net, X, y, k_of, allow_regrowth):
    score, existing, expected = np.abs(dense_gradient(net, X, y)), pairs(net), set()
    for rows, places in layers(net):
        k = k_of(len(rows))
        order = np.argsort(np.abs(net.connections.weight[rows]), kind="stable")
        gone = ends(net, rows[order[:k]])
        stays = ends(net, rows[order[k:]])
        expected |= stays | strongest(places, stays if allow_regrowth else existing, score, k)
        assert len(gone) == k
    return expected


@pytest.mark.parametrize("allow_regrowth", [False, True])
@pytest.mark.parametrize("step", [0, 100, 400, 700])
def test_rigl(step, allow_regrowth):
    net = network()
    X, y = random_batch(net)
    fraction = 0.15 * (1 + math.cos(math.pi * step / 750))
    expected = rigl_by_hand(net, X, y, lambda n: math.floor(fraction * n), allow_regrowth)
    state = dict(zip(ends_in_order(net), net.connections.weight.tolist(), strict=True))
    record = rewirer(RigL(allow_regrowth=allow_regrowth), net).rewire(step, signals_of(net, (X, y)))
    assert pairs(net) == expected
    assert record.shortfall == 0
    for pair, weight in zip(ends_in_order(net), net.connections.weight, strict=True):
        assert weight == state.get(pair, 0)  # one that returned keeps its weight


def ends_in_order(net):
    return list(zip(net.connections.source.tolist(), net.connections.target.tolist(), strict=True))


def test_rigl_returns_what_the_gradient_wants_most():
    """The weakest connection carries the strongest gradient."""
    net = Network.from_connections([3, 1], [0, 1], [3, 3], [1.0, 1e-6], dtype="float64")
    batch = np.array([[0.1, 5, 0.2]]), np.array([3.0])
    for allow_regrowth, sources in ((True, [0, 1]), (False, [0, 2])):
        copy = net.copy()
        method = RigL(fraction=0.5, allow_regrowth=allow_regrowth)
        rewirer(method, copy).rewire(0, signals_of(copy, batch))
        assert copy.connections.source.tolist() == sources
        assert copy.connections.weight.tolist() == [1, 1e-6 if allow_regrowth else 0]


def test_rigls_ties_go_by_target_and_birth_and_by_target_and_source():
    net = Network.from_connections([4, 2], [2, 0, 1, 0], [4, 4, 5, 5], [1.0, 1, 1, 1])
    batch = np.ones((1, 4)), np.zeros((1, 2))  # all gradients of one target are equal
    rewirer(RigL(fraction=0.5), net).rewire(0, signals_of(net, batch))
    # Both of target 4, though the order of birth is 2, 0; then 1 and 3 of target 4.
    assert ends_in_order(net) == [(1, 4), (3, 4), (0, 5), (1, 5)]


def test_rigls_times_are_the_papers():
    net = network()
    at_work = rewirer(RigL(), net)
    assert at_work.due_steps.tolist() == [100, 200, 300, 400, 500, 600, 700]
    assert not RigL().skip_update
    assert RigL(skip_update=True).skip_update


def test_the_posts_rigl_looks_at_the_last_sample_and_follows_the_learning_rate():
    net = network()
    X, y = random_batch(net)
    last = dense_gradient(net, X[-1:], y[-1:])
    existing = pairs(net)
    expected = set()
    for rows, places in layers(net):
        expected |= strongest(places, existing, np.abs(last), int(0.3 * 0.5 * len(rows)))
    rewirer(PostRigL(), net).rewire(21, signals_of(net, (X[-1:], y[-1:])), learning_rate=0.5)
    assert pairs(net) - existing == expected
    assert rewirer(PostRigL(), net, total_steps=400).due_steps.tolist() == list(range(21, 400, 20))


# ------------------------------------------------------------------------------ pruning from dense


def largest(weight, count):
    return set(np.argsort(-np.abs(weight), kind="stable")[:count].tolist())


def test_gmp_follows_the_cubic_schedule_and_keeps_the_largest():
    net = network((8, 10, 5), None)
    first, final = np.array([80, 50]), np.array([8, 5])
    at_work = rewirer(GMP(0.1), net)
    for step in at_work.due_steps.tolist():
        done = min(step / 750, 1)
        expected = np.round(first + (final - first) * (1 - (1 - done) ** 3))
        magnitudes = [np.sort(np.abs(net.connections.weight[rows])) for rows, _ in layers(net)]
        at_work.rewire(step)
        np.testing.assert_array_equal(counts(net), expected)
        for (rows, _), before in zip(layers(net), magnitudes, strict=True):
            now = np.sort(np.abs(net.connections.weight[rows]))
            np.testing.assert_array_equal(now, before[len(before) - len(now) :])
    assert counts(net).tolist() == [8, 5]


def test_snip_prunes_once_over_the_whole_network():
    net = network((8, 10, 5), None)
    X, y = random_batch(net)
    gradient = net.gradients(X, y, LOSS).weight
    kept = largest(net.connections.weight * gradient, 13)
    expected = ends(net, sorted(kept))
    at_work = rewirer(SNIP(0.1), net)
    assert at_work.due_steps.tolist() == [0]
    at_work.rewire(0, signals_of(net, (X, y)))
    assert pairs(net) == expected


def test_a_lottery_ticket_is_rewound_to_its_first_weights():
    net = network((8, 10, 5), None)
    optimizer = SGD(0.05, momentum=0.9)
    trainer = Trainer(net, LOSS, optimizer)
    first = dict(zip(ends_in_order(net), net.connections.weight.tolist(), strict=True))
    bias = net.bias.copy()
    at_work = rewirer(LotteryTicket(0.1, rounds=5), net, total_steps=50, optimizer=optimizer)
    assert at_work.due_steps.tolist() == [10, 20, 30, 40]
    for turn, step in enumerate(at_work.due_steps.tolist(), start=1):
        for seed in range(10):
            trainer.step(*random_batch(net, seed=seed))
        trained = net.connections.weight.copy()
        expected = np.round(np.array([80, 50]) * 0.1 ** (turn / 4))
        kept = [
            ends(net, rows[sorted(largest(trained[rows], int(n)))])
            for (rows, _), n in zip(layers(net), expected, strict=True)
        ]
        at_work.rewire(step)
        assert pairs(net) == set().union(*kept)
        now = dict(zip(ends_in_order(net), net.connections.weight.tolist(), strict=True))
        assert now == {pair: first[pair] for pair in now}  # to the last bit
        np.testing.assert_array_equal(net.bias, bias)
        assert not net.connections["velocity"].any()
        assert not net.neurons["velocity"].any()
        assert optimizer.steps == 0
    assert counts(net).tolist() == [8, 5]


def test_granet_prunes_and_regrows_by_gradient():
    net = network((8, 10, 5), None)
    at_work = rewirer(GraNet(0.1, every=100), net)
    X, y = random_batch(net)
    for step in at_work.due_steps.tolist():
        done = step / 750
        budget = np.round(np.array([80, 50]) * (1 - 0.9 * (1 - (1 - done) ** 3)))
        fraction = 0.25 * (1 + math.cos(math.pi * done))
        before, score = pairs(net), np.abs(dense_gradient(net, X, y))
        expected = set()
        for (rows, places), to_stay in zip(layers(net), budget.astype(int), strict=True):
            moved = min(math.floor(fraction * to_stay), len(places) - len(rows))
            order = np.argsort(-np.abs(net.connections.weight[rows]), kind="stable")
            expected |= ends(net, rows[order[: to_stay - moved]])
            expected |= strongest(places, before, score, moved)
        at_work.rewire(step, signals_of(net, (X, y)))
        assert pairs(net) == expected
        # What was grown gets a weight, as in training.
        zeros = net.connections.weight == 0
        net.connections.weight[zeros] = np.random.default_rng(step).normal(size=zeros.sum())
    assert len(at_work.history) == 7


# ------------------------------------------------------------------------------------------ MEST


def test_mest_drops_by_weight_and_gradient():
    net = network()
    X, y = random_batch(net)
    score = np.abs(net.connections.weight) + 0.5 * np.abs(net.gradients(X, y, LOSS).weight)
    stay = set()
    for rows, _ in layers(net):
        k = math.floor(0.3 * len(rows))
        stay |= ends(net, rows[np.argsort(score[rows], kind="stable")[k:]])
    before = pairs(net)
    rewirer(MEST(balance=0.5), net).rewire(0, signals_of(net, (X, y)))
    assert pairs(net) & before == stay


# ----------------------------------------------------------------------------------------- SRigL


def test_srigl_gives_every_neuron_of_a_layer_the_same_fan_in():
    net = network((20, 16, 12, 4), 0.3)
    before = counts(net)
    at_work = rewirer(SRigL(ablate_below=0.9), net)
    X, y = random_batch(net)
    ablated = np.zeros(net.size, bool)
    for step in at_work.due_steps.tolist():
        at_work.rewire(step, signals_of(net, (X, y)))
        np.testing.assert_array_equal(counts(net), before)
        fan_in = net.connections.fan_in
        for first, last in zip(net.rank_start[1:-1], net.rank_start[2:], strict=True):
            active = fan_in[first:last][fan_in[first:last] > 0]
            assert active.max() - active.min() <= 1
        gone = (fan_in == 0) & (np.arange(net.size) >= net.ranks[0])
        assert not (ablated & ~gone).any(), "an ablated neuron never comes back"
        ablated = gone
        zeros = net.connections.weight == 0
        net.connections.weight[zeros] = np.random.default_rng(step).normal(size=zeros.sum())
    assert ablated.any(), "the threshold was high enough to remove some"


def test_srigl_without_ablation_removes_no_neuron():
    net = network((20, 16, 12, 4), 0.3)
    rewirer(SRigL(ablate_below=0.0), net).rewire(100, signals_of(net, random_batch(net)))
    assert (net.connections.fan_in[20:] > 0).all()


# -------------------------------------------------------------------------------- Cannistraci-Hebb


def test_cht_drops_the_smallest_and_grows_by_paths_of_what_stays():
    net = network()
    existing, expected = pairs(net), set()
    gone = np.concatenate(
        [
            rows[
                np.argsort(np.abs(net.connections.weight[rows]), kind="stable")[
                    : len(rows) * 3 // 10
                ]
            ]
            for rows, _ in layers(net)
        ]
    )
    left = net.copy()
    left.connections.replace(gone, [], [])
    left.version += 1
    start = net.rank_start
    for rank, (rows, places) in enumerate(layers(net), start=1):
        sources = slice(int(start[rank - 1]), int(start[rank]))
        score = np.zeros((net.size, net.size))
        score[start[rank] : start[rank + 1], sources] = grow_criteria["cannistraci-hebb paths"](
            context(left), slice(int(start[rank]), int(start[rank + 1])), sources
        )
        expected |= strongest(places, existing, np.round(score, 12), len(rows) * 3 // 10)
    rewirer(CHT(), net).rewire(10)
    assert pairs(net) & existing == pairs(left)
    assert len(pairs(net) - existing) == len(expected)
    assert pairs(net) - existing == expected


def test_chts_is_soft_and_keeps_the_budget():
    net = network()
    wirings = set()
    for seed in range(5):
        copy = net.copy()
        Rewirer(CHTs(), copy, total_steps=100, steps_per_epoch=10, seed=seed).rewire(10)
        np.testing.assert_array_equal(counts(copy), counts(net))
        wirings.add(frozenset(pairs(copy)))
    assert len(wirings) == 5


def test_chtss_decays_along_an_s():
    net = network((8, 10, 5), None)
    at_work = rewirer(CHTss(0.1, every=100), net)

    def logistic(x):
        return 1 / (1 + math.exp(-6 * (2 * x - 1)))

    low, high = logistic(0), logistic(1)
    for step in at_work.due_steps.tolist():
        done = (logistic(min(step / 750, 1)) - low) / (high - low)
        at_work.rewire(step)
        np.testing.assert_array_equal(counts(net), np.round(np.array([80, 50]) * (1 - 0.9 * done)))
    assert counts(net).tolist() == [8, 5]


# ---------------------------------------------------------------------------------------- options


@pytest.mark.parametrize("name", sorted(set(methods.registry) - {"static"}))
def test_parts_of_every_method_can_be_exchanged(name):
    method = methods.registry[name](drop="random", when=Rounds(3), name="mine")
    assert method.drop.name == "random"
    assert method.when == Rounds(3)
    assert method.name == "mine"


def test_the_fraction_may_follow_any_schedule():
    assert RigL(Constant(0.2)).fraction == Constant(0.2)
    assert DSR(Threshold(0.3, start=1.0)).fraction.start == 1.0
    assert SET(fraction=Cosine(0.4)).fraction == Cosine(0.4)


def test_names_are_those_they_are_found_by():
    for name, make in methods.registry.items():
        assert make().name == name
        assert make().when is None or len(make().when.steps(1000, 100)) or name == "static"
    assert isinstance(RigL().when, Every)
