"""The layers of a recorded PyTorch model as the plain data that the page's scripts take."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .recording import Frame, Recording

__all__ = ["layers_data", "layers_of_frame"]


def layers_data(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what the page says of a model's layers once; None for a network of neurons."""
    if "layers" not in about:
        return None
    layers, chain = about["layers"], about["chain"]
    return {
        "all": layers,
        "chain": [layers[number]["name"] for number in chain],
        "whole": len(chain) == len(layers),
    }


def layers_of_frame(
    recording: Recording, frame: Frame, features: Mapping[str, np.ndarray]
) -> list[dict[str, Any]] | None:
    """Return a table of the layers at a frame, a row for each.

    ``connections``, ``possible``, ``density``; ``moved``, connections grown since the start, for
    layers that are rewired; ``channels`` that it reads and ``targets`` that are fed.
    """
    about = recording.about
    if "layers" not in about:
        return None
    moved: dict[int, int] = dict.fromkeys(about["layer_of_block"], 0)
    for record in recording.rewirings:
        if record["step"] <= frame.step:
            for layer, grown in zip(about["layer_of_block"], record["grown"], strict=True):
                moved[layer] += grown
    rows = []
    for number, (layer, counts) in enumerate(
        zip(about["layers"], features["layers"].tolist(), strict=True)
    ):
        connections, channels, targets = counts
        possible = math.prod(layer["shape"])
        rows.append(
            {
                "connections": connections,
                "density": connections / max(possible, 1),
                "moved": moved.get(number),
                "channels": channels,
                "targets": targets,
            }
        )
    return rows
