"""A process forked while another thread rewires can rewire itself, and ends."""

import os
import signal
import threading
import time
import warnings

import numpy as np
import pytest

import rewire
from rewire.topology import Rewirer

from ..backends import needs_numba

pytestmark = [
    pytest.mark.fork,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork"),
    needs_numba,  # OpenBLAS, which computes the plain kernels' products, may hang in a child
]


def rewiring(method):
    net = rewire.mlp([64, 400, 300, 10], density=0.1, seed=0)
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((64, 64)).astype(np.float32), rng.integers(0, 10, 64)
    at_work = Rewirer(method, net, total_steps=10**6, seed=0)
    return lambda: at_work.rewire(10, lambda: [net.signals(X, y)])


def ended(child, seconds=8.0):
    """Whether a child ends by itself, without an error, within so many seconds."""
    begin = time.monotonic()
    while time.monotonic() < begin + seconds:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return status == 0
        threading.Event().wait(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


@pytest.mark.parametrize("method", ["rigl", "reviving rigl"])
def test_a_child_forked_amid_another_threads_rewiring_rewires_and_ends(method):
    ours, theirs, stop = rewiring(method), rewiring(method), threading.Event()
    ours(), theirs()  # or the children would compile
    rewirings = []

    def without_a_pause():
        while not stop.is_set():
            rewirings.append(ours())

    thread = threading.Thread(target=without_a_pause)
    thread.start()
    try:
        for _ in range(8):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # forking beside a thread
                child = os.fork()
            if child == 0:
                theirs()
                os._exit(0)
            assert ended(child)
    finally:
        stop.set()
        thread.join(8)
    assert not thread.is_alive()
    assert rewirings
