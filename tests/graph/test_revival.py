"""Idle neurons start anew: which, how, and what stays as it was."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewire import Network, Trainer, methods, mlp
from rewire.activations import Activation
from rewire.connectivity import Signals
from rewire.graph.revival import idle
from rewire.optimizers import SGD
from rewire.schedules import Constant, Every
from rewire.topology import Method, Revival, Rewirer

from ..topology.tables import signals_of
from .strategies import networks


def example(**options):
    """Two inputs; hidden 2 is read, 3 is silent, 4 is not read, 5 is not fed; output 6."""
    source, target = [0, 1, 0, 1, 0, 2, 3, 5], [2, 2, 3, 3, 4, 6, 6, 6]
    weight = [1.0, 0.5, -1.0, -2.0, 1.0, 1.0, 4.0, 3.0]
    bias = [0, 0, -0.5, -0.1, 0, 2.0, 0.25]
    return Network.from_connections(
        [2, 4, 1], source, target, weight, bias=bias, dtype="float64", **options
    )


def data(net, samples=64, seed=0):
    random = np.random.default_rng(seed)
    return random.random((samples, net.ranks[0])), random.normal(size=(samples, net.ranks[-1]))


def example_data(samples=64):
    """Targets that no neuron of the example matches: they fall with both inputs."""
    X, _ = data(example(), samples)
    return X, 6 + 20 * (X.sum(axis=1, keepdims=True) < 0.8)


def revive(net, X, y, **options):
    return revive_on(net, [net.signals(X, y, "mean_squared_error")], **options)


def revive_on(net, signals, seed=1, tries=8, samples=64, **options):
    generator = np.random.default_rng(seed)
    return net.revive(signals, generator, tries=tries, samples=samples, **options)


def test_idle_is_what_is_constant_or_leads_nowhere():
    net = example()
    X, _ = data(net)
    activation = net.program().activations(net.connections.weight, net.bias, X)
    assert np.flatnonzero(idle(net, activation)).tolist() == [3, 4, 5]


def test_a_silent_and_an_unread_neuron_are_revived_and_an_unfed_one_cannot_be():
    net = example()
    X, y = example_data()
    before = net.predict(X)
    weight = net.connections.weight.copy()
    assert revive(net, X, y).units.tolist() == [3, 4]
    np.testing.assert_allclose(net.predict(X), before, rtol=1e-14)
    changed = net.connections.weight != weight
    ends = set(zip(net.connections.source[changed], net.connections.target[changed], strict=True))
    assert ends == {(0, 3), (1, 3), (0, 4), (3, 6)}
    assert net.connections.weight[net.connections.find([3], [6])[0][0]] == 0
    assert net.bias[[2, 5, 6]].tolist() == [-0.5, 2.0, 0.25]
    activation = net.signals(X, y, "mean_squared_error").activation
    assert (np.ptp(activation[[3, 4]], axis=1) > 0).all()


def test_a_constant_moves_into_the_biases_it_fed():
    net = Network.from_connections(
        [1, 2, 1], [0, 0, 1, 2], [1, 2, 3, 3], [0.0, 1.0, 3.0, 1.0], bias=[0, 2.0, 0, 0.5],
        dtype="float64",
    )  # fmt: skip
    X, y = data(net)
    before = net.predict(X)
    assert revive(net, X, y).units.tolist() == [1]
    assert net.bias[3] == 0.5 + 3.0 * 2.0
    assert net.connections.weight[net.connections.find([1], [3])[0][0]] == 0
    np.testing.assert_allclose(net.predict(X), before, rtol=1e-14)


def test_many_that_match_the_same_error_act_like_one():
    """The sum of squares that scales the next step does not grow with their number."""
    power = {}
    for count in (1, 25):
        source = [0, 1] * count
        target = np.repeat(2 + np.arange(count), 2).tolist()
        net = Network.from_connections(
            [2, count, 1], source, target, [1.0] * len(source), dtype="float64"
        )  # none is read
        X, y = data(net, 64)
        revived = revive(net, X, y).units
        assert len(revived) > 0.8 * count
        activation = net.signals(X, y, "mean_squared_error").activation[revived]
        power[count] = (activation**2).mean(axis=1).sum()
    assert power[25] < 5 * power[1]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_best_draw_wins(dtype):
    """By a plain loop over the same draws."""
    source, target = [0, 1, 2, 0, 1, 3, 4], [3, 3, 3, 4, 4, 5, 6]
    weight = [-1, -1, -1, 1, -1, 0.5, 1]
    net = Network.from_connections([3, 2, 2], source, target, weight, dtype=dtype)
    X, y = data(net, 70)
    signals = net.signals(X, y, "mean_squared_error")
    generator, tries, samples = np.random.default_rng(5), 6, len(X)
    drawn = generator.standard_normal((tries, 3)) * np.sqrt(2 / 3)
    kinks = generator.integers(samples, size=(tries + 1, 1))[1:, 0]
    matches, found = [], []
    for w, kink in zip(drawn, kinks, strict=True):
        b = -float(w @ X[kink])
        a = np.array([max(0.0, float(w @ x) + b) for x in X])
        size = np.sqrt((a**2).sum())
        matches.append(max(abs(a @ d) / size for d in signals.sensitivity[5:].astype(float)))
        found.append((w, b))
    w, b = found[int(np.argmax(matches))]
    assert revive_on(net, [signals], seed=5, tries=tries).units.tolist() == [3]
    tolerance = {"float32": 1e-5, "float64": 1e-12}[dtype]
    np.testing.assert_allclose(net.connections.weight[net.connections.rows(3)], w, rtol=tolerance)
    np.testing.assert_allclose(net.bias[3], b, rtol=tolerance, atol=tolerance)


def test_an_unread_neuron_that_matches_best_keeps_its_weights():
    """|a · d| / ‖a‖ is greatest where a is in proportion to d (Cauchy and Schwarz)."""
    net = Network.from_connections(
        [1, 2, 1], [0, 0, 1], [1, 2, 3], [1.0, 1.0, 1.0], dtype="float64"
    )
    X, _ = data(net)
    activation = net.signals(X, X, "mean_squared_error").activation
    sensitivity = np.zeros_like(activation)
    sensitivity[3] = 0.3 * activation[2]
    weight = net.connections.weight.copy()
    signals = Signals(activation, sensitivity)
    assert not len(revive_on(net, [signals], seed=0, tries=50).units)
    np.testing.assert_array_equal(net.connections.weight, weight)


def test_too_few_samples_prove_nothing_and_several_batches_count_together():
    net = example()
    X, y = example_data(40)
    weight = net.connections.weight.copy()
    found = revive(net, X, y, samples=41)
    assert (len(found.units), found.flops) == (0, 0)
    np.testing.assert_array_equal(net.connections.weight, weight)
    parts = slice(20), slice(20, 40)
    halves = [net.signals(X[part], y[part], "mean_squared_error") for part in parts]
    assert len(revive_on(net, halves, seed=0, samples=40).units)


def test_a_neuron_silent_on_one_batch_and_not_on_the_other_is_left_alone():
    net = Network.from_connections([1, 1, 1], [0, 1], [1, 2], [1.0, 1.0], dtype="float64")
    X, y = np.linspace(-1, 1, 128)[:, None], np.ones((128, 1))
    silent, both = (
        [net.signals(X[part], y[part], "mean_squared_error") for part in parts]
        for parts in ([slice(64)], [slice(64), slice(64, 128)])
    )
    assert not len(revive_on(net, both, seed=0).units)
    assert len(revive_on(net, silent, seed=0).units)


def test_more_samples_than_draws_are_compared_on_do_not_change_who_is_idle():
    """The only sample on which the neuron is active is not overlooked."""
    net = Network.from_connections([1, 1, 1], [0, 1], [1, 2], [1.0, 1.0], dtype="float64")
    X, y = -np.ones((2000, 1)), np.ones((2000, 1))
    X[1234] = 1
    assert not len(revive(net, X, y).units)


def test_large_sources_get_small_weights():
    net = example()
    X, y = example_data()
    assert 3 in revive(net, 1e6 * X, y).units
    activation = net.signals(1e6 * X, y, "mean_squared_error").activation[3]
    assert 0.01 < activation.max() < 10


def test_a_network_that_has_diverged_is_left_alone():
    net = example()
    X, y = example_data()
    signals = net.signals(X, y, "mean_squared_error")
    signals.activation[2] = np.inf
    assert not len(revive_on(net, [signals], seed=0).units)


def test_optimisers_forget_what_was_revived():
    net = example()
    X, y = example_data()
    table = net.connections
    table.zeros("velocity", net.dtype)[:] = 1
    net.neurons.zeros("velocity", net.dtype)[:] = 1
    table.zeros("first_weight", net.dtype)[:] = 7
    birth = table.birth.copy()
    revive(net, X, y)
    kept = {(int(s), int(t)) for s, t in zip(table.source, table.target, strict=True)}
    kept -= {(0, 3), (1, 3), (0, 4), (3, 6)}
    remembered = table.data["velocity"] == 1
    ends = zip(table.source[remembered], table.target[remembered], strict=True)
    assert {(int(s), int(t)) for s, t in ends} == kept
    assert np.flatnonzero(net.neurons.data["velocity"] == 0).tolist() == [3, 4]
    np.testing.assert_array_equal(table.birth, birth)
    assert (table.data["first_weight"] == 7).all()


def test_skipping_connections_are_matched_where_the_method_grows_them():
    """All error is two ranks further: only a neuron that may skip can help."""
    source, target = [0, 0, 1, 2], [1, 2, 3, 4]
    net = Network.from_connections([1, 2, 1, 1], source, target, [-1.0, 1, 1, 1], dtype="float64")
    X, y = data(net)
    signals = net.signals(X, y, "mean_squared_error")
    assert not len(revive_on(net.copy(), [signals], seed=0).units)
    assert 1 in revive_on(net, [signals], seed=0, skip_connections=True).units


def test_custom_activations_are_revived_by_their_own_function():
    def square(x):
        return x * x

    net = example(activation=[Activation("square", square, lambda x: 2 * x), "linear"])
    X, _ = data(net)
    before = net.predict(X)
    wanted = before + (X[:, :1] - 0.5) ** 2  # a better match than what neuron 4 has, x0 squared
    assert revive(net, X, wanted).units.tolist() == [4]
    np.testing.assert_allclose(net.predict(X), before, rtol=1e-14)


@given(networks(), st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_function_and_the_wiring_stay(net, seed, skip):
    X, y = data(net, seed=seed)
    before, old = net.predict(X), net.copy()
    signals = net.signals(X, y, "mean_squared_error")
    was_idle = idle(net, signals.activation)
    revived = revive_on(net, [signals], seed=seed, skip_connections=skip).units
    net.check()
    assert was_idle[revived].all()
    np.testing.assert_allclose(net.predict(X), before, rtol=1e-9, atol=1e-9)
    table = net.connections
    for name in ("source", "birth"):
        np.testing.assert_array_equal(table.data[name], old.connections.data[name])
    untouched = ~np.isin(table.source, revived) & ~np.isin(table.target, revived)
    np.testing.assert_array_equal(table.weight[untouched], old.connections.weight[untouched])
    now = net.signals(X, y, "mean_squared_error")
    np.testing.assert_allclose(
        now.sensitivity[old.alive()], signals.sensitivity[old.alive()], rtol=1e-6, atol=1e-9
    )


def method(**parts):
    return Method(
        name="here",
        when=Every(10),
        grow="gradient",
        fraction=Constant(0.5),
        scope="network",
        revive=Revival(),
    )


def test_growth_sees_the_revived_neurons():
    """Nothing but the silent neuron sees the second input, on which the targets depend."""
    source, target = [0, 1, 2], [2, 3, 4]
    net = Network.from_connections([2, 2, 1], source, target, [1.0, -1.0, 0.1], dtype="float64")
    random = np.random.default_rng(0)
    X = random.random((64, 2))
    y = 10 * X[:, 1:]
    rewirer = Rewirer(method(), net, total_steps=100, seed=0)
    record = rewirer.rewire(10, signals_of(net, (X, y)))
    assert record.revived == 1
    assert len(net.connections) == 3
    assert net.connections.find([3], [4])[1][0]


def test_the_same_seed_revives_the_same():
    def run():
        net = mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=3)
        X, y = data(net)
        trainer = Trainer(net, "mean_squared_error", SGD(0.1, momentum=0.9))
        rewirer = Rewirer(method(), net, total_steps=100, seed=4)
        for step in range(1, 31):
            trainer.step(X, y)
            if rewirer.due(step):
                rewirer.rewire(step, signals_of(net, (X, y)))
        return net, rewirer.history

    (one, history), (two, again) = run(), run()
    assert history == again
    assert sum(record.revived for record in history) > 0
    np.testing.assert_array_equal(one.connections.weight, two.connections.weight)
    np.testing.assert_array_equal(one.bias, two.bias)


def test_the_search_is_counted():
    """9 draws of 2 and 1 weights and of one match each, on 64 samples, and the batch once more."""
    net = example()
    X, y = example_data()
    assert revive(net, X, y).flops == 2 * 9 * 64 * (2 + 1 + 1 + 1)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match=r"tries must be at least 1; got 0"):
        Revival(tries=0)
    with pytest.raises(ValueError, match=r"samples must be at least 1; got 0"):
        Revival(samples=0)
    with pytest.raises(TypeError, match=r"revive must be a Revival or None; got True"):
        Method(name="here", revive=True)
    with pytest.raises(ValueError, match=r"growth_samples must be 'all'.*got 'last'"):
        Method(name="here", revive=Revival(), growth_samples="last")


def test_a_method_that_revives_looks_at_data():
    net = example()
    rewirer = Rewirer(Method(name="here", when=Every(10), revive=Revival()), net, total_steps=100)
    with pytest.raises(ValueError, match="signals must hold those of at least one batch"):
        rewirer.rewire(10, list)
    assert methods.registry["reviving rigl"]().looks_at_data
