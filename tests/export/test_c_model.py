"""A C compiler takes a whole model with every warning on, and it answers rows as predict does."""

import ctypes
import re
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from rewire.export import export, to_c
from rewire.export.formats import example
from rewire.tables import Column, Schema, Table, TableEncoder
from rewire.tables.steps import Lookup

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
from .test_c_source import COMPILER, OPTIONS, pytestmark  # noqa: F401


def built(model, folder, **options):
    export(model, folder / "model.c", **options)
    command = [COMPILER, *OPTIONS, "-O1", "-shared", "-fPIC", "model.c", "-o", "model.so", "-lm"]
    subprocess.run(command, cwd=folder, check=True, timeout=120)
    return ctypes.CDLL(str(folder / "model.so"))


class Program:
    """The C file of a model, called row by row."""

    def __init__(self, model, folder, name="model"):
        self.library, self.model = built(model, folder, name=name), model
        self.function, self.name = self.library[f"{name}_predict_row"], name
        self.answers = len(model.classes) or model.network.ranks[-1]
        self.regression = model.task == "regression"
        if self.regression:
            self.function.restype = ctypes.c_double if self.answers == 1 else None

    def rows(self, raw):
        """Rows as structures: strings of UTF-8, NULL for a missing one."""
        columns = [raw.values[step.column] for step in sorted_steps(self.model)]
        kinds = [ctypes.c_char_p if c.dtype == object else ctypes.c_double for c in columns]
        Row = type(
            "Row", (ctypes.Structure,), {"_fields_": [(f"m{i}", k) for i, k in enumerate(kinds)]}
        )
        for row in zip(*columns, strict=True):
            yield ctypes.byref(Row(*(v.encode() if isinstance(v, str) else v for v in row)))

    def __call__(self, rows):
        """Class numbers and probabilities, or values."""
        numbers, found = [], []
        for row in rows:
            out = (ctypes.c_double * self.answers)()
            single = (self.regression and self.answers == 1) or self.model.loss == "hinge"
            numbers.append(self.function(row) if single else self.function(row, out))
            found.append([numbers[-1]] if single else list(out))
        return numbers, np.array(found)

    def labels(self, numbers):
        table = (ctypes.c_char_p * self.answers).in_dll(self.library, f"{self.name}_labels")
        return [table[number].decode() for number in numbers]

    def check(self, rows, X):
        numbers, found = self(rows)
        right = Right(self.model, X)
        if self.regression:
            right.close(found, np.asarray(self.model.predict(X)).reshape(found.shape))
            return
        right.check_labels(self.labels(numbers))
        if self.model.loss != "hinge":
            right.close(found, self.model.probabilities(X))


def sorted_steps(model):
    """The steps in the order of the schema's columns."""
    order = [one.name for one in model.encoder.schema.columns]
    return sorted(model.encoder.steps, key=lambda step: order.index(step.column))


@given(specifications())
@settings(max_examples=40)
def test_it_answers_raw_rows_as_predict_does(tmp_path_factory, specification):
    model, rng = specified(specification)
    raw = table(model.encoder.schema, 30, rng, unseen=True)
    program = Program(model, tmp_path_factory.mktemp("c"))
    program.check(program.rows(raw), model.encoder.transform(raw))


@pytest.mark.parametrize(("outputs", "loss"), OUTPUTS)
@pytest.mark.parametrize("scaled", [True, False])
def test_a_model_of_arrays_takes_an_array(outputs, loss, scaled, tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(50, 10, (30, 5))
    model = model_on(X, rng, outputs, loss, scaled=scaled)
    Program(model, tmp_path).check([(ctypes.c_double * 5)(*row) for row in X], X)


def small_model(dtype="float32", **encoding):
    """Two columns, three classes."""
    schema = Schema(columns(["number", "category"], ["area", "heating"]))
    rng = np.random.default_rng(2)
    training = table(schema, 40, rng)
    if encoding:
        training = training.take(np.flatnonzero(~np.isnan(training.values["area"])))
        training = training.take(np.flatnonzero(training.values["heating"] != None))  # noqa: E711
    encoder = TableEncoder.fit(training, **encoding)
    return model_on(encoder.transform(training), rng, dtype=dtype, encoder=encoder)


def answers(program, area, heating):
    Row = type(
        "Row",
        (ctypes.Structure,),
        {"_fields_": [("area", ctypes.c_double), ("heating", ctypes.c_char_p)]},
    )
    numbers, found = program([ctypes.byref(Row(area, heating))])
    return numbers[0], found[0].tolist()


def test_placeholders_and_empty_texts_are_missing_as_in_training(tmp_path):
    program = Program(small_model(), tmp_path)
    missing = answers(program, 1e6, None)
    assert answers(program, 1e6, b"?") == answers(program, 1e6, b"n/a") == missing
    for text in (b"", b" \t\n", b"NA", b"Null", b" #n/a ", b"?", b" n/a"):
        assert answers(program, 1e6, text) == missing
    plain = answers(program, 1e6, b"plain")
    assert plain != missing
    assert answers(program, 1e6, b"\n plain  ") == plain
    unseen = answers(program, 1e6, b"PLAIN")
    for text in (b"plai", b"plainer", b"N", b"NAN.", b"zzz", b"unknown"):
        assert answers(program, 1e6, text) == unseen


@pytest.mark.parametrize("heating", [b"plain", None])
def test_rows_that_cannot_be_answered_have_no_class(heating, tmp_path):
    program = Program(small_model(missing="none"), tmp_path)
    assert answers(program, np.nan, heating)[0] == -1
    assert answers(program, np.inf, heating)[0] == -1
    assert (answers(program, 1e6, heating)[0] == -1) == (heating is None)


def test_a_regression_answers_nan_where_it_cannot(tmp_path):
    rng = np.random.default_rng(0)
    model = model_on(rng.normal(size=(20, 2)), rng, 1, "mean_squared_error")
    rows = [(ctypes.c_double * 2)(*row) for row in [(np.nan, 0), (0, np.inf), (0, 0)]]
    assert np.isnan(Program(model, tmp_path)(rows)[0]).tolist() == [True, True, False]


def run_c(folder, *files):
    command = [COMPILER, *OPTIONS, *files, "-o", "program", "-lm"]
    subprocess.run(command, cwd=folder, check=True, timeout=120)
    ran = subprocess.run([folder / "program"], capture_output=True, check=True, timeout=60)
    return ran.stdout.decode()


@pytest.mark.parametrize(("outputs", "loss"), OUTPUTS)
@pytest.mark.parametrize("columned", [True, False])
def test_the_example_compiles_and_answers(outputs, loss, columned, tmp_path):
    model = model_by(columned, ["a", "b?\\", "c%s", "d*/", "int"], outputs, loss)
    export(model, tmp_path / "model.c")
    (tmp_path / "main.c").write_text(example(model, tmp_path / "model.c"))
    printed = run_c(tmp_path, "main.c")
    if model.task == "regression":
        assert np.isfinite(float(printed))
    else:
        assert printed.removesuffix("\n") in model.classes


def test_another_file_knows_it_by_its_declarations(tmp_path):
    model = small_model()
    export(model, tmp_path / "model.c", name="houses")
    program = example(model, tmp_path / "model.c", name="houses")
    (tmp_path / "main.c").write_text("#define houses_DECLARATIONS\n" + program)
    assert run_c(tmp_path, "main.c", "model.c").removesuffix("\n") in model.classes


def test_a_workspace_of_ones_own_serves_several_threads(tmp_path):
    library = built(small_model(), tmp_path, name="mine")
    inputs, neurons = small_model().network.strip().ranks[0], small_model().network.strip().size
    workspace = ctypes.create_string_buffer(8 * inputs + 4 * neurons + 8)
    row = ctypes.create_string_buffer(np.array([1e6, 0]).tobytes(), 16)
    alone, shared = ((ctypes.c_double * 3)() for _ in range(2))
    assert library.mine_predict_row_in(row, alone, workspace) == library.mine_predict_row(
        row, shared
    )
    assert list(alone) == list(shared)
    assert any(workspace.raw)


def test_names_and_comments_end_nothing_early():
    names = ["*/ int main() {", "a??/", "NAN", "while", "a b", "a_b", "ü", "u", "2", ""]
    schema = Schema(columns(["number"] * len(names), names))
    source = to_c(model_of(schema, np.random.default_rng(0)))
    source.encode("ascii")
    (struct,) = re.findall(r"struct model_row \{\n(.*?)\n\};", source, re.S)
    members = [line.split()[1].rstrip(";") for line in struct.splitlines()]
    assert members == [
        "int_main",
        "a",
        "NAN_",
        "while_",
        "a_b",
        "a_b_2",
        "u",
        "u_2",
        "x2",
        "column",
    ]
    assert struct.count("*/") == len(names)


def test_ten_thousand_columns(tmp_path):
    rng = np.random.default_rng(0)
    wide = Schema(columns(["number"] * 10_000, [f"gene {i}" for i in range(10_000)]))
    model = model_of(wide, rng)
    program = Program(model, tmp_path)
    raw = table(wide, 3, rng)
    program.check(program.rows(raw), model.encoder.transform(raw))


def test_thousands_of_levels(tmp_path):
    levels = [f"{'é' * (i % 7)} level {i}".strip() for i in range(5000)]
    unit = (0.0,) * 2
    rows = {one: (float(i), -float(i)) for i, one in enumerate(levels)}
    long = Lookup("city", ("one", "two"), rows, unseen=unit, missing=(1.0, 1.0))
    schema = Schema((Column("city", "category"),))
    encoder = TableEncoder(schema, (long,))
    cities = np.array([*levels, "elsewhere", None, "x" * 10_000], object)
    raw = Table(schema, {"city": cities})
    model = model_on(encoder.transform(raw), np.random.default_rng(0), encoder=encoder)
    program = Program(model, tmp_path)
    program.check(program.rows(raw), encoder.transform(raw))


def test_classes_that_are_numbers_are_named_by_their_text(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 2))
    model = replace(model_on(X, rng), classes=(3, 5, 10))
    Program(model, tmp_path).check([(ctypes.c_double * 2)(*row) for row in X], X)


@pytest.mark.parametrize("text", ["*/ int x;", "/* a", "a\\\\", "??/", "%d", "é" * 3000, '"\\0'])
def test_odd_categories_end_no_constant_and_no_comment(text, tmp_path):
    schema = Schema((Column("heating", "category"),))
    encoder = TableEncoder(schema, (Lookup("heating", ("a",), {text: (1.0,)}, (0.0,), (0.5,)),))
    raw = Table(schema, {"heating": np.array([text, "other", None], object)})
    model = model_on(encoder.transform(raw), np.random.default_rng(0), encoder=encoder)
    model.classes = (text, "b", "c")
    program = Program(model, tmp_path)
    program.check(program.rows(raw), raw)
    (tmp_path / "main.c").write_text(example(model, tmp_path / "model.c"))
    assert run_c(tmp_path, "main.c").removesuffix("\n") in model.classes


def test_the_example_has_no_missing_values_where_they_are_refused(tmp_path):
    model = small_model(missing="none")
    export(model, tmp_path / "model.c")
    (tmp_path / "main.c").write_text(example(model, tmp_path / "model.c"))
    assert run_c(tmp_path, "main.c").removesuffix("\n") in model.classes
