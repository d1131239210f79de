"""The front door: defaults, callbacks, early stopping, the history, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from scipy.sparse import csr_array

import rewire
from rewire import methods
from rewire.topology import grow_criteria, grow_criterion
from rewire.train import EarlyStopping, History, Training, evaluate
from rewire.train.defaults import default_loss

from .runs import network, samples


def fit(net=None, data=None, **settings):
    X, y = samples() if data is None else data
    given = {"method": None, "batch_size": 10, "epochs": 3} | settings
    return rewire.fit(network() if net is None else net, X, y, **given)


# ------------------------------------------------------------------------------------- defaults


@pytest.mark.parametrize(
    ("outputs", "y", "name"),
    [
        (3, np.array([0, 1, 2]), "cross_entropy"),
        (1, np.array([-1, 1, 1]), "hinge"),
        (1, np.array([[0.0], [1.0], [1.0]]), "binary_cross_entropy"),
        (1, np.array([False, True, True]), "binary_cross_entropy"),
        (1, np.array([0.5, 2.0, 1.0]), "mean_squared_error"),
        (2, np.array([[0.5, 2], [1, 1], [0, 0]]), "mean_squared_error"),
    ],
)
def test_the_loss_follows_from_the_targets(outputs, y, name):
    net = rewire.mlp([2, outputs], seed=0)
    assert default_loss(net, y).name == name
    history = rewire.fit(net, np.eye(3, 2), y, method=None, epochs=1)
    assert history["loss"][0] == pytest.approx(
        evaluate(rewire.mlp([2, outputs], seed=0), np.eye(3, 2), y, name).loss
    )


@pytest.mark.parametrize(
    ("count", "batch_size", "total_steps"), [(45, 128, 1000), (45, 10, 1000), (300, 1, 3000)]
)
def test_ten_epochs_or_a_thousand_updates(count, batch_size, total_steps):
    X, y = samples(count=count)
    assert Training(network(), X, y, method=None, batch_size=batch_size).total_steps == total_steps


@pytest.mark.parametrize("seed", range(3))
def test_a_regression_is_learnt_without_any_settings(seed):
    """SGD with the learning rate for classes diverged on nearly every such data set."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(300, 12))
    y = X[:, 0] + 0.5 * X[:, 1] * X[:, 2] - (X[:, 3] > 0)
    net = rewire.mlp([12, 100, 1], sparsity=0.8, seed=seed)
    history = rewire.fit(net, X, y, seed=seed)
    assert history["loss"][-1] < 0.05 * y.var()


def test_a_network_whose_numbers_overflow_while_rewiring_has_diverged():
    """Weights are still finite, but what a rewiring looks at is not."""
    X, y = samples()
    net = rewire.mlp([8, 30, 30, 3], density=0.5, seed=0)
    net.connections.weight[:] *= 1e13
    message = "training diverged: infinity or NaN before step 1; lower the learning rate, 1e-30"
    with pytest.raises(ValueError, match=message):
        rewire.fit(
            net,
            X,
            np.eye(3)[y],
            loss="mean_squared_error",
            method=methods.get("rigl", every=1),
            optimizer=rewire.optimizers.SGD(1e-30),
            total_steps=5,
        )


def test_a_criterion_that_returns_nan_is_not_taken_for_divergence():
    @grow_criterion("nothing", needs=["signals"])
    def nothing(now, targets, sources):
        return np.nan * (now.sensitivity[targets] @ now.activation[sources].T)

    try:
        with pytest.raises(ValueError, match="a grow criterion returned NaN"):
            fit(method=methods.get("set", every=1, grow="nothing"))
    finally:
        grow_criteria.remove("nothing")


def test_lists_and_data_frames_are_data():
    X, y = samples()
    expected = fit().rows[-1]["loss"]
    assert fit(data=(X.tolist(), y.tolist())).rows[-1]["loss"] == expected
    assert fit(data=(pd.DataFrame(X), pd.Series(y))).rows[-1]["loss"] == expected


def test_a_line_for_every_report(capsys):
    X, y = samples()
    fit(progress=True, validation_data=(X, y))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert lines[-1].startswith("step 15 of 15: loss ")
    assert "% right, validation " in lines[-1]
    assert lines[-1].endswith("0 of 150 connections moved")


# ------------------------------------------------------------------------------------ callbacks


def test_callbacks_see_every_report_and_may_stop_it():
    seen = []

    def stop(training):
        seen.append((training.step, len(training.history)))
        if training.step == 10:
            training.stopped = "enough"

    history = fit(callbacks=[stop], epochs=50)
    assert seen == [(5, 1), (10, 2)]
    assert history["step"] == [5, 10]


# -------------------------------------------------------------------------------- early stopping


class Scripted:
    """Validation losses of one's own choosing: sets what the next report says."""

    def __init__(self, losses, monkeypatch):
        self.losses, self.nets = iter(losses), []
        monkeypatch.setattr("rewire.train.training.score", self)

    def __call__(self, net, *_):
        self.nets.append(net.copy())
        return evaluate(net, *samples())._replace(loss=next(self.losses))


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
    stopping = EarlyStopping(**settings)
    history = fit(net, epochs=8, validation_data=samples(), early_stopping=stopping, method="set")
    assert len(history) == reports
    np.testing.assert_array_equal(net.connections.weight, script.nets[best].connections.weight)
    np.testing.assert_array_equal(net.connections.source, script.nets[best].connections.source)
    np.testing.assert_array_equal(
        net.predict(samples()[0]), script.nets[best].predict(samples()[0])
    )


def test_the_reason_is_said(monkeypatch):
    Scripted([1, 2, 2], monkeypatch)
    reasons = []
    fit(
        epochs=8,
        validation_data=samples(),
        early_stopping=2,
        callbacks=[lambda training: reasons.append(training.stopped)],
    )
    assert reasons == [None, None, "validation loss not below 1 for 2 reports"]


def test_early_stopping_remembers_nothing_of_the_training_before():
    stopping = EarlyStopping(patience=2)
    first, second = network(), rewire.mlp([8, 5, 3], density=0.5, seed=0)
    for net in (first, second):
        fit(net, validation_data=samples(), early_stopping=stopping)
    assert second.ranks == (8, 5, 3)


# -------------------------------------------------------------------------------------- refusals


X, Y = samples()
NAN = X.copy()
NAN[44, 2] = np.nan
HUGE = np.full((45, 8), 1e300)


@pytest.mark.parametrize(
    ("data", "settings", "message"),
    [
        ((X[:, :7], Y), {}, r"X must have shape \(samples, 8\).*got \(45, 7\)"),
        ((csr_array(X[:, :7]), Y), {}, r"X must have shape \(samples, 8\).*got \(45, 7\)"),
        ((X[0], Y), {}, r"X must have shape \(samples, 8\).*got \(8,\)"),
        ((X[:0], Y[:0]), {}, "at least one sample"),
        ((NAN, Y), {}, "X must hold finite numbers of float32; got infinity or NaN"),
        ((csr_array(NAN), Y), {}, "X must hold finite numbers"),
        ((HUGE, Y), {}, "X must hold finite numbers of float32"),
        ((X.astype(str), Y), {}, "X must hold real numbers"),
        ((X, Y[:-1]), {}, r"y must have shape \(45,\)"),
        ((X, Y + 1), {}, r"y must hold class numbers in \[0, 3\); got 3"),
        ((X, Y.astype(str)), {}, "y must hold numbers"),
        ((X, Y), {"loss": "hinge"}, "y must have shape"),
        ((X, Y), {"loss": "l1"}, "loss must be one of"),
        (
            (X, Y),
            {"total_steps": 5},
            "either epochs or total_steps; got epochs=3 and total_steps=5",
        ),
        (
            (X, Y),
            {"total_steps": 0, "epochs": None},
            "total_steps must be a whole number, at least 1; got 0",
        ),
        (
            (X, Y),
            {"total_steps": 2.5, "epochs": None},
            "total_steps must be a whole number.*got 2.5",
        ),
        ((X, Y), {"epochs": 0}, "epochs must be above 0 and finite; got 0"),
        ((X, Y), {"epochs": np.inf}, "epochs must be above 0 and finite; got inf"),
        ((X, Y), {"epochs": np.nan}, "epochs must be above 0 and finite; got nan"),
        ((X, Y), {"batch_size": 0}, "batch_size must be a whole number, at least 1; got 0"),
        ((X, Y), {"batch_size": 12.5}, "batch_size must be a whole number"),
        ((X, Y), {"batch_size": True}, "batch_size must be a whole number"),
        ((X, Y), {"report_every": 0}, "report_every must be a whole number, at least 1; got 0"),
        ((X, Y), {"seed": -1}, "seed must be a whole number, at least 0; got -1"),
        ((X, Y), {"seed": None}, "seed must be a whole number"),
        ((X, Y), {"method": "rigel"}, "method must be one of.*did you mean 'rigl'"),
        ((X, Y), {"early_stopping": 3}, "early_stopping needs validation_data"),
        (
            (X, Y),
            {"early_stopping": 0, "validation_data": (X, Y)},
            "early_stopping must be a whole number, at least 1; got 0",
        ),
        ((X, Y), {"validation_data": X}, r"validation_data must be a pair \(X, y\); got ndarray"),
        (
            (X, Y),
            {"validation_data": (X[:, :3], Y)},
            "validation_data's X must have shape",
        ),
        ((X, Y), {"validation_data": (X, Y[:9])}, "validation_data: y must have shape"),
        ((X, Y), {"validation_data": (NAN, Y)}, "validation_data's X must hold finite"),
        (
            (X, Y),
            {"checkpoint": "nowhere/run.safetensors"},
            "path must lie in a folder that exists; got 'nowhere/run.safetensors'",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused_before_anything_changes(
    data, settings, message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    net = network()
    weights, version = net.connections.weight.copy(), net.version
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        fit(net, data, **settings)
    np.testing.assert_array_equal(net.connections.weight, weights)
    assert net.version == version
    assert list(net.connections.data) == ["source", "weight", "birth"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("bad", [{"patience": 0}, {"min_delta": -1}, {"min_delta": np.nan}])
def test_early_stopping_refuses(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))} must be at least"):
        EarlyStopping(**bad)


# --------------------------------------------------------------------------------------- history


def test_the_history_is_a_table():
    history = fit(validation_data=samples())
    table = history.table()
    assert list(table["step"]) == history["step"] == [5, 10, 15]
    assert {str(dtype) for dtype in table.dtypes} == {"int64", "float64"}
    assert len(history) == 3
    with pytest.raises(KeyError, match=r"columns step, epoch, .*got 'acuracy'"):
        history["acuracy"]


def test_what_was_not_measured_is_nan_in_the_table():
    table = fit().table()
    assert table["validation_loss"].isna().all()
    assert table["validation_loss"].dtype == float


def test_without_pandas_the_table_is_a_dict(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    table = fit().table()
    assert table["step"] == [5, 10, 15]
    assert table["validation_loss"] == [None] * 3


def curves(ax):
    return {line.get_label(): line for line in ax.lines}


def test_the_picture_shows_what_was_measured():
    history = fit(method="set", validation_data=samples(), epochs=6)
    ax = history.plot()
    [other] = [twin for twin in ax.figure.axes if twin is not ax]
    left, right = curves(ax), curves(other)
    assert set(left) == {"loss", "validation loss", "rewiring"}
    assert set(right) == {"accuracy", "validation accuracy"}
    assert left["loss"].get_xydata().tolist() == [
        list(pair) for pair in zip(history["step"], history["loss"], strict=True)
    ]
    assert right["validation accuracy"].get_ydata().tolist() == history["validation_accuracy"]
    assert left["validation loss"].get_linestyle() == "--"
    assert left["rewiring"].get_xdata().tolist() == [5, 10, 15, 20, 25]
    assert ax.get_yscale() == "log"
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert len(labels) == 5
    plt.close(ax.figure)


def test_the_picture_of_little():
    figure, ax = plt.subplots()
    history = History([{**fit(epochs=1).rows[0], "loss": 0.0, "accuracy": None}])
    assert history.plot(ax) is ax
    assert figure.axes == [ax]  # no accuracy, no second axis
    assert ax.get_yscale() == "linear"  # a loss of 0 has no logarithm
    assert curves(ax)["loss"].get_marker() == "o"
    assert History().plot(ax) is ax
    plt.close(figure)


# --------------------------------------------------------------------------- parts by their names


@pytest.mark.parametrize(
    ("by_name", "part"),
    [
        ({"optimizer": "adam"}, {"optimizer": rewire.optimizers.Adam()}),
        ({"schedule": "cosine"}, {"schedule": rewire.schedules.Cosine(1.0, stop=0.01)}),
        ({"schedule": "constant"}, {"schedule": None}),
        ({"loss": "cross_entropy"}, {"loss": rewire.losses.CrossEntropy()}),
        ({"method": "set"}, {"method": methods.SET()}),
    ],
)
def test_a_name_is_the_same_as_the_part(by_name, part):
    nets = [network(), network()]
    histories = [fit(net, **given) for net, given in zip(nets, (by_name, part), strict=True)]
    assert histories[0]["loss"] == histories[1]["loss"]
    assert nets[0].connections.weight.tobytes() == nets[1].connections.weight.tobytes()


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"optimizer": "adm"}, ValueError, "optimizer must be one of adam.*did you mean 'adam'"),
        ({"schedule": "cosin"}, ValueError, "schedule must be one of.*did you mean 'cosine'"),
        ({"optimizer": 0.1}, TypeError, "optimizer must be a name .* type Optimizer; got 0.1"),
        ({"schedule": 0.1}, TypeError, "schedule must be a name .* type Callable; got 0.1"),
        ({"loss": 0.1}, TypeError, "loss must be a name .* type Loss; got 0.1"),
        ({"epoch": 3}, TypeError, "unexpected keyword argument 'epoch'"),
    ],
)
def test_a_wrong_name_is_refused_before_anything_changes(settings, error, message):
    net = network()
    before = net.connections.weight.tobytes()
    with pytest.raises(error, match=message):
        fit(net, **settings)
    assert net.connections.weight.tobytes() == before
