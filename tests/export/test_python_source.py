"""The Python file of a model answers raw rows as predict does, without anything installed."""

import ast
import csv
import io
import subprocess
import sys
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rewire
from rewire.export import export, to_python
from rewire.export.formats import example
from rewire.tables import Column, NumberFormat, Schema, TableEncoder, parse, read_raw, understand

from .graphs import any_networks, batch, close_to
from .models import (
    OUTPUTS,
    Right,
    columns,
    model_by,
    model_of,
    model_on,
    specifications,
    specified,
    table,
)


def module_of(model, **options):
    module = {"__name__": "model"}
    exec(compile(to_python(model, **options), "model.py", "exec"), module)
    return module


def check(model, rows, X):
    module, right = module_of(model), Right(model, X)
    answers = [module["predict"](row) for row in rows]
    if model.task == "regression":
        right.close(np.array(answers, float), model.predict(X))
        return
    right.check_labels(list(map(str, answers)))
    if model.loss != "hinge":
        found = [list(module["predict_proba"](row).values()) for row in rows]
        right.close(np.array(found), model.probabilities(X))


def rows_of(raw):
    names = list(raw.values)
    return [dict(zip(names, row, strict=True)) for row in zip(*raw.values.values(), strict=True)]


@given(specifications())
@settings(max_examples=60)
def test_it_answers_rows_as_predict_does(specification):
    model, rng = specified(specification)
    raw = table(model.encoder.schema, 20, rng, unseen=True)
    check(model, rows_of(raw), model.encoder.transform(raw))


@given(any_networks(), st.booleans())
@settings(max_examples=30)
def test_a_network_alone_answers_its_outputs(net, strip):
    module, X = module_of(net, strip=strip), batch(net)
    Y = [np.atleast_1d(module["predict"](row.tolist())) for row in X]
    np.testing.assert_allclose(np.array(Y), net.predict(X), **close_to(net))


@pytest.mark.parametrize(("outputs", "loss"), OUTPUTS)
def test_a_model_of_arrays_takes_numbers_by_order_or_by_name(outputs, loss):
    rng = np.random.default_rng(0)
    X = rng.normal(50, 10, (20, 3))
    model = model_on(X, rng, outputs, loss)
    check(model, X.tolist(), X)
    model.feature_names = ("a", "b", "c")
    check(model, X.tolist(), X)
    check(model, [dict(zip("cab", row[[2, 0, 1]].tolist(), strict=True)) for row in X], X)


# Texts as people write them; the file is to read them as the table layer does.
WRITTEN = {
    "price": ["$1,200", "$35.50", "($7)", "$2,000,000", "?", "N/A", "$ 12", "12 kg", "-$3", "9"],
    "share": ["37%", "4.5%", "0%", "100%", "", "n/a", "12", "-1%", "1e1%", "%"],
    "comma": ["1.234,56", "7,5", "0,25", "1.000", "NA", "-3,5", "x", "12", "3.4.5", ","],
    "sold": ["yes", "No", "YES", "no", "", "?", " yes", "maybe", "n/a", "no"],
    "when": [
        *("2020-03-01", "1969-12-31", "2024-02-29", "", "2023-02-29", "NA"),
        *("1/2/2020", "2020-03-01 12:30", "2020-03-01T12:30:15.5", "0001-01-01"),
    ],
    "day": [
        *("25/03/2020", "1/4/1999", "31/12/2024", "", "31/02/2020", "NA"),
        *("x", "1/1/20", " 2/3/2021 ", "03/25/2020"),
    ],
    "clock": ["12:30", "00:00", "23:59", "", "24:00", "NA", "1:05", "x", "12:30 ", "7"],
    "heating": ["gas", " oil", "wood ", "", "NA", "?", "Null", "coal", "GAS", "unknown"],
    "code": ["01", "1", "0A", "1.0", "", "NA", "02", "2", "na", "01 "],
}
if int(pd.__version__.split(".")[0]) < 3:  # before, dates were nanoseconds of some centuries alone
    WRITTEN["when"].remove("0001-01-01")
LEARNT = {
    "price": ["$1,200", "$35.50", "$2,000", "$400", "$9,999"],
    "share": ["37%", "4.5%", "0%", "100%", "12%"],
    "comma": ["1.234,56", "7,5", "0,25", "3,75", "1,5"],
    "sold": ["yes", "no", "yes", "no", "no"],
    "when": ["2020-03-01", "1969-12-31", "2024-02-29", "2020-03-04", "2021-05-06"],
    "day": ["25/03/2020", "1/4/1999", "31/12/2024", "30/1/2020", "2/3/2021"],
    "clock": ["12:30", "00:00", "23:59", "1:05", "7:15"],
    "heating": ["gas", "oil", "wood", "gas", "oil"],
    "code": ["01", "02", "0A", "1", "01"],
}


def learnt(name):
    training = read_raw({name: LEARNT[name] * 4})
    schema = understand(training, categorical=[name] if name in ("heating", "code") else [])
    encoder = TableEncoder.fit(parse(training, schema))
    X = encoder.transform(parse(training, schema))
    return model_on(X, np.random.default_rng(1), dtype="float64", encoder=encoder)


@pytest.mark.parametrize("name", WRITTEN)
def test_texts_are_read_as_in_training(name):
    model, rows = learnt(name), [{name: text} for text in WRITTEN[name]]
    expected = model.probabilities(pd.DataFrame({name: pd.Series(WRITTEN[name], dtype=object)}))
    module = module_of(model)
    found = [module["predict_proba"](row) for row in rows]
    found = [[np.nan] * 3 if one is None else list(one.values()) for one in found]
    np.testing.assert_allclose(np.array(found), expected, rtol=1e-9, atol=1e-12)
    assert [module["predict"](row) is None for row in rows] == np.isnan(expected[:, 0]).tolist()


def test_dates_and_truth_values_may_be_objects():
    model = learnt("when")
    predict = module_of(model)["predict_proba"]
    same = [date(2020, 3, 1), datetime(2020, 3, 1), datetime(2020, 3, 1, tzinfo=UTC)]
    same += ["2020-03-01", datetime(2020, 3, 1, tzinfo=UTC).timestamp()]
    answers = [predict({"when": value}) for value in same]
    assert answers == [answers[0]] * 5
    predict = module_of(learnt("sold"))["predict_proba"]
    assert predict({"sold": True}) == predict({"sold": "yes"}) == predict({"sold": 1})
    assert predict({"sold": None}) == predict({"sold": np.nan}) == predict({"sold": ""})


def test_a_column_that_is_not_there_is_named():
    module = module_of(learnt("heating"))
    with pytest.raises(KeyError, match="must have the column 'heating'; its columns are Heating"):
        module["predict"]({"Heating": "gas"})
    with pytest.raises(ValueError, match="row must have 3 values; got 2"):
        module_of(rewire.mlp([3, 2], seed=0))["predict"]([1, 2])


def test_there_are_no_probabilities_of_a_regression():
    rng = np.random.default_rng(0)
    model = model_on(rng.normal(size=(20, 2)), rng, 1, "mean_squared_error")
    with pytest.raises(
        ValueError, match="no probabilities: a regression, or trained with the hinge"
    ):
        module_of(model)["predict_proba"]([1, 2])


def ran(folder, *arguments, given=""):
    return subprocess.run(
        [sys.executable, "-I", *arguments],
        cwd=folder,
        input=given,
        capture_output=True,
        text=True,
        check=True,
    )


def test_it_needs_the_standard_library_alone():
    tree = ast.parse(to_python(rewire.mlp([2, 2], seed=0)))
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {alias.name for node in imports for alias in node.names if isinstance(node, ast.Import)}
    names |= {node.module for node in imports if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names | {"__future__"}


def test_as_a_program_it_reads_and_writes_csv(tmp_path):
    schema = Schema(columns(["number", "category"], ["area, m²", "heat\ning"]))
    rng = np.random.default_rng(0)
    model = model_of(schema, rng)
    export(model, tmp_path / "homes.py")
    raw = [["heat\ning", "other", "area, m²"], ["plain", 1, "1e6"], ["", 2, ""], ["", 3, "wide"]]
    text = io.StringIO()
    csv.writer(text).writerows(raw)
    done = ran(tmp_path, "homes.py", given=text.getvalue())
    assert done.stderr == "1 of 3 rows have no answer\n"
    answers = list(csv.reader(io.StringIO(done.stdout)))
    assert answers[0] == ["prediction"]
    assert answers[3] == [""]
    (tmp_path / "rows.csv").write_text("\ufeff" + text.getvalue(), encoding="utf-8")
    done = ran(tmp_path, "homes.py", "rows.csv", "--probabilities")
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert rows[0] == ["prediction", *(f"probability of {one}" for one in model.classes)]
    assert [row[:1] for row in rows] == answers
    frame = pd.DataFrame({"area, m²": [1e6, np.nan], "heat\ning": ["plain", None]})
    expected = model.probabilities(frame)
    np.testing.assert_allclose(np.array([row[1:] for row in rows[1:3]], float), expected, rtol=1e-3)


@pytest.mark.parametrize(("outputs", "loss"), OUTPUTS)
@pytest.mark.parametrize("columned", [True, False])
def test_the_example_runs(outputs, loss, columned, tmp_path):
    model = model_by(columned, ['a"""', "b'\\", "c'''", "", "é\ud800"], outputs, loss)
    export(model, tmp_path / "homes.py")
    (tmp_path / "call.py").write_text(example(model, tmp_path / "homes.py"))
    printed = subprocess.run(
        [sys.executable, "call.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() not in ("", "None")


def test_other_units_are_not_taken_for_the_learnt_one():
    column = Column("price", "number", number=NumberFormat(prefix="$", thousands=","))
    rng = np.random.default_rng(0)
    model = model_of(Schema((column,)), rng)
    module = module_of(model)
    assert module["predict"]({"price": "$1,000,000"}) == module["predict"]({"price": 1e6})
    assert module["predict"]({"price": "€1,000,000"}) is None


# -------------------------------------------------------------------------------------- separators


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("names", [("area", "town"), ("area, net, m²", "town; or, village")])
def test_the_program_finds_the_separator_of_a_file(separator, names, tmp_path):
    frame = pd.DataFrame({names[0]: [70.5, 80.25, 90.5] * 4, names[1]: ["a,b", "c;d", "e|f"] * 4})
    frame.to_csv(tmp_path / "new.csv", sep=separator, index=False)
    schema = understand(read_raw(frame))
    encoder = TableEncoder.fit(parse(read_raw(frame), schema))
    X = encoder.transform(parse(read_raw(frame), schema))
    model = model_on(X, np.random.default_rng(0), encoder=encoder)
    (tmp_path / "model.py").write_text(to_python(model), encoding="utf-8")
    command = [sys.executable, tmp_path / "model.py", tmp_path / "new.csv"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8")
    Right(model, frame).check_labels(
        [row[0] for row in list(csv.reader(said.stdout.splitlines()))[1:]]
    )
