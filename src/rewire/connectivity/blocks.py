"""Blocks: where connections may be."""

from __future__ import annotations

import math
from typing import NamedTuple

__all__ = ["Block"]


class Block(NamedTuple):
    """Units that may be connected: every source with every target.

    Attributes
    ----------
    sources, targets : range
        Units by their numbers over the whole model; all sources come before the targets.
    kernel : tuple of int, default ()
        Of a convolution, whose sources are its input channels at each offset of the kernel.

    Examples
    --------
    A 3 × 3 convolution from 2 channels to 4:

    >>> Block(range(18), range(18, 22), kernel=(3, 3)).shape
    (2, 4, 3, 3)
    """

    sources: range
    targets: range
    kernel: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """Number of possible connections."""
        return len(self.sources) * len(self.targets)

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n_in, n_out, *kernel)``, as :func:`densities` takes it."""
        return len(self.sources) // math.prod(self.kernel), len(self.targets), *self.kernel
