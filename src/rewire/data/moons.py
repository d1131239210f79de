"""Two interleaved half circles."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import make_moons

__all__ = ["moons"]


def moons(
    n_samples: int = 100, noise: float = 0.1, *, seed: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Draw points from two interleaved half circles, as the post does.

    Parameters
    ----------
    n_samples : int, default 100
        Half of them in each class.
    noise : float, default 0.1
        Standard deviation of the Gaussian noise added to both coordinates.
    seed : int, optional
        The same seed gives the same points; those of ``numpy.random.seed(seed)``.

    Returns
    -------
    X : ndarray of float64, shape (n_samples, 2)
    y : ndarray of int64, shape (n_samples,)
        Labels -1 for the upper half circle and +1 for the lower.

    Examples
    --------
    >>> X, y = moons(seed=1337)
    >>> X.shape, y[:4].tolist()
    ((100, 2), [-1, -1, 1, -1])
    """
    X, y = make_moons(n_samples=n_samples, noise=noise, random_state=seed)
    return X, 2 * y - 1
