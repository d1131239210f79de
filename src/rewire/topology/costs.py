"""What it costs to decide on a rewiring."""

from __future__ import annotations

from collections.abc import Sequence

from rewire.connectivity import Rows, Signals

from .context import RewiringContext
from .method import Method

__all__ = ["scoring_flops"]


def scoring_flops(
    method: Method, ctx: RewiringContext, signals: Sequence[Signals], grown: int
) -> int:
    """Return the FLOPs of the signals, of existing connections' gradients and of the scores.

    The gradient of a connection costs two FLOPs per column of its block's signals. Of a sample of
    the candidates, the average cost is counted.
    """
    if not method.looks_at_data:
        return 0
    cost, blocks = sum(batch.flops for batch in signals), ctx.candidates.blocks
    columns = [sum(_columns(ctx, batch, block.targets) for batch in signals) for block in blocks]
    if "gradient" in method.needs:
        bounds = ctx.table.indptr[ctx.candidates.layer_start].tolist()
        for count, first, last in zip(columns, bounds, bounds[1:], strict=False):
            cost += 2 * (last - first) * count
    if method.grow is not None and "signals" in method.grow.needs:
        possible = ctx.candidates.possible
        products = sum(block.size * count for block, count in zip(blocks, columns, strict=True))
        seen = possible
        if method.growth_candidates is not None:
            seen = min(seen, int(method.growth_candidates * grown))
        cost += 2 * (products * seen // max(possible, 1))
    return cost


def _columns(ctx: RewiringContext, batch: Signals, targets: range) -> int:
    rows = Rows.of(batch.sensitivity, ctx.table.units, "sensitivity")
    return rows.columns(targets) if targets else 0
