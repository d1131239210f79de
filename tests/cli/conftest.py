"""What the tests of the command share: how it is called, and kernels compiled beforehand."""

from functools import cache

import pytest
import typer.testing
from typer.testing import CliRunner

import rewire
from rewire.cli import spinner
from rewire.cli.app import app


@pytest.fixture
def run():
    """Run the command on a terminal of 80 columns; its exit status is checked."""
    runner = CliRunner(env={"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"})

    def invoke(*arguments, status=0, input=None):
        result = runner.invoke(app, list(map(str, arguments)), input=input)
        assert result.exit_code == status, (result.output, result.exception)
        return result

    return invoke


@pytest.fixture(scope="session", autouse=True)
def built_once():
    """Build the command once, not for every call, which takes as long as many a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.testing, "_get_command", cache(typer.main.get_command))
        yield


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """Have no wait announced, which depends on how busy the machine is."""
    monkeypatch.setattr(spinner, "AFTER", 1e6)


@pytest.fixture(scope="session", autouse=True)
def compiled():
    """Compile what commands train and predict with, before their output is looked at."""
    for dtype in ("float32", "float64"):
        for method, optimizer in (("reviving rigl", "sgd"), ("static", "adam")):
            net = rewire.mlp([3, 4, 2], dtype=dtype, seed=0)
            X, y = [[0.0, 1.0, 2.0], [1.0, 0.0, 3.0]] * 50, [0, 1] * 50
            rewire.fit(net, X, y, method=method, optimizer=optimizer, total_steps=20)
            for count in (1, 2, 100):
                net.predict(X[:count])
