"""Rescaling what a network says."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rewire.graph import Network

__all__ = ["rescale_outputs"]


def rescale_outputs(net: Network, factor: ArrayLike, shift: ArrayLike = 0.0) -> None:
    """Multiply the outputs, which are linear, and add to them, in place.

    Parameters
    ----------
    net : Network
    factor, shift : float or array-like, shape (outputs,)
    """
    table, first = net.connections, net.rank_start[-2]
    factor = np.broadcast_to(factor, net.ranks[-1])
    table.weight[table.indptr[first] :] *= np.repeat(factor, table.fan_in[first:])
    net.bias[first:] = net.bias[first:] * factor + shift
