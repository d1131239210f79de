"""The code cells of the post run unchanged on this library and print the post's numbers."""

import math
import random
import re
import sys
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from types import ModuleType

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.datasets import make_moons

from rewire.scalar import Module, Value, draw_topology, strip_deadneurons, top_k_param_dict

OUTPUT = None
# The stored text has lost its indentation: here is the level of every line, block by block.
LEVELS = [
    "01222222212333345455332331212",
    "012122121201225123212122001121221111111111111",
    "00000",
    OUTPUT,
    "00111111112120",
    OUTPUT,
    "001111122223333332223322222222333",
    "00000111111112122",
    OUTPUT,
    "0",
    "0000",
    OUTPUT,
    "000004000011100111111",
]
STEP = re.compile(r"step (\d+) loss (\S+), accuracy (\S+)%")


def blocks_of(text: str) -> list[list[str]]:
    return [block.splitlines() for block in re.findall(r"^```\n(.*?)^```$", text, re.M | re.S)]


def indented(lines: list[str], levels: str) -> str:
    return "\n".join("    " * int(level) + line for line, level in zip(lines, levels, strict=True))


def assert_printed(ours: list[str], posts: list[str]) -> None:
    assert len(ours) == len(posts)
    for our, post in zip(ours, posts, strict=True):
        expected = STEP.fullmatch(post)
        if expected is None:
            assert our == post
            continue
        got = STEP.fullmatch(our)
        assert got is not None, our
        assert got[1] == expected[1]
        assert float(got[2]) == pytest.approx(float(expected[2]), rel=0, abs=1e-12)
        assert float(got[3]) == float(expected[3])


@pytest.fixture
def global_randomness_restored():
    states = random.getstate(), np.random.get_state()  # noqa: NPY002
    yield
    random.setstate(states[0])
    np.random.set_state(states[1])  # noqa: NPY002


@pytest.fixture
def names(monkeypatch, global_randomness_restored) -> dict:
    """What the post's notebook has imported and loaded before its first cell."""
    stand_in = ModuleType("micrograd.rigl")
    stand_in.top_k_param_dict = top_k_param_dict
    stand_in.strip_deadneurons = strip_deadneurons
    monkeypatch.setitem(sys.modules, "micrograd", ModuleType("micrograd"))
    monkeypatch.setitem(sys.modules, "micrograd.rigl", stand_in)
    np.random.seed(1337)  # noqa: NPY002
    random.seed(1337)
    X, y = make_moons(n_samples=100, noise=0.1)
    return {
        "__name__": "notebook",
        "math": math,
        "random": random,
        "partial": partial,
        "np": np,
        "plt": plt,
        "X": X,
        "y": y * 2 - 1,
        "Value": Value,
        "Module": Module,
        "draw_topology": draw_topology,
        "strip_deadneurons": strip_deadneurons,
        "top_k_param_dict": top_k_param_dict,
    }


@pytest.mark.slow
def test_cells_of_the_post_run_unchanged_and_print_its_numbers(post_dir, names):
    (text,) = post_dir.glob("*.txt")
    blocks = blocks_of(text.read_text(encoding="utf-8"))
    assert len(blocks) == len(LEVELS)

    printed: list[str] = []
    outputs_compared = 0
    try:
        for number, (lines, levels) in enumerate(zip(blocks, LEVELS, strict=True)):
            if levels is OUTPUT:
                assert_printed(printed, lines)
                outputs_compared += len(lines)
                printed = []
                continue
            assert printed == [], "a cell printed what the post does not show"
            stdout = StringIO()
            with redirect_stdout(stdout):
                exec(compile(indented(lines, levels), f"cell {number}", "exec"), names)
            printed = stdout.getvalue().splitlines()
        axes = plt.gcf().axes
        titles = [ax.get_title() for ax in axes]
        points = [len(ax.collections[-1].get_offsets()) for ax in axes]
    finally:
        plt.close("all")

    assert printed == []
    assert outputs_compared == 6 + 21 + 20 + 5
    assert titles == ["Static model", "RigL model", "Compressed RigL model"]
    assert points == [100, 100, 100]
