"""Feather files are refused by what their headers say, before anything is unpacked."""

import numpy as np
import pytest

from rewire.tables import read_raw
from rewire.tables.feather import unpacked_size

pyarrow = pytest.importorskip("pyarrow")
feather = pytest.importorskip("pyarrow.feather")

ROWS = 10_000
NUMBERS = 8 * ROWS  # bytes


@pytest.fixture
def write(tmp_path):
    def write(columns, **ways):
        path = tmp_path / "t.feather"
        feather.write_feather(pyarrow.table(columns), path, **ways)
        return path

    return write


def columns():
    words = pyarrow.array(["a word", None] * (ROWS // 2))
    return {"x": np.zeros(ROWS), "word": words, "level": words.dictionary_encode()}


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_the_size_is_that_of_the_file_without_compression(compression, write):
    plain = unpacked_size(write(columns(), compression="uncompressed", chunksize=999))
    size = unpacked_size(write(columns(), compression=compression, chunksize=999))
    assert size == plain
    assert NUMBERS < size < pyarrow.table(columns()).nbytes + 10_000  # a dictionary per chunk


def test_noise_which_is_kept_as_it_is_has_its_size(write):
    noise = np.random.default_rng(0).integers(0, 2**63, ROWS)
    assert unpacked_size(write({"x": noise}, compression="lz4")) == NUMBERS


def test_a_value_that_takes_no_room_counts_as_a_byte(write):
    assert unpacked_size(write({"x": pyarrow.nulls(ROWS)})) == ROWS


def test_a_file_larger_than_the_limit_is_refused_by_name(write):
    path = write({"x": np.zeros(ROWS)}, compression="zstd")
    assert path.stat().st_size < NUMBERS / 50
    with pytest.raises(ValueError, match=r"t\.feather.*at most 79,999 bytes.*max_bytes="):
        read_raw(path, max_bytes=NUMBERS - 1)
    assert read_raw(path, max_bytes=NUMBERS).rows == ROWS


def test_what_a_buffer_says_of_itself_is_not_allocated(write):
    path = write({"x": np.zeros(ROWS)}, compression="lz4")
    content = path.read_bytes()
    said = NUMBERS.to_bytes(8, "little")
    assert content.count(said) == 1
    path.write_bytes(content.replace(said, (1 << 45).to_bytes(8, "little")))
    with pytest.raises(ValueError, match=r"t\.feather.*unpacked it must have at most"):
        read_raw(path)


def test_a_footer_that_leads_nowhere_is_refused_by_name(write):
    path = write({"x": np.zeros(ROWS)})
    content = bytearray(path.read_bytes())
    content[-10:-6] = (1 << 30).to_bytes(4, "little")  # how long the footer is
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"t\.feather.*the headers of its parts are damaged"):
        read_raw(path)
