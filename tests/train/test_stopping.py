"""Stopping a training that no longer improves."""

import numpy as np
import pytest

import rewire
from rewire.train import EarlyStopping, evaluate

from .runs import fit, network, samples


class Scripted:
    """Validation figures of one's own choosing: sets what the next report says."""

    def __init__(self, losses, monkeypatch, accuracies=None):
        self.losses, self.nets = iter(losses), []
        self.accuracies = None if accuracies is None else iter(accuracies)
        monkeypatch.setattr("rewire.train.training.score", self)

    def __call__(self, net, *_):
        self.nets.append(net.copy())
        found = evaluate(net, *samples())._replace(loss=next(self.losses))
        if self.accuracies is None:
            return found
        return found._replace(accuracy=next(self.accuracies))


@pytest.mark.parametrize(
    ("losses", "settings", "reports", "best"),
    [
        ([3, 2, 2.5, 2, 2.1, 0], {"patience": 3}, 5, 1),  # an equal one is no better
        ([3, 2, 2.5, 1.9, 2, 2, 2, 0], {"patience": 3}, 7, 3),
        ([3, 2.95, 2.9, 2.85, 0], {"patience": 3, "min_delta": 0.5}, 4, 0),
        ([5, 4, 3, 2, 1, 0.5, 0.4, 0.3], {"patience": 1}, 8, 7),
        ([1, np.nan, np.nan, 0], {"patience": 2}, 3, 0),
        ([1, 2, 3, 4, 5, 6, 7, 8], {"patience": 100}, 8, 0),  # the best even so
    ],
)
def test_stops_and_brings_back_the_best(losses, settings, reports, best, monkeypatch):
    script = Scripted(losses, monkeypatch)
    net = network()
    stopping = EarlyStopping(**settings, monitor="loss")
    history = fit(net, epochs=8, validation_data=samples(), early_stopping=stopping, method="set")
    assert len(history) == reports
    np.testing.assert_array_equal(net.connections.weight, script.nets[best].connections.weight)
    np.testing.assert_array_equal(net.connections.source, script.nets[best].connections.source)
    np.testing.assert_array_equal(
        net.predict(samples()[0]), script.nets[best].predict(samples()[0])
    )


@pytest.mark.parametrize(
    ("losses", "accuracies", "settings", "reports", "best"),
    [
        # The loss rises from the first report on while more and more are right.
        ([1, 2, 3, 4, 5, 6, 7, 8], [0.5, 0.6, 0.7, 0.6, 0.7, 0, 0, 0], {"patience": 2}, 5, 2),
        # Of as many right the lowest loss, for which patience does not wait.
        ([5, 4, 3, 2, 6, 6, 6, 6], [0.5, 0.7, 0.7, 0.7, 0.7, 0, 0, 0], {"patience": 3}, 5, 3),
        (
            [1, 2, 3, 4, 5, 6, 7, 8],
            [0.5, 0.55, 0.58, 0, 0, 0, 0, 0],
            {"patience": 2, "min_delta": 0.1},
            3,
            0,
        ),
        (
            [1, 2, 3, 4, 5, 6, 7, 8],
            [0.5, 0.6, 0.7, 0.6, 0.7, 0, 0, 0],
            {"patience": 2, "monitor": "loss"},
            3,
            0,
        ),
    ],
)
def test_classes_are_judged_by_what_is_right(
    losses, accuracies, settings, reports, best, monkeypatch
):
    script = Scripted(losses, monkeypatch, accuracies)
    net = network()
    stopping = EarlyStopping(**settings)
    history = fit(net, epochs=8, validation_data=samples(), early_stopping=stopping)
    assert len(history) == reports
    np.testing.assert_array_equal(net.connections.weight, script.nets[best].connections.weight)


def test_a_regression_is_judged_by_its_loss(monkeypatch):
    X, _ = samples()
    net = rewire.mlp([X.shape[1], 3, 1], seed=0)
    options = {"validation_data": (X, X[:, 0]), "loss": "mean_squared_error", "epochs": 3}
    rewire.fit(net, X, X[:, 0], early_stopping=2, **options)
    with pytest.raises(ValueError, match="monitor must be 'loss' for a regression; got 'accuracy'"):
        rewire.fit(net, X, X[:, 0], early_stopping=EarlyStopping(monitor="accuracy"), **options)


def test_the_reason_is_said(monkeypatch):
    Scripted([1, 2, 2], monkeypatch, [0.5, 0.25, 0.5])
    reasons = []
    fit(
        epochs=8,
        validation_data=samples(),
        early_stopping=2,
        callbacks=[lambda training: reasons.append(training.stopped)],
    )
    assert reasons == [None, None, "validation accuracy not above 50.00% for 2 reports"]


def test_early_stopping_remembers_nothing_of_the_training_before():
    stopping = EarlyStopping(patience=2)
    first, second = network(), rewire.mlp([8, 5, 3], density=0.5, seed=0)
    for net in (first, second):
        fit(net, validation_data=samples(), early_stopping=stopping)
    assert second.ranks == (8, 5, 3)


def test_what_is_monitored_is_one_of_two():
    with pytest.raises(ValueError, match="monitor must be 'accuracy' or 'loss'; got 'f1'"):
        EarlyStopping(monitor="f1")


@pytest.mark.parametrize("bad", [{"patience": 0}, {"min_delta": -1}, {"min_delta": np.nan}])
def test_early_stopping_refuses(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))} must be a .*number"):
        EarlyStopping(**bad)


def test_the_state_continues():
    first, second = EarlyStopping(patience=3), EarlyStopping(patience=3)
    first.best_value, first.best_loss = 0.75, 0.5
    first.reports_since_best, first.best = 2, network()
    second.load_state_dict(first.state_dict())
    assert (second.best_value, second.best_loss, second.reports_since_best) == (0.75, 0.5, 2)
    other = rewire.mlp([8, 5, 3], density=0.5, seed=0)
    second.restore_best(other)
    assert other.ranks == network().ranks
