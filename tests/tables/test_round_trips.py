"""Whatever a table holds: it is read or refused in words, and read again by what was learnt."""

import csv
import io
import json

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from rewire.tables import Schema, parse, understand
from rewire.tables.text_files import read_text

CELL = st.one_of(
    st.text("abc019.,-/:% $'\"\n;é", max_size=8),
    st.floats(-1e6, 1e6).map(repr),
    st.integers(-(10**7), 10**7).map("{:,}".format),
    st.dates().map("{:%d/%m/%Y}".format),
    st.sampled_from(["NA", "?", "yes", "no", "<1.0", "5 kg", "01", "TRUE", "(3)"]),
)
ALIKE = CELL.flatmap(lambda one: st.lists(st.just(one) | CELL, min_size=5, max_size=5))


@settings(max_examples=150, deadline=None)
@given(st.lists(ALIKE, min_size=1, max_size=3), st.sampled_from(",;\t|"))
def test_any_table_is_read_or_refused_and_read_the_same_by_the_schema_as_json(columns, separator):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(["first", *(f"c{i}" for i in range(len(columns)))])
    writer.writerows(zip("vwxyz", *columns, strict=True))
    raw = read_text(text.getvalue().encode(), name="t.csv", sep=separator)
    for i, column in enumerate(columns):
        assert raw.columns[f"c{i}"].cells().tolist() == column
    try:
        schema = understand(raw)
    except ValueError as error:
        event(str(error)[:20])
        return
    table = parse(raw, schema)
    assert not table.unanswerable.any()
    again = parse(raw, Schema.from_dict(json.loads(json.dumps(schema.to_dict()))))
    for name, values in table.values.items():
        same = np.array([a == b or a != a for a, b in zip(values, again.values[name], strict=True)])
        assert same.all()
        if values.dtype != object:
            assert not np.isinf(values).any()


@pytest.mark.parametrize("rows", [1, 2, 19, 20, 21])
def test_tables_of_few_rows_are_understood(rows):
    text = "x,y\n" + "".join(f"{i}.5,w{i % 2}\n" for i in range(rows))
    schema = understand(read_text(text.encode(), name="t.csv"), target="y")
    assert schema["x"].kind == ("constant" if rows == 1 else "number")
    assert schema["y"].kind == "category"
