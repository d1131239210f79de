"""Madelon, in its own format."""

import gzip

import numpy as np
import pytest

from rewire.data import load

FILES = {
    "madelon_train.data": "485 477 \n483 454 \n1 2 \n",
    "madelon_train.labels": "-1\n1\n-1\n",
    "madelon_valid.data": "3 4 \n",
    "madelon_valid.labels": "1",
}


def write(folder, **replaced):
    folder.mkdir(exist_ok=True)
    for name, content in {**FILES, **replaced}.items():
        (folder / name).write_text(content)


@pytest.mark.parametrize("subfolder", [".", "madelon"])
def test_by_hand(tmp_path, subfolder):
    write(tmp_path / subfolder)
    data = load("madelon", data_dir=tmp_path)
    assert data.X.tolist() == [[485, 477], [483, 454], [1, 2]]
    assert (data.y.tolist(), data.classes) == ([0, 1, 0], (-1, 1))
    assert (data.X_test.tolist(), data.y_test.tolist()) == ([[3, 4]], [1])
    assert data.X.dtype == np.float32
    assert load("madelon", data_dir=tmp_path, dtype="float64").X.dtype == np.float64


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("madelon_train.data", "", "it is empty"),
        ("madelon_train.data", "485 477\n483\n1 2\n", "columns changed"),
        ("madelon_train.data", "485 477\n483 4x4\n1 2\n", "could not convert string '4x4'"),
        ("madelon_train.data", "485 477\n483 \u00e9\n1 2\n", "could not convert string"),
        ("madelon_train.labels", "-1\n1\n", "one label, -1 or 1, for each of the 3 lines"),
        ("madelon_train.labels", "-1\n1\n0\n", r"one label.*got labels \[-1, 0, 1\]"),
        ("madelon_valid.labels", "1 1\n", "one label"),
        ("madelon_valid.labels", "", "it is empty"),
    ],
)
def test_damaged_files_are_refused_by_name(tmp_path, name, content, message):
    write(tmp_path, **{name: content})
    with pytest.raises(ValueError, match=f"{name}.*{message}"):
        load("madelon", data_dir=tmp_path)


def test_truncated_compression_is_refused_by_name(tmp_path):
    write(tmp_path)
    (tmp_path / "madelon_train.data").unlink()
    packed = gzip.compress(FILES["madelon_train.data"].encode())
    (tmp_path / "madelon_train.data.gz").write_bytes(packed[:-10])
    with pytest.raises(ValueError, match=r"madelon_train\.data\.gz is damaged, fetch it again"):
        load("madelon", data_dir=tmp_path)


def test_without_a_folder_the_message_says_where_it_is_from(monkeypatch, tmp_path):
    monkeypatch.delenv("REWIRE_DATA_DIR", raising=False)
    with pytest.raises(FileNotFoundError, match=r"uci.*data_dir=.*REWIRE_DATA_DIR"):
        load("madelon")
    with pytest.raises(FileNotFoundError, match=r"madelon_train\.data or"):
        load("madelon", data_dir=tmp_path)


def test_madelon_has_its_known_samples(data_dir):
    data = load("madelon", data_dir=data_dir)
    assert (data.X.shape, data.X_test.shape) == ((2000, 500), (600, 500))
    assert np.bincount(data.y).tolist() == [1000, 1000]
    assert np.bincount(data.y_test).tolist() == [300, 300]
    # The check sums in madelon.param.
    assert data.X.sum(dtype=np.float64) == 488_083_511
    assert data.X_test.sum(dtype=np.float64) == 146_395_833
