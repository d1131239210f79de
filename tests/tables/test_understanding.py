import json
import math

import numpy as np
import pytest

from rewire.tables import Schema, TableEncoder, parse, read_raw, understand
from rewire.tables.text_files import read_text


def table(content, **options):
    return understand(read_text(content.encode(), name="table.csv"), **options)


def column(*values, separator=",", **options):
    """Return what a column of a CSV file is, beside another without any doubt."""
    quoted = [f'"{value}"' for value in values]
    content = "\n".join([f"a{separator}b", *(f"{one}{separator}word" for one in quoted)])
    return table(content, **options)["a"]


def kind(*values, **options):
    return column(*values, **options).kind


def distinct(n, form="{}"):
    return [form.format(i) for i in range(n)]


# ------------------------------------------------------------------------------------------ kinds


@pytest.mark.parametrize(
    "odd", ["?", "N/A", "NA", "-", "null", "none", "missing", "unknown", "#N/A"]
)
def test_a_placeholder_among_numbers_is_missing_and_said(odd):
    found = column(*distinct(56, "{}.5"), odd)
    assert (found.kind, found.missing) == ("number", 1)
    assert found.odd == ((odd, 1, "taken as missing"),)


@pytest.mark.parametrize(
    "text", ["37%", "$1,200", "(3.50)", "−4", "7\u00a0", "1,200", "5-", "8 kg"]
)
def test_one_number_written_otherwise_leaves_a_column_of_numbers(text):
    found = column(*distinct(30, "{}.5"), text)
    assert (found.kind, found.missing, found.odd) == ("number", 0, ())


def test_a_few_words_among_numbers_are_said_and_many_make_categories():
    found = column(*distinct(19, "{}.5"), "abc")
    assert (found.kind, found.odd) == ("number", (("abc", 1, "cannot be read, taken as missing"),))
    found = column(*["1"] * 15, *["abc"] * 5)
    assert found.kind == "category"
    assert "75% of its values are numbers" in found.note


def test_categories():
    assert kind(*["red", "blue"] * 20) == "category"
    assert kind("1", "2", "3") == "number"
    assert kind(*["01", "02", "0A"] * 9) == "category"
    assert kind(*["01234", "12345"] * 9) == "category"
    assert kind(*distinct(200, "1{}"), "08") == "number"  # a slip
    assert kind(*["12", "13", "14B"] * 9) == "category"
    assert kind(*["5 kg", "3 g"] * 9) == "category"
    assert column(*["5 kg", "3 g"] * 9).note == "numbers with different units (kg, g)"


def test_truth_values():
    assert column("yes", "no", "NA", "Yes").words == (("no",), ("yes",))
    assert kind("true", "FALSE") == "boolean"
    assert kind("y", "n", "?") == "boolean"
    assert kind("0", "1") == "number"
    assert kind("yes", "no", "maybe") == "category"


def test_columns_that_tell_nothing_are_left_out_with_the_way_back():
    for values, expected in [
        (["x"] * 5, "constant"),
        (["3"] * 5, "constant"),
        (["", "NA"], "unknown"),
        (distinct(30), "id"),
        (distinct(30, "A-{}"), "id"),
        (distinct(30, "Mr. {} Smith"), "text"),
    ]:
        found = column(*values)
        assert (found.kind, found.role) == (expected, "ignored")
        assert found.note
    assert column(*distinct(30), numeric="a").role == "input"
    assert column(*distinct(30, "A-{}"), categorical="a").role == "input"
    assert column(*distinct(30, "Mr. {} Smith"), text="a").role == "input"


def test_numbers_that_are_all_different_are_identifiers_only_if_called_so():
    values = [str(i * i) for i in range(30)]
    rows = "\n".join(f"{one},{one},word" for one in values)
    schema = table(f"size,car_id,b\n{rows}")
    assert [one.kind for one in schema.columns] == ["number", "id", "constant"]
    years = "\n".join(map(str, range(1950, 1990)))
    assert table(f"year\n{years}")["year"].role == "input"


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        (["F", "M", "NA", "?"], 2),
        (["EU", "AS", "NA", "AF"], 0),  # North America
        (["+", "-"], 0),
        (["none", "some", "unknown"], 0),
    ],
)
def test_words_for_missing_values_may_be_categories(values, missing):
    assert column(*values).missing == missing


def test_other_texts_for_missing_values_can_be_named():
    found = column("1", "2", "-999", "3", na=["-999"])
    assert (found.missing, found.na) == (1, ("-999",))


def test_dates():
    found = column("04/03/2020", "25/03/2020", "?")
    assert (found.kind, found.date.pattern, found.missing) == ("date", "%d/%m/%Y", 1)
    assert kind("1970", "1971") == "number"
    assert kind("1700000000", "1700000100") == "number"


def test_censored_values_are_missing_or_their_limit():
    found = column("<1.0", "3", "2")
    assert found.odd == (("<1.0", 1, "taken as missing"),)
    assert found.number.censored == "missing"
    found = column("<1.0", "3", "2", censored="limit")
    assert found.odd == (("<1.0", 1, "taken as its limit"),)


LIMITS = {
    "lead": ["<1.0", "3", " ≤ 2", ">=9", "4.5", ""],
    "lead is below the limit": ["a", "b", "a", "b", "a", "b"],
    "zinc": ["1", "2", "<3", "4", "5", "6"],
}


def test_a_column_of_limits_tells_which_numbers_they_are():
    raw = read_raw(LIMITS)
    assert not any(one.of for one in understand(raw).columns)
    assert not any(one.of for one in understand(raw, target="lead", censored="limit").inputs[:1])
    schema = understand(raw, target="zinc", censored="limit")
    made = {one.name: (one.kind, one.of) for one in schema.columns if one.of}
    assert made == {
        "lead is below the limit'": ("boolean", "lead"),
        "lead is above the limit": ("boolean", "lead"),
    }
    values = parse(raw, schema).values
    assert values["lead"][:5].tolist() == [1, 3, 2, 9, 4.5]
    assert values["lead is below the limit'"].tolist() == [1, 0, 1, 0, 0, 0]
    assert values["lead is above the limit"].tolist() == [0, 0, 0, 1, 0, 0]
    assert understand(raw, columns=schema.to_dict()) == schema
    assert Schema.from_dict(json.loads(json.dumps(schema.to_dict()))) == schema
    numbers = {**LIMITS, "lead": [1.0, 2, 3, 4, 5, 6]}
    assert parse(read_raw(numbers), schema).values["lead is above the limit"].tolist() == [0] * 6


def test_rare_limits_make_no_input():
    def inputs(limits):
        raw = read_raw({"a": [f"<{i}.5" if i < limits else f"{i}.5" for i in range(100)]})
        return TableEncoder.fit(parse(raw, understand(raw, censored="limit"))).feature_names

    assert inputs(5) == ("a", "a is below the limit")
    assert inputs(4) == ("a",)


# --------------------------------------------------------------------------- what can be two things


def test_thousands_are_told_by_the_rest_of_the_table():
    text = "a\tb\n1,234\t{}\n5,678\t2\n"
    assert table(text.format("1.5"))["a"].number.decimal == "."
    assert table(text.format('"1,5"'))["a"].number.decimal == ","
    assert "'b' has decimal points" in table(text.format("1.5"))["a"].note


def test_in_a_file_with_commas_a_comma_in_a_number_separates_thousands():
    found = column("1,234", "5,678")
    assert (found.number.thousands, found.kind) == (",", "number")
    assert "commas separate" in found.note


@pytest.mark.parametrize("separator", [";", "\t"])
def test_what_nothing_tells_is_asked(separator):
    with pytest.raises(ValueError, match=r"'1,234' is 1234 .* or 1\.234 .*decimal='\.'"):
        column("1,234", "5,678", separator=separator)
    assert column("1,234", "5,678", separator=separator, decimal=",").number.decimal == ","
    assert column("1,234", "5,678", separator=separator, thousands=",").number.thousands == ","


def test_points_are_decimal_where_commas_separate_values_and_asked_among_semicolons():
    assert column("1.234", "5.678").number.thousands == ""
    with pytest.raises(ValueError, match=r"'1\.234' is 1\.234 .* or 1234"):
        column("1.234", "5.678", separator=";")


def test_days_and_months_are_told_by_another_column_or_asked():
    with pytest.raises(ValueError, match=r"date='a=DD/MM/YYYY', or give date='a=MM/DD/YYYY'"):
        column("01/02/2020", "03/04/2020")
    schema = table("a,b\n01/02/2020,25/12/2020\n03/04/2020,1/1/2021")
    assert schema["a"].date.pattern == "%d/%m/%Y"
    assert "in 'b' the day comes first" in schema["a"].note
    found = column("01/02/2020", "03/04/2020", date=["a=MM/DD/YYYY"])
    assert found.date.pattern == "%m/%d/%Y"


def test_all_problems_come_in_one_error():
    text = "a;b;y\n1,234;01/02/2020;1\n5,678;03/04/2020;2\n9,876;05/06/2020;3\n5,678;1/1/2020;1\n"
    text += "5,678;1/1/2020;1\n5,678;1/1/2020;1\n"
    with pytest.raises(ValueError, match="4 things") as error:
        table(text, target="y", ignore=["zzz"])
    for part in ("ignore must name", "column 'a'", "column 'b'", "target 'y'"):
        assert part in str(error.value)


def test_contradictions_stop_with_both_readings():
    with pytest.raises(ValueError, match=r"'2\.5' \(2\.5, .*\) and '1,5' \(1\.5, decimal comma\)"):
        column("2.5", "3.5", "1,5")
    with pytest.raises(ValueError, match=r"'13/02/2020' \(DD/MM/YYYY\) and '03/14/2020'"):
        column("13/02/2020", "03/14/2020")
    with pytest.raises(ValueError, match=r"'37%' stands beside '0.42'"):
        column("37%", "0.42", "0.5")


def test_separators_that_do_not_fit_a_column_are_refused():
    with pytest.raises(ValueError, match=r"as '2\.5' shows"):
        column("2.5", "3.5", decimal=",")


# ---------------------------------------------------------------------------------------- targets


def target(*values, **options):
    return column(*values, target="a", **options)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["yes", "no", "no"], "category"),
        (["0", "1", "1"], "category"),
        (["1.5", "2.5", "3.5"], "number"),
        (distinct(7), "number"),  # more than half are different
        (distinct(30), "number"),
        (["$5", "$6", "$7"] * 3, "number"),
        (["2020-01-01", "2020-01-02", "2020-01-03"], "date"),
    ],
)
def test_targets_are_classes_or_quantities(values, expected):
    assert (target(*values).kind, target(*values).role) == (expected, "target")


def test_whole_numbers_are_asked_for_and_what_is_said_is_done():
    with pytest.raises(ValueError, match=r"3 different whole numbers \(1, 2, 3\).*task='regr"):
        target(*["1", "2", "3"] * 5)
    assert target(*["1", "2", "3"] * 5, task="regression").kind == "number"
    found = target(*["1.0", "2", "3"] * 5, task="classification")
    assert found.kind == "category"
    raw = read_raw({"a": ["1.0", "2", "x"]})
    schema = understand(raw, target="a", task="classification", numeric="a")
    assert parse(raw, schema).values["a"].tolist() == ["1", "2", "x"]


def test_what_cannot_be_a_target_is_refused():
    with pytest.raises(ValueError, match="must be numbers for a regression"):
        target("red", "blue", task="regression")
    with pytest.raises(ValueError, match="300 different texts"):
        target(*distinct(300, "Mr. {}"))
    with pytest.raises(ValueError, match="cannot be predicted"):
        target("", "NA")


def test_several_targets_are_quantities():
    schema = table("a,b,c\n1,2,x\n3,4,y\n", target=["a", "b"])
    assert [one.kind for one in schema.targets] == ["number", "number"]


# ------------------------------------------------------------------------------- what a person says


def test_choices_are_checked():
    for name, value in [("task", "sorting"), ("decimal", ";"), ("censored", "x")]:
        with pytest.raises(ValueError, match=f"{name} must be"):
            column("1", **{name: value})


def test_a_specification_decides(tmp_path):
    path = tmp_path / "columns.toml"
    path.write_text('zip = "category"\n[price]\nkind = "number"\nnumber = {decimal = ","}\n')
    text = "zip;price\n01234;1,234\n12345;5,678\n"
    schema = table(text, columns=path)
    assert (schema["zip"].kind, schema["price"].number.decimal) == ("category", ",")


def test_an_inspected_schema_is_a_specification_of_itself():
    raw = read_text(b"a;b;c\n1,5;red;01/13/2020\n2;blue;02/01/2020\n?;red;\n", name="t.csv")
    schema = understand(raw, target="b")
    again = understand(raw, columns=schema.to_dict())
    assert again == schema


@pytest.mark.parametrize("content", ["[1]", "{", '{"a": {"colour": 1}}', '{"a": "numbers"}'])
def test_a_specification_that_says_nothing_is_refused(tmp_path, content):
    path = tmp_path / "columns.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="columns "):
        table("a\n1\n", columns=path)


def test_values_are_what_the_schema_says():
    raw = read_raw({"a": ["1,200", "?", "(5)"], "b": ["x ", "y", ""], "c": ["yes", "no", "-"]})
    values = parse(raw, understand(raw, decimal=".")).values
    assert values["a"][[0, 2]].tolist() == [1200, -5]
    assert math.isnan(values["a"][1])
    assert values["b"].tolist() == ["x", "y", None]
    np.testing.assert_array_equal(values["c"], [1, 0, np.nan])


def test_a_format_that_is_said_decides_what_is_odd():
    found = column("1700000000", "1700086400", "x", date="a=s")
    assert found.odd == (("x", 1, "cannot be read, taken as missing"),)
    spec = {"a": {"kind": "number", "number": {"decimal": ","}}}
    found = column("1,5", "2.5", columns=spec)
    assert found.odd == (("2.5", 1, "cannot be read, taken as missing"),)


# --------------------------------------------------------------------- marks for missing values


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([-999, 20, 25, -999, 18], "it is -999 in 2 rows, far from all others: "),
        ([9999, 0.5, 2.5, 1.5], "it is 9999 in 1 row, far from all others: "),
        ([-99, 0, 98, 40], "it is -99 in 1 row"),
        ([-99, 0, 99, 40], ""),  # no further away than the others are from each other
        ([-999, 20, -998, 25], ""),
        ([-998, 20, 25, 18], ""),
        ([9, 1, 2, 3], ""),
        ([-999, 5, -999, 5], ""),  # two values
        ([-999, -999], ""),
    ],
)
def test_a_number_that_may_stand_for_a_missing_one_is_told(values, said):
    texts = column(*values, values[-1])
    typed = understand(read_raw({"a": np.array([*values, values[-1]], float)}))["a"]
    for found in (texts, typed):
        assert found.note.startswith(said) if said else found.note in ("", "it is always the same")
        assert found.missing == 0  # nothing is guessed
    if said:
        mark = found.note.split()[2]
        assert f"(na='{mark}')" in found.note
        again = column(*values, values[-1], na=mark)
        assert (again.missing, again.note) == (values.count(float(mark)), "")


def test_such_a_number_is_named_as_it_is_written():
    found = column("-99.00", "1.5 kg", "2 kg", "3 kg")
    assert "(na='-99.00')" in found.note
    again = column("-99.00", "1.5 kg", "2 kg", "3 kg", na="-99.00")
    assert (again.missing, again.note) == (1, "with 'kg'")


def test_so_is_one_of_the_target():
    schema = table("a,y\n1,-999\n2,3.5\n3,4.5\n4,2.5", target="y")
    assert "it is -999 in 1 row" in schema["y"].note
