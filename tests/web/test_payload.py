"""Packed arrays: small types, equal arrays stored once."""

import base64

import numpy as np
import pytest

from rewire.web import Packer


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([], "Uint8Array"),
        ([0, 255], "Uint8Array"),
        ([-1, 127], "Int8Array"),
        ([256], "Uint16Array"),
        ([-200], "Int32Array"),
        ([70000], "Int32Array"),
        ([True, False], "Uint8Array"),
        ([0.5], "Float32Array"),
    ],
)
def test_arrays_take_the_smallest_type_that_holds_them(values, kind):
    array = np.array(values, float if values and isinstance(values[0], float) else None)
    if not values:
        array = array.astype(int)
    assert Packer().add(array)[0] == kind


def test_equal_arrays_are_stored_once_and_others_aligned():
    packer = Packer()
    first, other = packer.add(np.array([1, 2, 3])), packer.add(np.array([0.5, -1.0]))
    assert packer.add(np.array([1, 2, 3])) == first == ["Uint8Array", 0, 3]
    assert other == ["Float32Array", 4, 2]
    content = base64.b64decode(packer.text())
    assert content == bytes([1, 2, 3, 0]) + np.array([0.5, -1.0], "<f4").tobytes()
