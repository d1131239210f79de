"""Small data sets of scikit-learn: generated ones, and those that it comes with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from rewire.validation import whole_number

from .dataset import Dataset
from .registry import register

__all__ = ["moons"]


def moons(
    n_samples: int = 100, noise: float = 0.1, *, seed: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Draw points from two interleaved half circles, as the post does.

    Parameters
    ----------
    n_samples : int, default 100
        Number of points, half of them in each class.
    noise : float, default 0.1
        Standard deviation of the Gaussian noise added to both coordinates.
    seed : int, optional
        The same seed gives the same points as ``numpy.random.seed(seed)``.

    Returns
    -------
    X : ndarray of float64, shape (n_samples, 2)
    y : ndarray of int64, shape (n_samples,)
        Labels: -1 for the upper half circle and +1 for the lower.

    Examples
    --------
    >>> X, y = moons(seed=1337)
    >>> X.shape, y[:4].tolist()
    ((100, 2), [-1, -1, 1, -1])
    """
    if seed is not None:
        seed = whole_number(seed, "seed")
    X, y = _sklearn().make_moons(n_samples=n_samples, noise=noise, random_state=seed)
    return X, 2 * y - 1


@register("moons")
def _moons(*, seed: int | None = None, n_samples: int = 100, noise: float = 0.1) -> Dataset:
    """Two interleaved half circles, the data of the post."""
    return Dataset.from_arrays(*moons(n_samples, noise, seed=seed))


@register("circles")
def _circles(
    *, seed: int | None = None, n_samples: int = 100, noise: float = 0.1, factor: float = 0.5
) -> Dataset:
    """A circle around a smaller one."""
    return Dataset.from_arrays(
        *_sklearn().make_circles(n_samples, noise=noise, factor=factor, random_state=seed)
    )


@register("blobs")
def _blobs(
    *, seed: int | None = None, n_samples: int = 100, centers: int = 3, n_features: int = 2
) -> Dataset:
    """Round clouds of points, one per class."""
    return Dataset.from_arrays(
        *_sklearn().make_blobs(n_samples, n_features, centers=centers, random_state=seed)
    )


@register("digits")
def _digits() -> Dataset:
    """Handwritten digits, 8 x 8 pixels from 0 to 1."""
    found = _sklearn().load_digits()
    return Dataset.from_arrays(found.data / 16, found.target, image_shape=(8, 8))


@register("iris")
def _iris() -> Dataset:
    """Three species of iris by the size of their petals and sepals."""
    return _dataset(_sklearn().load_iris())


@register("wine")
def _wine() -> Dataset:
    """Wines of three growers by chemical analysis."""
    return _dataset(_sklearn().load_wine())


@register("breast_cancer")
def _breast_cancer() -> Dataset:
    """Malignant and benign tumours by measures of their cells."""
    return _dataset(_sklearn().load_breast_cancer())


@register("diabetes")
def _diabetes() -> Dataset:
    """The progression of diabetes within a year, a regression."""
    return _dataset(_sklearn().load_diabetes())


@register("linnerud")
def _linnerud() -> Dataset:
    """Three body measures by three exercises, a regression of three outputs."""
    return _dataset(_sklearn().load_linnerud())


def _sklearn() -> Any:
    """Import ``sklearn.datasets``, which takes a second, only when it is used."""
    from sklearn import datasets

    return datasets


def _dataset(bunch: Any) -> Dataset:
    """Convert one of scikit-learn's tables, with the names of its classes."""
    data = Dataset.from_arrays(bunch.data, bunch.target, feature_names=bunch.feature_names)
    return replace(data, classes=tuple(map(str, bunch.target_names))) if data.classes else data
