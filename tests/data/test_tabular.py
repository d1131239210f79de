"""Tables as data sets: targets, classes, parts, and what is passed on to reading."""

import numpy as np
import pandas as pd
import pytest

from rewire.data import Standardizer, load
from rewire.data.tabular import class_names, class_numbers
from rewire.tables import Column

TABLE = "age,colour,member,score\n30,red,True,1.5\n41,blue,False,2\n25,red,False,0.25\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(TABLE)
    return path


def test_a_table_by_hand(table):
    data = load(table, target="score")
    assert data.name == "people"
    assert data.feature_names[:3] == ("age", "colour=blue", "colour=red")
    assert data.X[:, :3].tolist() == [[30, 0, 1], [41, 1, 0], [25, 0, 1]]
    assert (data.task, data.y.tolist(), data.outputs) == ("regression", [1.5, 2, 0.25], 1)
    assert data.X.dtype == data.y.dtype == np.float64
    assert data.X_test is None
    assert data.encoder.inputs_of("colour") == ("colour=blue", "colour=red")
    assert data.table.values["age"].tolist() == [30, 41, 25]


@pytest.mark.parametrize("target", ["colour", 1, -3, "1"])
def test_the_target_by_name_or_number(table, target):
    data = load(str(table), target=target)
    assert (data.y.tolist(), data.classes) == ([1, 0, 1], ("blue", "red"))
    assert "colour" not in " ".join(data.feature_names)


def test_several_targets(table):
    data = load(table, target=["score", "age"], task="regression")
    assert (data.task, data.outputs) == ("regression", 2)
    assert data.y.tolist() == [[1.5, 30], [2, 41], [0.25, 25]]


def test_the_task_is_what_is_asked_for(table):
    assert load(table, target="age", task="regression").y.tolist() == [30, 41, 25]
    assert load(table, target="age", task="classification").classes == (25, 30, 41)
    assert load(table, target="score", task="classification").classes == ("0.25", "1.5", "2")


def test_frames_are_loaded_as_files_are(table):
    expected, data = load(table, target="colour"), load(pd.read_csv(table), target="colour")
    np.testing.assert_array_equal(data.X, expected.X)
    np.testing.assert_array_equal(data.y, expected.y)
    assert data.name == "table"


@pytest.mark.parametrize("ending", [".parquet", ".tsv", ".CSV", ".csv.gz", ".xlsx"])
def test_the_other_formats_say_the_same(table, ending, tmp_path):
    path = tmp_path / f"same{ending}"
    frame = pd.read_csv(table)
    if ending == ".parquet":
        frame.to_parquet(path)
    elif ending == ".xlsx":
        pytest.importorskip("openpyxl")
        frame.to_excel(path, index=False)
    else:
        frame.to_csv(path, index=False, sep="\t" if ending == ".tsv" else ",")
    expected, data = load(table, target="colour"), load(path, target="colour")
    np.testing.assert_array_equal(data.X, expected.X)
    np.testing.assert_array_equal(data.y, expected.y)
    assert data.feature_names == expected.feature_names
    assert data.name == "same"


def test_columns_are_left_out_one_or_several(table):
    assert load(table, target="score", ignore="age").encoder.inputs_of("age") == ()
    data = load(table, target="score", ignore=["colour", "member"])
    assert data.feature_names == ("age",)


def test_rows_without_an_answer_are_left_out_and_counted(tmp_path):
    path = tmp_path / "gaps.csv"
    path.write_text("x,y\n1,a\n2,\n3,b\n4,b\n5,\n")
    data = load(path, target="y")
    assert data.X.tolist() == [[1], [3], [4]]
    assert "2 rows without a value in 'y' left out" in data.notes


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"keep_default_na": False}, "the options of a table are: ignore, .*; got keep_default_na"),
        ({"missing": "drop"}, "missing must be one of impute, none; got 'drop'"),
        ({"missing": "none"}, "column 'x' has 1 missing values"),
        ({"task": "regression"}, "target"),
    ],
)
def test_what_is_refused(options, message, tmp_path):
    path = tmp_path / "gaps.csv"
    path.write_text("x,z,y\n1,0,a\n,1,a\n3,1,b\n4,0,b\n")
    with pytest.raises(ValueError, match=message):
        load(path, target="y", **options)


def test_a_single_class_is_refused_by_name():
    frame = pd.DataFrame({"x": [1.5, 2.5, 3.5], "y": ["a", "a", "a"]})
    with pytest.raises(ValueError, match=r"target must"):
        load(frame, target="y")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="existing file"):
        load(tmp_path / "none.csv", target="y")


# ----------------------------------------------------------------------------------- classes


@pytest.mark.parametrize(
    ("column", "values", "classes", "numbers"),
    [
        (Column("y", "category"), ["10", "9", None, "9"], (9, 10), [1, 0, -1, 0]),
        (Column("y", "category"), ["01", "1"], ("01", "1"), [0, 1]),
        (Column("y", "category"), ["2", "b", "10"], ("2", "10", "b"), [0, 2, 1]),
        (Column("y", "number"), [2.0, 0.0, np.nan], (0, 2), [1, 0, -1]),
        (Column("y", "boolean"), [1.0, 0.0, np.nan], (False, True), [1, 0, -1]),
        (
            Column("y", "boolean", words=(("no", "n"), ("yes", "y"))),
            [1.0, 0.0],
            ("no", "yes"),
            [1, 0],
        ),
    ],
)
def test_classes_have_their_own_names_in_order(column, values, classes, numbers):
    values = np.array(values, object if column.kind == "category" else float)
    known = values[[value is not None and value == value for value in values.tolist()]]
    assert class_names(column, known) == classes
    assert class_numbers(column, values, classes).tolist() == numbers


def test_classes_that_were_not_there_have_no_number():
    column = Column("y", "category")
    assert class_numbers(column, np.array(["c", "a"], object), ("a", "b")).tolist() == [-1, 0]
    boolean = Column("y", "boolean")
    assert class_numbers(boolean, np.array([0.0, 1.0]), (True, False)).tolist() == [1, 0]


# -------------------------------------------------------------------------------------- parts


def towns(rows=200, seed=0):
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "area": random.uniform(30, 200, rows),
            "town": random.choice(["Aachen", "Bonn"], rows),
            "price": random.uniform(1, 2, rows),
        }
    )
    frame.loc[::9, "area"] = np.nan
    return frame


def test_what_is_learnt_of_columns_is_learnt_of_the_training_part_alone():
    data = load(towns(), target="price")
    train, validation = data.split(0.3, seed=0)
    known = train.table.values["area"]
    assert train.encoder is validation.encoder
    assert train.encoder.steps[0].fill == np.nanmedian(known)
    assert train.encoder.steps[0].fill != data.encoder.steps[0].fill
    np.testing.assert_array_equal(train.X, train.encoder.transform(train.table))
    np.testing.assert_array_equal(validation.X, train.encoder.transform(validation.table))
    assert len(train.table) + len(validation.table) == 200


def test_a_town_of_the_validation_part_alone_is_no_input():
    frame = towns()
    _, held_out = load(frame, target="price").split(0.3, seed=0)
    rows = np.flatnonzero(np.isin(frame["price"], held_out.y))
    frame.loc[rows[:3], "town"] = "Celle"
    train, validation = load(frame, target="price").split(0.3, seed=0)
    assert "town=Celle" not in train.feature_names
    assert validation.feature_names == train.feature_names
    assert validation.inputs == train.inputs


def test_a_standardized_data_set_is_split_as_it_is():
    data = load(towns(), target="price")
    standardized = data.standardized(Standardizer.fit(data.X))
    train, _ = standardized.split(0.3, seed=0)
    assert set(map(tuple, train.X)) < set(map(tuple, standardized.X))


def test_a_table_without_a_target_says_which_columns_there_are(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n3,4\n")
    with pytest.raises(
        ValueError, match=r"target must be the column to predict; got none, .* are x, y: name it"
    ):
        load(tmp_path / "a.csv")
