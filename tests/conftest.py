"""What the tests share: a headless matplotlib, seeded Hypothesis, and where the data lies."""

import os
import random
from pathlib import Path

import matplotlib as mpl
import pytest
from hypothesis import settings

mpl.use("Agg")

settings.register_profile("rewire", deadline=None, derandomize=True, max_examples=100)
settings.load_profile("rewire")


@pytest.fixture(autouse=True)
def seeded_random():
    """Seed the module-level generator, which is the library's default, for every test."""
    random.seed(0)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of the stored data sets."""
    folder = os.environ.get("REWIRE_DATA_DIR")
    if not folder:
        pytest.skip("REWIRE_DATA_DIR is not set: it names the folder of the stored data sets")
    return Path(folder)


@pytest.fixture(scope="session")
def post_dir(data_dir: Path) -> Path:
    """The folder of the post's text and of the trace of its experiment."""
    folder = data_dir.parent / "post"
    if not folder.is_dir():
        pytest.skip("there is no folder 'post' beside REWIRE_DATA_DIR: it holds the post's figures")
    return folder
