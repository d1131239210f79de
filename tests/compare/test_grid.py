"""Grids: their cells, what each trial is given, and how settings are chosen off the test set."""

import csv
import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire.compare import Failure, StudyConfig, Trial, run_study, study_config, write_comparison
from rewire.compare.analysis.curves import curves_of, headline_of, how_chosen
from rewire.compare.command import _varied
from rewire.compare.grid import cells_of, parse_vary, settings_at, vary_of
from rewire.compare.records import read_runs
from rewire.compare.report.tables import as_csv, as_latex
from rewire.compare.report.writing import summary_of
from rewire.compare.study import Study
from rewire.compare.trial import prepare_trial
from rewire.experiment import Recipe

VARY = {"density": [0.1, 0.5], "lr": [0.05, 0.2]}


def figures(runs):
    return [run._replace(seconds=0.0) for run in runs]


@pytest.fixture(scope="module")
def iris():
    """The configuration of a grid on data without a test part."""
    return study_config("iris", hidden=5, epochs=2, every=1, min_fan_in=1, vary=VARY)


# ----------------------------------------------------------------------------------------- cells


def test_cells_are_every_combination(iris):
    assert iris.cells == (("0.1", "0.05"), ("0.1", "0.2"), ("0.5", "0.05"), ("0.5", "0.2"))
    assert [(one.density, one.lr) for one in iris.recipes] == [
        ((0.1,), 0.05),
        ((0.1,), 0.2),
        ((0.5,), 0.05),
        ((0.5,), 0.2),
    ]
    assert settings_at(iris.vary, ("0.5", "0.05")) == {"density": (0.5,), "lr": 0.05}


def test_a_cell_is_what_is_made_without_a_grid(iris):
    alone = study_config("iris", hidden=5, epochs=2, every=1, min_fan_in=1, density=0.5, lr=0.2)
    assert iris.at(("0.5", "0.2")) == replace(alone, choose=0.1)
    presets = study_config("moons", vary={"density": [0.3], "epochs": [100]}).recipes[0]
    assert (presets.density, presets.sparsity, presets.total_steps) == ((0.3,), None, None)


def test_a_grid_made_by_hand_changes_the_recipe_alone():
    made = StudyConfig(Recipe("iris", hidden=(5,), validation=0.2), vary={"lr": [0.1, 0.2]})
    assert made.recipes == tuple(replace(made.recipe, lr=lr) for lr in (0.1, 0.2))


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ({"speed": [1]}, "vary must name settings among activation, .*; got 'speed'"),
        ({"seed": [1, 2]}, "got 'seed'"),
        ({"method": ["static"]}, "got 'method'"),
        ({"lr": []}, "at least one value of lr"),
        ({"lr": [0.1, 0.1]}, "all different"),
        ({"lr": [-1.0]}, "lr must be a number, above 0; got -1"),
        ({"lr": [None]}, "values of lr that say something"),
        ({"density": [2.0]}, "density must be numbers in"),
    ],
)
def test_what_cannot_be_varied_is_refused(vary, message):
    with pytest.raises(ValueError, match=message):
        vary_of(vary)


def test_a_single_value_is_no_list():
    with pytest.raises(TypeError, match="vary must have a list of values of lr"):
        vary_of({"lr": 0.1})


def test_what_is_given_is_not_varied():
    with pytest.raises(ValueError, match="lr must be given or varied, not both"):
        study_config("iris", lr=0.3, vary={"lr": [0.1]})


@pytest.mark.parametrize(
    ("text", "message"),
    [("lr", "vary must be the name of a setting"), ("lr=", "got 'lr='"), ("lr=x", "--lr must")],
)
def test_other_texts_are_refused(text, message):
    with pytest.raises(ValueError, match=message):
        parse_vary([text])


@given(
    st.lists(st.lists(st.integers(1, 500), min_size=1, max_size=3), min_size=1, unique_by=tuple),
    st.lists(st.floats(1e-6, 10), min_size=1, unique=True),
)
def test_grids_are_written_as_they_are_read(hidden, rates):
    vary = vary_of({"hidden": map(tuple, hidden), "lr": rates, "nesterov": [True, False]})
    assert parse_vary(_varied(name, values) for name, values in vary.items()) == vary


# ---------------------------------------------------------------------------------- samples apart


@pytest.mark.parametrize("data", ["iris", "table"])
def test_what_is_trained_on_chosen_by_and_measured_are_apart(data, tmp_path):
    if data == "table":
        path = tmp_path / "houses.csv"
        rows = [f"{n},{'abc'[n % 3]},{n * 1.5 + 0.25}" for n in range(60)]
        path.write_text("\n".join(["size,kind,price", *rows]))
        data = str(path)
    options = {"target": "price"} if data != "iris" else {}
    config = study_config(data, hidden=4, epochs=1, choose=0.25, weight_decay=0.0, **options)
    ready = prepare_trial(config, "static", 3)
    parts = [ready.experiment.train, ready.chosen_on, ready.measured]
    sizes = [len(part.y) for part in parts]
    assert sizes == ([90, 30, 30] if data == "iris" else [36, 12, 12])
    assert "held out, chosen by the seed" in ready.measured_on
    if data != "iris":
        assert not set.intersection(*(set(part.y.tolist()) for part in parts))
        assert len(np.unique(np.concatenate([part.y for part in parts]))) == 60
        # What the training part taught the encoder holds for all three.
        assert {part.feature_names for part in parts} == {ready.experiment.train.feature_names}
        assert {id(part.encoder) for part in parts} == {id(ready.experiment.train.encoder)}
    # What is measured does not depend on what is chosen by.
    plain = prepare_trial(replace(config, choose=0.0), "static", 3)
    np.testing.assert_array_equal(plain.measured.y, ready.measured.y)


def test_the_test_part_is_measured_and_never_chosen_by(data_dir):
    config = study_config("madelon", hidden=4, total_steps=5, vary={"lr": [0.1, 0.2]})
    ready = prepare_trial(config.at(config.cells[0]), "static", 0)
    assert ready.measured_on == "the test part, 600 samples"
    assert len(ready.chosen_on.y) + len(ready.experiment.train.y) == 2000


# ---------------------------------------------------------------------------------- whole studies


def test_a_grid_is_the_studies_of_its_cells(iris, tmp_path):
    done = run_study(iris, ["static", "rigl"], range(2), out=tmp_path)
    assert [run.settings for run in done.runs[:4:2]] == list(iris.cells[:2])
    for cell in iris.cells:
        alone = run_study(iris.at(cell), ["static", "rigl"], range(2))
        found = figures(done.at(cell).runs)
        assert [run._replace(settings=()) for run in found] == figures(alone.runs)
    with (tmp_path / "runs.csv").open(newline="") as file:
        header, first, *_ = csv.reader(file)
    assert header[:5] == ["method", "seed", "density", "lr", "loss"]
    assert first[:4] == ["static", "0", "0.1", "0.05"]
    assert sorted(read_runs(tmp_path / "runs.csv", iris.vary)) == sorted(done.runs)
    with pytest.raises(ValueError, match="statistics must be of one cell; this study has 4"):
        done.statistics()
    assert " density 0.1, lr 0.05\n  static  mean" in repr(done)


def test_values_are_added_to_a_grid_as_seeds_are(iris, tmp_path):
    run_study(iris, ["static"], [0], out=tmp_path)
    more = {"density": [0.1, 0.5], "lr": [0.2, 0.4]}
    wider = study_config("iris", hidden=5, epochs=2, every=1, min_fan_in=1, vary=more)
    trained = []
    run_study(wider, ["static"], [0], out=tmp_path, on_run=trained.append)
    assert [run.settings for run in trained] == [("0.1", "0.4"), ("0.5", "0.4")]
    other = study_config("iris", hidden=5, epochs=2, min_fan_in=1, vary={"density": [0.1]})
    with pytest.raises(ValueError, match="holds a study with"):
        run_study(other, ["static"], [0], out=tmp_path)


# ------------------------------------------------------------------------------------ how to choose


def made_up(values, choose=0.1, measure="accuracy", failures=()):
    """Return a study over density and lr from (measured, validation) by method and cell."""
    config = study_config("iris", vary=VARY, choose=choose)
    runs = []
    for (method, cell), own in values.items():
        for seed, (value, validation) in enumerate(own):
            figures = (0.5, value) if measure == "accuracy" else (value, math.nan)
            cost = 10 * float(cell[0])
            runs.append(
                Trial(method, seed, *figures, int(10 * cost), 20, 0.25 * cost, possible=100)
                ._replace(flops=int(30 * cost), training_flops=1e6 * cost, bytes=int(400 * cost))
                ._replace(validation=validation, settings=cell)
            )
    methods = tuple(dict.fromkeys(method for method, _ in values))
    parts = {method: {"composition": "it", "optimizer": "sgd, lr 1"} for method in methods}
    seeds = tuple(range(max(map(len, values.values()))))
    about = ("iris: 120 samples", "30 samples held out, chosen by the seed", measure, parts)
    return Study(config, methods, seeds, *about, runs=runs, failures=list(failures))


CELLS = cells_of(vary_of(VARY))
# What is measured is best where validation is worst, so that choosing by it would show.
TEMPTING = {
    ("static", CELLS[0]): [(0.9, 0.5), (0.9, 0.6)],
    ("static", CELLS[1]): [(0.7, 0.6), (0.5, 0.7)],
    ("static", CELLS[2]): [(0.8, 0.9), (0.8, 0.9)],
    ("static", CELLS[3]): [(0.9, 0.8), (0.9, 0.8)],
    ("rigl", CELLS[0]): [(0.8, 0.9), (0.8, 0.9)],
    ("rigl", CELLS[1]): [(1.0, 0.8), (1.0, 0.8)],
    ("rigl", CELLS[2]): [(0.7, 0.9), (0.9, 0.9)],
    ("rigl", CELLS[3]): [(1.0, 0.9), (1.0, 0.8)],
}


def test_settings_are_chosen_by_validation_and_not_by_what_is_measured():
    static, rigl = curves_of(made_up(TEMPTING))
    assert [point.cost for point in static.points] == [{"density": "0.1"}, {"density": "0.5"}]
    assert [point.chosen["lr"] for point in static.points] == ["0.2", "0.05"]
    assert [point.chosen["lr"] for point in rigl.points] == ["0.05", "0.05"]
    assert [point.statistics.mean for point in static.points] == pytest.approx([0.6, 0.8])
    assert [point.statistics.mean for point in rigl.points] == pytest.approx([0.8, 0.8])
    assert [point.validation for point in static.points] == pytest.approx([0.65, 0.9])
    assert {point.candidates for point in static.points + rigl.points} == {2}
    # Paired with the first method's chosen runs at the same cost.
    assert rigl.points[0].statistics.difference.mean == pytest.approx(0.2)
    first = rigl.points[0]
    assert (first.density, first.flops, first.training_flops) == (0.1, 30, 1e6)
    assert (first.bytes, first.seconds) == (400, 0.25)


def test_a_loss_is_chosen_by_the_least_and_never_one_that_diverged():
    nan = math.nan
    values = {
        ("static", CELLS[0]): [(3.0, 0.5), (3.0, nan)],
        ("static", CELLS[1]): [(4.0, 0.7), (4.0, 0.7)],
        ("static", CELLS[2]): [(3.0, 0.7), (3.0, 0.7)],
        ("static", CELLS[3]): [(4.0, 0.6), (4.0, 0.7)],
    }
    (curve,) = curves_of(made_up(values, measure="loss"))
    assert [point.chosen["lr"] for point in curve.points] == ["0.2", "0.2"]


def test_only_seeds_that_all_have_are_chosen_by():
    values = dict(TEMPTING)
    values["static", CELLS[0]] = [(0.9, 0.65)]  # above the other's first seed, below its mean
    static = curves_of(made_up(values))[0]
    assert static.points[0].chosen == {"lr": "0.05"}


def test_without_samples_to_choose_by_every_value_has_its_curve():
    study = made_up(TEMPTING, choose=0.0)
    curves = curves_of(study)
    names = ["static, lr 0.05", "static, lr 0.2", "rigl, lr 0.05", "rigl, lr 0.2"]
    assert [curve.name for curve in curves] == names
    assert "Nothing was chosen" in how_chosen(study)
    assert "held out by the seed for this choice alone" in how_chosen(made_up(TEMPTING))


def test_nothing_is_held_out_where_only_costs_vary():
    assert study_config("iris", vary={"density": [0.1, 0.2]}).choose == 0
    assert study_config("iris", vary={"lr": [0.1, 0.2]}).choose == 0.1
    assert study_config("iris", vary={"lr": [0.1, 0.2]}, choose=0.2).choose == 0.2


# ------------------------------------------------------------------------------ what it leaves


def test_the_table_holds_every_point_to_the_bit():
    study = made_up(TEMPTING)
    rows = list(csv.DictReader(io.StringIO(as_csv(study, curves_of(study)))))
    found = [(row["method"], row["density_setting"], row["lr"], row["runs"]) for row in rows]
    assert found == [
        ("static", "0.1", "0.2", "2"),
        ("static", "0.5", "0.05", "2"),
        ("rigl", "0.1", "0.05", "2"),
        ("rigl", "0.5", "0.05", "2"),
    ]
    for row, (curve, n) in zip(rows, [(c, n) for c in (0, 1) for n in (0, 1)], strict=True):
        point = curves_of(study)[curve].points[n]
        assert float(row["accuracy"]) == point.statistics.mean
        assert float(row["low"]) == point.statistics.interval.low
        assert float(row["density"]) == point.density


def test_the_latex_table_has_a_column_for_each_cost_and_the_best_in_bold():
    study = made_up(TEMPTING)
    study.methods = (*study.methods[:1], "rigl_{50%}")
    study.parts["rigl_{50%}"] = study.parts["rigl"]
    study.runs = [
        run if run.method == "static" else run._replace(method="rigl_{50%}") for run in study.runs
    ]
    lines = as_latex(study, curves_of(study)).splitlines()
    assert lines[1] == r"\begin{tabular}{lrr}"
    assert lines[3] == r"method & density 0.1 & density 0.5 \\"
    cells = lines[6].removesuffix(r" \\").split(" & ")
    assert cells[0] == r"rigl\_\{50\%\}"
    assert cells[1] == r"\textbf{80.0} $\pm$ 0.0"
    assert lines[5].split(" & ")[1] == r"60.0 $\pm$ 60.0"  # down to 0


def test_what_is_left_agrees(tmp_path):
    study = made_up(TEMPTING, failures=[Failure("rigl", 7, "gone", CELLS[1])])
    summary = write_comparison(study, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "report.html",
        "summary.json",
        "table.csv",
        "table.tex",
        "tradeoff.png",
    }
    assert json.loads((tmp_path / "summary.json").read_text()) == summary == summary_of(study)
    assert summary["headline"] == headline_of(study, curves_of(study))
    assert summary["headline"] == "static has the highest mean accuracy at 1 of 2 points, rigl at 1"
    assert summary["notes"] == ["2 seeds cannot tell 2 methods apart, at least 6 are needed"]
    assert f"<title>{summary['headline']}</title>" in (tmp_path / "report.html").read_text()
    assert summary["failures"][0]["settings"] == list(CELLS[1])


@pytest.mark.browser
def test_the_page_draws_every_point_against_each_cost(visit, tmp_path):
    study = made_up(TEMPTING, failures=[Failure("rigl", 7, "<b>gone</b>", CELLS[1])])
    summary = write_comparison(study, tmp_path)
    page = visit(tmp_path / "report.html")
    points = [point for curve in summary["curves"] for point in curve["points"]]
    for cost in summary["axes"]:
        page.click(f"button[data-cost={cost}]")
        drawn = page.eval_on_selector_all(
            ".point", "all => all.map(d => [+d.dataset.cost, +d.dataset.mean])"
        )
        assert drawn == [[point[cost], point["statistics"]["mean"]] for point in points]
    page.focus(".point >> nth=2")
    assert "rigl, density 0.1, lr 0.05" in page.inner_text("#details")
    rows = page.eval_on_selector_all("#figures tbody tr", "all => all.map(d => d.innerText)")
    assert len(rows) == 4
    assert "60.0%" in rows[0]
    assert "<b>gone</b>" in page.inner_text("#settings")
    assert "--vary density=0.1,0.5 --vary lr=0.05,0.2" in page.inner_text("#command")
