"""One sparse layer as a function of tensors: kernels where they run, and a dense weight elsewhere.

In eager mode a layer is a :class:`torch.autograd.Function`, which costs least; while a model is
compiled or exported it is an operator. Both make the same calls.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from rewire.io import advise

from .connections import Connections
from .operators import encode
from .passes import backward, forward, matrix, n_threads
from .recording import record, recorded

__all__ = ["BACKENDS", "apply_layer", "apply_one_row", "transformed"]

BACKENDS = ("auto", "sparse", "dense")

# Multiplications of a dense layer up to which PyTorch's own operations, of which a call costs less,
# are faster than the kernels. So few are not shared by threads, whose number would change the bits.
SMALL = 2**15


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
        dense tensor, and PyTorch's own operations compute. ``"auto"``: the kernels on the CPU,
        except under the transforms of :mod:`torch.func`, and for few rows of a small layer, where
        a call costs more than its multiplications.

    Returns
    -------
    Tensor
        Of the input's type, or of autocast's where that is on.
    """
    if backend == "sparse" and x.device.type != "cpu":
        raise ValueError(
            advise(
                f"input must be on the CPU where backend is 'sparse'; got {x.device}",
                "let the device choose (backend='auto')",
                "move layer and input to the CPU",
            )
        )
    dtype = _result_dtype(x, weight)
    if transformed():
        if backend == "sparse":
            raise RuntimeError(
                advise(
                    "backend 'sparse' does not run under torch.func's grad, vmap and the like",
                    "let the layer use a dense weight there (backend='auto')",
                    "differentiate by backward() or torch.autograd",
                )
            )
        return _dense_layer(x, weight, bias, connections)
    if backend == "dense" or (
        backend == "auto" and (x.device.type != "cpu" or _is_small(x, weight, connections, dtype))
    ):
        return _recorded_dense_layer(x, weight, bias, connections)
    x, compute = x.contiguous(), torch.float64 if dtype == torch.float64 else torch.float32
    if x.dtype != compute or weight.dtype != compute:
        x, weight = x.to(compute), weight.to(compute)
        bias = None if bias is None else bias.to(compute)
    if torch.compiler.is_compiling():
        table, window = connections.table, encode(connections.window)
        out = torch.ops.rewire.layer(x, weight, bias, *table, window)
    elif torch.is_grad_enabled():
        out = _Layer.apply(x, weight, bias, connections)
    else:
        out = forward(x, weight, bias, connections)
    return out if dtype == compute else out.to(dtype)


def apply_one_row(
    x: Tensor, weight: Tensor, bias: Tensor | None, connections: Connections
) -> Tensor:
    """Apply a linear layer to one row without gradients, with its weights in 8 bits.

    Parameters
    ----------
    x : Tensor, shape (1, in_channels)
    weight, bias, connections
        See :func:`apply_layer`; all float32, on the CPU.
    """
    small, scale = connections.small_weight(weight)
    out = torch.empty((1, connections.window.out_channels), dtype=x.dtype)
    arrays = connections.view("bias", bias), matrix(x.contiguous())[0], matrix(out)[0]
    connections.plan.forward_one_row_small(small, scale, *arrays, n_threads)
    return out


def transformed() -> bool:
    """Whether a transform of ``torch.func`` is at work, whose tensors have no memory to read."""
    return not torch.compiler.is_compiling() and torch._C._are_functorch_transforms_active()


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


def _is_small(x: Tensor, weight: Tensor, connections: Connections, dtype: torch.dtype) -> bool:
    """Whether the call itself would cost more than what the kernels save.

    Half precision is left to the kernels, which compute in float32, and a model that is compiled to
    one choice for all batches.
    """
    window = connections.window
    return (
        x.dim() == 2
        and not torch.compiler.is_compiling()
        and x.shape[0] * window.in_channels * window.out_channels <= SMALL
        and dtype == weight.dtype
        and dtype in (torch.float32, torch.float64)
    )


def _recorded_dense_layer(
    x: Tensor, weight: Tensor, bias: Tensor | None, connections: Connections
) -> Tensor:
    """Compute with a dense weight, and record the backward pass where that is wanted."""
    out, source = _dense_layer(x, weight, bias, connections), connections.table.source
    if not torch.compiler.is_compiling() and recorded(source) and out.requires_grad:
        out.register_hook(lambda grad: record(source, x, grad, eager=True))
    return out


def _dense_layer(
    x: Tensor, weight: Tensor, bias: Tensor | None, connections: Connections
) -> Tensor:
    dense, window = connections.dense_weight(weight), connections.window
    if x.dim() == 2:
        return F.linear(x, dense, bias)
    dense = dense.view(window.out_channels, window.in_channels // window.groups, *window.kernel)
    top, bottom, left, right = window.padding
    if top == bottom and left == right:
        padding = top, left
    else:
        x, padding = F.pad(x, (left, right, top, bottom)), (0, 0)
    return F.conv2d(x, dense, bias, window.stride, padding, window.dilation, window.groups)


class _Layer(torch.autograd.Function):
    """The layer in eager mode."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, connections: Connections
    ) -> Tensor:
        ctx.save_for_backward(x, weight, bias)
        ctx.connections = connections
        return forward(x, weight, bias, connections)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Any:
        (output_grad,), connections = grad_outputs, ctx.connections
        x, weight, bias = ctx.saved_tensors
        wanted = ctx.needs_input_grad[:3]
        record(connections.table.source, x, output_grad, eager=True)
        if torch.is_grad_enabled():  # create_graph: these gradients will be differentiated
            inputs = x, weight, bias
            return *_dense_gradients(output_grad, inputs, connections, wanted), None
        return *backward(output_grad, x, weight, connections, wanted), None


def _dense_gradients(
    output_grad: Tensor,
    inputs: tuple[Tensor, Tensor, Tensor | None],
    connections: Connections,
    wanted: tuple[bool, bool, bool],
) -> list[Tensor | None]:
    """Return gradients that can be differentiated again, at the cost of a dense layer."""
    out = _dense_layer(*inputs, connections)
    chosen: Any = [tensor for tensor, want in zip(inputs, wanted, strict=True) if want]
    found = iter(torch.autograd.grad(out, chosen, output_grad, create_graph=True))
    return [next(found) if want else None for want in wanted]
