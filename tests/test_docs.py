"""What the documentation shows runs as it stands."""

import re
from pathlib import Path

import pytest

from rewire.topology import drop_criteria, grow_criteria, methods, neuron_rules, redistributions

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
BLOCKS = [
    pytest.param(block, id=f"{page.relative_to(ROOT)}:{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(), re.S))
]


@pytest.fixture(autouse=True)
def registries_as_before(monkeypatch):
    """What a page registers is gone after it."""
    for registry in (drop_criteria, grow_criteria, methods, neuron_rules, redistributions):
        monkeypatch.setattr(registry, "_parts", dict(registry._parts))


@pytest.mark.parametrize("block", BLOCKS)
def test_code_block_runs(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "<documentation>", "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_images_exist(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_readme_shows_code():
    assert any("README" in block.id for block in BLOCKS)
