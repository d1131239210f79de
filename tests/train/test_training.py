"""The loop: which batches, when it rewires, what it reports, and that it can be interrupted."""

import numpy as np
import pytest
from scipy.sparse import csr_array, csr_matrix

import rewire
from rewire import methods
from rewire.schedules import At, Every, Linear
from rewire.topology import Method, Rewirer
from rewire.train import Trainer, Training, evaluate
from rewire.train import training as module
from rewire.train.batches import Batches

from .runs import METHODS, bits, finish, network, options, samples, training


def by_hand(net, X, y, method, total_steps, size, seed, schedule=lambda share: 1.0):
    """Train with nothing but Trainer.step and Rewirer.rewire; return the losses."""
    optimizer = rewire.optimizers.SGD(0.05, momentum=0.9)
    trainer, batches = Trainer(net, "cross_entropy", optimizer), Batches(len(X), size, seed)
    rewirer = Rewirer(method, net, total_steps=total_steps, steps_per_epoch=-(-len(X) // size))
    losses = []
    for step in range(total_steps):
        rows = batches.rows(step)
        optimizer.lr = 0.05 * schedule(step / total_steps)
        losses.append((trainer.step(X[rows], y[rows]), len(rows)))
        if step + 1 < total_steps and rewirer.due(step + 1):
            signals = [net.signals(X[rows], y[rows], "cross_entropy")]
            rewirer.rewire(step + 1, signals, learning_rate=optimizer.lr)
    return losses, rewirer


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_is_the_same_as_steps_and_rewirings_by_hand(dtype):
    X, y = samples(dtype=dtype)
    net, twin = network(dtype=dtype), network(dtype=dtype)
    method = methods.get("rigl", every=7)
    done = finish(
        Training(
            net,
            X,
            y,
            method=method,
            optimizer=rewire.optimizers.SGD(0.05, momentum=0.9),
            schedule=Linear(1, 0.1),
            total_steps=40,
            batch_size=10,
            report_every=10,
            seed=5,
        )
    )
    losses, rewirer = by_hand(twin, X, y, method, 40, 10, 5, lambda share: 1 - 0.9 * share)
    np.testing.assert_array_equal(net.connections.weight, twin.connections.weight)
    np.testing.assert_array_equal(net.connections.source, twin.connections.source)
    np.testing.assert_array_equal(net.connections.birth, twin.connections.birth)
    np.testing.assert_array_equal(net.bias, twin.bias)
    assert [record.step for record in rewirer.history] == [7, 14, 21, 28]
    assert done.history.rewirings == rewirer.history

    # The rows of the history, from the losses by hand.
    assert done.history["step"] == [10, 20, 30, 40]
    assert done.history["epoch"] == [2, 4, 6, 8]
    for i, row in enumerate(done.history.rows):
        part = losses[10 * i : 10 * i + 10]
        mean = sum(loss * size for loss, size in part) / sum(size for _, size in part)
        assert row["loss"] == pytest.approx(mean, rel=1e-12)
        assert row["learning_rate"] == pytest.approx(0.05 * (1 - 0.9 * (10 * i + 9) / 40))
    moved = [record.moved for record in rewirer.history]
    assert moved[0] > 0
    assert done.history["moved"] == [moved[0], moved[1], moved[2] + moved[3], 0]
    assert done.history["connections"] == [len(net.connections)] * 4


def test_flops_and_accuracy_by_hand():
    net = rewire.mlp([8, 14, 10, 3], density=[0.4, 0.5, 0.8], seed=3)
    X, y = samples()
    history = rewire.fit(
        net,
        X,
        y,
        method=None,
        optimizer=rewire.optimizers.SGD(1e-12),
        epochs=2,
        batch_size=10,
        loss=None,
    )
    connections, neurons = len(net.connections), 14 + 10 + 3
    # Forward once and backward twice; two operations per connection and one per bias.
    assert history["flops"] == [
        3 * 45 * (2 * connections + neurons),
        6 * 45 * (2 * connections + 27),
    ]
    dense = 8 * 14 + 14 * 10 + 10 * 3
    assert history["dense_flops"] == [3 * 45 * (2 * dense + 27), 6 * 45 * (2 * dense + 27)]
    # With next to no learning rate every epoch measures the network as it is.
    score = evaluate(net, X, y)
    assert history["accuracy"] == [score.accuracy] * 2
    assert history["loss"] == pytest.approx([score.loss] * 2, rel=1e-6)
    assert history["validation_loss"] == [None, None]


def test_a_regression_has_no_accuracy():
    X, _ = samples()
    net = rewire.mlp([8, 5, 1], density=0.5, seed=0)
    history = rewire.fit(net, X, X[:, 0], method=None, epochs=1, validation_data=(X, X[:, 0]))
    assert history["accuracy"] == history["validation_accuracy"] == [None]
    assert history["validation_loss"][0] == evaluate(net, X, X[:, 0], "mean_squared_error").loss


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_bits_and_another_does_not(method):
    one, two, other = training(method), training(method), training(method, seed=6)
    assert bits(finish(one)) == bits(finish(two))
    assert bits(finish(other))[0] != bits(one)[0]
    one.net.check()


@pytest.mark.parametrize("momentum", [0, 0.9])
@pytest.mark.parametrize("batch_size", [10, 45])
@pytest.mark.parametrize("kind", [csr_array, csr_matrix])
def test_sparse_inputs_give_the_same_bits(momentum, batch_size, kind):
    X, y = samples()
    X[np.abs(X) < 0.8] = 0
    validation = X[:20], y[:20]

    def run(X, validation):
        optimizer = rewire.optimizers.SGD(0.05, momentum)
        settings = {"batch_size": batch_size, "optimizer": optimizer}
        return training(data=(X, y), validation_data=validation, **settings)

    dense, sparse = run(X, validation), run(kind(X), (kind(X[:20]), y[:20]))
    assert bits(finish(sparse)) == bits(finish(dense))


@pytest.mark.parametrize("sparse", [False, True])
def test_it_does_not_matter_how_the_updates_are_divided_into_calls(sparse, monkeypatch):
    X, y = samples()
    whole = finish(training(data=(csr_array(X) if sparse else X, y)))
    monkeypatch.setattr(module, "WORK_PER_CALL", 1)
    monkeypatch.setattr(module, "PIECE", 1)
    assert bits(finish(training(data=(csr_array(X) if sparse else X, y)))) == bits(whole)


def test_all_samples_at_once_are_many_steps_on_the_same_batch():
    X, y = samples()
    net, twin = network(), network()
    done = finish(training("static", net=net, batch_size=99, optimizer=rewire.optimizers.SGD(0.1)))
    losses = Trainer(twin, "cross_entropy", rewire.optimizers.SGD(0.1)).steps(X, y, 60).losses
    np.testing.assert_array_equal(net.connections.weight, twin.connections.weight)
    assert done.history["loss"][0] == pytest.approx(losses[:11].mean(), rel=1e-12)


class Watched:
    """Notes what the rewirer is called with."""

    def __init__(self, training):
        self.net, self.calls, self.rewire = training.net, [], training.rewirer.rewire
        training.rewirer.rewire = self

    def __call__(self, step, signals, learning_rate):
        self.calls.append((step, signals(), learning_rate, self.net.copy()))
        return self.rewire(step, signals, learning_rate=learning_rate)


def mine(**parts):
    return Method(name="mine", **{"grow": "gradient", "fraction": 0.3, "when": Every(8)} | parts)


def test_growth_looks_at_the_latest_batches():
    X, y = samples()
    done = training(mine(batches=3), schedule=Linear(1, 0.5))
    watched = Watched(done)
    finish(done)
    assert [step for step, *_ in watched.calls] == [8, 16, 24, 32, 40, 48, 56]
    for step, given, rate, net in watched.calls:
        assert len(given) == 3
        for back, signals in zip((3, 2, 1), given, strict=True):
            rows = done.batches.rows(step - back)
            expected = net.signals(X[rows], y[rows], "cross_entropy")
            np.testing.assert_array_equal(signals.activation, expected.activation)
            np.testing.assert_array_equal(signals.sensitivity, expected.sensitivity)
        assert rate == pytest.approx(0.05 * (1 - 0.5 * (step - 1) / 60))


def test_a_rewiring_may_take_the_place_of_a_step():
    X, _ = samples()
    done = training(mine(skip_update=True))
    watched = Watched(done)
    finish(done)
    assert [step for step, *_ in watched.calls] == [8, 16, 24, 32, 40, 48, 56]
    for step, [signals], _, net in watched.calls:  # of the batch that would have come next
        inputs = signals.activation[: net.ranks[0]].T
        np.testing.assert_array_equal(inputs, X[done.batches.rows(step)])
    assert done.trainer.optimizer.steps == 60 - 7
    assert done.step == 60


def test_pruning_before_training_looks_at_the_first_batch():
    done = training("snip")
    watched = Watched(done)
    first = done.net.copy()
    finish(done)
    [(step, [signals], rate, net)] = watched.calls
    assert (step, rate) == (0, 0.05)
    inputs = signals.activation[: net.ranks[0]].T
    np.testing.assert_array_equal(inputs, samples()[0][done.batches.rows(0)])
    [record] = done.history.rewirings
    assert record.step == 0
    assert sum(record.connections) == len(done.net.connections) < len(first.connections)


@pytest.mark.parametrize("method", ["rigl", "snip", "post rigl"])
def test_interrupted_anywhere_it_goes_on_to_the_same_bits(method, monkeypatch):
    whole = finish(training(method))
    # One step to a call, and an interruption after every single one.
    monkeypatch.setattr(module, "WORK_PER_CALL", 1)
    done = training(method)
    learn, calls = done.trainer.learn, []

    def learn_and_interrupt(*arguments, **options):
        done.interrupted = True
        calls.append(done.step)
        return learn(*arguments, **options)

    done.trainer.learn = learn_and_interrupt
    done.interrupted = True  # even before it begins
    returned = []
    while not done.finished:
        returned.append(done.advance())
        done.interrupted = False
    assert len(calls) == done.trainer.optimizer.steps > 50
    assert returned.count(True) == len(done.history)
    assert bits(done) == bits(whole)


def test_a_late_start_of_reports_and_the_last_short_one():
    history = rewire.fit(
        network(), *samples(), method=None, total_steps=25, batch_size=10, report_every=10
    )
    assert history["step"] == [10, 20, 25]


def test_reports_come_each_epoch_and_at_most_a_hundred_times():
    X, y = samples()
    assert rewire.fit(network(), X, y, method=None, epochs=2.4, batch_size=10)["step"] == [
        5,
        10,
        12,
    ]
    assert len(rewire.fit(network(), X, y, total_steps=1000, method=None)) == 100


def test_data_and_settings_are_not_changed():
    X, y = samples()
    X.flags.writeable = y.flags.writeable = False
    optimizer = rewire.optimizers.SGD(0.1, momentum=0.9)
    rewire.fit(network(), X, y, optimizer=optimizer, method=None, epochs=2, schedule=Linear(1, 0.1))
    assert optimizer.lr == 0.1


def test_a_schedule_of_any_function():
    rates = rewire.fit(
        network(),
        *samples(),
        method=None,
        total_steps=4,
        report_every=1,
        schedule=lambda time: time.step + 1,
    )["learning_rate"]
    assert rates == pytest.approx([0.1, 0.2, 0.3, 0.4])


def test_when_the_method_is_due_at_a_moment_of_its_own():
    done = finish(training(mine(when=At(33))))
    assert [record.step for record in done.history.rewirings] == [33]


def test_options_shorten_every_interval():
    for method in METHODS:
        if method not in ("static", "snip", "lottery ticket"):
            assert options(method), method
