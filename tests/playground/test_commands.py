"""Commands are checked, each field by its own rule, and errors name the field."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire import methods
from rewire.playground.commands import COMMANDS, METHODS, CommandError, check, schema
from rewire.playground.fields import KINDS, REQUIRED
from rewire.playground.formula import compile_formula
from rewire.playground.points import GENERATORS, draw_points
from rewire.playground.table import table_points

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(JSON)
def test_nonsense_is_refused(document):
    with pytest.raises(CommandError):
        check(document)


@given(st.sampled_from(sorted(COMMANDS)), st.data())
def test_a_field_takes_what_it_may_be_and_refuses_the_rest_by_name(name, data):
    fields = COMMANDS[name].fields
    command = {"do": name}
    for key in fields:
        if data.draw(st.booleans()):
            command[key] = data.draw(JSON)
    try:
        checked = check(command)
    except CommandError as error:
        assert any(word in str(error) for word in [*fields, name])  # noqa: PT017
    else:
        assert list(checked) == ["do", *fields]
        assert check(checked) == checked


def test_defaults_are_in_the_range_of_their_fields():
    for command in COMMANDS.values():
        for key, field in command.fields.items():
            if field.default is not REQUIRED and field.default is not None:
                assert KINDS[field.kind](key, field, field.default) == field.default


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ({"do": "fly"}, "do must be one of data"),
        ({"do": "step", "steps": 0}, r"steps must be a whole number in \[1, 100000\]; got 0"),
        ({"do": "step", "steps": True}, "steps must be a whole number"),
        ({"do": "step", "speed": 1}, "step has the fields steps; got 'speed'"),
        ({"do": "cut", "source": 1}, "cut needs target"),
        ({"do": "data"}, "data needs exactly one of name, points, formula; got none"),
        ({"do": "data", "points": [[1, 2, 3]]}, r"points' label must be .* \[0, 1\]; got 3"),
        ({"do": "data", "points": [[1, float("nan"), 0]]}, "points must be a number"),
        ({"do": "data", "points": [[0, 0, 0]] * 2001}, "points must be a list of 1 to 2000"),
        ({"do": "network", "layers": [0]}, "layers must be a whole number in"),
        ({"do": "network", "density": []}, "density must be a list"),
        ({"do": "method", "name": "lottery"}, "name must be one of static"),
        ({"do": "rewind"}, "rewind needs exactly one of step, command"),
        ({"do": "strip", "on_data": 1}, "on_data must be true or false"),
    ],
)
def test_errors_say_what_is_allowed_and_what_was_given(command, message):
    with pytest.raises(CommandError, match=message):
        check(command)


def test_the_schema_is_plain_json_with_all_commands():
    assert set(json.loads(json.dumps(schema(), allow_nan=False))) == set(COMMANDS)


def test_methods_are_those_of_the_library():
    assert set(METHODS) <= set(methods.registry)
    assert set(methods.registry) - set(METHODS) == {"snip", "lottery ticket", "chtss"}


def test_sessions_need_the_standard_library_alone():
    code = (
        "import sys; before = set(sys.modules); import rewire.playground.session; "
        "new = {name.split('.')[0] for name in set(sys.modules) - before}; "
        "print(sorted(new - sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['rewire']"


# ----------------------------------------------------------------------------------- points


@pytest.mark.parametrize("name", GENERATORS)
def test_generators_draw_both_classes_by_their_seed(name):
    points = draw_points(name, 61, 0.1, seed=4)
    assert points == draw_points(name, 61, 0.1, seed=4) != draw_points(name, 61, 0.1, seed=5)
    assert [label for _, _, label in points] == [i % 2 for i in range(61)]
    assert max(max(abs(x), abs(y)) for x, y, _ in points) < 3


@pytest.mark.parametrize(
    ("formula", "x", "y", "label"),
    [
        ("x > 0", 1, 0, 1),
        ("x*y > 0 and x < 2", 1, 1, 1),
        ("not x > 0", 1, 0, 0),
        ("-1 < x <= 1", 1, 0, 1),
        ("min(x, y) % 2 - 1", 2.5, 3, 0),
        ("sqrt(x)", -1, 0, 0),
        ("x / y", 1, 0, 0),
        ("x ** y ** 9", 1e300, 1e300, 0),
        ("hypot(x, y) < pi", 3, 0, 1),
        ("x - y", 1, 0, 1),
    ],
)
def test_formulas_are_computed(formula, x, y, label):
    assert compile_formula(formula)(x, y) == label


@pytest.mark.parametrize(
    "formula",
    [
        *("", "x +", "x.real", "__import__('os')", "x if y else 1", "[x]", "lambda: 1", "'a' < x"),
        *("(x := 1)", "min(x, key=y)", "True", "z", "x == y", "exec(x)", "f'{x}'", "x[0]", "x @ y"),
        *("(" * 500, "x" + "+1" * 200, "1j > 0", "open", "*x"),
    ],
)
def test_formulas_of_anything_else_are_refused(formula):
    with pytest.raises(ValueError, match=r"^formula must"):
        compile_formula(formula)


TABLE = "a,b,kind\n1,2,red\n3,2,blue\n,9,red\n1,4,green\n3,4,red\nx,1,red\n"


def test_a_table_gives_two_columns_as_points():
    points = table_points(TABLE, "a", "b", "kind")
    assert [label for _, _, label in points] == [1, 0, 0, 1]  # red is the last of the classes
    assert sum(x for x, _, _ in points) == 0
    assert sum(x * x for x, _, _ in points) == pytest.approx(4)
    assert [p[2] for p in table_points(TABLE, "a", "b", "kind", "blue")] == [0, 1, 0, 0]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (("c", "b", "kind"), "x must be one of the columns a, b, kind; got 'c'"),
        (("a", "b", "kind", "pink"), "positive must be one of two classes or more; got 'pink'"),
        (("kind", "b", "a"), "text must hold 4 to 2000 rows"),
        (("a", "b", "b", "7"), "positive must be"),
    ],
)
def test_tables_that_give_no_points_are_refused(columns, message):
    with pytest.raises(ValueError, match=message):
        table_points(TABLE, *columns)
