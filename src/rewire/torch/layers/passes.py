"""The kernels' passes with tensors: memory is shared, and nothing is traced or differentiated."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rewire import kernels
from rewire.kernels import threads
from rewire.kernels.geometry import Window

from .connections import Connections

threads.join_openmp()

__all__ = ["backward", "forward", "matrix", "n_threads", "output_shape"]


def n_threads() -> int:
    """Return how many threads to use: what both PyTorch and this library allow."""
    return min(torch.get_num_threads(), kernels.get_num_threads())


def output_shape(x: Tensor, window: Window) -> tuple[Any, ...]:
    """Return the shape of the outputs for an input of rows or of images."""
    if x.dim() == 2:
        return x.shape[0], window.out_channels
    return x.shape[0], window.out_channels, *window.output_size((x.shape[2], x.shape[3]))


def _size(x: Tensor) -> tuple[int, int]:
    return (1, 1) if x.dim() == 2 else (x.shape[2], x.shape[3])


def matrix(x: Tensor) -> np.ndarray:
    """Return a contiguous tensor's memory with one row for each image."""
    array = x.detach().numpy()
    return array if array.ndim == 2 else array.reshape(len(array), math.prod(array.shape[1:]))


def forward(x: Tensor, weight: Tensor, bias: Tensor | None, connections: Connections) -> Tensor:
    """Return the outputs; all tensors are contiguous, on the CPU and of one type."""
    out = torch.empty(output_shape(x, connections.window), dtype=x.dtype)
    connections.plan.forward(
        _size(x),
        connections.view("weight", weight)[connections.live],  # type: ignore[index]
        connections.view("bias", bias),
        matrix(x),
        matrix(out),
        n_threads,
    )
    return out


def backward(
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
    live = connections.live
    if weight_grad is not None and live.stop < len(weight):
        weight_grad[live.stop :] = 0
    bias_grad = torch.empty(targets, dtype=x.dtype) if wanted[2] else None
    connections.plan.backward(
        _size(x),
        connections.view("weight", weight)[live],  # type: ignore[index]
        matrix(x),
        matrix(output_grad.contiguous()),
        None if input_grad is None else matrix(input_grad),
        None if weight_grad is None else weight_grad.numpy()[live],
        None if bias_grad is None else bias_grad.numpy(),
        n_threads,
    )
    return input_grad, weight_grad, bias_grad
