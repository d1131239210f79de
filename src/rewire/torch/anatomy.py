"""What a report shows of a model that is rewired: its layers, and their connections as arrays."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from torch import nn

from .conversion.chains import longest_chain
from .conversion.summaries import LayerSummary, summary
from .layers.layer import SparseLayer

if TYPE_CHECKING:
    from .rewirer import Rewirer

__all__ = ["Anatomy", "Layer", "Wires"]


class Layer(NamedTuple):
    """A layer that holds weights.

    Attributes
    ----------
    summary : LayerSummary
    channels, targets : int
        Of the input and of the output.
    kernel : tuple of int
        Rows and columns of a convolution's; empty for other layers.
    sparse : bool
    biases : int
    dense_bytes : int
        What a dense layer of this kind holds.
    """

    summary: LayerSummary
    channels: int
    targets: int
    kernel: tuple[int, ...]
    sparse: bool
    biases: int
    dense_bytes: int

    @property
    def positions(self) -> int:
        """Positions of the kernel; 1 where there is none."""
        return math.prod(self.kernel)


class Wires(NamedTuple):
    """The connections of a layer, sorted by target.

    Attributes
    ----------
    channel, position, target : ndarray of int
        Input channel, position of the kernel (row by row) and output channel.
    weight : ndarray of float
    birth : ndarray of int
        Numbers that rise; those of a dense layer are 0.
    """

    channel: np.ndarray
    position: np.ndarray
    target: np.ndarray
    weight: np.ndarray
    birth: np.ndarray


class Anatomy:
    """The layers of the model that a rewirer is at work on.

    Attributes
    ----------
    layers : list of Layer
        Sparse ones, and dense ones that hold weights, in the model's order.
    chain : list of int
        Numbers of the most layers that follow each other; empty if no two do.

    Examples
    --------
    >>> import torch
    >>> import rewire.torch as rt
    >>> model = torch.nn.Sequential(rt.Linear(4, 3, density=0.5, seed=0), torch.nn.Linear(3, 2))
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> anatomy = Anatomy(rt.Rewirer(model, optimizer, "set", steps=9, every=3, seed=0))
    >>> [layer.summary.kind for layer in anatomy.layers], anatomy.chain
    (['Linear', 'Linear'], [0, 1])
    >>> anatomy.wires(1).target
    array([0, 0, 0, 1, 1, 1])
    """

    def __init__(self, rewirer: Rewirer):
        self._rewired, self._root = rewirer._model, rewirer._root
        self.layers, self._modules = self._survey()
        number = {layer.summary.name: i for i, layer in enumerate(self.layers)}
        self.chain = [number[name] for name in longest_chain(self._root)]
        self._place = {name: i for i, name in enumerate(self._rewired.layers)}

    @property
    def next_birth(self) -> int:
        """The number of the next connection."""
        return self._rewired.connections.next_birth

    def refresh(self) -> None:
        """Look at the layers and their weights as they are now."""
        self._rewired.refresh()
        self.layers, self._modules = self._survey()

    def _survey(self) -> tuple[list[Layer], list[Any]]:
        """Return the layers, and the modules that they are."""
        rows = summary(self._root)
        modules = [self._root.get_submodule(row.name) for row in rows]
        return [_layer(row, one) for row, one in zip(rows, modules, strict=True)], modules

    def layer_of_block(self) -> list[int]:
        """Return the number of the layer to which each figure in a rewiring's record belongs."""
        number = {layer.summary.name: i for i, layer in enumerate(self.layers)}
        names = list(self._rewired.layers)
        return [number[names[part]] for part in self._rewired.layer_of_block()]

    def wires(self, number: int) -> Wires:
        """Return the connections of a layer, those that were rewired as of :meth:`refresh`."""
        layer, module = self.layers[number], self._modules[number]
        place = self._place.get(layer.summary.name)
        if place is not None:
            source, target, weight, birth = self._rewired.wiring_of(place)
        else:
            source, target, weight = _wiring(module)
            birth = np.zeros(len(source), np.int64)
        positions, groups = layer.positions, getattr(module, "groups", 1)
        channel = source // positions
        if groups > 1:  # sources are numbered within the group
            channel += target // (layer.targets // groups) * (layer.channels // groups)
        return Wires(channel, source % positions, target, weight, birth)

    def bias(self, number: int) -> np.ndarray:
        """Return the biases of a layer, 0 where it has none."""
        found = self._modules[number].bias
        if found is None:
            return np.zeros(self.layers[number].targets)
        return found.detach().double().cpu().numpy()


def _layer(row: LayerSummary, module: Any) -> Layer:
    if len(row.shape) < 2 or isinstance(module, nn.Embedding):
        channels, targets = row.shape[0], row.shape[-1]
    else:
        channels, targets = row.shape[1] * getattr(module, "groups", 1), row.shape[0]
    bias = getattr(module, "bias", None)
    biases = 0 if bias is None or isinstance(bias, bool) else bias.numel()
    sparse = isinstance(module, SparseLayer)
    dense = row.bytes
    if sparse:
        dense = (math.prod(row.shape) + biases) * module.weight.element_size()
    kernel = (1, *row.shape[2:])[-2:] if len(row.shape) > 2 else ()
    return Layer(row, channels, targets, kernel, sparse, biases, dense)


def _wiring(module: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return source, target and weight of a layer that is not rewired."""
    if isinstance(module, SparseLayer):
        indptr, source, weight = module.arrays()
        return source.astype(int), np.repeat(np.arange(len(indptr) - 1), np.diff(indptr)), weight
    weight = module.weight.detach().float().cpu().numpy()
    weight = weight.reshape(len(weight), -1)
    target, source = (axis.ravel() for axis in np.indices(weight.shape))
    return source, target, weight.ravel()
