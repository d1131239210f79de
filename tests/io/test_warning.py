"""Warnings name the line of who can change something, not one of the package."""

import numpy as np
import pytest

import rewire
from rewire.io import warn


def test_the_line_is_the_first_one_outside():
    with pytest.warns(ResourceWarning, match="large") as caught:
        warn("large", ResourceWarning)
    assert caught[0].filename == __file__


def test_so_it_is_from_deep_within():
    net = rewire.mlp([2, 4, 1], density=0.5, seed=0)
    method = rewire.methods.get("rigl", every=10)
    with pytest.warns(UserWarning, match="never rewires") as caught:
        rewire.fit(
            net,
            np.zeros((4, 2)),
            np.zeros(4),
            loss="mean_squared_error",
            method=method,
            total_steps=2,
        )
    assert caught[0].filename == __file__


def test_it_is_told_from_code_of_the_package_too():
    with pytest.warns(UserWarning, match="once"):
        exec("from rewire.io import warn; warn('once')", {"__name__": "rewire.inside"})
