"""The pages about methods say what the registries say."""

import inspect
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from rewire import methods
from rewire.topology import drop_criteria, grow_criteria, neuron_rules, redistributions
from rewire.topology.method import Method

PAGES = Path(__file__).parents[2] / "docs" / "methods"
INDEX = (PAGES / "README.md").read_text()


def short(part):
    """Return a part as one would write it: only what is not its default."""
    shown = []
    for place, field in enumerate(fields(part)):
        value = getattr(part, field.name)
        if field.default is MISSING or value != field.default:
            text = short(value) if hasattr(value, "__dataclass_fields__") else repr(value)
            shown.append(text if place == len(shown) else f"{field.name}={text}")
    return f"{type(part).__name__}({', '.join(shown)})"


def row(name):
    """Return what the index should say about a method, up to its paper."""
    method = methods.registry[name]()
    cells = [f"[{name}]({name.replace(' ', '-')}.md)"]
    if method.when is None:
        return [*cells, *"––––––"]
    how_much = [f"`{short(part)}`" for part in (method.fraction, method.pruning) if part]
    also = [f"redistribute {method.redistribute.name}"] if method.redistribute else []
    also += [method.neurons.name] if method.neurons else []
    also += ["revive"] if method.revive else []
    also += ["rewind"] if method.rewind else []
    return [
        *cells,
        method.drop.name,
        method.grow.name if method.grow else "–",
        method.scope,
        f"`{short(method.when)}`",
        ", ".join(how_much),
        ", ".join(also) or "–",
    ]


def test_the_index_says_what_each_method_is_made_of():
    lines = [line for line in INDEX.splitlines() if line.startswith("| [")]
    found = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    assert [cells[:-1] for cells in found] == [row(name) for name in methods.registry]
    for cells in found[1:]:
        assert "arxiv.org/abs/" in cells[-1] or "the-post" in cells[-1]


@pytest.mark.parametrize("name", methods.registry)
def test_every_method_has_a_page_with_all_its_options(name):
    page = (PAGES / f"{name.replace(' ', '-')}.md").read_text()
    assert page.startswith(f"# {name}")
    for option, parameter in inspect.signature(methods.registry[name]).parameters.items():
        if parameter.kind is not parameter.VAR_KEYWORD:
            assert f"`{option}`" in page, f"{name}'s page says nothing of {option}"
            default = parameter.default
            quoted = f'`"{default}"`' if isinstance(default, str) else str(default)
            assert f"`{option}` ({quoted})" in page, f"{name}'s default of {option} is {default}"


def test_all_parts_are_named():
    for registry in (drop_criteria, grow_criteria):
        for name in registry:
            assert f"`{name}`" in INDEX
    for registry in (redistributions, neuron_rules):
        for name in registry:
            assert f'`"{name}"`' in INDEX


def test_the_options_of_every_method_are_those_of_the_class():
    table = INDEX.split("## Options of every method")[1].split("## ")[0]
    named = {
        word.strip("`")
        for line in table.splitlines()
        if line.startswith("| `")
        for word in line.split("|")[1].strip().split(", ")
    }
    own = {"name", "when", "drop", "grow", "fraction", "initial"}
    assert named == {field.name for field in fields(Method)} - own
