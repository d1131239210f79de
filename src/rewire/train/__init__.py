"""Training: optimisers and the step."""

from .optimizers import SGD, Adam, AdamW, Optimizer
from .trainer import Trainer

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "Trainer"]
