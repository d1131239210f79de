"""Tables as people have them: separators, decimal commas, encodings, and what is wrong."""

import numpy as np
import pandas as pd
import pytest

from rewire.data import load

TOWNS = ["Aachen", 'Bad "Bonn"', "Köln; Deutz, rechts"]
HOUSES = pd.DataFrame(
    {
        "area (m²)": [50.5, 80.25, 120.0, 64.5],
        "town, or village": [*TOWNS, "Aachen"],
        "garden": [True, False, True, True],
        "price": [1.5, 2.5, 3.5, 2.25],
    }
)


def is_houses(path, **options):
    """Load it and compare with what it was written from."""
    data = load(path, target="price", dtype="float64", **options)
    names = ["area (m²)", *(f"town, or village={town}" for town in TOWNS), "garden"]
    assert data.feature_names == tuple(names)
    texts = [HOUSES["town, or village"] == town for town in TOWNS]
    expected = np.column_stack([HOUSES["area (m²)"], *texts, HOUSES["garden"]])
    np.testing.assert_array_equal(data.X, expected)
    assert data.y.tolist() == HOUSES["price"].tolist()


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_and_decimal_commas_are_found(separator, decimal, tmp_path):
    path = tmp_path / "houses.csv"
    HOUSES.to_csv(path, index=False, sep=separator, decimal=decimal)
    if (separator, decimal) == (",", ","):  # these may be thousands: nothing is guessed
        with pytest.raises(ValueError, match=r"target must be a column of numbers.*got '1,5'"):
            load(path, target="price", task="regression")
        is_houses(path, decimal=",")
    else:
        is_houses(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_encodings_and_line_ends(encoding, ending, tmp_path):
    HOUSES.to_csv(tmp_path / "a.csv", index=False, encoding=encoding, lineterminator=ending)
    is_houses(tmp_path / "a.csv")
    HOUSES.to_csv(tmp_path / "b.tsv", index=False, encoding=encoding, sep="\t")
    is_houses(tmp_path / "b.tsv")


def test_an_unknown_encoding_is_refused_with_the_remedy(tmp_path):
    path = tmp_path / "houses.csv"
    HOUSES.to_csv(path, index=False, encoding="cp1252")
    with pytest.raises(ValueError, match=r"houses.csv cannot .*must be UTF-8.*encoding="):
        load(path, target="price")
    is_houses(path, encoding="cp1252")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,a,y\n1,2,3.5\n4,5,6.5\n", "columns must have different names; got 'a' twice"),
        ("a;b;a\n1;2;3.5\n4;5;6.5\n", "columns must have different names; got 'a' twice"),
        ("a,y\n1,2,3\n4,5,6\n", "as many values as there are names in the first, 2; got more"),
        ("a,b,y\n1,2,3\n4,5,6,7\n", "as many values as the first; Expected 3 fields in line 3"),
        ("1,2.5,3\n4,5.5,6\n", r"target must be .* the columns are 1, 2.5, 3 \(as the first line"),
        ("\n\n", "must have a line with its columns' names.*got an empty file"),
    ],
)
def test_what_pandas_would_read_otherwise_is_refused(content, message, tmp_path):
    path = tmp_path / "wrong.csv"
    path.write_text(content)
    with pytest.raises(ValueError, match=f"wrong.csv cannot be loaded: .*{message}"):
        load(path, target="y")


def test_blank_and_repeated_values_are_no_repeated_names(tmp_path):
    path = tmp_path / "blank.csv"
    path.write_text(",a,,y\n1,1,1,1.5\n7,7,7,2.5\n")
    assert load(path, target="y").inputs == 3


def test_a_column_is_of_one_kind_however_large_the_file(tmp_path):
    """pandas reads large files in pieces, and could find numbers in one and texts in another."""
    rows = [f"{i % 7},{i % 2}" for i in range(300_000)]
    (tmp_path / "a.csv").write_text("\n".join(["code,y", *rows, "x,1\n"]))
    names = load(tmp_path / "a.csv", target="y").feature_names
    assert names == tuple(f"code={text}" for text in "0123456x")


# ------------------------------------------------------------------------------- columns left out


@pytest.mark.parametrize("ignore", [["id", "when", "gaps"], [-1, "0", "when"], ("when", 0, 4)])
def test_columns_are_left_out_whatever_is_in_them(ignore, tmp_path):
    frame = HOUSES[["garden", "price"]].copy()
    frame.insert(0, "id", [f"H{i}" for i in range(4)])
    frame["when"] = pd.date_range("2020-01-01", periods=4)
    frame["gaps"] = [1, None, None, 2]
    frame.to_parquet(tmp_path / "a.parquet")
    data = load(tmp_path / "a.parquet", target="price", ignore=ignore)
    assert data.feature_names == ("garden",)
    assert load(tmp_path / "a.parquet", target="price", ignore=["when", "gaps"]).inputs == 5


def test_what_cannot_be_left_out_is_said(tmp_path):
    HOUSES.to_csv(tmp_path / "a.csv", index=False)
    for ignore, message in (
        (["gardens"], "ignore must be a column to leave out.*got 'gardens', and the columns are"),
        (["price"], "ignore must not name the target; got 'price' for both"),
    ):
        with pytest.raises(ValueError, match=message):
            load(tmp_path / "a.csv", target=-1, ignore=ignore)
    assert load(tmp_path / "a.csv", target=-1, ignore="garden").inputs == 4
    np.savez(tmp_path / "a.npz", X=np.eye(3), y=[0.5, 1.5, 2.5])
    with pytest.raises(ValueError, match="ignore is for tables"):
        load(tmp_path / "a.npz", ignore=["garden"])
    with pytest.raises(ValueError, match="ignore is for files"):
        load("iris", ignore=["garden"])


@pytest.mark.parametrize("first", [0, 1, 1000])
def test_a_column_that_counts_the_rows_is_learnt_with_a_warning(first, tmp_path):
    frame = pd.DataFrame({"number": np.arange(40) + first, "x": [1, 2] * 20, "y": [0.5, 1.5] * 20})
    frame.to_csv(tmp_path / "a.csv", index=False)
    with pytest.warns(UserWarning, match=r"column 'number' only numbers the rows.*ignore="):
        assert load(tmp_path / "a.csv", target="y").inputs == 2


# ------------------------------------------------------------------------------ values and targets


@pytest.mark.parametrize("column", ["area (m²)", "price"])
def test_numbers_too_large_are_refused_as_what_they_were(column, tmp_path):
    frame = HOUSES.copy()
    frame.loc[2, column] = -1e300
    frame.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(ValueError, match=r"must hold numbers of float32.*got -1e\+300 in row 2"):
        load(tmp_path / "a.csv", target="price")
    assert load(tmp_path / "a.csv", target="price", dtype="float64").inputs == 5


def test_texts_that_should_have_been_numbers_are_said(tmp_path):
    frame = pd.DataFrame({"x": range(0, 400, 2), "y": [f"{i:,} €" for i in range(5000, 5200)]})
    frame.to_csv(tmp_path / "a.csv", index=False)
    message = "target must be numbers, or classes that several rows share; got 200 different texts"
    with pytest.raises(ValueError, match=rf"{message}.*such as '5,000 €': write numbers without"):
        load(tmp_path / "a.csv", target="y")
    assert len(load(tmp_path / "a.csv", target="y", task="classification").classes) == 200
    with pytest.raises(ValueError, match="numbers for a regression; got '5,000 €' in column 'y'"):
        load(tmp_path / "a.csv", target="y", task="regression")
