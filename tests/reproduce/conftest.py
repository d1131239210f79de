"""The post's experiment, run once by each engine for all tests, and its first steps."""

import json

import pytest

from rewire.reproduce import post, reproduce_post
from rewire.reproduce.published import POST_SEED


def reproduce_and_watch(engine):
    """Run the whole experiment with the post's seed; also return what was reported by step."""
    seen = []
    return reproduce_post(POST_SEED, engine, on_step=lambda *step: seen.append(step)), seen


@pytest.fixture(scope="session")
def by_array():
    return reproduce_and_watch("array")


@pytest.fixture(scope="session")
def by_scalar():
    return reproduce_and_watch("scalar")


@pytest.fixture(params=["array", pytest.param("scalar", marks=pytest.mark.slow)])
def engine(request):
    return request.param


@pytest.fixture
def whole(engine, request):
    """The whole experiment with the post's seed, run once by each engine."""
    return request.getfixturevalue(f"by_{engine}")[0]


@pytest.fixture
def seen(engine, request):
    """What the whole run reported step by step."""
    return request.getfixturevalue(f"by_{engine}")[1]


@pytest.fixture(scope="session")
def short():
    """The first steps of the experiment with another seed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(post, "STEPS", 25)
        return reproduce_post(seed=7)


@pytest.fixture(scope="session")
def short_by_both():
    """The first steps with another seed, by the teaching core and by the array engine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(post, "STEPS", 45)
        return reproduce_post(seed=7, engine="scalar"), reproduce_post(seed=7)


@pytest.fixture(scope="session")
def trace(post_dir):
    return json.loads((post_dir / "trace_seed1337.json").read_text())
