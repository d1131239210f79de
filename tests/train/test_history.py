"""The figures of a training: its table, its picture, and the sums between two reports."""

import sys

import numpy as np
import pytest
from matplotlib import pyplot as plt

from rewire.train import History
from rewire.train.history import COLUMNS, RunningTotals

from .runs import fit, samples


def history(reports):
    row = dict.fromkeys(COLUMNS) | {"epoch": 0.5, "loss": 0.123456, "moved": 1234}
    return History([row | {"step": 10 * (i + 1)} for i in range(reports)])


def test_a_short_history_shows_every_report():
    lines = repr(history(3)).splitlines()
    assert lines[0] == "History: 3 reports, 0 rewirings"
    assert lines[1].split()[:3] == ["step", "epoch", "loss"]
    assert [line.split()[0] for line in lines[2:]] == ["10", "20", "30"]
    assert lines[2].split() == ["10", "0.5", "0.1235", "-", "-", "-", "1,234"]


def test_a_long_history_shows_its_first_and_last_reports():
    lines = repr(history(500)).splitlines()
    assert [line.split()[0] for line in lines[2:]] == [
        *("10", "20", "30", "40", "..."),
        *("4,970", "4,980", "4,990", "5,000"),
    ]


def test_an_empty_history_says_so():
    assert repr(History()) == "History: 0 reports, 0 rewirings"
    assert History()._repr_html_() == "<p>History: 0 reports, 0 rewirings</p>"


def test_a_notebook_shows_the_same_as_a_table():
    html = history(500)._repr_html_()
    assert html.startswith("<table><caption>History: 500 reports, 0 rewirings</caption>")
    assert html.count("<tr>") == 1 + 9
    assert "<td>5,000</td><td>0.5</td><td>0.1235</td><td>-</td>" in html


@pytest.mark.parametrize("cuts", [[], [1], [3, 5]])
def test_running_totals_do_not_depend_on_how_steps_are_divided(cuts):
    random = np.random.default_rng(0)
    losses, right = random.uniform(size=8), random.integers(0, 5, 8)
    sizes = np.array([5, 5, 5, 2] * 2)
    whole, parts = RunningTotals(), RunningTotals()
    whole.add(losses, right, sizes)
    for part in np.split(np.arange(8), cuts):
        parts.add(losses[part], right[part], sizes[part])
    assert parts == whole
    assert whole.samples == 34


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
    monkeypatch.setitem(sys.modules, "pandas", None)
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
