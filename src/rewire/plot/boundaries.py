"""Decision boundaries of two-class models over two inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from rewire.io import received
from rewire.validation import real_array, real_number

from . import style
from .network import as_network

__all__ = ["boundary"]


def boundary(
    model: Any,
    X: np.ndarray,
    y: np.ndarray,
    ax: Axes | None = None,
    title: str | None = None,
    step: float = 0.05,
) -> Axes:
    """Draw a two-class model's decision boundary, its scores as shades, and the data.

    Parameters
    ----------
    model : Network, estimator, SparseMLP or callable
        A model of two inputs. With one output, a positive score means class +1; with two outputs,
        the larger one wins. scikit-learn classifiers are evaluated by their
        ``decision_function``. A callable takes points of shape (n, 2) and returns n scores.
    X : ndarray of shape (samples, 2)
    y : ndarray of shape (samples,)
        Labels; those above 0 are drawn blue, others orange.
    ax : matplotlib.axes.Axes, optional
        Where to draw; new axes by default.
    title : str, optional
        A title above the picture.
    step : float, default 0.05
        Distance between the points at which the model is evaluated, in the units of X. The post
        has 0.25.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If X does not have two columns, or the model has more than two outputs.

    Examples
    --------
    >>> X, y = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([1, -1])
    >>> ax = boundary(lambda points: points[:, 1] - points[:, 0], X, y)

    A network's boundary beside its wiring:

    >>> import rewire
    >>> net = rewire.mlp([2, 8, 1], seed=0)
    >>> import matplotlib.pyplot as plt
    >>> figure, (left, right) = plt.subplots(1, 2)
    >>> net.draw(left) is left, boundary(net, X, y, ax=right) is right
    (True, True)
    """
    X, y = np.asarray(real_array(X, "X"), dtype=float), real_array(y, "y")
    if X.ndim != 2 or X.shape[1] != 2:
        raise ValueError(
            f"X must have shape (samples, 2) to be drawn; got {X.shape}: choose two of its columns"
        )
    if not real_number(step, "step", 0, np.inf):
        raise ValueError("step must be above 0; got 0")
    ax = style.given_or_new(ax, 5, 4.2)
    low, high = X.min(axis=0) - 1, X.max(axis=0) + 1
    across, up = np.arange(low[0], high[0], step), np.arange(low[1], high[1], step)
    points = np.stack(np.meshgrid(across, up), axis=-1)
    scores = _scores(model, points.reshape(-1, 2)).reshape(points.shape[:2])
    # Colours saturate a little beyond |score| = 1, where the hinge loss is 0.
    ax.contourf(
        across,
        up,
        np.clip(scores, -1.5, 1.5),
        levels=np.linspace(-1.5, 1.5, 25),
        cmap=style.SIGNED_PALE,
    )
    if scores.min() < 0 < scores.max():
        ax.contour(across, up, scores, levels=[0], colors=style.INK, linewidths=1.6)
    for positive, colour, marker in [(False, style.NEGATIVE, "o"), (True, style.POSITIVE, "s")]:
        points = X[(y > 0) == positive]
        ax.scatter(
            points[:, 0],
            points[:, 1],
            color=colour,
            marker=marker,
            s=26,
            edgecolor="white",
            linewidth=0.7,
            zorder=3,
        )
    ax.set_aspect("equal")
    style.open_frame(ax)
    if title:
        style.title(ax, title)
    return ax


def _scores(model: Any, points: np.ndarray) -> np.ndarray:
    """Return one number for each point, positive for class +1."""
    if hasattr(model, "decision_function"):
        scores = model.decision_function(points)
    elif hasattr(model, "connections"):
        scores = model.predict(points)
    elif hasattr(model, "layers"):  # scalar neurons would take a millisecond per point
        scores = as_network(model).predict(points)
    elif callable(model) and not isinstance(model, type):
        scores = model(points)
    else:
        raise TypeError(
            "model must be a Network, an estimator, a SparseMLP or a function of points; got "
            f"{received(model)}"
        )
    scores = np.asarray(scores, float).reshape(len(points), -1)
    if scores.shape[1] > 2:
        raise ValueError(
            "model must have one output, or two, for a boundary between two classes; "
            f"got {scores.shape[1]} outputs"
        )
    return scores[:, 0] if scores.shape[1] == 1 else scores[:, 1] - scores[:, 0]
