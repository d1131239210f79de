"""Files that say more than they hold, or hold more than they should."""

import bz2
import gzip
import io
import lzma
import zipfile

import numpy as np
import pytest

import rewire
from rewire.io import reading
from rewire.io.npz import open_npz
from rewire.io.unpacking import SMALLEST_LIMIT, read_unpacked, unpacked_limit


def packed(ending, content):
    if ending == ".zip":
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.csv", content)
        return file.getvalue()
    return {".gz": gzip, ".bz2": bz2, ".xz": lzma}[ending].compress(content)


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz", ".zip"])
def test_no_more_is_unpacked_than_the_limit(ending, tmp_path):
    path = tmp_path / f"a.csv{ending}"
    path.write_bytes(packed(ending, b"a,b\n1,2\n" * 1000))
    assert len(read_unpacked(path, max_bytes=8000)) == 8000
    with pytest.raises(ValueError, match=r"a\.csv.*at most 7,999 bytes.*max_bytes="):
        rewire.tables.read_raw(path, max_bytes=7999)
    assert rewire.tables.read_raw(path, max_bytes=8000).rows == 1999


def test_the_limit_grows_with_the_file(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(b"1")
    assert unpacked_limit(path) == SMALLEST_LIMIT
    with path.open("r+b") as file:
        file.truncate(SMALLEST_LIMIT)
    assert unpacked_limit(path) == 100 * SMALLEST_LIMIT


def test_shapes_that_the_files_size_contradicts_are_refused_before_anything_is_allocated(tmp_path):
    path, array = tmp_path / "a.npz", io.BytesIO()
    np.save(array, np.zeros(3))
    content = array.getvalue().replace(b"(3,), }         ", b"(9999999999999,)}")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X.npy", content)
    with pytest.raises(ValueError, match=r"a\.npz.*'X' is damaged: its header says"):
        rewire.data.load(path)


def test_an_archive_of_more_than_the_limit_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, X=np.zeros((100, 10)), y=np.arange(100) % 2)
    with pytest.raises(ValueError, match=r"a\.npz.*at most 5,000 bytes.*max_bytes="):
        rewire.data.load(path, max_bytes=5000)
    assert rewire.data.load(path, task="classification").X.shape == (100, 10)


@pytest.mark.parametrize("ending", ["parquet", "xlsx"])
def test_a_typed_table_of_more_than_the_limit_is_refused(ending, tmp_path):
    frame = pytest.importorskip("pandas").DataFrame({"x": np.zeros(1000)})
    path = tmp_path / f"t.{ending}"
    frame.to_parquet(path) if ending == "parquet" else frame.to_excel(path, index=False)
    with pytest.raises(ValueError, match=rf"t\.{ending}.*at most 900 bytes.*max_bytes="):
        rewire.tables.read_raw(path, max_bytes=900)
    assert rewire.tables.read_raw(path).rows == 1000


@pytest.mark.parametrize(
    "error", [RecursionError(), MemoryError(), OverflowError("big"), EOFError()]
)
def test_errors_of_every_kind_are_the_files(error):
    with pytest.raises(ValueError, match=r"cannot read 'a\.json': it"), reading("a.json"):
        raise error


def test_what_is_not_the_contents_passes(tmp_path):
    with pytest.raises(FileNotFoundError), reading("a.json"):
        (tmp_path / "a.json").read_bytes()
    with pytest.raises(ImportError), reading("a.json"):
        raise ImportError("install it")


def test_an_npz_file_is_opened_for_its_arrays(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.eye(2))
    with open_npz(tmp_path / "a.npz") as arrays:
        assert (arrays["a"] == np.eye(2)).all()
