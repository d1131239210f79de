"""Texts from outside in what a comparison leaves: its page, tables and pictures."""

import csv
import io
import itertools
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from rewire.compare import Trial, write_comparison
from rewire.compare.analysis.curves import curves_of
from rewire.compare.report.tables import as_csv, as_latex

from ..nasty_texts import HALF, TEXTS
from .studies import made_up

# Fonts lack some of the characters.
pytestmark = pytest.mark.filterwarnings("ignore:Glyph")

PLAIN = [f"method {n}" for n in range(len(TEXTS))]
LATEX = shutil.which("pdflatex")


def study_of(names, title="plain", vary=False):
    """Return a study whose methods and data have these names."""
    cells = [("0.1",), ("0.5",)] if vary else [()]
    study = made_up({name: [0.5, 0.75] for name in names}, **vary_of(vary))
    study.description = f"{title}: 100 samples"
    study.runs = [
        Trial(name, seed, 0.5, 0.5 + seed / 4, 68, 101, 0.25, possible=304, settings=cell)._replace(
            flops=136, training_flops=1e6, bytes=400
        )
        for name, seed, cell in itertools.product(names, (0, 1), cells)
    ]
    return study


def vary_of(vary):
    return {"vary": {"density": [0.1, 0.5]}} if vary else {}


class Tags(HTMLParser):
    """The tags of a page, in their order."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, attrs))


@pytest.mark.parametrize("vary", [False, True], ids=["methods", "grid"])
def test_the_page_has_the_tags_of_any_other_and_the_texts_as_data(vary, tmp_path):
    texts = list(TEXTS.values())
    pages = []
    for names, title in ((texts, "".join(texts) + HALF), (PLAIN, "plain")):
        summary = write_comparison(study_of(names, title, vary), tmp_path)
        pages.append((tmp_path / "report.html").read_text("utf-8"))
        assert json.loads((tmp_path / "summary.json").read_text("utf-8")) == summary
    nasty, plain = pages
    assert Tags(nasty).found == Tags(plain).found
    data = json.loads(re.search(r'<script id="data"[^>]*>(.*?)</script>', nasty, re.S)[1])
    said = json.dumps(data)
    for text in texts:
        assert json.dumps(text)[1:-1] in said


def test_the_table_for_spreadsheets_holds_no_formula():
    study = study_of(TEXTS.values(), vary=True)
    rows = list(csv.DictReader(io.StringIO(as_csv(study, curves_of(study)), newline="")))
    formula = TEXTS["a formula"]
    expected = [f"'{text}" if text == formula else text for text in TEXTS.values()]
    assert [row["method"] for row in rows[::2]] == expected


# A brace of TeX's own, or a mark that has a meaning, not preceded by a backslash.
OPEN, CLOSED, MARKED = r"(?<!\\)\{", r"(?<!\\)\}", r"(?<!\\)[#%~^_|<>]"


def test_latex_reads_texts_as_texts():
    study = study_of(TEXTS.values(), "two\n\\input{lines} \x07", vary=True)
    comment, *lines, last = as_latex(study, curves_of(study)).split("\n")
    assert comment.startswith("% two \\input{lines}  : accuracy")
    assert (lines[-1], last) == (r"\end{tabular}", "")
    rows = [line for line in lines if line.endswith(r" \\")]
    assert len(rows) == 1 + len(TEXTS)
    for row in rows:
        assert len(re.findall(r"(?<!\\)&", row)) == 2
        assert len(re.findall(OPEN, row)) == len(re.findall(CLOSED, row))
        assert not re.search(MARKED, row)
        assert row.isprintable()


@pytest.mark.skipif(LATEX is None, reason="needs pdflatex")
def test_latex_compiles_texts(tmp_path):
    names = [text for text in TEXTS.values() if text.isascii()]
    study = study_of(names, vary=True)
    around = r"\documentclass{article}\usepackage{booktabs}\begin{document}%s\end{document}"
    (tmp_path / "a.tex").write_text(around % as_latex(study, curves_of(study)))
    command = [LATEX, "-interaction=nonstopmode", "-halt-on-error", "a.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-1000:]
