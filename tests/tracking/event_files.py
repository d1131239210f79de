"""TensorBoard's event files, as TensorBoard itself reads them."""

import gc
import warnings
from contextlib import contextmanager

import pytest

pytest.importorskip("tensorboard", reason="TensorBoard is not installed: the extra tensorboard")

from tensorboard.backend.event_processing.plugin_event_accumulator import (
    EventAccumulator,
)
from tensorboard.util.tensor_util import make_ndarray

__all__ = ["accumulated", "read"]


@contextmanager
def accumulated(folder):
    """Yield what TensorBoard has read of a folder; it leaves closing its files to the collector."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()
        gc.collect()


def read(folder):
    """Return what TensorBoard shows of a folder: the values of each figure by step."""
    with accumulated(folder) as found:
        return {
            tag: [(one.step, make_ndarray(one.tensor_proto).item()) for one in found.Tensors(tag)]
            for tag in found.Tags()["tensors"]
            if not tag.startswith("_hparams_")
        }
