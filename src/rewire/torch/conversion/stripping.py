"""Chains of layers without the channels that do not matter: smaller, with the same outputs."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..layers.convolutions import Conv1d, Conv2d
from ..layers.layer import SparseLayer
from ..layers.linear import Linear

__all__ = ["strip"]

ELEMENTWISE = (
    *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish, nn.Tanh),
    *(nn.Sigmoid, nn.Hardtanh, nn.Hardswish, nn.Hardsigmoid, nn.Softplus, nn.Identity, nn.Dropout),
    *(nn.Dropout1d, nn.Dropout2d),
)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
AVERAGES = (nn.AvgPool1d, nn.AvgPool2d)
POOLS = (nn.MaxPool1d, nn.MaxPool2d, *AVERAGES)
ADAPTIVE = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d)
WEIGHTED = (Linear, Conv1d, Conv2d, nn.Linear, nn.Conv1d, nn.Conv2d)


def strip(model: nn.Sequential) -> nn.Sequential:
    """Return a chain of layers without the channels that cannot affect its outputs.

    A channel that no connection leaves is removed. One that no connection enters is a constant: it
    is folded into the biases that follow, and removed, unless a convolution would see it beside
    zeros that pad its border; there it stays if it is not zero. Removing one can free others, so
    this goes on until nothing changes. Inputs and outputs of the chain stay.

    Parameters
    ----------
    model : nn.Sequential
        In evaluation mode, as BatchNorm is taken with its running statistics: Linear, Conv1d and
        Conv2d layers, sparse or dense, BatchNorm, activations without parameters, pooling, Dropout
        and Flatten; chains inside the chain are unrolled. Around convolutions in groups channels
        stay.

    Returns
    -------
    nn.Sequential
        New modules, sparse where they were sparse. Outputs are the same to rounding.

    Raises
    ------
    ValueError
        For a model in training mode or with other modules in it, by name.

    Examples
    --------
    The second hidden neuron is read by no output:

    >>> import torch
    >>> model = torch.nn.Sequential(
    ...     Linear(2, 2, wiring=([0, 1, 2], [0, 1])),
    ...     torch.nn.ReLU(),
    ...     Linear(2, 1, wiring=([0, 1], [0])),
    ... )
    >>> strip(model.eval())
    Sequential(
      (0): Linear(in_features=2, out_features=1, bias=True, density=0.5)
      (1): ReLU()
      (2): Linear(in_features=1, out_features=1, bias=True, density=1)
    )
    """
    if not isinstance(model, nn.Sequential):
        raise ValueError(f"model must be an nn.Sequential; got {type(model).__name__}")
    if model.training:
        raise ValueError("model must be in evaluation mode; it is in training mode: model.eval()")
    before, stages = _stages(model)
    links = list(pairwise(stages))
    changed = True
    while changed:
        folded = [_fold_constants(*link) for link in links]
        dropped = [_drop_unread(*link) for link in links]
        changed = any(folded) or any(dropped)
    for first, second in links:
        _remove_channels(first, second)
    modules = [copy.deepcopy(module) for module in before]
    for stage in stages:
        modules += [stage.module(), *stage.after]
    return nn.Sequential(*modules).eval()


@dataclass
class _Stage:
    """A layer's connections by target, channel and position, and what follows it.

    ``reach`` is the number of positions that a channel has in the layer's weight: those of the
    kernel, or the pixels that a Flatten has turned into features.
    """

    origin: Any
    target: np.ndarray
    channel: np.ndarray
    position: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    channels: int
    reach: int
    after: list[nn.Module] = field(default_factory=list)

    @property
    def grouped(self) -> bool:
        """Whether it is a convolution in groups."""
        return getattr(self.origin, "groups", 1) > 1

    @property
    def pads(self) -> bool:
        """Whether zeros are put around its inputs."""
        zeros = getattr(self.origin, "padding_mode", "zeros") == "zeros"
        padding = getattr(self.origin, "padding", 0)
        if isinstance(padding, str):
            return zeros and padding == "same" and self.reach > 1
        return zeros and bool(np.any(padding))

    def keep(self, kept: np.ndarray) -> bool:
        """Keep some connections; return whether any is lost."""
        for name in ("target", "channel", "position", "weight"):
            setattr(self, name, getattr(self, name)[kept])
        return not kept.all()

    def module(self) -> nn.Module:
        """Return the layer as a module."""
        shape = len(self.bias), self.channels
        bias = self.origin.bias is not None or bool(self.bias.any())
        source = self.channel * self.reach + self.position
        options: dict[str, Any] = {"dtype": self.origin.weight.dtype}
        sparse = isinstance(self.origin, SparseLayer)
        if sparse:
            order = np.lexsort((source, self.target))
            fan_in = np.bincount(self.target, minlength=len(self.bias))
            options["wiring"] = np.concatenate([[0], np.cumsum(fan_in)]), source[order]
            weight = torch.from_numpy(self.weight[order])
        else:
            dense = np.zeros((shape[0], shape[1] * self.reach))
            dense[self.target, source] = self.weight
            weight = torch.from_numpy(dense)
        made = _like(self.origin, shape, self.reach, bias, options)
        with torch.no_grad():
            made.weight.copy_(weight.view(made.weight.shape))
            if bias:
                made.bias.copy_(torch.from_numpy(self.bias))
        return made.to(self.origin.weight.device)


def _like(
    origin: Any, shape: tuple[int, int], reach: int, bias: bool, options: dict[str, Any]
) -> Any:
    targets, channels = shape
    if isinstance(origin, (Linear, nn.Linear)):
        return type(origin)(channels * reach, targets, bias, **options)
    sizes = origin.kernel_size, origin.stride, origin.padding, origin.dilation, origin.groups
    return type(origin)(
        channels * origin.groups if origin.groups > 1 else channels,
        targets,
        *sizes,
        bias,
        origin.padding_mode,
        **options,
    )


def _unrolled(model: nn.Sequential) -> list[nn.Module]:
    found: list[nn.Module] = []
    for module in model:
        found += _unrolled(module) if isinstance(module, nn.Sequential) else [module]
    return found


def _stages(model: nn.Sequential) -> tuple[list[nn.Module], list[_Stage]]:
    """Return what comes before the first layer, and the layers with what follows each."""
    before: list[nn.Module] = []
    stages: list[_Stage] = []
    for module in _unrolled(model):
        if isinstance(module, WEIGHTED):
            stages.append(_stage(module, len(stages[-1].bias) if stages else None))
        elif isinstance(module, NORMS) and stages and module.num_features != len(stages[-1].bias):
            raise ValueError(
                f"BatchNorm must have a feature for each of the {len(stages[-1].bias)} channels "
                f"before it; got {module.num_features}: put it before the Flatten"
            )
        elif isinstance(module, (*ELEMENTWISE, *NORMS, *POOLS, *ADAPTIVE, nn.Flatten)):
            (stages[-1].after if stages else before).append(copy.deepcopy(module))
        else:
            raise ValueError(
                "model must consist of Linear, Conv, BatchNorm, activations, pooling, Dropout and "
                f"Flatten; got {type(module).__name__}"
            )
    if not stages:
        raise ValueError("model must have a Linear or convolution layer; it has none")
    return before, stages


def _stage(module: Any, channels: int | None) -> _Stage:
    """Take a layer apart; ``channels`` are the targets of the layer before."""
    if isinstance(module, SparseLayer):
        indptr, source, weight = module.arrays()
        target, source = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr)), source.astype(int)
        targets, sources = module.window.out_channels, module.window.sources
    else:
        dense = module.weight.detach().flatten(1).double().cpu().numpy()
        target, source = np.nonzero(dense)
        weight, (targets, sources) = dense[target, source], dense.shape
    bias = np.zeros(targets)
    if module.bias is not None:
        bias = module.bias.detach().double().cpu().numpy().copy()
    if isinstance(module, (Linear, nn.Linear)):
        channels = sources if channels is None else channels
        reach = sources // channels
    else:
        channels, reach = module.in_channels // module.groups, int(np.prod(module.kernel_size))
    return _Stage(module, target, source // reach, source % reach, weight, bias, channels, reach)


def _constants(stage: _Stage) -> np.ndarray:
    """Return what the channels of a layer would be if no connection entered them."""
    value = torch.from_numpy(stage.bias)[None]
    for module in stage.after:
        if isinstance(module, NORMS):
            value = _normed(module, value)
        elif isinstance(module, ELEMENTWISE):
            value = copy.deepcopy(module).double()(value)
        elif isinstance(module, AVERAGES) and np.any(module.padding):
            value = torch.where(value == 0, value, torch.nan)  # zeros are averaged in
    return value[0].detach().numpy()


def _normed(norm: Any, value: Tensor) -> Tensor:
    if norm.running_mean is None:
        raise ValueError("BatchNorm must have running statistics to be stripped; it has none")
    parameters = (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    mean, var, weight, bias = (p if p is None else p.detach().double() for p in parameters)
    return nn.functional.batch_norm(value, mean, var, weight, bias, False, 0.0, norm.eps)


def _fold_constants(first: _Stage, second: _Stage) -> bool:
    """Move channels that no connection enters into the biases of the next layer."""
    if second.grouped:
        return False
    constant = np.bincount(first.target, minlength=len(first.bias)) == 0
    value = np.where(constant, _constants(first), 0.0)
    constant &= np.isfinite(value) & ((value == 0) | (not second.pads))
    gone = constant[second.channel]
    if not gone.any():
        return False
    amount = second.weight[gone] * value[second.channel[gone]]
    np.add.at(second.bias, second.target[gone], amount)
    return second.keep(~gone)


def _drop_unread(first: _Stage, second: _Stage) -> bool:
    """Remove the connections into channels that no connection leaves."""
    if second.grouped or first.grouped:
        return False
    read = np.bincount(second.channel, minlength=len(first.bias)) > 0
    return first.keep(read[first.target])


def _remove_channels(first: _Stage, second: _Stage) -> None:
    """Leave out the channels between two layers that are not read; at least one stays."""
    if second.grouped or first.grouped:
        return
    read = np.bincount(second.channel, minlength=len(first.bias)) > 0
    if not read.any():
        read[0] = True
    number = np.cumsum(read) - 1
    kept = read[first.target]
    first.keep(kept)
    first.target = number[first.target]
    first.bias = first.bias[read]
    second.channel, second.channels = number[second.channel], int(read.sum())
    for norm in first.after:
        if isinstance(norm, NORMS):
            _shrink(norm, torch.from_numpy(np.flatnonzero(read)))


def _shrink(norm: Any, kept: Tensor) -> None:
    norm.num_features = len(kept)
    with torch.no_grad():
        for name in ("weight", "bias"):
            parameter = getattr(norm, name)
            if parameter is not None:
                setattr(norm, name, nn.Parameter(parameter[kept]))
        for name in ("running_mean", "running_var"):
            setattr(norm, name, getattr(norm, name)[kept])
