"""A network: one graph of neurons in topological order, one table of connections."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from rewire import losses
from rewire.connectivity import ConnectionTable, Signals
from rewire.connectivity.protocol import Revived
from rewire.connectivity.table import Columns
from rewire.validation import float_dtype

from . import checks
from .revival import revive
from .strip import alive, strip
from .summary import Summary
from .surgery import MutableGraph

__all__ = ["Gradients", "Network"]


class Gradients(NamedTuple):
    """Derivatives of a loss: one per connection, in the order of the table, and one per neuron."""

    weight: np.ndarray
    bias: np.ndarray


class Network(MutableGraph):
    """A sparse network at any scale: neurons in ranks, and only the connections that exist.

    Neurons are numbered in topological order, the inputs first, then rank by rank. A layer is
    nothing but the neurons of one rank; connections go from any rank to any later one. Memory and
    time are proportional to neurons and connections.

    Make one with :func:`rewire.mlp` or :meth:`from_connections`.

    Attributes
    ----------
    connections : ConnectionTable
        ``source``, ``target``, ``weight`` and ``birth``, arrays of shape (connections,), sorted by
        target and then by source.
    bias : ndarray, shape (neurons,)
        0 for inputs.
    ranks : tuple of int
        Neurons in each rank, the inputs first.
    activations : tuple of Activation
        One per rank; that of the inputs is not used.
    version : int
        Rises whenever the wiring changes, so that anything derived from it can be renewed.
    numbering : int
        Rises whenever neurons are added or removed, which numbers them anew.

    Examples
    --------
    Two inputs, one hidden neuron, one output that also sees the second input directly:

    >>> net = Network.from_connections([2, 1, 1], [0, 1, 2, 1], [2, 2, 3, 3], [1, -1, 2, 0.5])
    >>> net.predict([[3, 1], [1, 3]])
    array([[4.5],
           [1.5]], dtype=float32)
    >>> net["1_0"]
    Neuron 1_0: fan-in 2, fan-out 1, bias 0
    """

    # ---------------------------------------------------------------------------- construction

    @classmethod
    def from_connections(
        cls,
        ranks: Sequence[int],
        source: Any,
        target: Any,
        weight: Any,
        *,
        bias: Any = None,
        activation: Any = "relu",
        dtype: Any = None,
        backend: str | None = None,
    ) -> Network:
        """Make a network of given connections.

        Parameters
        ----------
        ranks : sequence of int
            Neurons in each rank, the inputs first and the outputs last. Ranks may be empty, except
            these two.
        source, target : array-like of int, shape (connections,)
            Neurons by number over the whole network, each connection once, to a later rank.
        weight : array-like of float, shape (connections,)
        bias : array-like of float, shape (neurons,), optional
            That of the inputs must be 0; 0 everywhere by default.
        activation : str, Activation or a sequence of them, default "relu"
            Of the hidden ranks, where the outputs are linear; or one for each rank but the first.
        dtype : {"float32", "float64"}, optional
            Of weights, biases and everything computed; by default that of ``weight`` where it is
            one of these, otherwise float32.
        backend : {"numba", "numpy"}, optional
            What computes; see :func:`rewire.kernels.get_backend` for the default.

        Raises
        ------
        ValueError
            For a connection that is listed twice, goes to the same or an earlier rank or names no
            neuron; for numbers that are not finite; for arrays of the wrong length.
        """
        ranks = checks.ranks(ranks)
        neurons = sum(ranks)
        if dtype is None:
            given = getattr(weight, "dtype", None)
            dtype = given if given in (np.float32, np.float64) else np.float32
        dtype = float_dtype(dtype)
        source, target = checks.indices(source, "source"), checks.indices(target, "target")
        weight = checks.numbers(weight, "weight", dtype, shape=source.shape)
        checks.connections(source, target, ranks)
        bias = np.zeros(neurons) if bias is None else bias
        bias = checks.numbers(bias, "bias", dtype, shape=(neurons,))
        if bias[: ranks[0]].any():
            raise ValueError("bias must be 0 for the inputs, which have none; it is not")
        return cls(
            ranks,
            ConnectionTable(neurons, source, target, weight),
            Columns({"bias": bias}),
            checks.activations(activation, len(ranks)),
            backend,
        )

    # -------------------------------------------------------------------------------- computing

    def predict(self, X: Any) -> np.ndarray:
        """Compute the outputs.

        Parameters
        ----------
        X : array-like, shape (batch, inputs)

        Returns
        -------
        ndarray of the network's dtype, shape (batch, outputs)
            The activations of the last rank.

        Raises
        ------
        ValueError
            For a wrong shape or numbers that are not finite.
        """
        program = self.program()
        X = checks.inputs(X, program.inputs, program.dtype)
        return program.predict(self.connections.weight, self.bias, X)

    def gradients(self, X: Any, y: Any, loss: Any = "cross_entropy") -> Gradients:
        """Compute the derivatives of a loss with respect to every weight and bias.

        Parameters
        ----------
        X : array-like, shape (batch, inputs)
        y : array-like
            Targets, as the loss wants them.
        loss : str or Loss, default "cross_entropy"
            The mean over the batch, plus the loss's own penalty if it has one.

        Returns
        -------
        Gradients
            ``weight``, aligned with the table, and ``bias``, shape (neurons,), 0 for inputs.

        Raises
        ------
        ValueError
            For wrong shapes, values that are not finite, and no samples, which have no mean.
        """
        X = checks.samples(X, self.ranks[0], self.dtype)
        loss = losses.get(loss)
        y = loss.targets(y, len(X), self.ranks[-1], self.dtype)
        weight, bias, _ = self.program().gradients(self.connections.weight, self.bias, X, y, loss)
        return Gradients(weight, bias)

    def signals(self, X: Any, y: Any, loss: Any = "cross_entropy") -> Signals:
        """Compute activations and sensitivities, whose products are the gradients.

        The parameters are those of :meth:`gradients`. The gradient of any connection, existing or
        not, is ``sensitivity[target] @ activation[source]``, without the loss's penalty.

        Returns
        -------
        Signals
            ``activation`` and ``sensitivity`` (dL/d pre-activation), both of shape
            (neurons, batch), and what they cost, two passes of the batch.
        """
        X = checks.samples(X, self.ranks[0], self.dtype)
        loss = losses.get(loss)
        y = loss.targets(y, len(X), self.ranks[-1], self.dtype)
        A, D = self.program().signals(self.connections.weight, self.bias, X, y, loss)
        return Signals(A, D, 2 * self.forward_flops() * len(X))

    def strip(self, X: Any = None) -> Network:
        """Return a network without dead neurons that computes the same; this one stays as it is.

        A hidden neuron is dead if no path leads from it to an output, or if it is constant because
        no path leads from the inputs to it; constants move into the biases they feed.

        Parameters
        ----------
        X : array-like, shape (samples, inputs), optional
            Also remove neurons that are constant on these samples. **The function is then kept on
            these samples only.**

        Returns
        -------
        Network
        """
        return strip(self, None if X is None else checks.inputs(X, self.ranks[0], self.dtype))

    def alive(self) -> np.ndarray:
        """Return whether each neuron is on a path from the inputs to the outputs.

        Returns
        -------
        ndarray of bool, shape (neurons,)
            Inputs and outputs always count as alive.
        """
        return alive(self)

    def revive(
        self,
        signals: Sequence[Signals],
        generator: np.random.Generator,
        *,
        tries: int,
        samples: int,
        skip_connections: bool = False,
    ) -> Revived:
        """Give idle neurons new incoming weights, in place, without changing what is computed.

        :class:`rewire.topology.Revival` says which neurons are idle, and how weights are chosen.

        Parameters
        ----------
        signals : sequence of Signals
            What the network computes now, one for each batch of data.
        generator : numpy.random.Generator
        tries : int
            Draws for each idle neuron.
        samples : int
            On fewer, no neuron is called idle.
        skip_connections : bool, default False
            Whether neurons may feed all later ranks, rather than the next one only.

        Returns
        -------
        Revived

        Examples
        --------
        Hidden neuron 3 is silent, and nothing reads neuron 4:

        >>> source, target = [0, 1, 0, 2, 3], [2, 3, 4, 5, 5]
        >>> net = Network.from_connections([2, 3, 1], source, target, weight=[1, -1, 1, 1, 1])
        >>> X = np.random.default_rng(0).random((64, 2))
        >>> before = net.predict(X)
        >>> signals = net.signals(X, 5 * X[:, 1], "mean_squared_error")
        >>> net.revive([signals], np.random.default_rng(0), tries=8, samples=64).units
        array([3, 4])
        >>> bool((net.predict(X) == before).all())
        True
        """
        return revive(
            self,
            signals,
            generator,
            tries=tries,
            samples=samples,
            skip_connections=skip_connections,
        )

    def save(self, path: str | os.PathLike[str], format: str | None = None, **options: Any) -> None:
        """Write the network to a file; :func:`rewire.load` reads it back.

        Parameters
        ----------
        path : path-like
            The ending chooses the format. ``.safetensors`` keeps everything, the birth order and
            the optimiser's state included; see :func:`rewire.export.export` for the others.
        format : str, optional
            A name in ``rewire.export.registry``, if the ending does not say.
        **options
            Of the format.

        Examples
        --------
        >>> import tempfile, rewire
        >>> path = tempfile.mkdtemp() + "/net.safetensors"
        >>> rewire.mlp([2, 8, 2], density=0.5, seed=0).save(path)
        >>> rewire.load(path)
        Network 2-8-2: 16 connections, density 50.00%
        """
        from rewire.export import export  # files are only written when asked for

        export(self, path, format, **options)

    # ---------------------------------------------------------------------------------- showing

    def summary(self) -> Summary:
        """Return the network in figures; prints as a table."""
        return Summary.of(self)

    def draw(self, ax: Any = None, **options: Any) -> Any:
        """Draw the wiring; see :func:`rewire.plot.plot_topology` for the options.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from rewire.plot import plot_topology  # pictures are only imported when asked for

        return plot_topology(self, ax, **options)

    def _repr_html_(self) -> str:
        """Show a notebook the summary, and the wiring of a network that can be drawn."""
        from rewire.plot.notebook import as_html

        return as_html(self)

    def _repr_svg_(self) -> str | None:
        """Show what takes no HTML the wiring of a network that can be drawn."""
        from rewire.plot.notebook import as_svg

        return as_svg(self)
