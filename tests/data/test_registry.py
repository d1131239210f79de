"""The data sets known by name, and how they are asked for."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn import datasets

from rewire.data import Dataset, available, load, moons, register, registry

DOCUMENTATION = Path(__file__).parent.parent.parent / "docs" / "data.md"


@pytest.fixture
def own_registry(monkeypatch):
    """Let the test add data sets that are gone after it."""
    monkeypatch.setattr(registry.loaders, "_parts", dict(registry.loaders._parts))


@pytest.mark.parametrize("name", ["breast_cancer", "diabetes", "iris", "linnerud", "wine"])
def test_the_tables_of_scikit_learn(name):
    found = getattr(datasets, f"load_{name}")()
    data = load(name, dtype="float64")
    np.testing.assert_array_equal(data.X, found.data)
    np.testing.assert_array_equal(data.y, found.target)
    assert data.feature_names == tuple(found.feature_names)
    if name in ("diabetes", "linnerud"):
        assert (data.task, data.classes) == ("regression", ())
    else:
        assert data.classes == tuple(found.target_names)
    assert load(name).X.dtype == np.float32


def test_digits_are_pictures_from_0_to_1():
    data = load("digits", dtype="float64")
    np.testing.assert_array_equal(data.X * 16, datasets.load_digits().data)
    assert (data.image_shape, data.outputs) == ((8, 8), 10)


def test_moons_have_the_bits_of_the_posts_data():
    data = load("moons", seed=1337, dtype="float64")
    X, y = moons(seed=1337)
    np.testing.assert_array_equal(data.X, X)
    np.testing.assert_array_equal(data.signed()[0], y)
    assert data.classes == (-1, 1)


@pytest.mark.parametrize("name", ["blobs", "circles", "moons"])
def test_the_seed_decides_what_is_generated(name):
    first, second, other = (load(name, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.X, second.X)
    assert (first.X != other.X).any()
    drawn = [load(name, seed=np.random.default_rng(2)).X for _ in range(2)]
    np.testing.assert_array_equal(*drawn)


def test_options_reach_the_data_set():
    assert load("blobs", centers=5, n_features=7, n_samples=50).X.shape == (50, 7)
    radii = np.hypot(*load("circles", seed=0, noise=0, factor=0.2, dtype="float64").X.T)
    np.testing.assert_allclose(np.unique(radii.round(9)), [0.2, 1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: load("irish"), r"got 'irish'; did you mean 'iris'\?"),
        (lambda: load("nothing like it"), r"one of .*iris, .*\.csv, .*\.npz; got"),
        (lambda: load("table.docx"), r"ends in \.csv.*got 'table.docx'"),
        (lambda: load("moons", noize=1), "moons takes the options n_samples, noise; got noize"),
        (lambda: load("iris", noise=1), "iris takes no options; got noise"),
        (lambda: load("iris", target="species"), "target is for files only; got 'species'"),
        (lambda: load("iris", task="regression"), "task is for files only; got 'regression'"),
        (lambda: load("iris", dtype="float16"), "dtype must be 'float32' or 'float64'"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_data_set_of_ones_own(own_registry):
    @register("mine")
    def mine(*, seed=None, data_dir=None, dtype=None, size=2):
        """Mine alone.

        And more about it.
        """
        assert (seed, str(data_dir), dtype) == (7, "there", np.float64)
        return Dataset.from_arrays(np.zeros((size, 1)), np.arange(size))

    data = load("mine", seed=7, data_dir="there", dtype="float64", size=3)
    assert (data.name, data.outputs) == ("mine", 3)
    assert available()["mine"] == "Mine alone."


def test_a_name_is_given_once_but_a_cell_may_run_again(own_registry):
    def mine():
        return load("iris")

    register("mine")(mine)
    register("mine")(mine)
    with pytest.raises(ValueError, match="data set 'iris' exists already"):
        register("iris")(mine)
    assert load("iris").outputs == 3
    assert load("mine").name == "mine"


def test_the_documentation_has_the_registry():
    # In a process of its own: examples and other tests may have added to this one's.
    names = subprocess.run(
        [sys.executable, "-c", "from rewire.data import available; print(*available())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    row = r"^\| `(\w+)` \| ([\d, ]+) \| (\d+) \| (\d+) "
    rows = re.findall(row, DOCUMENTATION.read_text(), re.MULTILINE)
    assert [name for name, *_ in rows] == names
    stored = ("madelon", "mnist")
    for name, samples, inputs, outputs in rows:
        if name in stored and not os.environ.get("REWIRE_DATA_DIR"):
            continue
        data = load(name)
        parts = [len(part) for part in (data.X, data.X_test) if part is not None]
        assert (parts, data.inputs, data.outputs) == (
            [int(number) for number in samples.split(", ")],
            int(inputs),
            int(outputs),
        )
