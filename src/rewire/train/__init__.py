"""Training: optimisers, the step, and the loop that rewires on the way."""

from .evaluation import Score, evaluate
from .fitting import EarlyStopping, fit
from .history import History
from .optimizers import SGD, Adam, AdamW, Optimizer
from .trainer import Trainer
from .training import Training

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "EarlyStopping",
    "History",
    "Optimizer",
    "Score",
    "Trainer",
    "Training",
    "evaluate",
    "fit",
]
