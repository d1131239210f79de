"""Sparse neural networks that rewire themselves; the neuron is the building block.

``rewire.scalar`` is the teaching core: scalar neurons with automatic differentiation, RigL and
stripping, to be read in one sitting. :func:`mlp` and :class:`Network` are the same networks at any
scale, :func:`fit` trains them, ``rewire.topology`` rewires them, ``rewire.view`` draws,
``rewire.compare`` holds methods against each other over many seeds, and ``rewire.reproduce`` runs
the experiment that this library grew out of.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .graph import Network as Network
    from .graph import mlp as mlp
    from .kernels import Activation as Activation
    from .kernels import get_num_threads as get_num_threads
    from .kernels import losses as losses
    from .kernels import set_num_threads as set_num_threads
    from .train import SGD as SGD
    from .train import Adam as Adam
    from .train import AdamW as AdamW
    from .train import EarlyStopping as EarlyStopping
    from .train import Trainer as Trainer
    from .train import evaluate as evaluate
    from .train import fit as fit

__version__ = "0.1.0"

# Imported when first asked for, so that rewire.scalar stays on the standard library alone.
_HOMES = {
    "Activation": "kernels",
    "get_num_threads": "kernels",
    "losses": "kernels",
    "set_num_threads": "kernels",
    "Network": "graph",
    "mlp": "graph",
    "SGD": "train",
    "Adam": "train",
    "AdamW": "train",
    "EarlyStopping": "train",
    "Trainer": "train",
    "evaluate": "train",
    "fit": "train",
}

__all__ = [*_HOMES]


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
