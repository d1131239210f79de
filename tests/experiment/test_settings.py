"""One setting: its range, its texts, and the values that a command line gives."""

import math
from dataclasses import dataclass, fields

import numpy as np
import pytest

from rewire.experiment import Recipe, settings_table
from rewire.experiment.settings import Setting, setting, settings_of


@dataclass
class Oven:
    degrees: float = setting(180.0, float, "How hot.", low=0, high=300, group="Heat")
    trays: tuple[int, ...] = setting((1, 2), int, "Which.", many=True, low=1, group="Space")
    mode: str = setting("fan", str, "One of {choices}.", choices=lambda: ["fan", "grill"])
    guests: tuple[str, ...] = setting((), str, "Who eats.", many=True)
    door: str | None = setting(None, str, "Who opens it.", default_text="whoever is there")


@pytest.fixture
def oven():
    return settings_of(Oven)


@pytest.mark.parametrize(
    ("closed", "inside", "outside"),
    [
        ("left", (0, 0.5), (1, -0.1)),
        ("right", (0.5, 1), (0, 1.1)),
        ("both", (0, 1), (-0.1, 1.1)),
        ("neither", (0.5, np.float32(0.5)), (0, 1)),
    ],
)
def test_the_ends_of_a_range(closed, inside, outside):
    one = Setting("A share.", float, name="share", low=0, high=1, closed=closed)
    for value in inside:
        one.check(value)
    for value in (*outside, math.nan, math.inf, "half", True):
        with pytest.raises(ValueError, match="share must be a number in"):
            one.check(value)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("degrees", 300, "degrees must be a number in [0, 300); got 300"),
        ("trays", (1, 0), "trays must be whole numbers, at least 1; got (1, 0)"),
        ("trays", 1.5, "trays must be whole numbers, at least 1; got 1.5"),
        ("mode", "gril", "mode must be one of fan, grill; got 'gril'; did you mean 'grill'?"),
        ("door", 3, "door must be a name; got 3"),
    ],
)
def test_an_error_names_the_setting_the_range_and_the_value(oven, name, value, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 the whole message is compared
        oven[name].check(value)
    assert str(caught.value) == message


def test_none_is_for_settings_that_have_it_as_their_default(oven):
    oven["door"].check(None)
    with pytest.raises(ValueError, match="got None"):
        oven["degrees"].check(None)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("degrees", "2.5e2", 250.0),
        ("trays", "3, 4", (3, 4)),
        ("trays", "3", (3,)),
        ("trays", "", ()),
        ("mode", "grill", "grill"),
        ("guests", ["Ann, Bo", "Cy"], ("Ann", "Bo", "Cy")),
        ("guests", '"Smith, Ann",Bo', ("Smith, Ann", "Bo")),
        ("guests", [], ()),
    ],
)
def test_texts_of_a_command_line_become_values(oven, name, text, value):
    assert oven[name].parse(text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("degrees", "hot"),
        ("trays", "1,x"),
        ("trays", "1,,2"),
        ("mode", "steam"),
        ("guests", "Ann,,Bo"),
    ],
)
def test_other_texts_are_refused_by_the_options_name(oven, name, text):
    with pytest.raises(ValueError, match=f"^--{name} must be .*got .?{text}"):
        oven[name].parse(text)


def test_a_word_may_stand_for_a_number():
    one = settings_of(Recipe)["every"]
    assert (one.parse("epoch"), one.parse("20")) == ("epoch", 20)
    with pytest.raises(ValueError, match="--every must be a whole number, at least 1 or 'epoch'"):
        one.parse("often")


def test_defaults_are_shown_as_they_are_typed(oven):
    shown = {name: one.shown_default for name, one in oven.items() if name != "guests"}
    assert shown == {"degrees": "180", "trays": "1,2", "mode": "fan", "door": "whoever is there"}
    assert oven["guests"].shown_default is None
    assert settings_of(Recipe)["sparsity"].shown_default == "0.9"


def test_the_table_for_the_documentation_has_them_all():
    table = settings_table(Recipe)
    for one in fields(Recipe):
        assert f"| `{one.name}` |" in table
    assert "{choices}" not in table
    assert "### Training" in table
