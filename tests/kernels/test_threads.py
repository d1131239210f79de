"""Calls that several threads make together, and what an interruption leaves behind."""

import os
import queue

import numpy as np
import pytest

import rewire
from rewire.graph import program
from rewire.kernels import threads

from ..backends import needs_numba


class Interrupting:
    """A queue of calls; Ctrl-C arrives right after a helper was asked."""

    def __init__(self, helped):
        self.helped, self.asked = helped, []

    def put(self, call):
        self.asked.append(call)
        if self.helped:
            function, arguments = call
            function(*arguments)  # the helper is done before this thread begins
        raise KeyboardInterrupt


@needs_numba  # NumPy's kernels have no threads
@pytest.mark.parametrize("helped", [False, True])
def test_an_interrupted_call_is_completed_once_before_it_is_left(monkeypatch, helped):
    monkeypatch.setattr(threads, "_number", 2)
    monkeypatch.setattr(program, "MIN_WORK_PER_THREAD", 1)
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((50, 20)).astype(np.float32), rng.integers(0, 3, 50)
    expected = rewire.mlp([20, 30, 3], density=0.5, seed=0)
    rewire.Trainer(expected).step(X, y)
    net = rewire.mlp([20, 30, 3], density=0.5, seed=0)
    calls = Interrupting(helped)
    monkeypatch.setattr(threads, "_calls", calls)
    monkeypatch.setattr(threads, "_helpers", 1)
    with pytest.raises(KeyboardInterrupt):
        rewire.Trainer(net).step(X, y)
    np.testing.assert_array_equal(net.connections.weight, expected.connections.weight)
    np.testing.assert_array_equal(net.bias, expected.bias)
    ((function, arguments),) = calls.asked
    function(*arguments)  # a helper that comes only now
    np.testing.assert_array_equal(net.connections.weight, expected.connections.weight)
    np.testing.assert_array_equal(net.bias, expected.bias)


def test_a_call_on_one_thread_is_not_repeated(monkeypatch):
    made = []

    def call():
        made.append(1)
        raise KeyboardInterrupt

    monkeypatch.setattr(threads, "_calls", queue.SimpleQueue())
    with pytest.raises(KeyboardInterrupt):
        threads.run_threaded(call, (), 1)
    assert made == [1]
    assert threads._calls.empty()


@pytest.mark.fork
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_does_not_ask_for_openmp_threads_that_are_gone(monkeypatch):
    monkeypatch.setattr(threads, "_openmp", 1)
    assert threads.openmp_team(2).tolist() == [1, 2]
    child = os.fork()
    if child == 0:
        os._exit(threads.openmp_team(2) is not None)
    assert os.waitpid(child, 0)[1] == 0
