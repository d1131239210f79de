import pytest

from rewire import methods
from rewire.compare import study_config
from rewire.data import registry

# What a person's own file may hold; a file, because other processes import it too.
FRAGILE = '''
import os
import signal

from rewire.data import load, register
from rewire import methods


@register("fragile")
def fragile(*, seed=None):
    """Moons, but seed 1 raises an error and seed 2 kills its process."""
    if seed == 1:
        raise ValueError("there are no such points")
    if seed == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return load("moons", seed=seed)


methods.registry.add("mine", lambda every=100: methods.RigL(0.5, every, name="mine"))
'''


@pytest.fixture
def short():
    """The post's config with few steps, so that a run takes some milliseconds."""
    return study_config("moons", total_steps=60)


@pytest.fixture
def fragile(monkeypatch, tmp_path):
    """The path of a file that registers a data set and a method; both are forgotten afterwards."""
    monkeypatch.setattr(registry, "_LOADERS", dict(registry._LOADERS))
    monkeypatch.setattr(methods.registry, "_own", dict(methods.registry._parts))
    path = tmp_path / "fragile.py"
    path.write_text(FRAGILE)
    return str(path)
