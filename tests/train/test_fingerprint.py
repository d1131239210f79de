"""Descriptions that recognise a training again, in any process."""

import os
import subprocess
import sys
from functools import partial

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from rewire import methods
from rewire.train.fingerprint import describe, fingerprint

DESCRIBE = """
from rewire import methods
from rewire.train.fingerprint import describe
from rewire.schedules import Linear
for name, make in methods.registry.items():
    print(describe(make()))
print(describe(Linear(1, 0.1)))
"""


def test_descriptions_are_the_same_in_every_process():
    # Addresses and the order of sets differ from process to process.
    outputs = {
        subprocess.run(
            [sys.executable, "-c", DESCRIBE],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    [output] = outputs
    lines = output.splitlines()
    assert lines[:-1] == [describe(make()) for _, make in methods.registry.items()]
    assert len(set(lines)) == len(methods.registry) + 1


def test_descriptions_tell_options_apart():
    assert describe(methods.get("srigl", ablate_below=0.3)) != describe(
        methods.get("srigl", ablate_below=0.2)
    )
    assert describe(methods.get("mest", balance=1)) != describe(methods.get("mest", balance=2))
    assert describe(partial(max, 1)) != describe(partial(max, 2))
    assert describe(max) != describe(min)


@given(st.lists(st.floats(-1, 1, width=32), max_size=8), st.integers(0, 7))
@settings(max_examples=50)
def test_a_fingerprint_knows_every_number(numbers, place):
    array = np.array(numbers, np.float32)
    assert fingerprint(array) == fingerprint(array.copy())
    assert fingerprint(array) != fingerprint(array.astype(np.float64))
    assert fingerprint(array) != fingerprint(array[None])
    if place < len(array):
        other = array.copy()
        other[place] = 2
        assert fingerprint(array) != fingerprint(other)
        other = csr_array(array[None])
        other.resize(1, len(array) + 1)
        assert fingerprint(other) != fingerprint(csr_array(array[None]))
