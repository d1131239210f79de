"""A second model that keeps the protocol: separate blocks of plain arrays, and no network."""

import numpy as np

from rewire.connectivity import Block, ConnectionTable, Rows, Signals

KERNELS = ((), (), (2,))
COLUMNS = (4, 7, 3)  # of the signals of each block


class SeparateBlocks:
    """Three layers whose sources and targets are different units; the last is a convolution.

    Parameters
    ----------
    shapes : sequence of (n_in, n_out)
        Of each block; the sources of the last one are its input channels at two offsets.
    density : float
        Every possible connection exists with this probability, and one for each block in any case.
    """

    abilities = frozenset({"signals"})
    backend = None

    def __init__(self, shapes, density=0.5, dtype="float64", seed=0):
        random, self._blocks, units = np.random.default_rng(seed), [], 0
        source, target = [], []
        for (n_in, n_out), kernel in zip(shapes, KERNELS, strict=True):
            n_in *= int(np.prod(kernel, dtype=int))
            block = Block(range(units, units + n_in), range(units + n_in, units + n_in + n_out))
            self._blocks.append(block._replace(kernel=kernel))
            exists = random.random((n_out, n_in)) < density
            exists.flat[random.integers(n_in * n_out)] = True
            row, column = np.nonzero(exists)
            source.append(column + block.sources.start)
            target.append(row + block.targets.start)
            units += n_in + n_out
        source, target = np.concatenate(source), np.concatenate(target)
        weight = random.normal(size=len(source)).astype(dtype)
        self.connections = ConnectionTable(units, source, target, weight)
        self.version = self.numbering = 0

    def blocks(self, skip_connections=False):
        assert not skip_connections
        return list(self._blocks)

    def rewire(self, drop, grow_source, grow_target):
        for s, t in zip(grow_source, grow_target, strict=True):
            if not any(s in block.sources and t in block.targets for block in self._blocks):
                raise ValueError(f"{s} to {t} is in no block")
        self.connections.replace(drop, grow_source, grow_target)
        self.version += 1

    def signals(self, seed=0):
        """Return the signals of a batch of random numbers."""
        random, parts = np.random.default_rng(seed), []
        for which in ("sources", "targets"):
            ranges = [getattr(block, which) for block in self._blocks]
            drawn = [
                random.normal(size=(len(units), columns)).astype(self.connections.weight.dtype)
                for units, columns in zip(ranges, COLUMNS, strict=True)
            ]
            parts.append(Rows(zip(ranges, drawn, strict=True)))
        return Signals(*parts, flops=100)
