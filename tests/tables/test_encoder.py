"""Tables become inputs: names, gaps, what cannot be answered, JSON."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire.tables import Column, Schema, Table, TableEncoder

NAMES = st.sampled_from(["a", "a=b", "a=b=c", "b", "a is missing", "a (2)"])
TEXTS = st.sampled_from(["b", "c", "b=c", "x", "=", ""])


def table_of(**columns):
    kinds = {
        name: "number" if isinstance(values[0], float) else "category"
        for name, values in columns.items()
    }
    values = {
        name: np.array(column, float if kinds[name] == "number" else object)
        for name, column in columns.items()
    }
    return Table(Schema(tuple(Column(name, kind) for name, kind in kinds.items())), values)


def test_columns_are_never_mistaken_for_values():
    """Column a with the value b=c and column a=b with the value c have one name in most tools."""
    table = Table(
        Schema((Column("a", "category"), Column("a=b", "category"))),
        {
            "a": np.array(["b=c", "x", "x", "x"], object),
            "a=b": np.array(["y", "c", "y", "y"], object),
        },
    )
    encoder = TableEncoder.fit(table)
    assert encoder.feature_names == ("a=b=c", "a=x", "a=b=c (2)", "a=b=y")
    assert encoder.transform(table).tolist() == [[1, 0, 0, 1], [0, 1, 1, 0], *[[0, 1, 0, 1]] * 2]
    assert encoder.inputs_of("a=b") == ("a=b=c (2)", "a=b=y")


@given(st.data())
def test_names_are_unique_and_columns_are_told_apart(data):
    names = data.draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))
    rows = data.draw(st.integers(1, 8))
    column = st.lists(st.none() | TEXTS, min_size=rows, max_size=rows)
    values = {name: np.array([*data.draw(column), "b", "c"], object) for name in names}
    table = Table(Schema(tuple(Column(name, "category") for name in names)), values)
    encoder = TableEncoder.fit(table)
    assert len(set(encoder.feature_names)) == len(encoder.feature_names) == len(encoder.groups)
    X = encoder.transform(table)
    for name in names:
        mine = X[:, [group == name for group in encoder.groups]]
        np.testing.assert_allclose(mine.sum(axis=1), 1)
        for i in range(len(table)):
            for j in range(len(table)):
                if values[name][i] == values[name][j]:
                    np.testing.assert_array_equal(mine[i], mine[j])


def test_columns_in_another_order_make_the_same_inputs():
    table = table_of(n=[1.0, 2.0, np.nan], c=["x", "y", "x"])
    encoder = TableEncoder.fit(table)
    turned = Table(Schema(table.schema.columns[::-1]), dict(reversed(table.values.items())))
    np.testing.assert_array_equal(encoder.transform(turned), encoder.transform(table))


def test_more_rows_than_one_piece_are_as_each_alone():
    random = np.random.default_rng(0)
    rows = 40_000
    table = table_of(
        n=list(np.where(random.random(rows) < 0.1, np.nan, random.normal(size=rows))),
        c=list(random.choice(["x", "y", None], rows)),
    )
    encoder = TableEncoder.fit(table)
    X = encoder.transform(table)
    some = random.integers(0, rows, 50)
    np.testing.assert_array_equal(X[some], encoder.transform(table.take(some)))


def test_what_is_left_out_is_kept_with_its_reason():
    table = table_of(n=[1.0, 2.0], same=[3.0, 3.0], gone=[np.nan, np.nan])
    encoder = TableEncoder.fit(table)
    assert encoder.feature_names == ("n",)
    assert encoder.left_out == {
        "same": "constant in the training rows",
        "gone": "every value is missing in the training rows",
    }
    assert [column.name for column in encoder.reads.columns] == ["n"]


def test_a_table_that_tells_nothing_is_refused_with_every_reason():
    table = table_of(same=[3.0, 3.0], gone=[np.nan, np.nan])
    id_column = Column("n", "id", "ignored", note="it tells the rows apart")
    table = replace(table, schema=Schema((id_column, *table.schema.columns)))
    reasons = r"(?s)besides target.*'n': it tells.*'same': constant.*'gone': every value"
    with pytest.raises(ValueError, match=reasons):
        TableEncoder.fit(table)


def test_without_imputation_missing_values_are_refused_all_at_once():
    table = table_of(a=[1.0, np.nan], b=["x", None], c=[1.0, 2.0])
    message = "'a' has 1 missing values, column 'b' has 1 missing values: .*missing='impute'"
    with pytest.raises(ValueError, match=message):
        TableEncoder.fit(table, missing="none")
    known = table_of(a=[1.0, 2.0], b=["x", "y"], c=[1.0, 2.0])
    encoder = TableEncoder.fit(known, missing="none")
    assert encoder.unanswerable(table).tolist() == [False, True]
    assert TableEncoder.fit(known).unanswerable(table).tolist() == [False, False]
    with pytest.raises(ValueError, match="missing must be one of impute, none; got 'drop'"):
        TableEncoder.fit(known, missing="drop")


def test_infinite_numbers_are_refused_in_training_and_not_answered_later():
    table = table_of(a=[1.0, np.inf], b=[1.0, 2.0])
    with pytest.raises(ValueError, match="column 'a' has 1 infinite numbers"):
        TableEncoder.fit(table)
    encoder = TableEncoder.fit(table_of(a=[1.0, 2.0], b=[1.0, 2.0]))
    assert encoder.unanswerable(table).tolist() == [False, True]


def test_rows_that_could_not_be_read_are_not_answered():
    table = table_of(a=[1.0, 2.0, 3.0])
    encoder = TableEncoder.fit(table)
    other = Table(table.schema, table.values, np.array([False, True, False]))
    assert encoder.unanswerable(other).tolist() == [False, True, False]


def test_it_is_plain_json():
    table = table_of(n=[1.0, np.nan, 3.0, 3.0], c=["x", "y", None, "x"], same=[1.0] * 4)
    encoder = TableEncoder.fit(table, np.array([0, 1, 0, 1]))
    again = TableEncoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    assert again == encoder
    np.testing.assert_array_equal(again.transform(table), encoder.transform(table))
