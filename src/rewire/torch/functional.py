"""One sparse layer as a function of tensors: kernels where they run, and a dense weight elsewhere.

In eager mode a layer is a :class:`torch.autograd.Function`; while a model is compiled or exported
it is the operator ``rewire::layer``, as the kernels cannot be traced. Both make the same calls.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from rewire import kernels
from rewire.kernels.adjacency import Adjacency
from rewire.kernels.geometry import Window
from rewire.kernels.layer import LayerPlan

__all__ = ["BACKENDS", "Connections", "Table", "apply_layer", "dense_weight"]

BACKENDS = ("auto", "sparse", "dense")
MOST_KEPT = 128  # layers of compiled models whose connections are kept from call to call


class Table(NamedTuple):
    """A layer's connections as int32 tensors; the fields of :class:`rewire.kernels.Adjacency`."""

    indptr: Tensor
    source: Tensor
    csc_indptr: Tensor
    target: Tensor
    csc_position: Tensor


class Connections:
    """A layer's table and window, and what the kernels keep about them from call to call.

    It holds until the table's tensors change, which :meth:`fits` tells.
    """

    def __init__(self, table: Table, window: Window, version: int = 0):
        self.table, self.window, self._version = table, window, version
        self._plan: LayerPlan | None = None
        self._views: dict[str, tuple[int, np.ndarray]] = {}

    def fits(self, indptr: Tensor, source: Tensor) -> bool:
        """Whether these are the tensors that it was made of, unchanged."""
        table = self.table
        return (
            source is table.source and indptr is table.indptr and source._version == self._version
        )

    @property
    def plan(self) -> LayerPlan:
        """The kernels' plan; the tensors must be on the CPU."""
        if self._plan is None:
            adjacency = Adjacency(*(tensor.numpy() for tensor in self.table))
            self._plan = LayerPlan(adjacency, self.window)
        return self._plan

    def view(self, name: str, parameter: Tensor | None) -> np.ndarray | None:
        """Return a parameter's memory, kept while the parameter stays where it is.

        A kept view holds on to its memory, so that no other tensor can come to lie there.
        """
        if parameter is None:
            return None
        address, kept = parameter.data_ptr(), self._views.get(name)
        if kept is None or kept[0] != address or kept[1].size != parameter.numel():
            # Through DLPack, as Tensor.numpy would fix the size of a parameter's storage.
            kept = self._views[name] = address, np.from_dlpack(parameter.detach())
        return kept[1]


def apply_layer(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    connections: Connections,
    backend: str = "auto",
) -> Tensor:
    """Apply a layer to images, or to rows where ``x`` has two dimensions.

    Parameters
    ----------
    x : Tensor, shape (rows, in_channels) or (images, in_channels, rows, columns)
        Of any floating-point type; float16 and bfloat16 are computed in float32.
    weight : Tensor, shape (connections,)
    bias : Tensor, shape (out_channels,), or None
    connections : Connections
    backend : {"auto", "sparse", "dense"}, default "auto"
        ``"sparse"``: the kernels, on the CPU only. ``"dense"``: the weights are scattered into a
        dense tensor, and PyTorch's own operations compute. ``"auto"``: the kernels on the CPU.

    Returns
    -------
    Tensor
        Of the input's type, or of autocast's where that is on.
    """
    dtype = _result_dtype(x, weight)
    if backend == "dense" or (backend == "auto" and x.device.type != "cpu"):
        return _dense_layer(x, weight, bias, connections.table, connections.window)
    x, compute = x.contiguous(), torch.float64 if dtype == torch.float64 else torch.float32
    if x.dtype != compute or weight.dtype != compute:
        x, weight = x.to(compute), weight.to(compute)
        bias = None if bias is None else bias.to(compute)
    if torch.compiler.is_compiling():
        table, window = connections.table, _encode(connections.window)
        out = torch.ops.rewire.layer(x, weight, bias, *table, window)
    elif torch.is_grad_enabled():
        out = _Layer.apply(x, weight, bias, connections)
    else:
        out = _forward(x, weight, bias, connections)
    return out if dtype == compute else out.to(dtype)


def dense_weight(weight: Tensor, table: Table, window: Window) -> Tensor:
    """Scatter the weights into a tensor as dense PyTorch layers have it; differentiable.

    Parameters
    ----------
    weight : Tensor, shape (connections,)
    table : Table
    window : Window

    Returns
    -------
    Tensor, shape (out_channels, in_channels / groups, kernel rows, kernel columns)
    """
    place = dense_places(table, window)
    dense = weight.new_zeros(window.out_channels * window.sources).index_put((place,), weight)
    return dense.view(window.out_channels, window.in_channels // window.groups, *window.kernel)


def dense_places(table: Table, window: Window) -> Tensor:
    """Return the place of each connection in a flattened dense weight, an int64 tensor."""
    fan_in = (table.indptr[1:] - table.indptr[:-1]).long()
    targets = torch.arange(window.out_channels, device=fan_in.device)
    target = torch.repeat_interleave(targets, fan_in, output_size=len(table.source))
    return target * window.sources + table.source


def _result_dtype(x: Tensor, weight: Tensor) -> torch.dtype:
    """Return autocast's type if it is on, or else the input's, which must be the weight's."""
    device = x.device.type
    if x.dtype != torch.float64 and torch.is_autocast_enabled(device):
        return torch.get_autocast_dtype(device)
    if x.dtype != weight.dtype:
        raise TypeError(
            f"input must be of the layer's type, {weight.dtype}; got {x.dtype}: "
            f"convert one of them, as by input.to({weight.dtype})"
        )
    return x.dtype


def _dense_layer(
    x: Tensor, weight: Tensor, bias: Tensor | None, table: Table, window: Window
) -> Tensor:
    dense = dense_weight(weight, table, window)
    if x.dim() == 2:
        return F.linear(x, dense.flatten(1), bias)
    top, bottom, left, right = window.padding
    if top == bottom and left == right:
        padding = top, left
    else:
        x, padding = F.pad(x, (left, right, top, bottom)), (0, 0)
    return F.conv2d(x, dense, bias, window.stride, padding, window.dilation, window.groups)


# -------------------------------------------------------------------------------- the kernels' side


def _n_threads() -> int:
    return min(torch.get_num_threads(), kernels.get_num_threads())


def _output_shape(x: Tensor, window: Window) -> tuple[Any, ...]:
    if x.dim() == 2:
        return x.shape[0], window.out_channels
    return x.shape[0], window.out_channels, *window.output_size((x.shape[2], x.shape[3]))


def _size(x: Tensor) -> tuple[int, int]:
    return (1, 1) if x.dim() == 2 else (x.shape[2], x.shape[3])


def _matrix(x: Tensor) -> np.ndarray:
    array = x.detach().numpy()
    return array if array.ndim == 2 else array.reshape(len(array), math.prod(array.shape[1:]))


def _forward(x: Tensor, weight: Tensor, bias: Tensor | None, connections: Connections) -> Tensor:
    out = torch.empty(_output_shape(x, connections.window), dtype=x.dtype)
    connections.plan.forward(
        _size(x),
        connections.view("weight", weight),  # type: ignore[arg-type]
        connections.view("bias", bias),
        _matrix(x),
        _matrix(out),
        _n_threads,
    )
    return out


def _backward(
    output_grad: Tensor,
    x: Tensor,
    weight: Tensor,
    connections: Connections,
    wanted: tuple[bool, bool, bool],
) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    """Return the gradients of input, weight and bias, or None for those not wanted."""
    targets = connections.window.out_channels
    input_grad = torch.empty_like(x) if wanted[0] else None
    weight_grad = torch.empty_like(weight) if wanted[1] else None
    bias_grad = torch.empty(targets, dtype=x.dtype) if wanted[2] else None
    connections.plan.backward(
        _size(x),
        connections.view("weight", weight),  # type: ignore[arg-type]
        _matrix(x),
        _matrix(output_grad.contiguous()),
        None if input_grad is None else _matrix(input_grad),
        None if weight_grad is None else weight_grad.numpy(),
        None if bias_grad is None else bias_grad.numpy(),
        _n_threads,
    )
    return input_grad, weight_grad, bias_grad


class _Layer(torch.autograd.Function):
    """The layer in eager mode."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, connections: Connections
    ) -> Tensor:
        ctx.save_for_backward(x, weight, bias)
        ctx.connections = connections
        return _forward(x, weight, bias, connections)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Any:
        (output_grad,), connections = grad_outputs, ctx.connections
        x, weight, bias = ctx.saved_tensors
        wanted = ctx.needs_input_grad[:3]
        if torch.is_grad_enabled():  # create_graph: these gradients will be differentiated
            inputs = x, weight, bias
            return *_dense_gradients(output_grad, inputs, connections, wanted), None
        return *_backward(output_grad, x, weight, connections, wanted), None


def _dense_gradients(
    output_grad: Tensor,
    inputs: tuple[Tensor, Tensor, Tensor | None],
    connections: Connections,
    wanted: tuple[bool, bool, bool],
) -> list[Tensor | None]:
    """Return gradients that can be differentiated again, at the cost of a dense layer."""
    out = _dense_layer(*inputs, connections.table, connections.window)
    chosen: Any = [tensor for tensor, want in zip(inputs, wanted, strict=True) if want]
    found = iter(torch.autograd.grad(out, chosen, output_grad, create_graph=True))
    return [next(found) if want else None for want in wanted]


# --------------------------------------------------------------------------------- while compiling


def _encode(window: Window) -> list[int]:
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
    return _forward(x.contiguous(), weight.contiguous(), bias, _connections(table, window))


@_layer_op.register_fake
def _(x, weight, bias, indptr, source, csc_indptr, target, csc_position, window):
    return x.new_empty(_output_shape(x, _decode(window)))


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
    gradients = _backward(output_grad, x, weight, _connections(table, window), flags)
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
