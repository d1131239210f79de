"""What all sparse layers share: their table, their state, and the way to dense layers and back."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rewire.kernels.geometry import Window, window_adjacency

from .connections import Connections, Table, dense_places, dense_weight, version_of
from .functional import BACKENDS
from .wiring import check_table, generator_from, random_wiring

__all__ = ["SparseLayer", "at_least_one", "density_from", "filled", "like", "warn_of_unfed"]

TABLE = ("indptr", "source")


class SparseLayer(nn.Module):
    """Base of the sparse layers.

    Attributes
    ----------
    weight : Parameter, shape (connections,)
        Sorted by target and, within a target, by source. Its length does not change.
    bias : Parameter, shape (targets,), or None
    source : int32 Tensor, shape (connections,)
        Source of each connection, numbered as in a row of the flattened dense weight.
    indptr : int32 Tensor, shape (targets + 1,)
        Connections into target t are ``indptr[t] : indptr[t + 1]``.
    backend : {"auto", "sparse", "dense"}
        ``"auto"``: the kernels on a CPU, and a dense weight made for each call elsewhere.
    """

    indptr: Tensor
    source: Tensor
    csc_indptr: Tensor
    target: Tensor
    csc_position: Tensor
    bias: Tensor | None

    def __init__(
        self,
        window: Window,
        bias: bool,
        *,
        density: float | None,
        sparsity: float | None,
        wiring: Any,
        seed: int | np.random.Generator | None,
        backend: str,
        device: Any,
        dtype: Any,
    ):
        super().__init__()
        if backend not in BACKENDS:
            raise ValueError(f"backend must be one of {BACKENDS}; got {backend!r}")
        self.window, self.backend = window, backend
        self._connections: Connections | None = None
        generator = generator_from(seed)
        indptr, source = _wire(window, density, sparsity, wiring, generator)
        if isinstance(wiring, str):
            warn_of_unfed(indptr, density_from(density, sparsity))
        kind = torch.get_default_dtype() if dtype is None else dtype
        self.weight = nn.Parameter(torch.empty(len(source), dtype=kind))
        self.register_parameter(
            "bias", nn.Parameter(torch.empty(window.out_channels, dtype=kind)) if bias else None
        )
        adjacency = window_adjacency(indptr, source, window)
        for name, array in zip(Table._fields, adjacency, strict=True):
            self.register_buffer(name, torch.tensor(array), persistent=name in TABLE)
        self.reset_parameters(generator)
        if device is not None:
            self.to(device)

    @property
    def table(self) -> Table:
        """The connections, by target and by source."""
        return Table(self.indptr, self.source, self.csc_indptr, self.target, self.csc_position)

    @property
    def connections(self) -> Connections:
        """The table and what the kernels keep about it; renewed when the table changes."""
        if torch.compiler.is_compiling():
            return Connections(self.table, self.window)
        buffers, kept = self._buffers, self._connections
        if kept is None or not kept.fits(buffers["indptr"], buffers["source"]):  # type: ignore[arg-type]
            version = version_of(self.source)
            kept = self._connections = Connections(self.table, self.window, version)
        return kept

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can be made again, and must be for the tensors of a copy."""
        return {**self.__dict__, "_connections": None}

    @property
    def density(self) -> float:
        """Existing connections as a share of the possible ones."""
        return len(self.weight) / (self.window.out_channels * self.window.sources)

    @property
    def dense_shape(self) -> tuple[int, ...]:
        """Shape of the weight of the dense layer that this one stands for."""
        raise NotImplementedError

    def dense_weight(self) -> Tensor:
        """Return the weights as the dense layer has them, 0 where there is no connection."""
        return dense_weight(self.weight, self.table, self.window).view(self.dense_shape)

    @torch.no_grad()
    def reset_parameters(self, generator: np.random.Generator | None = None) -> None:
        """Draw weights and biases as PyTorch's layers do: uniform in ±1/sqrt(fan-in).

        The fan-in is each target's own, so that signals keep their size whatever the density.
        """
        generator = generator_from(None) if generator is None else generator
        fan_in = np.diff(self.indptr.cpu().numpy())
        bound = 1 / np.sqrt(np.maximum(fan_in, 1))
        size = np.repeat(bound, fan_in)
        self.weight.copy_(torch.from_numpy(generator.uniform(-1, 1, len(size)) * size))
        if self.bias is not None:
            self.bias.copy_(torch.from_numpy(generator.uniform(-1, 1, len(bound)) * bound))

    @torch.no_grad()
    def copy_from_dense(self, weight: Tensor, bias: Tensor | None) -> None:
        """Take over the weights at this layer's connections, and the biases."""
        self.weight.copy_(weight.reshape(-1)[dense_places(self.table, self.window)])
        if self.bias is not None and bias is not None:
            self.bias.copy_(bias)

    def _check_input(self, input: Tensor, channels: int, axis: int) -> None:
        """Refuse what has another number of channels, whole numbers, or lies elsewhere."""
        if input.dim() < abs(axis) or input.shape[axis] != channels:
            raise ValueError(
                f"input must have {channels} channels (axis {axis}); got shape {tuple(input.shape)}"
            )
        if not input.is_floating_point():
            raise TypeError(
                f"input must hold floating-point numbers; got {input.dtype}: "
                "convert it, as by input.float()"
            )
        if input.device != self.weight.device:
            raise ValueError(
                f"input must be on the layer's device, {self.weight.device}; got {input.device}: "
                f"move one of them, as by input.to('{self.weight.device}')"
            )

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Load a state with its wiring, or the weights of a dense layer at these connections."""
        given = {name: state_dict.get(prefix + name) for name in ("weight", *TABLE)}
        weight, changed = given["weight"], None
        if weight is not None and tuple(weight.shape) == self.dense_shape:
            weight = weight.reshape(-1)[dense_places(self.table, self.window).to(weight.device)]
            changed = {"weight": weight, **{name: getattr(self, name) for name in TABLE}}
        problem = None if changed else self._problem_of(given)
        if problem:
            error_msgs.append(f"{prefix.rstrip('.') or type(self).__name__}: {problem}")
            return
        state = {**state_dict, **{prefix + key: value for key, value in (changed or {}).items()}}
        super()._load_from_state_dict(
            state, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )
        self._complete_table()

    def _problem_of(self, given: dict[str, Any]) -> str | None:
        """Return why a state does not fit, or None."""
        indptr, source, weight = given["indptr"], given["source"], given["weight"]
        length = len(self.weight)
        if weight is not None and tuple(weight.shape) != (length,):
            return (
                f"weight must have shape ({length},), one number for each connection, or the dense "
                f"{self.dense_shape}; got {tuple(weight.shape)}: build the model with the density "
                "that it was saved with"
            )
        if indptr is None or source is None:
            return None  # reported as missing
        if len(source) != length:
            return f"source must have {length} connections; got {len(source)}"
        problem = check_table(indptr, source, self.window)
        return problem and f"{problem}: the state is damaged or from another layer"

    def _complete_table(self) -> None:
        """Renew the order by source from ``indptr`` and ``source``."""
        indptr, source = (getattr(self, name).cpu().numpy() for name in TABLE)
        adjacency = window_adjacency(indptr, source, self.window)
        for name, array in zip(Table._fields[2:], adjacency[2:], strict=True):
            getattr(self, name).copy_(torch.from_numpy(array))

    def _replicate_for_data_parallel(self) -> nn.Module:
        raise RuntimeError(
            "nn.DataParallel does not work with sparse layers, as it copies them in every step: "
            "use torch.nn.parallel.DistributedDataParallel"
        )


def density_from(density: float | None, sparsity: float | None) -> float:
    """Return the density from exactly one of the two."""
    if (density is None) == (sparsity is None):
        raise ValueError(
            f"give either density or sparsity; got density={density} and sparsity={sparsity}"
        )
    if density is None:
        assert sparsity is not None
        if not 0 <= sparsity < 1:
            raise ValueError(f"sparsity must be in [0, 1); got {sparsity}")
        return 1 - sparsity
    if not 0 < density <= 1:
        raise ValueError(f"density must be in (0, 1]; got {density}")
    return density


def warn_of_unfed(indptr: np.ndarray, density: float, name: str = "") -> None:
    """Say how many targets have no connection."""
    unfed, targets = int((np.diff(indptr) == 0).sum()), len(indptr) - 1
    if unfed:
        least = math.ceil(1e4 / max(int(indptr[-1]), 1) * targets * density) / 1e4
        where = f" of {name}" if name else ""
        warnings.warn(
            f"density {density:.4g} leaves {unfed} of {targets} neurons{where} without inputs: "
            f"they are constant; give a density of at least {least:.4g} if that is not meant",
            stacklevel=4,
        )


def at_least_one(**sizes: Any) -> None:
    """Refuse sizes that are not whole numbers from 1 on."""
    for name, size in sizes.items():
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise ValueError(f"{name} must be a whole number, at least 1; got {size!r}")


def like(weight: Tensor) -> dict[str, Any]:
    """Return device and type of a new layer beside this weight."""
    return {"device": weight.device, "dtype": weight.dtype}


def filled(dense: Any, layer: SparseLayer) -> Any:
    """Give a new dense layer the numbers of a sparse one."""
    with torch.no_grad():
        dense.weight.copy_(layer.dense_weight())
        if layer.bias is not None:
            dense.bias.copy_(layer.bias)
    return dense.train(layer.training)


def _wire(
    window: Window,
    density: float | None,
    sparsity: float | None,
    wiring: Any,
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(wiring, str):
        if wiring != "random":
            raise ValueError(f"wiring must be 'random' or a table (indptr, source); got {wiring!r}")
        whole = density_from(density, sparsity)
        return random_wiring(window.out_channels, window.sources, whole, generator)
    if density is not None or sparsity is not None:
        raise ValueError("density and sparsity must be None where wiring is a table")
    indptr, source = (np.ascontiguousarray(part, np.int32) for part in wiring)
    problem = check_table(torch.from_numpy(indptr), torch.from_numpy(source), window)
    if problem:
        raise ValueError(f"wiring: {problem}")
    return indptr, source
