"""What a history shows, and the sums between two reports. tests/train/test_fit.py has its table."""

import numpy as np
import pytest

from rewire.train import History
from rewire.train.history import COLUMNS, RunningTotals


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
    whole, parts = RunningTotals(), RunningTotals()
    whole.add(losses, right, 5)
    for part in np.split(np.arange(8), cuts):
        parts.add(losses[part], right[part], 5)
    assert parts == whole
    assert whole.samples == 40
