"""Texts from outside in every format: the file is read again, or compiles, and answers the same."""

import json
import subprocess
import warnings

import pytest

from rewire import load
from rewire.experiment import Predictor, Recipe, prepare_experiment

from ..nasty_texts import TEXTS
from .test_c_source import COMPILER


@pytest.fixture(scope="module")
def model_with(tmp_path_factory):
    """Return a function from a text to a model whose column, category and class it names."""

    def make(text):
        rows = [
            {text: 0.1 * i, "town": text if i % 2 else "B", "kind": text if i % 3 else "other"}
            for i in range(40)
        ]
        path = tmp_path_factory.mktemp("nasty") / "table.json"
        path.write_text(json.dumps(rows))
        recipe = Recipe(str(path), target="kind", method="static", epochs=1, hidden=(3,))
        with warnings.catch_warnings(action="ignore"):
            experiment = prepare_experiment(recipe)
        experiment.training.advance()
        model = experiment.model
        names = model.encoder.groups
        given = {name: [0.5, 0.25] if name != "town" else [text, "B"] for name in names}
        return model, given, [str(one) for one in model.predict(given)]

    return make


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_any_text_is_kept_in_every_format(text, model_with, tmp_path):
    model, given, answers = model_with(text)

    model.export(tmp_path / "model.py")
    module = {}
    exec(compile((tmp_path / "model.py").read_text("utf-8"), "model.py", "exec"), module)
    for i, answer in enumerate(answers):
        found = module["predict"]({name: column[i] for name, column in given.items()})
        assert answer in found

    model.save(tmp_path / "model.safetensors")
    assert [str(one) for one in Predictor.load(tmp_path / "model.safetensors").predict(given)] == (
        answers
    )
    for ending in ("json", "graphml", "npz"):
        model.network.save(tmp_path / f"net.{ending}")
        assert load(tmp_path / f"net.{ending}").ranks == model.network.ranks

    onnx, onnxruntime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    model.export(tmp_path / "model.onnx")
    onnx.checker.check_model(onnx.load(tmp_path / "model.onnx"))
    onnxruntime.InferenceSession(str(tmp_path / "model.onnx"))


@pytest.mark.skipif(COMPILER is None, reason="needs a C compiler")
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_any_text_compiles(text, model_with, tmp_path):
    model_with(text)[0].export(tmp_path / "model.c")
    command = [COMPILER, "-std=c99", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "model.c"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
