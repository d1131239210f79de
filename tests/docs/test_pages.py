"""What the documentation shows runs as it stands, prints what it says, and leads somewhere."""

import importlib
import inspect
import pkgutil
import re
import shlex
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from rewire.cli import app
from rewire.methods import registry as methods
from rewire.topology import drop_criteria, grow_criteria, neuron_rules, redistributions

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
# A block of code and, where one follows it at once, what it prints; figures "such as" these depend
# on the processor, and then only the words are compared.
CODE = re.compile(r'```(python|sh)\n(.*?)```\n(?:\n```text( title="such as")?\n(.*?)```\n)?', re.S)
PAGES_WITH_CODE = [page for page in PAGES if CODE.search(page.read_text(encoding="utf-8"))]

# What a program uses, and what the library and its command are made of.
PUBLIC = "compare data export graph report scalar sklearn topology train view losses"
INNER = "kernels reproduce runs"
MODULES = ["rewire", *(f"rewire.{part}" for part in f"{PUBLIC} {INNER}".split())]
REFERENCE = "\n".join(
    page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "reference").glob("*.md")
)


def public(module):
    module = importlib.import_module(module)
    things = {name: getattr(module, name) for name in module.__all__}
    return {name: thing for name, thing in things.items() if not inspect.ismodule(thing)}


def name(page):
    return page.relative_to(ROOT).as_posix()


@pytest.fixture(autouse=True)
def registries_as_before(monkeypatch):
    """What a page registers is gone after it."""
    for registry in (drop_criteria, grow_criteria, methods, neuron_rules, redistributions):
        monkeypatch.setattr(registry, "_parts", dict(registry._parts))


@pytest.mark.parametrize("page", PAGES_WITH_CODE, ids=name)
def test_code_runs_from_top_to_bottom_and_prints_what_is_shown(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = page.read_text(encoding="utf-8")
    namespace = {"__name__": "__main__"}
    for block in CODE.finditer(text):
        language, code, such_as, shown = block.groups()
        with redirect_stdout(StringIO()) as printed:
            if language == "sh":
                run_commands(code)
            else:
                # Lines keep their numbers, so that a traceback points into the page.
                above = "\n" * text.count("\n", 0, block.start(2))
                exec(compile(above + code, name(page), "exec"), namespace)
        if such_as:
            assert words(printed.getvalue()) == words(shown)
        elif shown is not None:
            assert printed.getvalue() == shown


def run_commands(lines):
    for line in lines.splitlines():
        command, *arguments = shlex.split(line)
        assert command == "rewire"
        assert not app(arguments, standalone_mode=False), f"{line} failed"


def words(text):
    return re.sub(r"[-+−]?\d[\d,.]*", "#", text).split()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_and_images_exist(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_in_the_reference(module):
    described = [pkgutil.resolve_name(path) for path in re.findall(r"^::: (\S+)", REFERENCE, re.M)]
    for called, thing in public(module).items():
        assert any(thing is other for other in described), f"add {module}.{called} to the reference"


@pytest.mark.parametrize("module", MODULES)
def test_every_public_function_and_class_is_explained(module):
    """Named tuples stand in the examples of what returns them, and each method has a page."""
    inner = module.removeprefix("rewire.") in INNER.split()
    for called, thing in public(module).items():
        if inspect.isfunction(thing) or inspect.isclass(thing):
            text = thing.__doc__ or ""
            # Named tuples and dataclasses without a docstring get their signature as one.
            assert text, f"{called} has no docstring"
            assert not text.startswith(f"{called}("), f"{called} has no docstring"
            shown_elsewhere = inspect.isclass(thing) and issubclass(thing, tuple)
            shown_elsewhere |= thing.__module__ == "rewire.methods"
            assert ">>>" in text or inner or shown_elsewhere, f"{called} shows no example"
