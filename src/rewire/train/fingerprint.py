"""Settings and data in words that are the same in every process, to recognise a training again."""

from __future__ import annotations

import dataclasses
import zlib
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import issparse

from rewire.graph import Network

if TYPE_CHECKING:
    from .training import Training

__all__ = ["describe", "describe_network", "describe_training", "fingerprint"]


def describe_training(training: Training) -> dict[str, str]:
    """Describe the network at the start, the data and the settings of a training."""
    trainer, validation = training.trainer, training.validation
    return {
        "network": training.network_at_start,
        "method": describe(training.rewirer.method),
        "loss": describe(training.loss),
        "optimizer": describe(dataclasses.replace(trainer.optimizer, lr=training.base_lr)),
        "total_steps": str(training.total_steps),
        "batch_size": str(training.batches.size),
        "schedule": describe(training.schedule),
        "report_every": str(training.report_every),
        "input_dropout": str(training.input_dropout),
        "seed": str(training.batches.seed),
        "early_stopping": describe(training.early_stopping),
        **training.samples.describe(),
        "validation_data": str([] if validation is None else list(validation.describe().values())),
    }


def describe(value: Any) -> str:
    """Describe a setting, a part or a function by its content, without its address in memory."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [
            f"{item.name}={describe(getattr(value, item.name))}"
            for item in dataclasses.fields(value)
        ]
        return f"{type(value).__name__}({', '.join(fields)})"
    if hasattr(value, "needs"):  # a part of a method; its options are bound to its function
        return f"{value.name!r} of {describe(value.function)}"
    if isinstance(value, partial):
        return f"{describe(value.func)} with {value.args} and {value.keywords}"
    if callable(value):
        name = getattr(value, "__qualname__", type(value).__qualname__)
        return f"{getattr(value, '__module__', '')}.{name}"
    return repr(value)


def describe_network(net: Network) -> str:
    """Describe a network by its ranks, number of connections, activations and dtype."""
    names = ", ".join(function.name for function in net.activations[1:])
    ranks = "-".join(map(str, net.ranks))
    return f"{ranks}, {len(net.connections)} connections, {names}, {net.dtype}"


def fingerprint(data: Any) -> str:
    """Return shape, dtype and a checksum of an array or a CSR matrix."""
    parts = (data.data, data.indices, data.indptr) if issparse(data) else (data,)
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(np.ascontiguousarray(part).reshape(-1).view(np.uint8).data, checksum)
    return f"{data.shape} {data.dtype} {checksum:08x}"
