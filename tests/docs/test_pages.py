"""Code in the documentation runs and prints what is shown; links and reference are complete."""

import importlib
import inspect
import pkgutil
import re
import shlex
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

import rewire
from rewire import export, methods
from rewire.cli.app import app
from rewire.data.registry import loaders
from rewire.topology import drop_criteria, grow_criteria, neuron_rules, redistributions

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
# A block of code and, if one follows at once, its output. Figures "such as" these depend on the
# processor, so only the words are compared.
CODE = re.compile(r'```(python|sh)\n(.*?)```\n(?:\n```text( title="such as")?\n(.*?)```\n)?', re.S)
PAGES_WITH_CODE = [page for page in PAGES if CODE.search(page.read_text(encoding="utf-8"))]

MODULES = ["rewire", *(f"rewire.{name}" for name in rewire._NAMESPACES)]
# What the library and its command are made of: no example is asked for.
INNER = ["rewire.connectivity", "rewire.experiment", "rewire.kernels", "rewire.reproduce"]
REFERENCE = "\n".join(
    page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "reference").glob("*.md")
)
DESCRIBED = sorted(set(re.findall(r"^::: (\S+)", REFERENCE, re.M)))


def public(module):
    module = importlib.import_module(module)
    things = {name: getattr(module, name) for name in module.__all__}
    return {name: thing for name, thing in things.items() if not inspect.ismodule(thing)}


def name(page):
    return page.relative_to(ROOT).as_posix()


@pytest.fixture(autouse=True)
def registries_as_before():
    """Remove what a page has registered."""
    registries = [
        *(drop_criteria, grow_criteria, neuron_rules, redistributions),
        *(methods.registry, loaders, export.registry),
    ]
    names_before = [set(registry) for registry in registries]
    yield
    for registry, before in zip(registries, names_before, strict=True):
        for name in set(registry) - before:
            registry.remove(name)


@pytest.mark.slow
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


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=name)
def test_links_lead_to_files_and_headings(page):
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)]+))?\)", page.read_text("utf-8")):
        if "://" in target:
            continue
        path = page.parent / target if target else page
        assert path.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(path), f"{page.name} links to {target}#{anchor}"


def anchors(page):
    """Return the anchors of a page's headings, as a git host and MkDocs make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.M)
    return [re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-") for title in headings]


@pytest.mark.parametrize("path", DESCRIBED)
def test_every_name_of_the_reference_exists(path):
    assert resolved(path) is not None


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_in_the_reference(module):
    described = [thing for path in DESCRIBED if (thing := resolved(path)) is not None]
    for called, thing in public(module).items():
        assert any(thing is other for other in described), f"add {module}.{called} to the reference"


def resolved(path):
    module, _, called = path.rpartition(".")
    return getattr(pkgutil.resolve_name(module), called, None)


@pytest.mark.parametrize("module", MODULES)
def test_every_public_function_and_class_is_explained(module):
    """Named tuples stand in the examples of what returns them, and each method has a page."""
    inner = module in INNER
    for called, thing in public(module).items():
        if inspect.isfunction(thing) or inspect.isclass(thing):
            text = thing.__doc__ or ""
            # Named tuples and dataclasses without a docstring get their signature as one.
            assert text, f"{called} has no docstring"
            assert not text.startswith(f"{called}("), f"{called} has no docstring"
            shown_elsewhere = inspect.isclass(thing) and issubclass(thing, tuple)
            shown_elsewhere |= thing.__module__ == "rewire.methods"
            assert ">>>" in text or inner or shown_elsewhere, f"{called} shows no example"
