import numpy as np
import pytest

from rewire.tables import Column, DateFormat, Schema, parse, read_raw, understand
from rewire.tables.text_files import read_text


def raw(text):
    return read_text(text.encode(), name="t.csv")


def values_of(learnt, values):
    table = parse(read_raw({"a": values}), Schema((learnt,)))
    return table.values["a"].tolist(), table.unanswerable.tolist()


NUMBER = Column("a", "number")


def test_columns_are_found_by_name_in_any_order_and_further_ones_do_not_matter():
    schema = understand(raw("x;y\n1,5;a\n2,5;b\n"))
    table = parse(raw('comment;y;x\n"1,234";b;3,5\n"2.5";c;4\n'), schema)
    assert table.values["x"].tolist() == [3.5, 4]
    assert table.values["y"].tolist() == ["b", "c"]
    assert set(table.values) == {"x", "y"}


def test_all_missing_inputs_are_named_at_once_and_targets_may_be_missing():
    schema = understand(raw("x,y,z,t\n1,2,3,yes\n4,5,7,no\n"), target="t")
    with pytest.raises(ValueError, match=r"it lacks 'y', 'z', and its columns are x, w"):
        parse(raw("x,w\n1,2\n"), schema)
    assert "t" not in parse(raw("x,y,z\n1,2,3\n"), schema).values


def test_codes_stay_texts_and_numbers_numbers():
    schema = understand(raw("code,n\n01,1\n02,2\n0A,4\n"))
    table = parse(raw("code,n\n01,03\n02,5\n"), schema)
    assert table.values["code"].tolist() == ["01", "02"]
    assert table.values["n"].tolist() == [3, 5]


def test_missing_values_are_handled_as_learnt_and_unreadable_rows_are_marked():
    learnt = Column("a", "number", na=("none given",), odd=(("abc", 1, "taken as missing"),))
    values, unanswerable = values_of(learnt, ["1", "?", "none given", "abc", "xyz", "1,5", None])
    np.testing.assert_array_equal(values, [1] + [np.nan] * 6)
    assert unanswerable == [False, False, False, False, True, True, False]


def test_numbers_that_mean_missing_also_do_in_sources_with_types():
    values, _ = values_of(Column("a", "number", na=("-999",)), [1.0, -999.0, np.inf])
    np.testing.assert_array_equal(values, [1, np.nan, np.nan])


def test_types_and_texts_are_read_alike():
    assert values_of(NUMBER, [True, False])[0] == [1, 0]
    category = Column(
        "a", "category", number=understand(read_raw({"a": ["1"] * 3})).columns[0].number
    )
    assert values_of(category, [1.0, 2.0])[0] == ["1", "2"]
    assert values_of(Column("a", "category"), [True, False])[0] == ["True", "False"]
    assert values_of(Column("a", "boolean"), [0, 2]) == (
        [0, pytest.approx(np.nan, nan_ok=True)],
        [False, True],
    )
    assert values_of(Column("a", "date", date=DateFormat("ms")), [86_400_000])[0] == [86400]
    assert values_of(Column("a", "date", date=DateFormat("s")), ["86400"])[0] == [86400]
    assert values_of(Column("a", "date"), [86400])[1] == [True]
    assert values_of(NUMBER, [[1], [2]])[1] == [True, True]
    assert values_of(NUMBER, [None, None])[1] == [False, False]


def test_a_category_of_numbers_is_the_same_however_it_is_written():
    written = raw("a,b\n1.0,x\n2.0,y\n")
    schema = understand(written, categorical="a")
    assert parse(written, schema).values["a"].tolist() == ["1", "2"]
    assert parse(read_raw({"a": [1, 2], "b": ["x", "y"]}), schema).values["a"].tolist() == [
        "1",
        "2",
    ]


def test_truth_values_are_read_in_any_case_and_others_are_unreadable():
    schema = understand(raw("a\nyes\nno\n"))
    assert values_of(schema["a"], ["YES", "No", "maybe"])[1] == [False, False, True]
    assert values_of(schema["a"], ["YES", "No"])[0] == [1, 0]


def test_dates_are_read_by_their_pattern_only():
    schema = understand(raw("a\n13/02/2020\n01/02/2020\n"))
    values, unanswerable = values_of(schema["a"], ["01/02/2020", "2020-02-01"])
    assert values[0] == 1580515200
    assert unanswerable == [False, True]
