"""The teaching core needs nothing but the standard library."""

import subprocess
import sys

THIRD_PARTY = ["numpy", "scipy", "sklearn", "matplotlib", "graphviz", "torch", "rich", "typer"]


def output_of(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_the_core_imports_no_third_party_module():
    code = f"import sys, rewire.scalar; print([m for m in {THIRD_PARTY} if m in sys.modules])"
    assert output_of(code) == "[]"


def test_importing_the_core_imports_only_itself_and_the_standard_library():
    code = (
        "import sys; before = set(sys.modules); import rewire.scalar; "
        "new = {name.split('.')[0] for name in set(sys.modules) - before}; "
        "print(sorted(new - sys.stdlib_module_names))"
    )
    assert output_of(code) == "['rewire']"


def test_training_and_rewiring_need_no_third_party_module():
    code = (
        "import random, sys\n"
        "from functools import partial\n"
        "from rewire.scalar import SparseMLP, loss, rigl_update, strip\n"
        "model = SparseMLP(2, [4, 1], [0, 0.5], rng=random.Random(0))\n"
        "data = partial(loss, X=[[0.1, 0.2], [0.3, -0.4]], y=[1, -1])\n"
        "rigl_update(model, data, 0.5)\n"
        "strip(model)\n"
        f"print([m for m in {THIRD_PARTY} if m in sys.modules])\n"
    )
    assert output_of(code) == "[]"


def test_draw_topology_comes_from_the_core_when_asked_for():
    code = (
        "from rewire.scalar import draw_topology, MLP\n"
        "import rewire.plot\n"
        "assert draw_topology is rewire.plot.draw_topology\n"
        "print(draw_topology(MLP(2, [1])).source.count('->'))\n"
    )
    assert output_of(code) == "2"


def test_names_that_do_not_exist_are_attribute_errors():
    code = (
        "import rewire.scalar\n"
        "try:\n    rewire.scalar.nothing\n"
        "except AttributeError as error:\n    print(error)\n"
    )
    assert output_of(code) == "module 'rewire.scalar' has no attribute 'nothing'"
