"""Small data sets of scikit-learn: generated ones, and those that it brings along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sklearn import datasets

from .dataset import Dataset
from .moons import moons
from .registry import register

__all__: list[str] = []


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
        *datasets.make_circles(n_samples, noise=noise, factor=factor, random_state=seed)
    )


@register("blobs")
def _blobs(
    *, seed: int | None = None, n_samples: int = 100, centers: int = 3, n_features: int = 2
) -> Dataset:
    """Round clouds of points, one per class."""
    return Dataset.from_arrays(
        *datasets.make_blobs(n_samples, n_features, centers=centers, random_state=seed)
    )


@register("digits")
def _digits() -> Dataset:
    """Handwritten digits, 8 x 8 pixels from 0 to 1."""
    found = datasets.load_digits()
    return Dataset.from_arrays(found.data / 16, found.target, image_shape=(8, 8))


@register("iris")
def _iris() -> Dataset:
    """Three species of iris by the size of their petals and sepals."""
    return _bundled(datasets.load_iris)


@register("wine")
def _wine() -> Dataset:
    """Three growers of wine by chemical analysis."""
    return _bundled(datasets.load_wine)


@register("breast_cancer")
def _breast_cancer() -> Dataset:
    """Malignant and benign tumours by measures of their cells."""
    return _bundled(datasets.load_breast_cancer)


@register("diabetes")
def _diabetes() -> Dataset:
    """The progression of diabetes within a year, a regression."""
    return _bundled(datasets.load_diabetes)


@register("linnerud")
def _linnerud() -> Dataset:
    """Three body measures by three exercises, a regression of three outputs."""
    return _bundled(datasets.load_linnerud)


def _bundled(fetch: Callable[[], Any]) -> Dataset:
    """Return one of the tables that scikit-learn brings, with its names of the classes."""
    found = fetch()
    made = Dataset.from_arrays(found.data, found.target, feature_names=found.feature_names)
    return replace(made, classes=tuple(map(str, found.target_names))) if made.classes else made
