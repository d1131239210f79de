import gzip
import io
import json
import sys

import numpy as np
import pytest

from rewire.tables import read_raw, understand
from rewire.tables.json_tables import is_json, read_json
from rewire.tables.reading import is_table_file

RECORDS = [
    {"area": 70, "garden": True, "town": "Bonn"},
    {"area": None, "garden": False, "sold": "2024-03-01"},
    {"town": "Ulm", "area": 1e300},
]
CELLS = {
    "area": [70.0, None, 1e300],
    "garden": [1.0, 0.0, None],
    "town": ["Bonn", None, "Ulm"],
    "sold": [None, "2024-03-01", None],
}


def cells(raw):
    found = {name: column.cells().tolist() for name, column in raw.columns.items()}
    return {k: [None if one != one else one for one in v] for k, v in found.items()}


def read(text):
    return read_json(text if isinstance(text, bytes) else text.encode(), name="t.json")


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(RECORDS),
        "\n".join(map(json.dumps, RECORDS)) + "\n\n",
        json.dumps(CELLS),
        json.dumps({name: dict(enumerate(values)) for name, values in CELLS.items()}),
        json.dumps({"columns": list(CELLS), "data": list(zip(*CELLS.values(), strict=True))}),
        json.dumps({"schema": {}, "data": RECORDS}),
        "\ufeff" + json.dumps(RECORDS),
        json.dumps(RECORDS).encode("utf-16"),
    ],
    ids=["records", "lines", "columns", "by row", "split", "table", "mark", "utf-16"],
)
def test_every_form_is_the_same_table(content):
    assert cells(read(content)) == CELLS


def test_values_are_what_json_says_and_texts_are_understood_as_everywhere():
    raw = read(
        '[{"n": 1, "code": "01", "day": "04.03.2020", "mixed": 1}, {"n": NaN, "code": "0A", '
        '"day": "25.03.2020", "mixed": "a"}, {"n": 2.5, "code": "02", "day": null, "mixed": 2.0}]'
    )
    kinds = {one.name: one.kind for one in understand(raw).columns}
    assert kinds == {"n": "number", "code": "category", "day": "date", "mixed": "category"}
    assert cells(raw)["mixed"] == ["1", "a", "2"]


def test_nested_values_are_told_by_column_and_make_no_input():
    raw = read('[{"a": [1, 2], "b": 1, "c": {"x": 1}}, {"a": [], "b": 2, "c": null}]')
    schema = understand(raw)
    left_out = {one.name: one.note for one in schema.columns if one.role == "ignored"}
    assert left_out == {"a": "lists of int", "c": "records"}
    with pytest.raises(ValueError, match="target 'c' cannot be predicted: records"):
        understand(raw, target="c")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2]", "got a list of int"),
        ("[]", "got an empty list"),
        ("{}", "got an empty object"),
        ('{"type": "FeatureCollection", "features": [{}]}', "object of 'type', 'features'"),
        ('{"a": [1], "b": [1, 2]}', "same number of values; got 1 in 'a', 2 in 'b'"),
        ('{"a": []}', "at least one row"),
        ('[{"a": 1},', "it is no JSON"),
        ("[" * 100_000, "it is no JSON"),
        (b'[{"a": "\xff"}]', "JSON must be UTF-8"),
    ],
)
def test_what_is_no_table_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        read(text)


def test_files_and_standard_input(tmp_path, monkeypatch):
    content = json.dumps(RECORDS).encode()
    path = tmp_path / "t.v1.csv.JSON.gz"
    path.write_bytes(gzip.compress(content))
    assert is_table_file(path)
    assert cells(read_raw(path)) == CELLS
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert cells(read_raw("-")) == CELLS
    assert not is_json(b"[a],b\n1,2\n")


def test_whole_numbers_beyond_those_of_floats_are_near():
    raw = read('[{"n": 12345678901234567890}, {"n": null}]')
    np.testing.assert_allclose(cells(raw)["n"][0], 12345678901234567890)


def test_half_a_character_is_refused_wherever_it_comes_from():
    with pytest.raises(ValueError, match=r"it must hold whole characters; got '\\ud800', half"):
        read_json(rb'[{"a": "\ud800"}]', name="it")
    pair = read_json(rb'[{"a": "\ud83d\ude00"}]', name="it")
    assert pair.columns["a"].cells() == ["\U0001f600"]
    with pytest.raises(ValueError, match=r"^column 'a' cannot be read: .*surrogates"):
        understand(read_raw({"a": ["x\ud800", "y"]}))
