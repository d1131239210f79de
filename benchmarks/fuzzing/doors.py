"""Every public function that takes data: what it must say of an odd array."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import rewire
from rewire import assess, connectivity, data, export, optimizers, tables
from rewire.experiment import Predictor
from rewire.sklearn import SparseMLPClassifier, SparseMLPRegressor

from .arrays import odd_array
from .judge import Answer, answer

__all__ = ["Door", "doors", "try_array"]

X = np.random.default_rng(0).normal(size=(12, 2))
Y = (X[:, 0] > 0).astype(np.int64)
VALUES = X[:, 1].copy()


class Door(NamedTuple):
    """A parameter that takes data.

    Parameters
    ----------
    name : str
        For the page of results.
    good : ndarray
        What it takes.
    call : callable
        Takes what is given for it.
    parameter : str
        What an error must name; nothing where scikit-learn checks.
    """

    name: str
    good: np.ndarray
    call: Callable[[Any], Any]
    parameter: str = "X"


def try_array(door: Door, number: int, seed: int = 0) -> Answer:
    """Give a door the odd array of this number: a result, or ValueError or TypeError by name."""
    given = odd_array(door.good, random.Random(f"{seed} {door.name} {number}"))

    return answer(partial(_ask, door, given))


def _ask(door: Door, given: Any) -> None:
    try:
        door.call(given)
    except (ValueError, TypeError) as error:
        if door.parameter and type(error) not in (ValueError, TypeError):  # another's own kind
            raise LookupError(f"a {type(error).__name__}: {error}") from error
        if not re.search(rf"\b({door.parameter})\b", str(error)):
            raise LookupError(f"the error does not name {door.parameter}: {error}") from error
        raise ValueError(str(error)) from error


def _net(outputs: int = 2) -> rewire.Network:
    return rewire.mlp([2, 3, outputs], density=0.7, seed=0)


def doors() -> list[Door]:
    """Return all of them."""
    return [*_of_networks(), *_of_training(), *_of_tables(), *_of_estimators(), *_of_building()]


def _of_networks() -> Iterable[Door]:
    net, trainer = _net(), rewire.Trainer(_net(), "cross_entropy", optimizers.SGD(0.01))
    yield Door("Network.predict", X, partial(_same_as_plain, net))
    yield Door("Network.strip", X, net.strip)
    yield Door("Network.signals, X", X, lambda given: net.signals(given, Y), "X|y")
    yield Door("Network.gradients, X", X, lambda given: net.gradients(given, Y), "X|y")
    yield Door("Network.gradients, y", Y, lambda given: net.gradients(X, given), "y")
    yield Door("Trainer.step, X", X, lambda given: trainer.step(given, Y), "X|y")
    yield Door("Trainer.step, y", Y, lambda given: trainer.step(X, given), "y")
    yield Door("evaluate, X", X, lambda given: rewire.evaluate(net, given, Y), "X|y")
    yield Door("evaluate, y", Y, lambda given: rewire.evaluate(net, X, given), "y")


def _same_as_plain(net: rewire.Network, given: Any) -> None:
    """Predict; what is taken must mean the same as the plain array of its numbers."""
    found = net.predict(given)
    held = given.detach() if hasattr(given, "detach") else given
    plain = np.array(np.ma.getdata(held) if isinstance(held, np.ma.MaskedArray) else held, float)
    assert np.array_equal(found, net.predict(plain), equal_nan=True), "other numbers were read"
    assert not np.ma.getmaskarray(given).any() if isinstance(given, np.ma.MaskedArray) else True


def _of_training() -> Iterable[Door]:
    options = {"total_steps": 2, "method": "set", "batch_size": 8}

    def fit(X: Any, y: Any, **more: Any) -> None:
        rewire.fit(_net(), X, y, **options, **more)

    yield Door("fit, X", X, lambda given: fit(given, Y), "X|y|inputs")
    yield Door("fit, y", Y, lambda given: fit(X, given), "y")
    yield Door(
        "fit, validation_data",
        X,
        lambda given: fit(X, Y, validation_data=(given, Y)),
        "validation_data",
    )
    regression = {"loss": "mean_squared_error", **options}
    yield Door(
        "fit, numbers", VALUES, lambda y: rewire.fit(_net(1), X, y, **regression), "y|targets"
    )


def _of_tables() -> Iterable[Door]:
    dataset, standardizer = data.Dataset.from_arrays, data.Standardizer.fit(X)
    model = Predictor(_net(), "classification", (0, 1))
    yield Door("Dataset.from_arrays, X", X, lambda given: dataset(given, Y), "X|y")
    yield Door("Dataset.from_arrays, y", Y, lambda given: dataset(X, given), "y|task")
    yield Door(
        "Dataset.from_arrays, X_test", X, lambda X_test: dataset(X, Y, X_test, Y), "X_test|y_test"
    )
    yield Door(
        "Dataset.from_arrays, y_test", Y, lambda y_test: dataset(X, Y, X, y_test), "y_test|y"
    )
    yield Door("Standardizer.fit", X, data.Standardizer.fit)
    yield Door("Standardizer.transform", X, standardizer.transform)
    yield Door("read_raw", VALUES, _read_column, "table|column|columns|rows")
    yield Door("Predictor.predict", X, model.predict, "X|table|column|columns|inputs|rows")
    yield Door(
        "assess.score, y", Y, lambda y: assess.score(y, np.eye(2)[Y], "classification"), "y|answers"
    )
    yield Door(
        "assess.score, answers",
        np.eye(2)[Y],
        lambda given: assess.score(Y, given, "classification"),
        "answers",
    )
    yield Door(
        "permutation_importance",
        X,
        lambda given: assess.permutation_importance(lambda *_: 1.0, given, repeats=1),
    )


def _read_column(given: Any) -> None:
    """Read what is given as a table, or else as a table's column."""
    table = hasattr(given, "columns") or hasattr(given, "__arrow_c_stream__")
    tables.read_raw(given if table else {"a": given})


def _of_estimators() -> Iterable[Door]:
    options: dict[str, Any] = {"hidden_layer_sizes": (3,), "max_iter": 1, "random_state": 0}
    fitted = SparseMLPClassifier(**options).fit(X, Y)
    classify, number = SparseMLPClassifier, SparseMLPRegressor
    yield Door("SparseMLPClassifier.fit, X", X, lambda X: classify(**options).fit(X, Y), "")
    yield Door("SparseMLPClassifier.fit, y", Y, lambda y: classify(**options).fit(X, y), "")
    yield Door("SparseMLPRegressor.fit, y", VALUES, lambda y: number(**options).fit(X, y), "")
    yield Door("SparseMLPClassifier.predict", X, fitted.predict, "")
    yield Door(
        "SparseMLPClassifier.fit, sample_weight",
        np.ones(12),
        lambda weight: classify(**options).fit(X, Y, sample_weight=weight),
        "",
    )


def _of_building() -> Iterable[Door]:
    build = rewire.Network.from_connections
    source, target, weight = np.array([0, 1]), np.array([2, 2]), np.array([1.0, 2.0])
    net = _net()
    names = "source|target|weight|connection"
    yield Door(
        "from_connections, source", source, lambda s: build([2, 1], s, target, weight), names
    )
    yield Door(
        "from_connections, target", target, lambda t: build([2, 1], source, t, weight), names
    )
    yield Door(
        "from_connections, weight", weight, lambda w: build([2, 1], source, target, w), "weight"
    )
    yield Door(
        "from_connections, bias",
        np.zeros(3),
        lambda bias: build([2, 1], source, target, weight, bias=bias),
        "bias",
    )
    yield Door(
        "from_connections, ranks",
        np.array([2, 1]),
        lambda r: build(r, source, target, weight),
        "ranks|rank|ranks",
    )
    yield Door(
        "mlp, sizes", np.array([2, 3, 1]), lambda sizes: rewire.mlp(sizes, density=1.0), "sizes"
    )
    yield Door(
        "Network.rewire, drop",
        np.array([0]),
        lambda drop: net.copy().rewire(drop, [], []),
        "drop|rows",
    )
    yield Door(
        "connectivity.densities",
        np.array([[2, 3], [3, 1]]),
        lambda shapes: connectivity.densities(shapes, density=0.5),
        "shapes",
    )
    state = export.state_dict(net)
    name = next(iter(state))
    yield Door(
        "from_state_dict",
        np.asarray(state[name]),
        lambda given: export.from_state_dict({**state, name: given}),
        f"state|{re.escape(name)}|weight|weights|bias|ranks",
    )
