"""The array engine of a session: what it makes of a command's fields and of given data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from scipy.sparse import issparse

from rewire import losses, mlp
from rewire.graph import Network
from rewire.io import advise
from rewire.losses import Hinge, Loss
from rewire.train.defaults import default_loss
from rewire.train.samples import Samples
from rewire.validation import of_type

from .array_lane import MAX_SCORED, ArrayLane
from .engine import Given, LaneError
from .limits import Limits
from .starts import START, START_ADAM, START_SGD

__all__ = ["ArrayEngine", "make_network", "plane"]

# The post's loss, and its precision.
LOSS = Hinge(l2=1e-4)
DTYPE = "float64"
MAX_POINTS = 2000  # shown of given data; the most that can be placed otherwise
# A step of a new network takes a fraction of a second; one's own may take seconds.
LIMITS = Limits(connections=400_000_000, possible=10_000_000_000, neurons=40_000_000)
OWN_LIMITS = Limits(*(10 * most for most in LIMITS))


class ArrayEngine:
    """Makes the networks of a session, with the array engine behind them.

    Parameters
    ----------
    net : Network, optional
        Shown and trained as a copy. By default sessions draw points in the plane, and make
        networks of two inputs and one output for them.
    X, y : array-like, optional
        Inputs and targets, as for :func:`rewire.fit`; with ``net``.
    loss : str or Loss, optional
        As for :func:`rewire.fit`.
    name : str, default "data"
        Of the data.
    inputs, classes : sequence of str, optional
        Their names.

    Examples
    --------
    >>> from rewire.playground import Session
    >>> Session(ArrayEngine()).lanes[0].net
    Network 2-16-16-1: 68 connections, density 22.37%
    """

    name = "array"

    def __init__(
        self,
        net: Network | None = None,
        X: Any = None,
        y: Any = None,
        *,
        loss: str | Loss | None = None,
        name: str = "data",
        inputs: Sequence[str] = (),
        classes: Sequence[Any] = (),
    ):
        self.net: Network | None = None
        self.given: Given | None = None
        self.start = START
        if net is None:
            return
        self.net = of_type(net, "net", Network).copy()
        if issparse(X):
            raise ValueError(
                advise("X must be a dense array; got a sparse matrix", "give X.toarray()")
            )
        loss = default_loss(net, y) if loss is None else losses.get(loss)
        self.samples = Samples.check(net, X, y, loss)
        OWN_LIMITS.check(net.ranks, len(net.connections), min(len(self.samples), MAX_SCORED))
        points = plane(self.samples, net.ranks[-1])
        self.start = ({"do": "given"}, *(START_SGD if loss.counts_correct else START_ADAM))
        self.given = Given(name, points, tuple(map(str, inputs)), tuple(map(str, classes)))

    def lane(self, network: Mapping[str, Any] | None) -> ArrayLane:
        """Return a new network by the fields of the command, or None for the given one."""
        if self.net is None:
            assert network is not None
            return ArrayLane(make_network(network), LOSS)
        if network is None:
            return ArrayLane(self.net.copy(), self.samples.loss, self.samples)
        ends, dtype = (self.net.ranks[0], self.net.ranks[-1]), self.net.dtype.name
        return ArrayLane(make_network(network, *ends, dtype), self.samples.loss, self.samples)


def make_network(
    network: Mapping[str, Any], inputs: int = 2, outputs: int = 1, dtype: str = DTYPE
) -> Network:
    """Return the network that the fields of a ``network`` command describe."""
    sizes, density = [inputs, *network["layers"], outputs], network["density"]
    if isinstance(density, list) and len(density) != len(sizes) - 1:
        raise LaneError(
            f"density must be one number or {len(sizes) - 1}, one for each layer; "
            f"got {len(density)}"
        )
    each = density if isinstance(density, list) else [density] * (len(sizes) - 1)
    wanted = round(sum(a * b * share for (a, b), share in zip(pairwise(sizes), each, strict=True)))
    LIMITS.check(sizes, wanted, MAX_POINTS)
    return mlp(
        sizes,
        density=density,
        activation=network["activation"],
        init=network["init"] or "fan_in",
        wiring=network["wiring"],
        dtype=dtype,
        seed=network["seed"],
    )


def plane(samples: Samples, outputs: int) -> tuple[tuple[float, float, int], ...]:
    """Return samples of two inputs as points; of classes only, and not too many."""
    X, y = samples.X, samples.y
    if X.shape[1] != 2 or y.ndim > 1 or not samples.loss.counts_correct:
        return ()
    label = (y > 0) if outputs == 1 else y
    rows = slice(None, None, -(-len(X) // MAX_POINTS))
    return tuple(zip(X[rows, 0].tolist(), X[rows, 1].tolist(), map(int, label[rows]), strict=True))
