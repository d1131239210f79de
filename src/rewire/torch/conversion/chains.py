"""Layers that follow each other in ``nn.Sequential``, where a path can go from one to the next."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from torch import nn

from .stripping import ADAPTIVE, ELEMENTWISE, NORMS, POOLS, WEIGHTED

__all__ = ["longest_chain"]

# What lies between layers and leaves the channels where they are.
BETWEEN = (
    *(*ELEMENTWISE, *NORMS, *POOLS, *ADAPTIVE, nn.Flatten, nn.LayerNorm, nn.GroupNorm),
    *(nn.InstanceNorm1d, nn.InstanceNorm2d, nn.PReLU, nn.RReLU, nn.CELU, nn.LogSigmoid),
    *(nn.Softmax, nn.LogSoftmax, nn.Upsample),
)


def longest_chain(model: nn.Module) -> list[str]:
    """Return the names of the most layers that follow each other, or none if there are no two.

    Parameters
    ----------
    model : nn.Module
        Its ``nn.Sequential`` containers are looked at, those inside others unrolled. Linear layers
        and convolutions, sparse or dense, follow each other where only activations, norms, pooling,
        Dropout and Flatten are between them, and the channels of one are those of the next.

    Examples
    --------
    >>> longest_chain(
    ...     nn.Sequential(
    ...         nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Sequential(nn.Linear(72, 5))
    ...     )
    ... )
    ['0', '3.0']
    """
    found: list[list[str]] = [[]]
    inside: set[str] = set()
    for name, module in model.named_modules():
        if name not in inside and _is_sequential(module):
            modules = list(_unrolled(name, module))
            inside.update(inner for inner, _ in modules)
            found += _runs(modules)
    longest = max(found, key=len)
    return longest if len(longest) > 1 else []


def _is_sequential(module: nn.Module) -> bool:
    return isinstance(module, nn.Sequential) and type(module).forward is nn.Sequential.forward


def _unrolled(name: str, module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield the modules of a container and of those inside, containers included, in order."""
    yield name, module
    if _is_sequential(module):
        for inner, child in module.named_children():
            yield from _unrolled(f"{name}.{inner}" if name else inner, child)


def _runs(modules: list[tuple[str, nn.Module]]) -> list[list[str]]:
    """Divide modules into layers that follow each other."""
    run, channels, numbered = 0, None, []
    for name, module in modules:
        if isinstance(module, WEIGHTED):
            sources, targets = _ends(module)
            if channels is not None and not _fits(module, sources, channels):
                run += 1
            channels = targets
            numbered.append((run, name))
        elif not (_is_sequential(module) or isinstance(module, BETWEEN)):
            run, channels = run + 1, None
    return [[name for _, name in some] for _, some in groupby(numbered, lambda pair: pair[0])]


def _ends(module: nn.Module) -> tuple[int, int]:
    """Return how many channels a layer reads and makes."""
    linear = hasattr(module, "in_features")
    names = ("in_features", "out_features") if linear else ("in_channels", "out_channels")
    sources, targets = (int(getattr(module, name)) for name in names)
    return sources, targets


def _fits(module: nn.Module, sources: int, channels: int) -> bool:
    """Whether a layer reads those channels; a Linear may read several pixels of each."""
    if hasattr(module, "in_features"):
        return sources % channels == 0
    return sources == channels
