"""Text from outside is text in every picture and file, whatever is in it."""

import csv
import io
import json
import re

import pytest

import rewire
from rewire import plot
from rewire.cli.predictions import _write_lines
from rewire.export.python_runtime import as_cell
from rewire.plot import style
from rewire.web.html import assemble

NASTY = "=cmd|' /C calc'!A0 $x^{_ </script><b>&amp;\"\\ ]]> --> %n"


def drawn(ax):
    figure = style.figure_of(ax)
    figure.canvas.draw()  # where a broken formula would be an error
    texts = figure.findobj(lambda artist: hasattr(artist, "get_text"))
    return [text.get_text().replace(r"\$", "$") for text in texts]


@pytest.mark.parametrize("nasty", [NASTY, "US$ and $", r"\$x^{$"])
@pytest.mark.parametrize(
    "picture",
    [
        lambda text: plot.plot_losses({text: [1, 0.5]}, title=text),
        lambda text: plot.plot_runs({text: [0.5, 0.7]}, title=text),
        lambda text: plot.plot_topology(
            rewire.mlp([2, 3, 1], seed=0), input_names=[text[:20], "b"], output_names=["c"]
        ),
    ],
)
def test_a_picture_shows_it(picture, nasty):
    assert any(nasty[:20] in text for text in drawn(picture(nasty)))


def test_a_table_for_spreadsheets_holds_no_formula():
    file = io.StringIO()
    _write_lines(file, [{NASTY: [NASTY, "@SUM(1)", "-1+cmd|x"], "b": ["-5", -5.0, "+49 30"]}])
    rows = list(csv.reader(io.StringIO(file.getvalue())))
    assert rows[0] == [f"'{NASTY}", "b"]
    assert rows[1:] == [[f"'{NASTY}", "-5"], ["'@SUM(1)", "-5.0"], ["'-1+cmd|x", "+49 30"]]
    assert as_cell("plain") == "plain"


def test_a_page_holds_it_as_data_and_nothing_else():
    page = assemble("rewire.report", "report", [], {"title": NASTY, "lede": [NASTY], "runs": []})
    data = re.search(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', page, re.S)
    assert json.loads(data[1])["title"] == NASTY
    assert "<b>&amp;" not in page
