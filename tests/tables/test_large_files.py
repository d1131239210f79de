"""Files so large that their columns of decimals are read as numbers, block after block."""

import tracemalloc

import numpy as np
import pyarrow
import pytest

from rewire.tables import csv_columns, parse, understand
from rewire.tables.raw import TypedColumn
from rewire.tables.text_files import read_text

random = np.random.default_rng(0)
FRACTIONS = [f"{one:.6f}" for one in random.normal(size=60)]


def content_of(columns, sep=","):
    lines = [sep.join(columns), *map(sep.join, zip(*columns.values(), strict=True))]
    return "\n".join(lines).encode() + b"\n"


def read(columns, **options):
    return read_text(content_of(columns), name="table.csv", **options)


@pytest.fixture
def all_are_large(monkeypatch):
    monkeypatch.setattr(csv_columns, "LARGE", 0)
    monkeypatch.setattr(csv_columns, "BLOCK", 100)  # so that a file has many blocks
    monkeypatch.setattr(csv_columns, "OF_COLUMN", 100)


def late(other, places=(40,)):
    return [other if i in places else one for i, one in enumerate(FRACTIONS)]


COLUMNS = {
    "fractions": FRACTIONS,
    "gaps": late("", (0, 1, 41)),
    "a question mark late": late("?"),
    "words late": late("none"),
    "nan late": late("nan"),
    "infinite late": late("inf"),
    "with exponents": [f"{float(one):.3e}" for one in FRACTIONS],
    "wholes": [str(i * i) for i in range(60)],
    "codes": [f"0{i:02}" for i in range(60)],
    "thousandths": [f"1.{i:03}" for i in range(60)],
    "few decimals": [f"{i}.5" for i in range(60)],
    "days": [f"202401{1 + i % 28:02}" for i in range(60)],
    "words": ["yes", "no", "no"] * 20,
    "quoted": [f'"{one}"' for one in FRACTIONS],
    "prices": [f"${one}" for one in FRACTIONS],
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_has_the_values_that_it_has_in_a_small_file(name, request):
    columns = {"x": COLUMNS[name], "y": FRACTIONS}
    schema = understand(small := read(columns))
    request.getfixturevalue("all_are_large")
    large = read(columns)
    assert isinstance(large.columns["y"], TypedColumn)
    found = understand(large)
    for one in schema.columns:
        assert (found[one.name].kind, found[one.name].role) == (one.kind, one.role)
        assert found[one.name].missing == one.missing
        assert found[one.name].different == one.different
    expected, values = parse(small, schema), parse(large, found)
    for key, column in expected.values.items():
        np.testing.assert_array_equal(values.values[key], column)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_column_that_surprises_leaves_the_others_numbers(threads, all_are_large):
    before = pyarrow.cpu_count()
    pyarrow.set_cpu_count(threads)
    try:
        raw = read({"x": late("?"), "y": FRACTIONS})
    finally:
        pyarrow.set_cpu_count(before)
    kinds = {name: type(one).__name__ for name, one in raw.columns.items()}
    assert kinds == {"x": "TextColumn", "y": "TypedColumn"}


def test_columns_that_surprise_one_after_the_other_end_as_texts(all_are_large):
    columns = {f"x{i}": late("?", (20 + i,)) for i in range(csv_columns.MOST_SURPRISES + 1)}
    raw = read(columns)
    assert {type(one).__name__ for one in raw.columns.values()} == {"TextColumn"}
    assert [one.cells().tolist() for one in raw.columns.values()] == list(columns.values())


def test_lines_of_another_length_are_named(all_are_large):
    with pytest.raises(ValueError, match=r"every line must have 2 values.*3 in '1,2,3'"):
        read_text(content_of({"a": FRACTIONS, "b": FRACTIONS}) + b"1,2,3\n", name="table.csv")


def test_decimals_settle_columns_that_could_be_read_in_two_ways(all_are_large):
    columns = {"open": ["1,234"] * 30 + ["2,345"] * 30, "x": FRACTIONS}
    schema = understand(read_text(content_of(columns, ";"), name="table.csv"))
    assert schema["open"].number.thousands == ","
    assert "'x' has decimal points" in schema["open"].note


def test_a_wide_file_takes_a_few_times_the_memory_of_its_numbers():
    numbers = random.normal(size=(2000, 1000))
    lines = "\n".join(",".join(map("{:.7f}".format, row)) for row in numbers.tolist())
    content = (",".join(f"x{i}" for i in range(1000)) + "\n" + lines).encode()
    assert len(content) > csv_columns.LARGE
    usual = pyarrow.default_memory_pool()
    pool = pyarrow.proxy_memory_pool(usual)
    pyarrow.set_memory_pool(pool)
    tracemalloc.start()
    try:
        raw = read_text(content, name="wide.csv")
        peak = tracemalloc.get_traced_memory()[1] + pool.max_memory()
    finally:
        tracemalloc.stop()
        pyarrow.set_memory_pool(usual)
    np.testing.assert_allclose(raw.columns["x999"].values, numbers[:, -1], atol=1e-7)
    assert peak + len(content) < 3.5 * numbers.nbytes
