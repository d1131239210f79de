import json

import pytest

from rewire.tables import NumberFormat
from rewire.tables.overrides import collect_overrides, find_column, read_specification

NAMES = ["area", "price", "2"]


def collect(**given):
    said = {"target": None, "kinds": {}, "ignore": (), "columns": None} | given
    return collect_overrides(NAMES, **said)


def test_columns_are_found_by_name_or_number():
    assert find_column("price", NAMES) == "price"
    assert find_column(-3, NAMES) == "area"
    assert find_column("1", NAMES) == "price"
    assert find_column(2, NAMES) == "2"  # a name goes before a number
    with pytest.raises(ValueError, match=r"ignore must name.*got 'prize' \(is 'price' meant\?\)"):
        find_column("prize", NAMES, "ignore")


def test_what_cannot_be_followed_is_collected():
    found = collect(target=["price", "x"], ignore=["price", 9], kinds={"numeric": ["y"]})
    assert len(found.problems) == 4
    assert found.targets == ("price",)


def test_parameters_go_before_the_file_and_dates_may_have_a_pattern():
    found = collect(columns={"area": "category"}, kinds={"numeric": "area", "date": ["2=DD.MM.YY"]})
    assert found.of("area").kind == "number"
    assert found.of("2").date.pattern == "%d.%m.%y"
    assert found.of("price").kind is None


def test_the_file_may_name_the_target_unless_another_is_given():
    said = {"price": {"role": "target"}}
    assert collect(columns=said).targets == ("price",)
    assert collect(columns=said, target="area").problems


@pytest.mark.parametrize("ending", ["json", "toml"])
def test_specifications_in_either_format(tmp_path, ending):
    path = tmp_path / f"columns.{ending}"
    texts = {
        "json": json.dumps({"price": {"number": {"decimal": ","}, "na": ["x"]}}),
        "toml": '[price]\nna = ["x"]\nnumber = {decimal = ","}\n',
    }
    path.write_text(texts[ending])
    expected = {"price": {"number": NumberFormat(decimal=","), "na": ("x",)}}
    assert read_specification(path) == expected


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"a": {"kind": "numbers"}}, "kind as one of number, "),
        ({"a": {"number": {"comma": 1}}}, "a format for 'a' that is none"),
        ({"a": {"date": {"utc": True}}}, "a format for 'a' that is none"),
        ({"a": {"color": 1}}, "got 'color' for 'a'"),
    ],
)
def test_what_no_column_has_is_refused(said, problem):
    with pytest.raises(ValueError, match=problem):
        read_specification(said)
