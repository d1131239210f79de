"""The network as a PyTorch model, and as its state_dict."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import save
from scipy.sparse import csr_array

from rewire.graph import Network
from rewire.io import atomic_write, import_optional
from rewire.kernels.layout import LEAK
from rewire.validation import of_type

from .common import built_in_names
from .csr import blocks

if TYPE_CHECKING:
    import torch

__all__ = ["save_state_dict", "state_dict", "to_torch"]


def state_dict(net: Network) -> dict[str, np.ndarray]:
    """Return dense weights and biases under the names that ``nn.Sequential`` gives them.

    A layer is a ``Linear``, followed by the module of its activation unless that is linear: with
    one hidden layer of ReLU the names are ``0.weight``, ``0.bias``, ``2.weight`` and ``2.bias``.

    Parameters
    ----------
    net : Network
        With built-in activations, and without connections that skip a rank.

    Returns
    -------
    dict of str to ndarray
        Weights of shape (outputs, inputs) of their layer, 0 where there is no connection; biases
        of shape (outputs,).

    Raises
    ------
    ValueError
        For connections that skip a rank, or custom activations.

    Examples
    --------
    >>> import rewire
    >>> arrays = state_dict(rewire.mlp([4, 8, 3], density=0.5, seed=0))
    >>> {name: array.shape for name, array in arrays.items()}
    {'0.weight': (8, 4), '0.bias': (8,), '2.weight': (3, 8), '2.bias': (3,)}
    """
    of_type(net, "net", Network)
    state, place = {}, 0
    for weight, bias, name in _layers(net):
        state[f"{place}.weight"], state[f"{place}.bias"] = weight.toarray(), bias
        place += 1 if name == "linear" else 2
    return state


def to_torch(net: Network, sparse: bool = False) -> torch.nn.Sequential:
    """Return the network as an ``nn.Sequential`` that shares no memory with it.

    Parameters
    ----------
    net : Network
        With built-in activations, and without connections that skip a rank.
    sparse : bool, default False
        Whether weights are sparse CSR tensors, with memory proportional to the connections, for
        inference. Otherwise they are dense and can be trained, but training changes the zeros of
        absent connections too.

    Raises
    ------
    ValueError
        For connections that skip a rank, or custom activations.
    ImportError
        If PyTorch is not installed.

    Examples
    --------
    >>> import rewire
    >>> to_torch(rewire.mlp([2, 8, 2], density=0.5, seed=0))
    Sequential(
      (0): Linear(in_features=2, out_features=8, bias=True)
      (1): ReLU()
      (2): Linear(in_features=8, out_features=2, bias=True)
    )
    """
    of_type(net, "net", Network)
    torch = import_optional("torch", "torch")
    modules = {
        "relu": torch.nn.ReLU,
        "leaky_relu": lambda: torch.nn.LeakyReLU(LEAK),
        "tanh": torch.nn.Tanh,
        "sigmoid": torch.nn.Sigmoid,
    }
    sequence = torch.nn.Sequential()
    for weight, bias, name in _layers(net):
        # On the meta device, so that no initial weights are drawn or stored.
        linear = torch.nn.Linear(1, 1, device="meta")
        linear.out_features, linear.in_features = weight.shape
        linear.weight = torch.nn.Parameter(_tensor(torch, weight, sparse))
        linear.bias = torch.nn.Parameter(torch.from_numpy(bias))
        sequence.append(linear)
        if name != "linear":
            sequence.append(modules[name]())
    return sequence


def save_state_dict(net: Network, path: str | os.PathLike[str], sparse: bool = False) -> None:
    """Write weights and biases under PyTorch's names.

    Parameters
    ----------
    net : Network
        With built-in activations, and without connections that skip a rank.
    path : path-like
        Ending in ``.safetensors``: the arrays of :func:`state_dict` as a safetensors file, without
        needing PyTorch. Anything else: by ``torch.save``.
    sparse : bool, default False
        Whether weights are sparse CSR tensors; by ``torch.save`` alone.

    Raises
    ------
    ValueError
        For connections that skip a rank, or custom activations.
    ImportError
        If PyTorch is needed and not installed.

    Examples
    --------
    >>> import tempfile, rewire
    >>> net = rewire.mlp([2, 8, 2], density=0.5, seed=0)
    >>> path = tempfile.mkdtemp() + "/net.pt"
    >>> save_state_dict(net, path)
    >>> rewire.export.load(path)
    Network 2-8-2: 16 connections, density 50.00%
    """
    as_safetensors = Path(path).suffix == ".safetensors"
    if as_safetensors and sparse:
        raise ValueError(
            "sparse must be False for a .safetensors file, which holds no sparse tensors; "
            "got True: choose a path that ends in .pt"
        )
    # In memory first, as these writers do not report a full disk.
    if as_safetensors:
        content = save(state_dict(net))
    else:
        buffer = io.BytesIO()
        import_optional("torch", "torch").save(to_torch(net, sparse).state_dict(), buffer)
        content = buffer.getvalue()
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def _layers(net: Network) -> list[tuple[csr_array, np.ndarray, str]]:
    """Return weight, bias and activation of each layer."""
    names = built_in_names(net, "PyTorch")
    weights = blocks(net)
    for source, target in weights:
        if target - source > 1:
            raise ValueError(
                "connections must go from one rank to the next for a PyTorch state_dict; got some "
                f"from rank {source} to rank {target}: export to .onnx, which can skip ranks"
            )
    start = net.rank_start
    return [
        (
            weights.get((t - 1, t), csr_array((net.ranks[t], net.ranks[t - 1]), dtype=net.dtype)),
            net.bias[start[t] : start[t + 1]].copy(),
            name,
        )
        for t, name in enumerate(names, start=1)
    ]


def _tensor(torch: Any, weight: csr_array, sparse: bool) -> Any:
    if not sparse:
        return torch.from_numpy(weight.toarray())
    parts = map(torch.from_numpy, (weight.indptr, weight.indices, weight.data))
    # Copies, as PyTorch 2.7 refuses the strides of an empty array.
    copies = [part.clone(memory_format=torch.contiguous_format) for part in parts]
    return torch.sparse_csr_tensor(*copies, size=weight.shape, check_invariants=True)
