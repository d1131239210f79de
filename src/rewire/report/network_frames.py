"""What a recording keeps of a network: a few samples, and the network or its features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from rewire.train.samples import spacing

from .frame_features import extract_features
from .recording import Recording
from .snapshots import snapshot

if TYPE_CHECKING:
    from rewire.graph import Network

__all__ = ["contents", "is_small", "new_recording"]

# A network with at most this many connections, and as many neurons, is kept whole and drawn.
MAX_DRAWN = 3000


def is_small(net: Network) -> bool:
    """Return whether a network is kept whole."""
    return max(net.size, len(net.connections)) <= MAX_DRAWN


def new_recording(net: Network, X: Any, y: Any, about: Mapping[str, Any]) -> Recording:
    """Return a recording without frames; up to 256 samples are kept, evenly spaced."""
    every = spacing(*X.shape)
    kept = X[::every]
    samples = np.array(kept.toarray() if hasattr(kept, "toarray") else kept, net.dtype)
    activations = [one.name for one in net.activations[1:]]
    return Recording({**about, "activations": activations}, samples, np.array(y[::every]))


def contents(net: Network, recording: Recording) -> tuple[str, dict[str, np.ndarray]]:
    """Return a frame's form and arrays."""
    whole = is_small(net)
    if whole and all(one.built_in for one in net.activations[1:]):
        return "snapshot", snapshot(net)
    about, X = recording.about, recording.X
    features = extract_features(
        net, X, about["loss"], whole=whole, image_shape=about["image_shape"]
    )
    return "whole" if whole else "summary", features
