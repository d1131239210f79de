"""What DistributedDataParallel is told about sparse layers, and what is refused of its kin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from rewire.io import advise

from ..layers.connections import Table
from ..layers.layer import SparseLayer

__all__ = [
    "copy_from_first",
    "group_of",
    "ignore_tables",
    "is_wrapped",
    "refuse_sharded",
    "unwrapped",
]

# By name, as importing them takes long.
SHARDED = {"FullyShardedDataParallel", "FSDPModule"}


def unwrapped(model: nn.Module) -> nn.Module:
    """Return the model inside DistributedDataParallel, so that names are those of one process."""
    inner: Any = getattr(model, "_orig_mod", model)  # of torch.compile
    return inner.module if isinstance(inner, DistributedDataParallel) else model


def refuse_sharded(model: nn.Module) -> None:
    """Raise ValueError if FSDP has divided the parameters of a model."""
    for name, module in model.named_modules():
        found = SHARDED & {kind.__name__ for kind in type(module).__mro__}
        if found:
            raise ValueError(
                advise(
                    f"model must have whole parameters on every process; got {found.pop()} "
                    f"({name or 'the model itself'}), which divides them",
                    "use torch.nn.parallel.DistributedDataParallel: sparse layers need a fraction "
                    "of a dense model's memory",
                )
            )


def group_of(model: nn.Module) -> Any:
    """Return the process group that trains a model, or None if one process does."""
    if not (dist.is_available() and dist.is_initialized()):
        return None
    wrappers = _wrappers(model)
    group = wrappers[0].process_group if wrappers else dist.group.WORLD
    return group if dist.get_world_size(group) > 1 else None


def is_wrapped(model: nn.Module) -> bool:
    """Whether a model, or a part of it, is in DistributedDataParallel."""
    return bool(_wrappers(model))


def ignore_tables(model: nn.Module) -> None:
    """Let DistributedDataParallel leave the layers' tables alone, made already or still to come.

    It would send them along in every step, and overwrite them without a word.
    """
    wrappers = _wrappers(model)
    for wrapper in wrappers:
        wrapper.parameters_to_ignore.update(_tables(wrapper.module))
        wrapper._assign_modules_buffers()
    if not wrappers:
        known: Iterable[str] = getattr(model, "_ddp_params_and_buffers_to_ignore", ())
        names = sorted({*known, *_tables(model)})
        DistributedDataParallel._set_params_and_buffers_to_ignore_for_model(model, names)


def _wrappers(model: nn.Module) -> list[DistributedDataParallel]:
    return [one for one in model.modules() if isinstance(one, DistributedDataParallel)]


def _tables(model: nn.Module) -> set[str]:
    """Return the names of all tables' tensors in a model."""
    return {
        f"{name}.{field}" if name else field
        for name, module in model.named_modules()
        if isinstance(module, SparseLayer)
        for field in Table._fields
    }


@torch.no_grad()
def copy_from_first(model: nn.Module, group: Any, first: int) -> None:
    """Give all processes the first one's parameters and buffers."""
    for tensor in (*model.parameters(), *model.buffers()):
        sent = tensor.detach().cpu().contiguous()
        dist.broadcast(sent, first, group=group)
        tensor.copy_(sent)
