"""A network in figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .graph import Graph
from .strip import alive

__all__ = ["RankSummary", "Summary"]


@dataclass(frozen=True)
class RankSummary:
    """One rank: its neurons and the connections into them."""

    rank: int
    neurons: int
    activation: str
    connections: int
    density: float
    fan_in: tuple[int, float, int]  # least, mean, most
    dead: int


@dataclass(frozen=True)
class Summary:
    """A network in figures.

    Attributes
    ----------
    ranks : tuple of RankSummary
    connections, possible : int
        Existing, and of a dense network; see :attr:`Network.possible_connections`.
    parameters : int
        Weights and biases.
    bytes : int
        Of everything the network holds, its indices included.
    flops : int
        Of one forward pass of one sample: a multiplication and an addition per connection, one
        addition per bias.
    dense_flops : int
        The same for the dense network of these ranks.
    dead : int
        Hidden neurons on no path from the inputs to the outputs.

    Examples
    --------
    >>> import rewire
    >>> summary = rewire.mlp([2, 8, 2], density=0.5, seed=0).summary()
    >>> summary.connections, summary.possible, summary.flops
    (16, 32, 42)
    """

    ranks: tuple[RankSummary, ...]
    connections: int
    possible: int
    parameters: int
    bytes: int
    flops: int
    dense_flops: int
    dead: int

    @classmethod
    def of(cls, net: Graph) -> Summary:
        """Measure a network."""
        table, start = net.connections, net.rank_start
        fan_in, living, densities = table.fan_in, alive(net), [0.0, *net.layer_densities()]
        rows = []
        for rank in range(len(net.ranks)):
            part = slice(int(start[rank]), int(start[rank + 1]))
            inward = fan_in[part]
            spread = (
                (int(inward.min()), float(inward.mean()), int(inward.max()))
                if len(inward)
                else (0, 0.0, 0)
            )
            rows.append(
                RankSummary(
                    rank,
                    net.ranks[rank],
                    net.activations[rank].name if rank else "input",
                    int(inward.sum()),
                    densities[rank],
                    spread,
                    int((~living[part]).sum()),
                )
            )
        columns = [*table.data.values(), *net.neurons.data.values(), table.indptr]
        biases = net.size - net.ranks[0]
        return cls(
            ranks=tuple(rows),
            connections=len(table),
            possible=net.possible_connections,
            parameters=len(table) + biases,
            bytes=sum(np.asarray(column).nbytes for column in columns),
            flops=net.forward_flops(),
            dense_flops=net.forward_flops(net.possible_connections),
            dead=sum(row.dead for row in rows),
        )

    def __str__(self) -> str:
        lines = ["rank  neurons  activation  connections   density  fan-in: least mean most  dead"]
        for row in self.ranks:
            least, mean, most = row.fan_in
            inward = (
                f"{row.connections:>11,}  {row.density:>8.2%}  {least:>6} {mean:>8.1f} {most:>7}"
                if row.rank
                else " " * 44
            )
            lines.append(
                f"{row.rank:>4}  {row.neurons:>7,}  {row.activation:<10}  {inward}  {row.dead:>4,}"
            )
        lines.append(
            f"{self.connections:,} of {self.possible:,} connections "
            f"({self.connections / max(self.possible, 1):.2%}), {self.parameters:,} parameters, "
            f"{self.bytes:,} bytes"
        )
        lines.append(
            f"{self.flops:,} FLOPs for one sample forward, {self.dense_flops:,} if it were dense; "
            f"{self.dead:,} dead neurons"
        )
        return "\n".join(lines)

    __repr__ = __str__
