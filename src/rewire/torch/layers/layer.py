"""What all sparse layers share: their table, their state, and the way to dense layers and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rewire.io import received
from rewire.kernels.geometry import Window, window_adjacency

from .connections import Connections, Table, dense_places, dense_weight, from_dense, version_of
from .functional import BACKENDS
from .wiring import check_table, density_from, entries_of, generator_from, warn_of_unfed, wire

__all__ = ["SparseLayer", "at_least_one", "filled", "like"]

TABLE = ("indptr", "source")


class SparseLayer(nn.Module):
    """Base of the sparse layers.

    Attributes
    ----------
    weight : Parameter, shape (entries,)
        Sorted by target and, within a target, by source. Its length does not change. Entries from
        ``n_connections`` on are spare: 0, with gradients of 0.
    bias : Parameter, shape (targets,), or None
    source : int32 Tensor, shape (entries,)
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
        slack: float,
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
        indptr, source = wire(window, density, sparsity, wiring, generator)
        if isinstance(wiring, str):
            warn_of_unfed(indptr, density_from(density, sparsity))
        kind = torch.get_default_dtype() if dtype is None else dtype
        entries = entries_of(len(source), slack, window)
        self.weight = nn.Parameter(torch.zeros(entries, dtype=kind))
        self.register_parameter(
            "bias", nn.Parameter(torch.empty(window.out_channels, dtype=kind)) if bias else None
        )
        sizes = len(indptr), entries, window.planes + 1, entries, entries
        for name, size in zip(Table._fields, sizes, strict=True):
            tensor = torch.zeros(size, dtype=torch.int32)
            self.register_buffer(name, tensor, persistent=name in TABLE)
        self.set_wiring(indptr, source)
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
    def n_connections(self) -> int:
        """Number of connections; the entries of ``weight`` and ``source`` behind are spare."""
        return int(self.indptr[-1])

    @property
    def density(self) -> float:
        """Existing connections as a share of the possible ones."""
        return self.n_connections / (self.window.out_channels * self.window.sources)

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return ``indptr``, ``source`` and ``weight`` (float64) of the connections, for NumPy."""
        weight = self.weight.detach().double().cpu().numpy()
        indptr, source = (getattr(self, name).cpu().numpy() for name in TABLE)
        return indptr, source[: indptr[-1]], weight[: indptr[-1]]

    @property
    def dense_shape(self) -> tuple[int, ...]:
        """Shape of the weight of the dense layer that this one stands for."""
        raise NotImplementedError

    def dense_weight(self) -> Tensor:
        """Return the weights as the dense layer has them, 0 where there is no connection."""
        places = dense_places(self.table, self.window)
        return dense_weight(self.weight, places, self.window).view(self.dense_shape)

    @torch.no_grad()
    def reset_parameters(self, generator: np.random.Generator | None = None) -> None:
        """Draw weights and biases as PyTorch's layers do: uniform in ±1/sqrt(fan-in).

        The fan-in is each target's own, so that signals keep their size whatever the density.
        """
        generator = generator_from(None) if generator is None else generator
        fan_in = np.diff(self.indptr.cpu().numpy())
        bound = 1 / np.sqrt(np.maximum(fan_in, 1))
        size = np.repeat(bound, fan_in)
        self.weight[len(size) :] = 0
        self.weight[: len(size)] = torch.from_numpy(generator.uniform(-1, 1, len(size)) * size)
        if self.bias is not None:
            self.bias.copy_(torch.from_numpy(generator.uniform(-1, 1, len(bound)) * bound))

    @torch.no_grad()
    def copy_from_dense(self, weight: Tensor, bias: Tensor | None) -> None:
        """Take over the weights at this layer's connections, and the biases."""
        self.weight.copy_(from_dense(weight, self.table, self.window))
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
        if isinstance(weight, Tensor) and tuple(weight.shape) == self.dense_shape:
            weight = from_dense(weight, self.table, self.window)
            changed = {"weight": weight, **{name: getattr(self, name) for name in TABLE}}
        problem = None if changed else self._problem_of(given)
        if problem:
            error_msgs.append(f"{prefix.rstrip('.') or type(self).__name__}: {problem}")
            return
        state = {**state_dict, **{prefix + key: value for key, value in (changed or {}).items()}}
        super()._load_from_state_dict(
            state, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )
        indptr, source, _ = self.arrays()
        self.set_wiring(indptr, source)
        with torch.no_grad():
            self.weight[len(source) :] = 0

    def _problem_of(self, given: dict[str, Any]) -> str | None:
        """Return why a state does not fit, or None."""
        indptr, source, weight = given["indptr"], given["source"], given["weight"]
        length = len(self.weight)
        for name, value in given.items():
            if value is not None and not isinstance(value, Tensor):
                return f"{name} must be a tensor; got {received(value)}"
        if weight is not None and tuple(weight.shape) != (length,):
            return (
                f"weight must have shape ({length},), one number for each connection, or the dense "
                f"{self.dense_shape}; got {tuple(weight.shape)}: build the model with the density "
                "and slack that it was saved with"
            )
        if indptr is None or source is None:
            return None  # reported as missing
        if source.shape != (length,):
            return f"source must have {length} entries; got shape {tuple(source.shape)}"
        problem = check_table(indptr, source, self.window)
        return problem and f"{problem}: the state is damaged or from another layer"

    @torch.no_grad()
    def set_wiring(self, indptr: np.ndarray, source: np.ndarray) -> None:
        """Rewrite the table in place; the weights stay where they are.

        Parameters
        ----------
        indptr : ndarray of int32, shape (targets + 1,)
        source : ndarray of int32, shape (connections,)
            At most as many as there are entries.
        """
        for tensor, array in zip(
            self.table, window_adjacency(indptr, source, self.window), strict=True
        ):
            tensor[: len(array)] = torch.from_numpy(array)
            tensor[len(array) :] = 0

    def compact(self) -> None:
        """Leave out the spare entries; ``weight`` becomes a new Parameter if there are any."""
        live = self.n_connections
        if live == len(self.weight):
            return
        old, self._connections = self.weight, None
        self.weight = nn.Parameter(old.detach()[:live].clone(), old.requires_grad)
        for name in ("source", "target", "csc_position"):
            setattr(self, name, getattr(self, name)[:live].clone())

    def _replicate_for_data_parallel(self) -> nn.Module:
        raise RuntimeError(
            "nn.DataParallel does not work with sparse layers, as it copies them in every step: "
            "use torch.nn.parallel.DistributedDataParallel"
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
