"""Files of arrays; tests/export/test_tensors.py has networks in them."""

import numpy as np
import pytest

from rewire.io.tensors import read_tensors, write_tensors


def test_arrays_of_any_layout_are_written_as_they_look(tmp_path):
    array = np.arange(12).reshape(3, 4)
    arrays = {
        "transposed": array.T,
        "strided": array[:, ::2],
        "empty": array[:0],
        "one": array[0, 0],
    }
    write_tensors(tmp_path / "a.safetensors", arrays, {}, kind="test")
    read, _ = read_tensors(tmp_path / "a.safetensors", kind="test")
    for name, expected in arrays.items():
        np.testing.assert_array_equal(read[name], expected)


def test_the_header_comes_back(tmp_path):
    write_tensors(tmp_path / "a.safetensors", {}, {"made by": ["hand", 1]}, kind="test")
    assert read_tensors(tmp_path / "a.safetensors", kind="test")[1]["made by"] == ["hand", 1]


@pytest.mark.parametrize("place", [-1, -20])
def test_a_changed_bit_is_noticed(place, tmp_path):
    path = tmp_path / "a.safetensors"
    write_tensors(path, {"x": np.arange(10.0)}, {}, kind="test")
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"a.safetensors'.*does? not match its checksum|damaged"):
        read_tensors(path, kind="test")
