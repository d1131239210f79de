import bz2
import gzip
import io
import lzma
import sys
import zipfile

import numpy as np
import pytest

from rewire.tables import Schema, parse, read_raw, understand
from rewire.tables.reading import is_table_file
from rewire.tables.text_files import read_text

CONTENT = "name,value\nå,1\nb,2\n"


def cells(raw):
    return {name: column.cells().tolist() for name, column in raw.columns.items()}


def read(text, **options):
    return read_text(text.encode(), name="table.csv", **options)


@pytest.mark.parametrize(
    ("ending", "pack"),
    [("", bytes), (".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)],
)
def test_files_are_decompressed(tmp_path, ending, pack):
    path = tmp_path / f"t.csv{ending}"
    path.write_bytes(pack(CONTENT.encode()))
    assert cells(read_raw(path)) == {"name": ["å", "b"], "value": ["1", "2"]}
    assert is_table_file(path)


def test_an_archive_of_one_file_is_read_and_a_damaged_one_refused(tmp_path):
    path = tmp_path / "t.csv.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("t.csv", CONTENT)
    assert cells(read_raw(path))["value"] == ["1", "2"]
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("u.csv", CONTENT)
    with pytest.raises(ValueError, match="must hold one file; got 2"):
        read_raw(path)
    path.write_bytes(b"PK")
    with pytest.raises(ValueError, match="damaged"):
        read_raw(path)


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CONTENT.encode())))
    assert cells(read_raw("-"))["value"] == ["1", "2"]


def test_other_files_are_refused(tmp_path):
    with pytest.raises(ValueError, match="must end in"):
        read_raw(tmp_path / "t.docx")
    with pytest.raises(FileNotFoundError, match="existing file"):
        read_raw(tmp_path / "t.csv")
    with pytest.raises(TypeError, match="got int"):
        read_raw(3)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_found(encoding):
    raw = read_text(CONTENT.encode(encoding), name="t.csv")
    assert cells(raw)["name"] == ["å", "b"]
    assert bool(raw.notes) == (encoding == "cp1252")


def test_an_encoding_that_is_given_is_taken_or_refused():
    assert cells(read_text("a\nж\n".encode("cp1251"), name="t", encoding="cp1251"))["a"] == ["ж"]
    with pytest.raises(ValueError, match="encoding must be the file's; got 'utf-8'"):
        read_text("a\nж\n".encode("cp1251"), name="t", encoding="utf-8")
    with pytest.raises(ValueError, match="encoding must be"):
        read("a\n1\n", encoding="nonsense")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_found_beside_others_in_texts(separator):
    other = "," if separator != "," else ";"
    text = "\n".join([f"a{separator}b", *(f'"x{other}y"{separator}{i}' for i in range(5))])
    raw = read(text)
    assert raw.separator == separator
    assert cells(raw)["b"] == list("01234")


def test_decimal_commas_do_not_separate():
    assert read("a;b\n1,5;2,5\n3,5;4,5\n").separator == ";"


def test_excel_may_name_the_separator():
    assert cells(read("sep=;\na;b\n1;2\n")) == {"a": ["1"], "b": ["2"]}


def test_line_breaks_quotes_and_blank_lines():
    raw = read('a,b\r\n\r\n"x\ny","say ""hi"""\r\n\r\nz,\r\n')
    assert cells(raw) == {"a": ["x\ny", "z"], "b": ['say "hi"', ""]}


def test_comments():
    assert list(read("# made by hand\n#\na,b\n1,2\n").columns) == ["a", "b"]
    assert list(read("#a,b\n1,2\n").columns) == ["#a", "b"]
    assert cells(read("a,b\n% no\n1,2\n", comment="%"))["a"] == ["1"]


def test_names_are_stripped_and_made_different():
    raw = read(" x ,x,x (2),,y\n1,2,3,4,5\n")
    assert list(raw.columns) == ["x", "x (3)", "x (2)", "column_4", "y"]
    assert "second 'x'" in raw.notes[0]


def test_many_names_alike_are_told_in_one_note():
    raw = read(f"{','.join('x' * 30)}\n{','.join('1' * 30)}\n")
    assert raw.notes == (
        "columns named alike: the second 'x' is called 'x (2)', the third 'x' is called 'x (3)', "
        "the 4th 'x' is called 'x (4)', and 26 more",
    )


def test_names_in_single_quotes_lose_them_where_all_have_them():
    assert list(read("'age' 'vote'\n1 2\n").columns) == ["age", "vote"]
    assert list(read("'age',vote'\n1,2\n").columns) == ["'age'", "vote'"]


def test_values_in_place_of_names_are_told():
    (note,) = read("5.1,5.1,setosa\n4.9,3.0,setosa\n").notes[:1]
    assert note.startswith("columns named alike")
    note = read("5.1,5.1,setosa\n4.9,3.0,setosa\n").notes[-1]
    assert "the first line, 5.1, 5.1, setosa, is taken as names" in note
    assert not read("country,1960,1961,1962\na,1,2,3\n").notes


def test_lines_that_are_all_of_another_length_are_told_in_short():
    said = r"3 in '1,2,3' \(line 2\), 3 in '1,2,3' \(line 3\), and 97 more lines"
    with pytest.raises(ValueError, match=said):
        read("a\n" + "1,2,3\n" * 99)


def test_lines_of_another_length_are_listed():
    with pytest.raises(
        ValueError, match=r"must have 2 values.*3 in '1,2,3' \(line 2\), 1 in '7' \(line 4\)"
    ):
        read("a,b\n1,2,3\n4,5\n7\n")


def test_lines_that_all_have_one_value_more():
    raw = read("a,b\n1,2,\n3,4,\n")
    assert (list(raw.columns), raw.notes) == (["a", "b", "column_3"], raw.notes)
    assert "ends with a separator" in raw.notes[0]
    assert list(read("a,b\nr1,1,2\nr2,3,4\n").columns) == ["row", "a", "b"]


@pytest.mark.parametrize("text", ["", "\n\n", "a,b\n", "a,b\n\n"])
def test_a_table_without_rows_is_refused(text):
    with pytest.raises(ValueError, match="must have"):
        read(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("5.1,3.5\n4.9,3.0\n", True),
        ("m,34,yes,Rome\nf,31,no,Rome\nm,29,yes,Oslo\n", True),
        ("2024-01-05,7.5\n2024-01-06,7.25\n", True),
        ("setosa,5.1\n" * 2, True),
        ("sex,34\nf,x\nm,y\n", False),
        ("0,1\n4.9,3.0\n", False),
        ("year,1990,2000,2010\n1,5,6,7\n", False),
        ("x,y\n5,7\n", False),
        ("r1,a,b\nr1,1,2,\n", False),
    ],
)
def test_a_first_line_of_values_is_said(text, said):
    notes = read(text).notes
    assert any("is taken as names, though" in note for note in notes) == said


def test_a_first_line_of_values_comes_with_what_to_do():
    (note,) = read("5.1,3.5\n4.9,3.0\n").notes
    assert note.endswith("if it holds values, say so (header=False)")
    assert note.for_options({"header": "--header"}).endswith("say so (--no-header)")


def test_blanks_before_quoted_values_do_not_matter():
    assert cells(read('a,b\n1, "x, y"\n2, "z"\n'))["b"] == ["x, y", "z"]


def test_a_table_without_names():
    raw = read("1,2\n3,4\n", header=False)
    assert cells(raw) == {"column_1": ["1", "3"], "column_2": ["2", "4"]}
    assert (raw.header, raw.notes) == (False, ())
    schema = understand(raw, target=-1, task="regression")
    assert schema.targets[0].name == "column_2"
    assert Schema.from_dict(schema.to_dict()) == schema
    assert not schema.header


def test_a_workbook_without_names(tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("openpyxl")
    pandas.DataFrame([[1, "a"], [2, "b"]]).to_excel(tmp_path / "t.xlsx", header=False, index=False)
    raw = read_raw(tmp_path / "t.xlsx", header=False)
    assert cells(raw) == {"column_1": [1, 2], "column_2": ["a", "b"]}
    assert not raw.header


def test_long_lines_and_wide_tables():
    long = "x" * 200_000
    assert cells(read(f'a,b\n"{long}",1\n'))["a"] == [long]
    wide = ",".join(f"c{i}" for i in range(20_000)) + "\n" + ",".join(["1.5"] * 20_000) * 1
    raw = read(wide + "\n" + wide.partition("\n")[2])
    assert len(raw.columns) == 20_000


def test_values_stay_exactly_as_they_are_written():
    assert cells(read("a,b\n007,1e5\n NA ,\n")) == {"a": ["007", " NA "], "b": ["1e5", ""]}


# ------------------------------------------------------------------------------ sources with types

pandas = pytest.importorskip("pandas")


def read_back(frame, tmp_path, ending):
    path = tmp_path / f"t{ending}"
    {".parquet": frame.to_parquet, ".feather": frame.to_feather}[ending](path)
    return read_raw(path)


def typed_frame():
    from decimal import Decimal

    return pandas.DataFrame(
        {
            "whole": pandas.array([1, None, 3], dtype="Int64"),
            "real": [0.5, np.nan, 1.5],
            "truth": pandas.array([True, None, False], dtype="boolean"),
            "decimal": [Decimal("1.10"), None, Decimal("3.30")],
            "when": pandas.to_datetime(["1970-01-02", None, "1970-01-03"]),
            "word": ["x", None, "y"],
            "level": pandas.Categorical(["u", None, "v"]),
            "took": pandas.to_timedelta(["1s", None, "1m"]),
            "nothing": [None, None, None],
            "list": [[1.0], [2.0], [3.0]],
        }
    )


EXPECTED = {
    "whole": ("number", [1, np.nan, 3]),
    "real": ("number", [0.5, np.nan, 1.5]),
    "truth": ("boolean", [1, np.nan, 0]),
    "decimal": ("number", [1.1, np.nan, 3.3]),
    "when": ("date", [86400, np.nan, 172800]),
    "word": ("category", ["x", None, "y"]),
    "level": ("category", ["u", None, "v"]),
    "took": ("number", [1, np.nan, 60]),
}


@pytest.mark.parametrize("source", ["frame", ".parquet", ".feather", "arrow", "polars"])
def test_types_are_taken_for_what_they_are(tmp_path, source):
    frame = typed_frame()
    if source == "frame":
        raw = read_raw(frame)
    elif source == "arrow":
        raw = read_raw(pytest.importorskip("pyarrow").Table.from_pandas(frame))
    elif source == "polars":
        polars = pytest.importorskip("polars")
        raw = read_raw(polars.from_arrow(pytest.importorskip("pyarrow").Table.from_pandas(frame)))
    else:
        raw = read_back(frame, tmp_path, source)
    schema = understand(raw)
    values = parse(raw, schema).values
    for name, (kind, expected) in EXPECTED.items():
        assert schema[name].kind == kind, name
        np.testing.assert_array_equal(values[name], np.array(expected, values[name].dtype))
    for name in ("nothing", "list"):
        assert (schema[name].kind, schema[name].role) == ("unknown", "ignored")
    assert "list" in schema["list"].note
    with pytest.raises(ValueError, match="target 'list' cannot be predicted: lists"):
        understand(raw, target="list")


def test_objects_are_taken_for_what_they_all_are():
    import datetime

    raw = read_raw(
        {
            "day": [datetime.date(1970, 1, 2), None],
            "mixed": [1, "x"],
            "truth": np.array([True, None], object),
            "ever": np.array([datetime.date.max, datetime.date.min], object),
            "zoned": np.array([datetime.datetime(9999, 1, 1, tzinfo=datetime.UTC), None], object),
        }
    )
    assert raw.columns["ever"].values.tolist() == [253402214400, -62135596800]
    np.testing.assert_array_equal(raw.columns["zoned"].values, [253370764800, np.nan])
    values = parse(raw, understand(raw)).values
    assert values["day"][0] == 86400
    assert values["mixed"].tolist() == ["1", "x"]
    assert values["truth"][0] == 1


def test_structured_arrays_and_time_zones():
    array = np.array([(1, 2.5), (3, 4.5)], [("a", int), ("b", float)])
    assert cells(read_raw(array)) == {"a": [1, 3], "b": [2.5, 4.5]}
    when = pandas.Series(pandas.to_datetime(["1970-01-01 01:00"])).dt.tz_localize("Europe/Paris")
    assert cells(read_raw({"when": when}))["when"] == [0]


def test_days_and_decimals_of_arrow_are_dates_and_numbers(tmp_path):
    import datetime
    from decimal import Decimal

    pyarrow = pytest.importorskip("pyarrow")
    days = [datetime.date(1970, 1, 2), None, datetime.date(1600, 2, 29), datetime.date.max]
    table = pyarrow.table(
        {
            "day": days,
            "day64": pyarrow.array(days, pyarrow.date64()),
            "when": pyarrow.array(days).cast(pyarrow.timestamp("us", "UTC")),
            "price": [Decimal("1.50"), None, Decimal("2.25"), Decimal(3)],
        }
    )
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    raw = read_raw(tmp_path / "t.parquet")
    assert [one.kind for one in raw.columns.values()] == ["date"] * 3 + ["number"]
    for name in ("day", "day64", "when"):
        seconds = raw.columns[name].values
        np.testing.assert_array_equal(seconds, [86400, np.nan, -11670998400, 253402214400])
    np.testing.assert_array_equal(raw.columns["price"].values, [1.5, np.nan, 2.25, 3])


def test_workbooks(tmp_path):
    pytest.importorskip("openpyxl")
    with pandas.ExcelWriter(tmp_path / "t.xlsx") as book:
        pandas.DataFrame({"a": [1.5, None], "b": ["NA", "x"]}).to_excel(book, index=False)
        pandas.DataFrame({"c": [1, 2]}).to_excel(book, index=False, sheet_name="second")
    raw = read_raw(tmp_path / "t.xlsx")
    schema = understand(raw)
    assert (schema["a"].kind, schema["a"].missing, schema["b"].missing) == ("number", 1, 1)
    assert list(read_raw(tmp_path / "t.xlsx", sheet="second").columns) == ["c"]


def test_times_of_a_day_are_seconds_since_midnight():
    import datetime

    raw = read_raw({"t": [datetime.time(1, 0, 5), None]})
    np.testing.assert_array_equal(raw.columns["t"].values, [3605, np.nan])
    assert raw.columns["t"].kind == "date"
