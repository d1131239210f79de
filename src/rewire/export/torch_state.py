"""Networks from PyTorch models of linear layers, pruned or not."""

from __future__ import annotations

import os
import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file
from scipy.sparse import csr_array

from rewire.graph import Network
from rewire.io import import_optional, reading, received
from rewire.validation import of_type

from .formats import Format, registry
from .torch_model import save_state_dict

__all__ = ["from_state_dict", "load_state_dict"]


def from_state_dict(state: Mapping[str, Any], activation: Any = "relu") -> Network:
    """Make a network from the linear layers of a PyTorch model, pruned or not.

    Parameters
    ----------
    state : mapping of str to tensor or array
        ``NAME.weight`` of shape (outputs, inputs), dense or sparse, and optionally ``NAME.bias``,
        for each layer, in the order of the layers; or ``NAME.weight_orig`` and
        ``NAME.weight_mask`` of ``torch.nn.utils.prune``. Weights that are 0 in a dense tensor
        become absent connections.
    activation : str, Activation or sequence of them, default "relu"
        Of the hidden layers (outputs are then linear), or one for each layer; a ``state_dict``
        does not hold it.

    Returns
    -------
    Network
        float64 if the first weight is, otherwise float32.

    Raises
    ------
    ValueError
        For anything but linear layers that follow one another.

    Examples
    --------
    >>> weights = {"0.weight": np.array([[1.0, 0.0], [0.5, 2.0]]), "2.weight": np.ones((1, 2))}
    >>> from_state_dict(weights)
    Network 2-2-1: 5 connections, density 83.33%
    """
    of_type(state, "state", Mapping)
    layers: dict[str, dict[str, Any]] = {}
    for key, value in state.items():
        name, _, part = key.rpartition(".")
        layers.setdefault(name, {})[part] = value
    weights = [_masked(parts, "weight", name) for name, parts in layers.items()]
    if not weights:
        raise ValueError("state must hold at least one weight; it is empty")
    ranks = [weights[0].shape[1], *(weight.shape[0] for weight in weights)]
    for name, weight, inputs in zip(layers, weights, ranks, strict=False):
        if weight.shape[1] != inputs:
            raise ValueError(
                f"each layer must read the one before, which has {inputs} neurons; got weights of "
                f"shape {weight.shape} for {name!r}: give the layers in their order"
            )
    start = np.cumsum((0, *ranks))
    rows = [weight.tocoo() for weight in weights]
    biases = [
        _masked(parts, "bias", name) if {"bias", "bias_orig"} & parts.keys() else np.zeros(size)
        for (name, parts), size in zip(layers.items(), ranks[1:], strict=True)
    ]
    return Network.from_connections(
        ranks,
        np.concatenate([part.col + first for part, first in zip(rows, start, strict=False)]),
        np.concatenate([part.row + first for part, first in zip(rows, start[1:], strict=False)]),
        np.concatenate([part.data for part in rows]),
        bias=np.concatenate([np.zeros(ranks[0]), *biases]),
        activation=activation,
        dtype="float64" if rows[0].data.dtype == np.float64 else "float32",
    )


def load_state_dict(path: str | os.PathLike[str], activation: Any = "relu") -> Network:
    """Read a file of :func:`save_state_dict`, or of a PyTorch model of linear layers.

    Parameters
    ----------
    path : path-like
        Ending in ``.safetensors``, where layers are ordered by name, as the file does not keep
        their order (numbers in names count as numbers); or anything that ``torch.load`` reads with
        ``weights_only=True``.
    activation : str, Activation or sequence of them, default "relu"
        As for :func:`from_state_dict`.

    Raises
    ------
    ValueError
        For anything but linear layers that follow one another.
    ImportError
        If PyTorch is needed and not installed.

    Examples
    --------
    >>> import tempfile, rewire
    >>> net = rewire.mlp([2, 8, 2], density=0.5, seed=0)
    >>> path = tempfile.mkdtemp() + "/net.pt"
    >>> rewire.export.export(net, path)
    >>> load_state_dict(path)
    Network 2-8-2: 16 connections, density 50.00%
    """
    if Path(path).suffix == ".safetensors":
        with reading(path):
            arrays = load_file(path)
            return from_state_dict({k: arrays[k] for k in sorted(arrays, key=_natural)}, activation)
    torch = import_optional("torch", "torch")
    with reading(path):
        try:
            state = torch.load(path, weights_only=True, map_location="cpu")
        except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
            raise ValueError("it must hold tensors alone, and does not, or is damaged") from error
        return from_state_dict(state, activation)


def _masked(parts: Mapping[str, Any], part: str, name: str) -> Any:
    """Return a layer's weight as CSR, or its bias as an array; pruned if there is a mask."""
    unknown = parts.keys() - {f"{p}{e}" for p in ("weight", "bias") for e in ("", "_orig", "_mask")}
    if unknown:
        raise ValueError(
            f"state must be of linear layers, with weight and bias; got {sorted(unknown)} in "
            f"{name!r}"
        )
    pruned = f"{part}_orig" in parts
    full = f"{part}_orig" if pruned else part
    if full not in parts:
        raise ValueError(f"each layer must have a weight; {name!r} has no {full}")
    values = _array(parts[full], f"{name}.{full}")
    if pruned:
        values = values * _array(parts[f"{part}_mask"], f"{name}.{part}_mask")
    if part == "weight" and values.ndim != 2:
        raise ValueError(
            f"weights must be of linear layers, with two axes; got shape {values.shape} in {name!r}"
        )
    if part == "bias" and values.ndim != 1:
        raise ValueError(f"a bias must have one axis; got shape {values.shape} in {name!r}")
    return csr_array(values) if part == "weight" else values


def _array(value: Any, name: str) -> Any:
    """Return an array, a tensor or a sparse tensor as an array or a SciPy matrix of numbers."""
    try:
        found = _converted(value)
    except (ValueError, TypeError, RuntimeError) as error:
        got = received(value)
        raise ValueError(f"state must hold arrays of numbers; got {got} for {name!r}") from error
    if found.dtype.kind not in "biuf":
        raise ValueError(f"state must hold arrays of numbers; got {found.dtype} for {name!r}")
    # SciPy knows neither float16 nor the byte order of other machines.
    known = np.float32 if found.dtype == np.float16 else found.dtype.newbyteorder("=")
    return found.astype(known, copy=False)


def _converted(value: Any) -> Any:
    if not hasattr(value, "detach"):
        return np.asarray(value)
    value = value.detach().cpu()
    value = value if value.element_size() == 8 else value.float()  # NumPy has no bfloat16
    if "strided" in str(value.layout):
        return value.numpy()
    value = value.to_sparse_csr()
    parts = value.values(), value.col_indices(), value.crow_indices()
    return csr_array(tuple(part.numpy() for part in parts), shape=tuple(value.shape))


def _natural(name: str) -> list[Any]:
    """Return a sort key that puts 2.weight before 10.weight."""
    parts: list[Any] = re.split(r"([0-9]+)", name)
    parts[1::2] = map(int, parts[1::2])
    return parts


registry.add(
    "state_dict",
    Format(save_state_dict, load_state_dict, (".pt", ".pth"), further=(".safetensors",)),
)
