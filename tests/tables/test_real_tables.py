"""Tables as they are published, none of them edited."""

import json
import os
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from rewire.tables import parse, read_raw, understand
from rewire.tables.text_files import read_text

pandas = pytest.importorskip("pandas")


def read(source, **options):
    raw = read_raw(source) if not isinstance(source, bytes) else read_text(source, name="t.csv")
    schema = understand(raw, **options)
    table = parse(raw, schema)
    assert not table.unanswerable.any()
    return schema, table


def kinds(schema):
    return {one.name: one.kind for one in schema.columns}


# ------------------------------------------------------------------------- small tables that break


@pytest.fixture
def broken():
    folder = Path(os.environ.get("REWIRE_DATA_DIR", "")) / "tables"
    if not os.environ.get("REWIRE_DATA_DIR") or not folder.is_dir():
        pytest.skip("REWIRE_DATA_DIR names no folder with tables")
    return folder


def test_us_thousands_beside_decimal_points(broken):
    schema, table = read(broken / "houses_us.tsv", target="price")
    assert table.values["price"][:3].tolist() == [880600, 697100, 603000]
    assert schema["area"].kind == "number"
    assert table.values["area"][3] == 82.5


def test_decimal_commas_and_one_thousand(broken):
    schema, table = read(broken / "eu_one_thousand.csv", target="y")
    assert kinds(schema) == {"a": "category", "b": "number", "y": "number"}
    assert 1234.56 in table.values["b"]
    assert not np.isnan(table.values["b"]).any()


def test_question_marks_among_numbers(broken):
    schema, table = read(broken / "autompg.csv", target="Origin")
    assert schema["Horsepower"].kind == "number"
    assert np.isnan(table.values["Horsepower"]).sum() == 6
    new = read_raw({name: ["1"] for name in kinds(schema)} | {"Horsepower": ["151.25"]})
    assert parse(new, schema).values["Horsepower"].tolist() == [151.25]


def test_whole_numbers_that_are_mostly_different_are_quantities(broken):
    for target in ("Chins", "Situps", "Jumps", "Weight", "Pulse"):
        schema, _ = read(broken / "linnerud.csv", target=target)
        assert schema[target].kind == "number"
        assert "quantities" in schema[target].note
    with pytest.raises(ValueError, match="may be classes or quantities"):
        read(broken / "linnerud.csv", target="Waist")


def test_percent_currency_and_censored_values(broken):
    _, table = read(broken / "percent.csv", target="y")
    assert table.values["b"][:2].tolist() == [68.8, 38.9]
    _, table = read(broken / "prices_usd.csv", target="price")
    assert table.values["price"][:2].tolist() == [365000, 280000]
    schema, table = read(broken / "lab_censored.csv", target="y")
    assert schema["y"].odd == (("<1.0", 20, "taken as missing"),)
    assert np.isnan(table.values["y"]).sum() == 20
    schema, table = read(broken / "lab_censored.csv", target="y", censored="limit")
    assert (table.values["y"] == 1.0).sum() >= 20


def test_large_numbers_keep_their_decimals(broken):
    _, table = read(broken / "when.csv", target="when")
    assert table.values["when"][0] == 1700000075.2


# ------------------------------------------------------------------------------ tables of packages


def vega(name):
    pytest.importorskip("vega_datasets")
    return files("vega_datasets") / "_data" / name


def as_csv(name):
    """Return a table of JSON records as a CSV file."""
    return pandas.DataFrame(json.loads(vega(name).read_text())).to_csv(index=False).encode()


def test_cars():
    schema, table = read(as_csv("cars.json"), target="Origin")
    assert kinds(schema) == {
        "Name": "text",
        "Miles_per_Gallon": "number",
        "Cylinders": "number",
        "Displacement": "number",
        "Horsepower": "number",
        "Weight_in_lbs": "number",
        "Acceleration": "number",
        "Year": "date",
        "Origin": "category",
    }
    assert schema["Name"].role == "ignored"
    assert (schema["Miles_per_Gallon"].missing, schema["Horsepower"].missing) == (8, 6)
    assert set(table.values["Origin"]) == {"USA", "Europe", "Japan"}


@pytest.mark.parametrize(
    "name", ["anscombe", "barley", "burtin", "cars", "crimea", "driving", "iris", "ohlc"]
)
def test_json_is_read_as_the_same_table_in_csv(name):
    source = vega(f"{name}.json")
    schema, table = read(Path(str(source)))
    written, same = read(as_csv(f"{name}.json"))
    assert kinds(schema) == kinds(written)
    for column in schema.inputs:
        assert str(table.values[column.name].tolist()) == str(same.values[column.name].tolist())


@pytest.mark.parametrize("name", ["airports.csv", "seattle-weather.csv", "stocks.csv"])
def test_tables_of_vega_are_what_pandas_reads(name):
    path = Path(str(vega(name)))
    schema, table = read(path)
    frame = pandas.read_csv(path, keep_default_na=False)
    for column in schema.columns:
        if column.kind == "number":
            np.testing.assert_array_equal(table.values[column.name], frame[column.name])
        elif column.kind == "category":
            assert table.values[column.name].tolist() == frame[column.name].tolist()
    assert {one.name for one in schema.columns if one.kind == "date"} == {"date"} & set(frame)


def test_penguins():
    pytest.importorskip("palmerpenguins")
    schema, _ = read(Path(str(files("palmerpenguins") / "data" / "penguins.csv")), target="species")
    assert kinds(schema) == {
        **dict.fromkeys(("species", "island", "sex"), "category"),
        **dict.fromkeys(("bill_length_mm", "bill_depth_mm", "flipper_length_mm"), "number"),
        **dict.fromkeys(("body_mass_g", "year"), "number"),
    }
    assert schema["sex"].missing == 11


def statsmodels_tables():
    try:
        folder = Path(str(files("statsmodels") / "datasets"))
    except ModuleNotFoundError:
        return []
    return sorted(folder.glob("*/*.csv"))


@pytest.mark.parametrize("path", statsmodels_tables(), ids=lambda path: path.stem)
def test_numbers_of_statsmodels_tables_are_what_pandas_reads(path):
    schema, table = read(path)
    frame = pandas.read_csv(path, sep=read_raw(path).separator)
    assert schema.inputs
    for column, name in zip(schema.columns, frame, strict=True):
        if column.kind == "number":
            np.testing.assert_allclose(table.values[column.name], frame[name], rtol=1e-15)


def test_quarters_of_danish_money_demand_are_dates():
    folder = Path(str(files(pytest.importorskip("statsmodels")))) / "datasets"
    schema, table = read(folder / "danish_data" / "data.csv", target="lrm")
    assert (schema["period"].kind, schema["period"].date.pattern) == ("date", "%YQ%q")
    quarters = table.values["period"].astype("datetime64[s]").astype("datetime64[M]")
    assert quarters.tolist() == [
        np.datetime64("1974-01") + np.timedelta64(3 * i, "M") for i in range(len(quarters))
    ]
    assert kinds(read(folder / "nile" / "nile.csv")[0])["year"] == "number"


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes"])
def test_tables_of_scikit_learn_are_the_same_as_csv_and_as_parquet(name, tmp_path):
    from sklearn import datasets

    frame = getattr(datasets, f"load_{name}")(as_frame=True).frame
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    for source in (frame, tmp_path / "t.csv", tmp_path / "t.parquet"):
        schema, table = read(source)
        assert set(kinds(schema).values()) == {"number"}
        for column in frame:
            np.testing.assert_array_equal(table.values[column], frame[column])
