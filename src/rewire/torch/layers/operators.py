"""The layer as the operator ``rewire::layer``, for models that are compiled or exported.

The kernels cannot be traced; an operator is called as it is.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from rewire.kernels.geometry import Window

from .connections import Connections, Table
from .passes import backward, forward, output_shape
from .recording import record

__all__ = ["encode"]

MOST_KEPT = 128  # layers of compiled models whose connections are kept from call to call


def encode(window: Window) -> list[int]:
    """Return a window as numbers, as operators take no other objects."""
    return [
        window.in_channels,
        window.out_channels,
        *window.kernel,
        *window.stride,
        *window.padding,
        *window.dilation,
        window.groups,
    ]


def _decode(numbers: list[int]) -> Window:
    n = tuple(numbers)
    return Window(n[0], n[1], n[2:4], n[4:6], n[6:10], n[10:12], n[12])  # type: ignore[arg-type]


class _Kept(NamedTuple):
    """Connections of an earlier call, and what their table was."""

    window: list[int]
    indptr: Tensor
    source: Tensor
    connections: Connections


_kept: dict[int, _Kept] = {}


def _connections(table: Table, window: list[int]) -> Connections:
    """Return the connections of an earlier call with the same table, or new ones.

    Compiled code knows tensors only, not the layer that they belong to. Comparing tables costs
    less than what is kept about them.
    """
    address = table.source.data_ptr()
    found = _kept.get(address)
    if (
        found is None
        or found.window != list(window)
        or not torch.equal(found.source, table.source)
        or not torch.equal(found.indptr, table.indptr)
    ):
        if len(_kept) >= MOST_KEPT:
            _kept.pop(next(iter(_kept)), None)
        connections = Connections(table, _decode(window))
        copies = table.indptr.clone(), table.source.clone()
        found = _kept[address] = _Kept(list(window), *copies, connections)
    return found.connections


@torch.library.custom_op("rewire::layer", mutates_args=())
def _layer_op(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    indptr: Tensor,
    source: Tensor,
    csc_indptr: Tensor,
    target: Tensor,
    csc_position: Tensor,
    window: list[int],
) -> Tensor:
    table = Table(indptr, source, csc_indptr, target, csc_position)
    return forward(x.contiguous(), weight.contiguous(), bias, _connections(table, window))


@_layer_op.register_fake
def _(x, weight, bias, indptr, source, csc_indptr, target, csc_position, window):
    return x.new_empty(output_shape(x, _decode(window)))


@torch.library.custom_op("rewire::layer_backward", mutates_args=())
def _layer_backward_op(
    output_grad: Tensor,
    x: Tensor,
    weight: Tensor,
    indptr: Tensor,
    source: Tensor,
    csc_indptr: Tensor,
    target: Tensor,
    csc_position: Tensor,
    window: list[int],
    wanted: list[bool],
) -> tuple[Tensor, Tensor, Tensor]:
    table = Table(indptr, source, csc_indptr, target, csc_position)
    flags = wanted[0], wanted[1], wanted[2]
    x, weight = x.contiguous(), weight.contiguous()
    record(source, x, output_grad)
    gradients = backward(output_grad, x, weight, _connections(table, window), flags)
    nothing = (x.new_empty(0) for _ in gradients)
    first, second, third = (
        empty if gradient is None else gradient
        for gradient, empty in zip(gradients, nothing, strict=True)
    )
    return first, second, third


@_layer_backward_op.register_fake
def _(
    output_grad,
    x,
    weight,
    indptr,
    source,
    csc_indptr,
    target,
    csc_position,
    window,
    wanted,
):
    shapes = x.shape, weight.shape, (window[1],)
    return tuple(
        x.new_empty(shape if want else 0) for shape, want in zip(shapes, wanted, strict=True)
    )


def _set_up(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    x, weight, _, *table, window = inputs
    ctx.save_for_backward(x, weight, *table)
    ctx.window = window


def _op_backward(ctx: Any, output_grad: Tensor) -> tuple[Any, ...]:
    x, weight, *table = ctx.saved_tensors
    wanted = list(ctx.needs_input_grad[:3])
    gradients = torch.ops.rewire.layer_backward(output_grad, x, weight, *table, ctx.window, wanted)
    chosen = (g if want else None for g, want in zip(gradients, wanted, strict=True))
    return *chosen, *[None] * (len(table) + 1)


_layer_op.register_autograd(_op_backward, setup_context=_set_up)
