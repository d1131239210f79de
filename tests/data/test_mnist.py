"""MNIST: its file format, where it is looked for, and what it is known to hold."""

import gzip
import struct
import tracemalloc
from urllib.error import URLError

import numpy as np
import pytest

from rewire.data import load, mnist

PIXELS = np.arange(3 * 28 * 28, dtype=np.uint8).reshape(3, 28, 28)
DIGITS = np.array([7, 0, 9], np.uint8)


def idx(array, code=8):
    """Write an array in the idx format."""
    header = struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape)
    return header + array.tobytes()


def write(folder, compress=True, **replaced):
    """Write the four files: three training samples and two for testing."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        "train_images": PIXELS,
        "train_labels": DIGITS,
        "t10k_images": PIXELS[:2] // 2,
        "t10k_labels": DIGITS[:2],
        **replaced,
    }
    for key, content in contents.items():
        part, kind = key.split("_")
        content = content if isinstance(content, bytes) else idx(content)
        name = f"{part}-{kind}-idx{3 if kind == 'images' else 1}-ubyte"
        if compress:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("subfolder", [".", "mnist", "MNIST/raw"])
def test_files_in_a_folder(tmp_path, subfolder, compress):
    write(tmp_path / subfolder, compress)
    data = load("mnist", data_dir=tmp_path)
    assert (data.y.tolist(), data.y_test.tolist()) == ([7, 0, 9], [7, 0])
    assert (data.image_shape, data.classes) == ((28, 28), tuple(range(10)))
    assert data.X.dtype == data.X_test.dtype == np.float32
    np.testing.assert_array_equal(data.X, PIXELS.reshape(3, 784).astype(np.float32) / 255)
    np.testing.assert_array_equal(data.X_test, (PIXELS[:2] // 2).reshape(2, 784) / np.float32(255))
    exact = load("mnist", data_dir=tmp_path, dtype="float64").X
    np.testing.assert_array_equal(exact, PIXELS.reshape(3, 784) / 255)


def test_the_argument_goes_before_the_environment(tmp_path, monkeypatch):
    write(tmp_path / "environment", train_labels=DIGITS[::-1].copy())
    write(tmp_path / "argument")
    monkeypatch.setenv("REWIRE_DATA_DIR", str(tmp_path / "environment"))
    assert load("mnist").y.tolist() == [9, 0, 7]
    assert load("mnist", data_dir=tmp_path / "argument").y.tolist() == [7, 0, 9]


def test_a_folder_without_the_files_is_refused_and_nothing_is_fetched(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "sklearn.datasets.fetch_openml", lambda *a, **k: pytest.fail("it was fetched")
    )
    with pytest.raises(FileNotFoundError, match=r"train-labels-idx1-ubyte or .*\.gz.*mnist or"):
        load("mnist", data_dir=tmp_path)
    monkeypatch.setenv("REWIRE_DATA_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(NotADirectoryError, match=r"REWIRE_DATA_DIR must name a folder; got .*nowh"):
        load("mnist")
    with pytest.raises(NotADirectoryError, match="data_dir must name a folder"):
        load("mnist", data_dir=tmp_path / "nowhere")


def test_without_network_the_message_says_what_to_do(monkeypatch):
    def unreachable(*arguments, **options):
        raise URLError("Name or service not known")

    monkeypatch.delenv("REWIRE_DATA_DIR", raising=False)
    monkeypatch.setattr("sklearn.datasets.fetch_openml", unreachable)
    message = "could not be fetched.*not known.*data_dir=.*REWIRE_DATA_DIR"
    with pytest.raises(ConnectionError, match=message):
        load("mnist")


def test_fetched_data_are_parted_as_the_original(monkeypatch):
    pixels = np.zeros((60_003, 784), np.int64)
    pixels[60_000:, 0] = [51, 102, 255]
    labels = np.array(["0", "1"] * 30_000 + ["7", "8", "9"], object)

    def fetch(name, *, version, as_frame, return_X_y, n_retries):
        assert (name, version, as_frame, return_X_y) == ("mnist_784", 1, False, True)
        return pixels, labels

    monkeypatch.delenv("REWIRE_DATA_DIR", raising=False)
    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch)
    data = load("mnist")
    assert (data.X.shape, data.X_test.shape) == ((60_000, 784), (3, 784))
    np.testing.assert_array_equal(data.X_test[:, 0], np.float32([51, 102, 255]) / np.float32(255))
    assert data.X.dtype == np.float32
    assert (data.y[:3].tolist(), data.y_test.tolist()) == ([0, 1, 0], [7, 8, 9])


@pytest.mark.parametrize(
    ("key", "content", "message"),
    [
        ("train_images", idx(PIXELS)[:-1], r"images.*damaged.*shape \(3, 28, 28\).*2368.*got 2367"),
        ("train_images", idx(PIXELS) + b"\0", "images.*damaged.*2368 bytes; got 2369"),
        ("train_images", idx(PIXELS)[:9], "images.*damaged"),
        ("train_images", b"", "images.*must be an idx file.*got nothing"),
        ("train_images", b"<html>", "images.*must be an idx file.*got 3c 68 74 6d"),
        ("train_images", idx(PIXELS, code=7), "images.*must be an idx file.*00 00 07 03"),
        ("train_images", idx(PIXELS[:, 1:]), r"images.*28 x 28 bytes.*\(3, 27, 28\)"),
        ("train_images", idx(DIGITS), "images.*must hold images"),
        ("t10k_labels", idx(DIGITS), "t10k-labels.*one digit for each of 2 images"),
        ("t10k_labels", idx(DIGITS[:2].astype(">i4"), code=12), "t10k-labels.*got >i4"),
        ("t10k_labels", idx(DIGITS[:0]), "t10k-labels.*one digit for each of 2 images"),
        ("t10k_labels", idx(DIGITS[:2] + np.uint8(4)), "t10k-labels.*one digit.*up to 11"),
    ],
)
@pytest.mark.parametrize("compress", [True, False])
def test_damaged_files_are_refused_by_name(tmp_path, key, content, message, compress):
    write(tmp_path, compress, **{key: content})
    with pytest.raises(ValueError, match=message):
        load("mnist", data_dir=tmp_path)


@pytest.mark.parametrize(
    "damage", [lambda c: c[:-9], lambda c: c[:40] + b"\xff" * 8 + c[48:], lambda c: b"x" + c]
)
def test_damaged_compression_is_refused_by_name(tmp_path, damage):
    write(tmp_path)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte\.gz is damaged, fetch it again"):
        load("mnist", data_dir=tmp_path)


@pytest.mark.parametrize(
    ("dtype", "code"),
    [("u1", 8), ("i1", 9), (">i2", 11), (">i4", 12), (">f4", 13), (">f8", 14)],
)
@pytest.mark.parametrize("shape", [(5,), (2, 3), (1, 2, 3, 4), (0, 3)])
def test_idx_of_every_type_and_shape(tmp_path, dtype, code, shape):
    array = np.random.default_rng(0).integers(0, 100, shape).astype(dtype)
    path = tmp_path / "array"
    path.write_bytes(idx(array, code))
    read = mnist.read_idx(path)
    assert (read.dtype, read.shape) == (np.dtype(dtype), shape)
    np.testing.assert_array_equal(read, array)


@pytest.fixture(scope="module")
def real(data_dir):
    """MNIST itself."""
    return load("mnist", data_dir=data_dir)


def test_mnist_has_its_known_samples(real):
    assert (real.X.shape, real.X_test.shape) == ((60_000, 784), (10_000, 784))
    assert np.bincount(real.y).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip
    assert np.bincount(real.y_test).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
    assert real.y[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert real.y_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


def test_mnist_has_its_known_pixels(real):
    # The mean and deviation that everybody normalises MNIST by.
    assert abs(real.X.mean(dtype=np.float64) - 0.1307) < 5e-5
    assert abs(real.X.std(dtype=np.float64) - 0.3081) < 5e-5
    assert (real.X.min(), real.X.max()) == (0, 1)
    # The stroke of the first five begins in row 5, column 12.
    row = (real.X[0].reshape(28, 28)[5] * 255).round().astype(int).tolist()
    assert row[12:24] == [3, 18, 18, 18, 126, 136, 175, 26, 166, 255, 247, 127]


def test_loading_mnist_holds_only_one_part_twice(data_dir):
    load("iris")  # what is imported once and for all
    tracemalloc.start()
    data = load("mnist", data_dir=data_dir)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    result = sum(array.nbytes for array in (data.X, data.y, data.X_test, data.y_test))
    assert held < 1.01 * result
    assert peak < 1.4 * result
