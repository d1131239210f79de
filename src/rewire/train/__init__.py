"""Training: one step, the loop that rewires on the way, and checkpoints to resume from."""

from .checkpoint import load_checkpoint, read_history, save_checkpoint
from .evaluation import Score, evaluate
from .fitting import fit
from .history import History
from .stopping import EarlyStopping
from .trainer import Trainer
from .training import Training

__all__ = [
    "EarlyStopping",
    "History",
    "Score",
    "Trainer",
    "Training",
    "evaluate",
    "fit",
    "load_checkpoint",
    "read_history",
    "save_checkpoint",
]
