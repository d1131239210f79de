from rewire.tables import Column, DateFormat, Schema
from rewire.tables.showing import as_html, as_text, column_rows

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


def test_as_text_and_as_html():
    text = as_text(SCHEMA)
    assert str(SCHEMA) == text
    assert text.splitlines()[0].split() == ["column", "kind", "missing", "what", "was", "found"]
    assert text.endswith("read as cp1252")
    assert as_html(SCHEMA).count("<tr>") == 6
    assert "&lt;x&gt;" in SCHEMA._repr_html_()
