"""What a function does in a forked child."""

import multiprocessing
import os

import pytest

__all__ = ["forks", "in_a_fork"]

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def in_a_fork(function):
    """What a function returns in a forked child."""
    context = multiprocessing.get_context("fork")
    receive, send = context.Pipe(duplex=False)

    def job():
        send.send(function())

    child = context.Process(target=job, daemon=True)
    child.start()
    send.close()
    try:
        assert receive.poll(60), "the child does not answer"
        return receive.recv()
    finally:
        child.kill()
        child.join()
