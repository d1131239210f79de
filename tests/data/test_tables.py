"""Tables that people have, written as real files."""

import sys

import numpy as np
import pandas as pd
import pytest

from rewire.data import load, tables

TABLE = "age,colour,member,score\n30,red,True,1.5\n41,blue,False,2\n25,red,False,0.25\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(TABLE)
    return path


def test_a_table_by_hand(table):
    data = load(table, target="score")
    assert data.name == "people"
    assert data.feature_names == ("age", "colour=blue", "colour=red", "member")
    assert data.X.tolist() == [[30, 0, 1, 1], [41, 1, 0, 0], [25, 0, 1, 0]]
    assert (data.task, data.y.tolist(), data.outputs) == ("regression", [1.5, 2, 0.25], 1)
    assert (data.X.dtype, data.y.dtype) == (np.float32, np.float64)
    assert data.X_test is None


@pytest.mark.parametrize("target", ["colour", 1, -3, "1"])
def test_the_target_by_name_or_number(table, target):
    data = load(str(table), target=target)
    assert (data.y.tolist(), data.classes) == ([1, 0, 1], ("blue", "red"))
    assert data.feature_names == ("age", "member", "score")


def test_a_name_goes_before_a_number(tmp_path):
    path = tmp_path / "numbered.csv"
    path.write_text("1,0\n5,a\n6,b\n")
    assert load(path, target="0").classes == ("a", "b")
    assert load(path, target="1").classes == (5, 6)
    assert load(path, target=0).classes == (5, 6)


def test_several_targets(table):
    data = load(table, target=["score", "age"])
    assert (data.task, data.outputs) == ("regression", 2)
    assert data.y.tolist() == [[1.5, 30], [2, 41], [0.25, 25]]
    assert data.feature_names == ("colour=blue", "colour=red", "member")


def test_whole_numbers_and_truth_values_are_classes_and_the_task_overrules(table):
    assert load(table, target="age").classes == (25, 30, 41)
    assert load(table, target="member").classes == (False, True)
    assert load(table, target="age", task="regression").y.tolist() == [30, 41, 25]
    assert load(table, target="score", task="classification").classes == (0.25, 1.5, 2)


@pytest.mark.parametrize("suffix", [".parquet", ".tsv", ".CSV"])
def test_the_other_formats_say_the_same(table, suffix, tmp_path):
    path = tmp_path / f"same{suffix}"
    frame = pd.read_csv(table)
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",")
    expected, data = load(table, target="colour"), load(path, target="colour")
    np.testing.assert_array_equal(data.X, expected.X)
    np.testing.assert_array_equal(data.y, expected.y)
    assert data.feature_names == expected.feature_names


def test_parquets_own_types(tmp_path):
    path = tmp_path / "typed.parquet"
    frame = pd.DataFrame(
        {
            "whole": pd.array([1, 2, 3], dtype="Int64"),
            "truth": pd.array([True, False, True], dtype="boolean"),
            "category": pd.Categorical(["b", "a", "b"]),
            "code": pd.Categorical([7, 9, 7]),
            "y": ["u", "v", "u"],
        }
    )
    frame.to_parquet(path)
    data = load(path, target="y")
    assert data.feature_names == ("whole", "truth", "category=a", "category=b", "code")
    assert data.X.tolist() == [[1, 1, 0, 1, 7], [2, 0, 1, 0, 9], [3, 1, 0, 1, 7]]


def test_pandas_options_are_handed_on(tmp_path):
    path = tmp_path / "bare.csv"
    path.write_text("1;NA;0\n2;b;1\n")
    data = load(path, target=2, sep=";", header=None, keep_default_na=False)
    assert data.feature_names == ("0", "1=NA", "1=b")
    with pytest.raises(ValueError, match=r"read_csv does not take these options: .*seperator"):
        load(path, target=2, seperator=";")


def test_a_missing_value_is_refused_by_row_and_column(tmp_path):
    path = tmp_path / "gaps.csv"
    path.write_text("age,colour,y\n1,red,0\n2,,1\n,blue,1\n")
    with pytest.raises(ValueError, match=r"gaps.csv cannot.*row 1 .*column 'colour' and 1 more"):
        load(path, target="y")
    path.write_text("age,y\n1,0\n2,\n")
    with pytest.raises(ValueError, match=r"none in row 1 \(counted from 0\), column 'y': fill in"):
        load(path, target="y")


def test_infinity_is_refused_by_row_and_column(tmp_path):
    path = tmp_path / "high.csv"
    path.write_text("age,height,y\n1,2,0\n2,inf,1\n")
    with pytest.raises(ValueError, match="finite numbers; got inf in sample 1, column height"):
        load(path, target="y")


@pytest.mark.parametrize("target", [None, "colours", 4, -5, "9", 1.5, ["age", "nothing"]])
def test_targets_that_are_no_column_are_refused_with_the_columns(table, target):
    with pytest.raises(ValueError, match=r"target must be the column.*age, colour, member, score"):
        load(table, target=target)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "damaged.csv cannot be loaded: a table must have a line.*got an empty file"),
        (b"a,b\n1,2,3\n1,2,3,4\n", "damaged.csv cannot be loaded: .*line 3"),
        (b"a,y\n\xff\xfe\xfa,1\n", "damaged.csv cannot be loaded: .*codec"),
        (b"a,y\n", "damaged.csv cannot be loaded: a table must have at least one row"),
        (b"y\n1\n2\n", "at least one column must be left besides target"),
    ],
)
def test_damaged_tables_are_refused_by_name(tmp_path, content, message):
    path = tmp_path / "damaged.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load(path, target=-1)


def test_a_damaged_parquet_file_is_refused_by_name(table, tmp_path):
    path = tmp_path / "cut.parquet"
    pd.read_csv(table).to_parquet(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match=r"cut\.parquet cannot be loaded"):
        load(path, target="score")


def test_dates_are_refused_by_name(tmp_path):
    path = tmp_path / "dated.parquet"
    dates = pd.to_datetime(["2020-01-01", "2021-01-01"])
    pd.DataFrame({"when": dates, "size": [1, 2], "y": [0, 1]}).to_parquet(path)
    with pytest.raises(ValueError, match=r"column 'when' must hold .*got datetime64.*leave"):
        load(path, target="y")
    assert load(path, target="y", columns=["size", "y"]).X.tolist() == [[1], [2]]


def test_a_text_column_of_too_many_values_is_refused(tmp_path):
    path = tmp_path / "names.csv"
    rows = "".join(f"name{i},{i % 2}\n" for i in range(tables.MAX_CATEGORIES + 1))
    path.write_text("name,y\n" + rows)
    with pytest.raises(ValueError, match=r"column 'name' must have at most 100 .*got 101"):
        load(path, target="y")
    path.write_text("name,y\n" + rows.replace("name100", "name99"))
    assert load(path, target="y").inputs == tables.MAX_CATEGORIES


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"source must be an existing file; got '.*no.csv'"):
        load(tmp_path / "no.csv", target="y")


@pytest.mark.parametrize(("missing", "suffix"), [("pandas", ".csv"), ("pyarrow", ".parquet")])
def test_without_pandas_or_pyarrow_the_extra_is_named(
    monkeypatch, table, tmp_path, missing, suffix
):
    path = tmp_path / f"mine{suffix}"
    path.write_bytes(table.read_bytes())
    monkeypatch.setitem(sys.modules, missing, None)
    if missing == "pyarrow":
        monkeypatch.setitem(sys.modules, "fastparquet", None)
    with pytest.raises(ImportError, match=rf"reading mine\{suffix} needs .*'rewire-nn\[data\]'"):
        load(path, target="score")
