"""The front door: what it takes, what it reports to, and what it refuses."""

import io
import re

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

import rewire
from rewire import methods
from rewire.topology import grow_criteria, grow_criterion
from rewire.train import progress
from rewire.train.throttle import Pace

from .runs import fit, network, samples


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


def test_progress_is_the_first_report_the_last_and_some_between(capsys, monkeypatch):
    X, y = samples()
    clock = iter(range(3))
    monkeypatch.setattr(progress, "Pace", lambda: Pace(seconds=2, clock=lambda: next(clock)))
    fit(progress=True, validation_data=(X, y))
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["step 5 of 15", "step 15 of 15"]
    assert lines[-1].startswith("step 15 of 15: loss ")
    assert "%, validation loss " in lines[-1]
    assert lines[-1].endswith("0 moves of 150 connections")


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self):
        return True


def test_progress_in_a_terminal_is_one_bar_that_is_drawn_over_and_over(monkeypatch):
    X, y = samples()
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    fit(progress=True, total_steps=300, epochs=None, validation_data=(X, y))
    text = screen.getvalue()
    assert "300 of 300 steps" in text
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).split("\n")
    assert len([line for line in lines if line.strip()]) <= 4 + text.count("\x1b[1A")
    assert text.count("\n") - text.count("\x1b[1A") <= 3  # lines that stay


@pytest.mark.parametrize("progress", ["bar", 1, None])
def test_progress_must_be_a_way_to_show_it(progress):
    with pytest.raises(ValueError, match="progress must be True, False or 'widget'; got"):
        fit(progress=progress)


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
        ((X, Y), {"early_stopping": 3}, "early_stopping needs .*validation_data="),
        (
            (X, Y),
            {"early_stopping": 0, "validation_data": (X, Y)},
            "early_stopping must be a whole number, at least 1; got 0",
        ),
        (
            (X, Y),
            {"validation_data": X},
            r"validation_data must be a pair \(X, y\) or a stream; got ndarray",
        ),
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
