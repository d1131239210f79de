"""``rewire.play``: a session in a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rewire.graph import Network
from rewire.io import import_optional
from rewire.losses import Loss
from rewire.train import Training
from rewire.validation import several

from .array_engine import ArrayEngine
from .player import Player
from .session import Session
from .watching import Watch

if TYPE_CHECKING:
    from .widget import PlayWidget

__all__ = ["play", "show_training"]


def play(
    net: Network | None = None,
    X: Any = None,
    y: Any = None,
    *,
    loss: str | Loss | None = None,
    inputs: Sequence[str] = (),
    classes: Sequence[Any] = (),
) -> PlayWidget:
    """Show a network in a notebook, to watch it learn and rewire and to operate on its neurons.

    Works in Jupyter, JupyterLab, VS Code, Colab and marimo, by anywidget (the extra ``notebook``).
    In a terminal, ``rewire play`` opens the same page in a browser.

    Parameters
    ----------
    net : Network, optional
        Copied: yours stays as it is. By default a network of the post's size, on points in the
        plane that can be drawn.
    X : array-like, shape (samples, inputs)
    y : array-like
        Class numbers of shape (samples,), or targets of shape (samples, outputs); both with
        ``net``.
    loss : str or Loss, optional
        As for :func:`rewire.fit`.
    inputs, classes : sequence of str, optional
        Their names.

    Returns
    -------
    PlayWidget
        Shown by the notebook. ``widget.player.session.lanes[1].net`` is the rewired network.

    Raises
    ------
    ImportError
        If anywidget is not installed.

    Examples
    --------
    >>> import rewire
    >>> from rewire.data import moons
    >>> net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    >>> widget = rewire.play(net, *moons(seed=0))  # doctest: +SKIP
    """
    inputs, classes = several(inputs, "inputs", "names"), several(classes, "classes", "names")
    engine = ArrayEngine(net, X, y, loss=loss, inputs=inputs, classes=classes)
    from .widget import PlayWidget  # needs anywidget

    return PlayWidget(Player(Session(engine)))


@contextmanager
def show_training(training: Training) -> Iterator[Watch]:
    """Show a training in the notebook cell that runs it; afterwards it can be operated on.

    Yields
    ------
    Watch
        To be called after each report.
    """
    display = import_optional("IPython.display", "notebook").display
    from .widget import PlayWidget  # needs anywidget

    watch = Watch()
    watch.begin(training)
    display(PlayWidget(watch))
    yield watch
    watch.finish(training)
