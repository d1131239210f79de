"""onnxruntime answers raw rows as predict does."""

import json
from dataclasses import replace

import numpy as np
import onnx
import pandas as pd
import pytest
from hypothesis import given, settings

from rewire.export import export, to_onnx
from rewire.export.formats import example
from rewire.tables import Column, Schema, TableEncoder

from .models import (
    KINDS,
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
from .test_onnx_model import session


def said(model):
    """What the metadata say."""
    (one,) = model.metadata_props
    return json.loads(one.value)


def fed(model, raw):
    """The inputs of the graph: columns of shape (rows, 1), "" for a missing text."""
    found = {}
    for one in said(model)["columns"]:
        values = raw.values[one["column"]]
        if values.dtype == object:
            values = np.array(["" if value is None else value for value in values], object)
        found[one["input"]] = values[:, None]
    return found


def check(model, feed, X, predictor):
    right, outputs = Right(predictor, X), said(model)["outputs"]
    found = dict(zip(outputs, session(model).run(list(outputs.values()), feed), strict=True))
    if predictor.task == "regression":
        expected = np.asarray(predictor.predict(X))
        right.close(found["prediction"], expected.reshape(found["prediction"].shape))
        return
    right.check_labels([str(one) for one in found["label"]])
    assert ("probabilities" in found) == (predictor.loss != "hinge")
    if "probabilities" in found:
        right.close(found["probabilities"], predictor.probabilities(X))


@given(specifications())
@settings(max_examples=60)
def test_it_answers_raw_rows_as_predict_does(specification):
    predictor, rng = specified(specification)
    model = to_onnx(predictor)
    onnx.checker.check_model(model, full_check=True)
    for rows in (1, 30):
        raw = table(predictor.encoder.schema, rows, rng, unseen=True)
        check(model, fed(model, raw), predictor.encoder.transform(raw), predictor)


@pytest.mark.parametrize(("outputs", "loss"), OUTPUTS)
@pytest.mark.parametrize("scaled", [True, False])
def test_a_model_of_arrays_takes_an_array(outputs, loss, scaled):
    rng = np.random.default_rng(0)
    X = rng.normal(50, 10, (30, 5))
    predictor = model_on(X, rng, outputs, loss, scaled=scaled)
    model = to_onnx(predictor)
    onnx.checker.check_model(model, full_check=True)
    X = X if scaled else X.astype(np.float32)  # the network's own
    check(model, {"X": X}, X, predictor)


def test_classes_that_are_whole_numbers_are_labels_of_whole_numbers():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 2))
    predictor = replace(model_on(X, rng), classes=(-5, 3, 10))
    ran = session(to_onnx(predictor))
    labels, _ = ran.run(None, {"X": X})
    assert labels.dtype == np.int64
    assert labels.tolist() == predictor.predict(X).tolist()
    labels, probabilities = ran.run(None, {"X": np.array([[0, np.inf], [0, 0]])})
    assert labels[0] == -6  # below all classes
    assert labels[1] in predictor.classes
    assert np.isnan(probabilities).all(axis=1).tolist() == [True, False]


@pytest.mark.parametrize(("outputs", "loss"), OUTPUTS)
def test_rows_that_cannot_be_answered_have_no_answer(outputs, loss):
    schema = Schema(columns(["number", "category", "text"], ["area", "heating", "name"]))
    rng = np.random.default_rng(2)
    training = table(schema, 60, rng)
    known = ~np.isnan(training.values["area"])
    for name in ("heating", "name"):
        known &= training.values[name] != None  # noqa: E711
    training = training.take(np.flatnonzero(known))
    encoder = TableEncoder.fit(training, missing="none")
    predictor = model_on(encoder.transform(training), rng, outputs, loss, encoder=encoder)
    feed = {
        "area": np.array([[1e6], [np.nan], [np.inf], [1e6], [1e6], [1e6]]),
        "heating": np.array([["plain"]] * 3 + [[""], ["?"], ["plain"]], object),
        "name": np.array([["dyck"]] * 5 + [[""]], object),
    }
    answer = session(to_onnx(predictor)).run(None, feed)[0].reshape(6, -1)[:, 0]
    unknown = answer == "" if predictor.classes else np.isnan(answer)
    assert unknown.tolist() == [False] + [True] * 5


def test_columns_may_be_called_as_anything_inside():
    names = ["X", "Y", "label", "probabilities", "rank_1", "weight_0_1", "mean", "scale", ""]
    schema = Schema(columns(["number"] * len(names), names))
    rng = np.random.default_rng(0)
    predictor = model_of(schema, rng)
    model = to_onnx(predictor)
    raw = table(schema, 20, rng)
    check(model, fed(model, raw), predictor.encoder.transform(raw), predictor)
    assert [one.name for one in model.graph.input] == [*names[:-1], "column"]
    assert said(model)["outputs"] == {"label": "label_2", "probabilities": "probabilities_2"}


def test_it_says_what_its_inputs_and_outputs_are():
    schema = Schema(
        (
            *columns(KINDS, KINDS),
            Column("price", "category", "target"),
            Column("id", "id", "ignored"),
        )
    )
    predictor = model_of(schema, np.random.default_rng(0))
    model = to_onnx(predictor)
    found = said(model)
    assert (found["task"], found["target"]) == ("classification", ["price"])
    assert found["classes"] == list(predictor.classes)
    assert [one["column"] for one in found["columns"]] == KINDS
    says = {one["kind"]: one["says"] for one in found["columns"]}
    assert says["boolean"] == "truth value: 0 for 'no' or 'n', 1 for 'yes'"
    assert says["date"] == "date: seconds since 1970-01-01 UTC"
    assert says["number"] == "number in $"
    assert [one.doc_string for one in model.graph.input] == list(says.values())
    assert model.graph.output[0].doc_string == "price"
    types = {one.name: one.type for one in session(model).get_inputs()}
    assert types["category"] == types["text"] == "tensor(string)"
    assert types["number"] == types["boolean"] == types["date"] == "tensor(double)"


@pytest.mark.parametrize(("outputs", "loss"), OUTPUTS)
@pytest.mark.parametrize("columned", [True, False])
def test_the_example_runs(outputs, loss, columned, tmp_path, monkeypatch, capsys):
    model = model_by(columned, ["a", "b'\\", 'c"', "", "int"], outputs, loss)
    export(model, tmp_path / "it's.onnx")
    monkeypatch.chdir(tmp_path)
    exec(example(model, tmp_path / "it's.onnx"), {})
    printed = capsys.readouterr().out
    assert printed.strip()
    assert "nan" not in printed


def test_thousands_of_columns_are_a_few_nodes():
    names = [f"gene {i}" for i in range(2000)]
    schema = Schema(columns(["number"] * 2000, names))
    rng = np.random.default_rng(0)
    predictor = model_of(schema, rng)
    model = to_onnx(predictor)
    assert len(model.graph.node) < 30
    raw = table(schema, 3, rng)
    check(model, fed(model, raw), predictor.encoder.transform(raw), predictor)


def test_placeholders_are_missing_as_in_training():
    schema = Schema(columns(["category", "text"], ["heating", "name"]))
    predictor = model_of(schema, np.random.default_rng(0))
    model = to_onnx(predictor)
    texts = ["", "NA", "Null", "#N/a", "?", "n/a", "NaN", "plain", "PLAIN", "unknown"]
    frame = pd.DataFrame({"heating": texts, "name": texts[::-1]})
    feed = {name: frame[[name]].to_numpy(object) for name in frame}
    _, probabilities = session(model).run(None, feed)
    Right(predictor, frame).close(probabilities, predictor.probabilities(frame))
