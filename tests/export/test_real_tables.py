"""On real tables, as they are, every export answers raw rows as predict does.

The networks are at their start: what surrounds them, learnt from the table, is what is tested.
"""

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from rewire.experiment import Recipe, prepare_experiment
from rewire.export import to_onnx
from rewire.tables import Column, DateFormat, NumberFormat, Schema, Table, parse, read_raw

from .models import Right, model_of
from .test_c_model import COMPILER, Program
from .test_onnx_whole import check, fed
from .test_python_source import module_of

TARGETS = {
    "cars": "Origin",
    "cars again": "Miles_per_Gallon",
    "seattle-weather": "weather",
    "la-riots": "gender",
    "airports": "latitude",
    "penguins": "species",
    "titanic of words": "survived",
}
OPTIONS = {
    "la-riots": {"text": ("first_name",)},
    "airports": {"text": ("name",)},
    "titanic of words": {"censored": "limit"},
}


def written(name, folder):
    """A table as a CSV file."""
    if name == "penguins":
        pytest.importorskip("palmerpenguins")
        frame = pd.read_csv(files("palmerpenguins") / "data" / "penguins.csv")
    elif name == "titanic of words":
        frame = words(np.random.default_rng(0))
    else:
        data = pytest.importorskip("vega_datasets").local_data
        source = getattr(data, name.removesuffix(" again").replace("-", "_")).filepath
        frame = pd.read_json(source) if source.endswith(".json") else pd.read_csv(source)
    path = folder / "table.csv"
    frame.to_csv(path, index=False)
    return path


def words(rng, rows=200):
    """Made up: a date, a currency, a decimal comma, truth values and many rare names."""
    return pd.DataFrame(
        {
            "fare": [f"${x:,.2f}" for x in rng.lognormal(6, 1.5, rows)],
            "height": [f"{x:.2f}".replace(".", ",") for x in rng.normal(1.7, 0.1, rows)],
            "fever": [f"<{x:.1f}" if x < 36.5 else f"{x:.1f}" for x in rng.normal(37, 0.5, rows)],
            "boarded": pd.to_datetime("1912-04-10")
            + pd.to_timedelta(rng.integers(0, 900, rows), "D"),
            "season": [f"Q{1 + n % 4} {1970 + n // 4}" for n in rng.integers(0, 90, rows)],
            "port": rng.choice(["Southampton", "Cherbourg", "Queenstown", ""], rows),
            "cabin": [
                f"{a}{n}"
                for a, n in zip(rng.choice([*"ABC"], rows), rng.integers(0, 90, rows), strict=True)
            ],
            "child": rng.choice(["yes", "no", "NA"], rows),
            "survived": rng.choice(["yes", "no"], rows),
        }
    )


def odd_rows(path, rng, count=60):
    """Rows of the file as text, some cells missing, some never seen."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame = frame.iloc[rng.integers(0, len(frame), count)].reset_index(drop=True)
    for column in frame:
        for text in ("", "NA", "never seen", "1e3"):
            frame.loc[rng.random(count) < 0.05, column] = text
    return frame


@pytest.fixture(scope="module", params=TARGETS)
def case(request, tmp_path_factory):
    """A model and rows of text."""
    name = request.param
    path = written(name, tmp_path_factory.mktemp("table"))
    recipe = Recipe(
        str(path), target=TARGETS[name], hidden=(12,), method="static", **OPTIONS.get(name, {})
    )
    model = prepare_experiment(recipe).model
    rng = np.random.default_rng(0)
    net = model.network
    net.bias[net.ranks[0] :] = rng.normal(size=net.size - net.ranks[0])
    return model, odd_rows(path, rng)


def measured(model, frame):
    """The rows that can be answered: numbers and dates read, texts as they are in the file."""
    table = parse(read_raw(frame), model.encoder.reads)
    rows = np.flatnonzero(~table.unanswerable)
    assert len(rows) > 20
    texts = {
        name: frame[name].to_numpy(object)
        for name, values in table.values.items()
        if values.dtype == object
    }
    return Table(table.schema, {**table.values, **texts}).take(rows), frame.iloc[rows]


def test_c(case, tmp_path):
    if not COMPILER:
        pytest.skip("there is no C compiler: cc, gcc or clang")
    raw, frame = measured(*case)
    program = Program(case[0], tmp_path)
    program.check(program.rows(raw), frame)


def test_onnx(case):
    raw, frame = measured(*case)
    model = to_onnx(case[0])
    check(model, fed(model, raw), frame, case[0])


def test_python(case):
    model, frame = case
    module, right = module_of(model), Right(model, frame)
    answers = [module["predict"](row) for row in frame.to_dict("records")]
    expected = model.predict(frame)
    assert [one is None for one in answers] == pd.isna(expected).tolist()
    if model.task == "regression":
        right.close(np.array(answers, float), expected.astype(float))
    else:
        right.check_labels(list(map(str, answers)))


def test_numbers_and_dates_that_mean_a_missing_value(tmp_path):
    pattern = DateFormat("%Y-%m-%d")
    schema = Schema(
        (
            Column("age", "number", na=("-999", "?")),
            Column("share", "number", number=NumberFormat(suffix="%", factor=0.01), na=("-1%",)),
            Column("day", "date", date=pattern, na=("1900-01-01",)),
        )
    )
    rng = np.random.default_rng(0)
    model = model_of(schema, rng)
    texts = pd.DataFrame(
        {
            "age": ["-999", "30", "", "40"],
            "share": ["12%", "-1%", "50%", ""],
            "day": ["2001-01-01", "1900-01-01", "", "2001-01-01"],
        }
    )
    values = {
        "age": np.array([-999, 30, np.nan, 40]),
        "share": np.array([0.12, -0.01, 0.5, np.nan]),
        "day": np.array([978307200, -2208988800, np.nan, 978307200]),
    }
    raw, right = Table(schema, values), Right(model, texts)
    program = Program(model, tmp_path)
    program.check(program.rows(raw), texts)
    onnx_model = to_onnx(model)
    check(onnx_model, fed(onnx_model, raw), texts, model)
    for rows in (texts.to_dict("records"), pd.DataFrame(values).to_dict("records")):
        shares = [list(module_of(model)["predict_proba"](row).values()) for row in rows]
        right.close(np.array(shares), model.probabilities(texts))
