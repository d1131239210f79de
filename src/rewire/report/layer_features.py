"""What a page shows of a PyTorch model at one step, layer by layer, as arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .chain_features import chain_features
from .frame_features import BLOCKS, distribution, shrink

if TYPE_CHECKING:
    from rewire.torch.anatomy import Anatomy, Layer, Wires

__all__ = ["describe_layers", "layer_features"]

# With more sparse layers than this, blocks are larger.
FEW_LAYERS = 8
# Layers after so many are in the table alone.
MAX_PANELS = 40
# Kernels shown of a convolution, those with the largest weights, and squares in all of them.
MAX_KERNELS, MAX_SQUARES = 32, 2048


def describe_layers(
    anatomy: Anatomy, image_shape: Sequence[int] | None = None
) -> list[dict[str, Any]]:
    """Return what stays the same of each layer, as plain data.

    Raises
    ------
    ValueError
        If there is an image shape, but the first layer reads other inputs.
    """
    if image_shape is not None:
        first, pixels = anatomy.layers[0], math.prod(image_shape)
        if not first.kernel and first.channels % pixels:
            raise ValueError(
                f"image_shape must be rows and columns whose product divides the "
                f"{first.channels} inputs of layer {first.summary.name!r}; got {image_shape}: "
                "leave it out where inputs are no images"
            )
    return [
        {
            "name": layer.summary.name or "(model)",
            "kind": layer.summary.kind,
            "shape": list(layer.summary.shape),
            "kernel": list(layer.kernel),
            "sparse": layer.sparse,
        }
        for layer in anatomy.layers
    ]


def layer_features(
    anatomy: Anatomy, image_shape: Sequence[int] | None = None
) -> dict[str, np.ndarray]:
    """Return everything that a page shows of a model of layers.

    Parameters
    ----------
    anatomy : Anatomy
    image_shape : (int, int), optional
        Rows and columns, if the first layer is a Linear that reads the pixels of images.

    Returns
    -------
    dict of str to ndarray
        As :func:`rewire.report.frame_features.extract_features`, where the connections drawn are
        the strongest paths through the layers that follow each other, and ``totals`` count all
        layers; of neurons, those of these layers if there are no others, and else none.

        ``layers``: for each layer connections, channels that it reads and targets that are fed.
        For layer i ``heat i``, the density of its blocks (targets down, channels across); of a
        convolution ``where i``, the density at each position of the kernel, and ``kernels i``, its
        kernels with the largest weights, NaN where there is no connection, and ``pairs i``, which
        target and channel they join.
    """
    anatomy.refresh()
    layers, found = anatomy.layers, dict[str, np.ndarray]()
    blocks = BLOCKS if sum(layer.sparse for layer in layers) <= FEW_LAYERS else BLOCKS // 2
    counts, fan_ins, fan_outs, finite = [], [], [], True
    for number, layer in enumerate(layers):
        pictured = number < MAX_PANELS
        if not (layer.sparse or (pictured and layer.positions > 1)):
            counts.append((layer.summary.connections, layer.channels, layer.targets))
            continue
        wires = anatomy.wires(number)
        fan_in = np.bincount(wires.target, minlength=layer.targets)
        fan_out = np.bincount(wires.channel, minlength=layer.channels)
        counts.append((len(wires.target), (fan_out > 0).sum(), (fan_in > 0).sum()))
        finite &= bool(np.isfinite(wires.weight).all())
        if pictured and layer.positions > 1:
            found |= _kernels(number, layer, wires)
        if layer.sparse:
            fan_ins.append(fan_in)
            fan_outs.append(fan_out)
            if pictured:
                found[f"heat {number}"] = _density(layer, wires, blocks)
            if number == 0 and image_shape is not None and not layer.kernel:
                found["input_map"] = shrink(fan_out.reshape(-1, *image_shape).sum(axis=0))
    paths, neurons = chain_features(anatomy)
    totals = [
        sum(count[0] for count in counts),
        sum(math.prod(layer.summary.shape) for layer in layers),
        *neurons,
        sum(layer.summary.bytes for layer in layers),
        sum(layer.dense_bytes for layer in layers),
        sum(layer.biases for layer in layers),
        finite,
    ]
    return {
        **found,
        **paths,
        "totals": np.array(totals, np.int64),
        "next_birth": np.array([anatomy.next_birth]),
        "layers": np.array(counts, np.int64),
        "fan_ins": distribution(np.concatenate(fan_ins)),
        "fan_outs": distribution(np.concatenate(fan_outs)),
    }


def _density(layer: Layer, wires: Wires, blocks: int) -> np.ndarray:
    """Return the density of blocks of neighbouring channels, targets down."""
    sides = [min(n, blocks) for n in (layer.targets, layer.channels)]
    down, across = (
        unit * side // n
        for unit, side, n in zip(
            (wires.target, wires.channel), sides, (layer.targets, layer.channels), strict=True
        )
    )
    counts = np.bincount(down * sides[1] + across, minlength=sides[0] * sides[1]).reshape(sides)
    sizes = [
        np.bincount(np.arange(n) * side // n)
        for n, side in zip((layer.targets, layer.channels), sides, strict=True)
    ]
    possible = np.outer(*sizes) * layer.positions
    return (counts / possible).astype(np.float32)


def _kernels(number: int, layer: Layer, wires: Wires) -> dict[str, np.ndarray]:
    """Return the density at each position of the kernel, and the largest kernels."""
    positions = layer.positions
    possible = math.prod(layer.summary.shape) / positions
    where = np.bincount(wires.position, minlength=positions) / possible
    pair, member = np.unique(
        wires.target.astype(np.int64) * layer.channels + wires.channel, return_inverse=True
    )
    weight = np.where(np.isfinite(wires.weight), wires.weight, 0)
    size = np.bincount(member, weights=np.abs(weight))
    most = max(1, min(MAX_KERNELS, MAX_SQUARES // positions))
    chosen = np.sort(np.argsort(-size, kind="stable")[:most])
    shown = np.isin(member, chosen)
    kernels = np.full((len(chosen), positions), np.nan, np.float32)
    kernels[np.searchsorted(chosen, member[shown]), wires.position[shown]] = weight[shown]
    return {
        f"where {number}": where.reshape(layer.kernel).astype(np.float32),
        f"kernels {number}": kernels,
        f"pairs {number}": np.stack(np.divmod(pair[chosen], layer.channels), axis=1),
    }
