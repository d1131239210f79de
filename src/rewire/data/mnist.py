"""MNIST, read from its files in the idx format, or fetched from OpenML."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rewire.io import advise, import_optional

from .dataset import Dataset
from .registry import register
from .stored import data_folder, read, stored_file

__all__ = ["load_mnist", "read_idx"]

SUBFOLDERS = ("mnist", "MNIST/raw")
TRAINING_SAMPLES = 60_000

# Types of numbers by the third byte of an idx file.
IDX_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


@register("mnist")
def load_mnist(
    *, data_dir: str | os.PathLike[str] | None = None, dtype: str = "float32"
) -> Dataset:
    """Handwritten digits, 28 x 28 pixels from 0 to 1, with the original test part.

    Parameters
    ----------
    data_dir : path, optional
        The folder of the four idx files, plain or ``.gz``, or of a subfolder ``mnist`` or
        ``MNIST/raw`` with them; by default the environment variable ``REWIRE_DATA_DIR``. Without a
        folder, scikit-learn fetches MNIST from OpenML and keeps it in its own folder.
    dtype : {"float32", "float64"}

    Raises
    ------
    FileNotFoundError
        If the folder does not have the files.
    ConnectionError
        If no folder is given and OpenML cannot be reached.
    ValueError
        If a file is damaged; the message names it.
    """
    folder = data_folder(data_dir)
    parts = _from_openml() if folder is None else _from_files(folder)
    # One part after the other, so that only one is held twice at a time.
    X, y, X_test, y_test = (
        array
        for pixels, labels in parts
        for array in (
            np.divide(pixels.reshape(len(pixels), -1), 255, dtype=dtype),
            labels.astype(np.int64),
        )
    )
    shape = (28, 28)
    return Dataset(X, y, X_test, y_test, classes=tuple(range(10)), image_shape=shape)


def _from_files(folder: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield pixels and labels of the training part, then of the test part."""
    for part in ("train", "t10k"):
        labels_path = stored_file(folder, SUBFOLDERS, f"{part}-labels-idx1-ubyte")
        images_path = stored_file(folder, SUBFOLDERS, f"{part}-images-idx3-ubyte")
        labels, images = read_idx(labels_path), read_idx(images_path)
        if images.dtype != np.uint8 or images.shape[1:] != (28, 28):
            raise ValueError(
                f"{images_path} must hold images of 28 x 28 bytes; got {images.dtype} of shape "
                f"{images.shape}"
            )
        if labels.dtype != np.uint8 or labels.shape != images.shape[:1] or (labels > 9).any():
            raise ValueError(
                f"{labels_path} must hold one digit for each of {len(images)} images; got "
                f"{labels.dtype} of shape {labels.shape}, up to {labels.max(initial=0)}"
            )
        yield images, labels


def _from_openml() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the same from OpenML, where the test part follows the training part."""
    from sklearn.datasets import fetch_openml

    import_optional("pandas", "data")
    try:
        pixels, labels = fetch_openml(
            "mnist_784", version=1, as_frame=False, return_X_y=True, n_retries=1
        )
    except OSError as error:
        raise ConnectionError(
            advise(
                f"MNIST could not be fetched from OpenML ({error}), and no folder of its four "
                "files (train-images-idx3-ubyte.gz and so on) is given",
                "give that folder (data_dir=)",
                "name it in the environment variable REWIRE_DATA_DIR",
            )
        ) from error
    labels = labels.astype(np.int64)
    for part in (slice(TRAINING_SAMPLES), slice(TRAINING_SAMPLES, None)):
        yield pixels[part], labels[part]


def read_idx(path: Path) -> np.ndarray:
    """Read an array in the idx format of the MNIST files, plain or ``.gz``.

    The header has two zero bytes, one byte for the type, one for the number of dimensions, and each
    dimension as a 32-bit integer; the numbers follow in row-major order. All is big-endian.

    Raises
    ------
    ValueError
        If the file is not idx, or its length does not match its header.

    References
    ----------
    LeCun, Cortes, Burges: The MNIST database of handwritten digits,
    http://yann.lecun.com/exdb/mnist/
    """
    content = read(path)
    if content[:2] != b"\0\0" or len(content) < 4 or content[2] not in IDX_TYPES:
        raise ValueError(
            f"{path} must be an idx file, which starts with 00 00, a type and the number of "
            f"dimensions; got {content[:4].hex(' ') or 'nothing'}"
        )
    dtype, dimensions = np.dtype(IDX_TYPES[content[2]]), content[3]
    start = 4 + 4 * dimensions
    shape = tuple(
        int.from_bytes(content[at : at + 4], "big") for at in range(4, min(start, len(content)), 4)
    )
    expected = start + math.prod(shape) * dtype.itemsize
    if len(content) != expected:
        raise ValueError(
            f"{path} is damaged, fetch it again: its header says shape {shape} of {dtype}, which "
            f"is {expected} bytes; got {len(content)}"
        )
    return np.frombuffer(content, dtype, offset=start).reshape(shape)
