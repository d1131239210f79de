from rewire.tables import Column, DateFormat, Schema
from rewire.tables.showing import as_html, as_text, column_rows, grouped

MISSING = "taken as missing"
SCHEMA = Schema(
    (
        Column("b", "number", rows=57, missing=1, odd=(("?", 1, MISSING),)),
        Column("when", "date", date=DateFormat("%d/%m/%Y"), rows=57),
        Column("<x>", "category", rows=57, different=3),
        Column("who", "text", "ignored", rows=57, note="57 different texts"),
        Column("y", "boolean", "target", rows=57),
    ),
    ("read as cp1252",),
)


def test_each_column_is_told_in_a_row():
    assert column_rows(SCHEMA, {"b": 2, "<x>": 3, "when": 1}) == [
        ("b", "number", "1", "2", "56 numbers; '?' (1 row) taken as missing"),
        ("when", "date", "", "1", "written DD/MM/YYYY"),
        ("<x>", "category", "", "3", "3 different"),
        ("who", "text, left out", "", "", "57 different texts"),
        ("y", "target, truth value", "", "", ""),
    ]


def test_odd_texts_are_told_in_short():
    odd = tuple((f"word {i}" * 9, 2, "cannot be read, taken as missing") for i in range(5))
    (row,) = column_rows(Schema((Column("b", "number", rows=100, odd=odd),)))
    assert row[-1].startswith("90 numbers; 'word 0word 0word 0wor...' (2 rows) cannot be read")
    assert row[-1].endswith("2 more such texts")


def test_columns_alike_share_a_row_where_there_are_many():
    columns = [Column(f"g{i}", "number", rows=9, missing=i % 3) for i in range(5000)]
    columns[7] = Column("odd", "number", rows=9, missing=1, odd=(("?", 1, MISSING),))
    schema = Schema((*columns, Column("y", "category", "target", rows=9, different=2)))
    rows = column_rows(schema, dict.fromkeys((one.name for one in schema.columns), 2))
    assert grouped(rows) == [
        ("g0 … g4998 (1,667)", "number", "", "3,334", ""),
        ("g1 … g4999 (3,332)", "number", "1 to 2", "6,664", ""),
        ("odd", "number", "1", "2", "8 numbers; '?' (1 row) taken as missing"),
        ("y", "target, classes", "", "", "2 different"),
    ]
    assert grouped(rows, most=len(rows)) == rows
    assert len(as_text(schema).splitlines()) == 5
    different = [(f"c{i}", "category", "", "1", "x" * i) for i in range(100)]
    assert grouped(different, 20)[20:] == [("and 80 more", "", "", "", "")]


def test_as_text_and_as_html():
    text = as_text(SCHEMA)
    assert str(SCHEMA) == text
    assert text.splitlines()[0].split() == ["column", "kind", "missing", "what", "was", "found"]
    assert text.endswith("read as cp1252")
    assert as_html(SCHEMA).count("<tr>") == 6
    assert "&lt;x&gt;" in SCHEMA._repr_html_()
