"""Sparse neural networks that rewire themselves; the neuron is the building block.

:func:`mlp` makes a :class:`Network`, :func:`fit` trains and rewires it, :func:`load` reads one that
:meth:`Network.save` wrote. Everything else lives in a namespace, imported when it is first used:

=======================  =====================================================================
``rewire.methods``       RigL, SET, SNFS, DSR and the other ways to rewire, and how to name one
``rewire.topology``      the parts that methods are made of, and the Rewirer that applies one
``rewire.connectivity``  what a model of your own offers so that a Rewirer can rewire it
``rewire.losses``        losses with a penalty or sample weights
``rewire.activations``   activations, and how to add your own
``rewire.optimizers``    SGD, Adam, AdamW
``rewire.schedules``     learning rates, drop fractions and rewiring times
``rewire.train``         trainings that can be stopped and resumed
``rewire.data``          data sets by name and from files
``rewire.tables``        how the columns of a table are read, and which inputs they become
``rewire.sklearn``       estimators for scikit-learn
``rewire.torch``         sparse layers for PyTorch models, and the conversion of whole models
``rewire.compare``       methods compared over many seeds
``rewire.tune``          settings searched on a validation part
``rewire.plot``          pictures
``rewire.report``        a training as a page for the browser
``rewire.playground``    networks to play with, in a page or a notebook
``rewire.export``        networks for other programs, and back
``rewire.assess``        how wrong a model is, how surely, and which inputs it uses
``rewire.experiment``    recipes and the folders that ``rewire train`` writes
``rewire.graph``         networks of neurons: summaries, signals and gradients
``rewire.scalar``        the teaching core, to be read in one sitting
``rewire.reproduce``     the experiment this library grew out of
``rewire.kernels``       compiled arithmetic on raw arrays, and its number of threads
=======================  =====================================================================
"""

from importlib import import_module

TYPE_CHECKING = False  # typing's own takes ten times as long to import as all else here
if TYPE_CHECKING:
    from .export import load as load
    from .graph import Network as Network
    from .graph import mlp as mlp
    from .kernels import get_num_threads as get_num_threads
    from .kernels import set_num_threads as set_num_threads
    from .playground import play as play
    from .train import EarlyStopping as EarlyStopping
    from .train import Trainer as Trainer
    from .train import evaluate as evaluate
    from .train import fit as fit

__version__ = "0.1.0"

# Imported when first asked for, so that rewire.scalar stays on the standard library alone.
_HOMES = {
    "EarlyStopping": "train",
    "Network": "graph",
    "Trainer": "train",
    "evaluate": "train",
    "fit": "train",
    "get_num_threads": "kernels",
    "load": "export",
    "mlp": "graph",
    "play": "playground",
    "set_num_threads": "kernels",
}
_NAMESPACES = (
    *("activations", "assess", "compare", "connectivity", "data", "experiment", "export", "graph"),
    *("kernels", "losses", "methods", "optimizers", "playground", "plot", "report", "reproduce"),
    *("scalar", "schedules", "sklearn", "tables", "topology", "torch", "train", "tune"),
)

__all__ = [*_HOMES, *_NAMESPACES]


def __getattr__(name: str):
    if name in _NAMESPACES:
        return import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
