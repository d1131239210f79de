"""Trainings written to where people keep theirs: TensorBoard, MLflow, Weights & Biases.

A tracker is a callback of :func:`rewire.fit`: ``callbacks=[TensorBoard("runs/digits")]``. On the
command line, ``rewire train ... --log tensorboard`` names one. Each needs the extra of its name,
so this is imported by name, as :mod:`rewire.torch.lightning` is.
``registry`` lists them, and takes your own: a subclass of :class:`Tracker`.
"""

from typing import TYPE_CHECKING

from rewire.io import lazy_face

if TYPE_CHECKING:
    from .mlflow import MLflow as MLflow
    from .names import get as get
    from .names import registry as registry
    from .tensorboard import TensorBoard as TensorBoard
    from .tracker import Tracker as Tracker
    from .wandb import WandB as WandB

_HOMES = {
    "MLflow": "mlflow",
    "TensorBoard": "tensorboard",
    "Tracker": "tracker",
    "WandB": "wandb",
    "get": "names",
    "registry": "names",
}

__all__ = list(_HOMES)
__getattr__, __dir__ = lazy_face(__name__, _HOMES)
