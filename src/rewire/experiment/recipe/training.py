"""How to train: how long, by which loss, optimizer and schedule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rewire import defaults

from ..settings import Search, setting
from .data import LOSSES

__all__ = ["TrainingSettings"]


def _optimizer_names() -> Iterable[str]:
    from rewire import optimizers

    return optimizers.registry


def _schedule_names() -> Iterable[str]:
    from rewire import schedules

    return schedules.registry


@dataclass(frozen=True)
class TrainingSettings:
    """The training."""

    epochs: float | None = setting(
        None,
        float,
        "Passes over the training samples.",
        low=0,
        closed="neither",
        group="Training",
        default_text=f"{defaults.EPOCHS}, or more for {defaults.LEAST_STEPS:,} steps; "
        f"{defaults.TABLE_EPOCHS} of tables, or as many as make {defaults.TABLE_STEPS:,} steps",
    )
    total_steps: int | None = setting(
        None, int, "Steps of the optimizer, instead of epochs.", low=1, group="Training"
    )
    batch_size: int | None = setting(
        None,
        int,
        "Training samples in each step.",
        low=1,
        group="Training",
        default_text=f"{defaults.BATCH_SIZE}; {defaults.TABLE_BATCH_SIZE} of tables",
        search=Search(choices=(32, 64, 128, 256)),
    )
    loss: str | None = setting(
        None,
        str,
        f"Loss: {', '.join(LOSSES['classification'])} for classes (the last two for two of them), "
        f"{' or '.join(LOSSES['regression'])} for numbers.",
        choices=tuple(name for names in LOSSES.values() for name in names),
        group="Training",
        default_text="the first; binary_cross_entropy for tables with two classes",
    )
    class_weight: str | Mapping[str, float] | None = setting(
        None,
        str,
        "Weight of each class in the loss: {choices} gives rare classes the same weight in sum as "
        "frequent ones.",
        choices=("balanced",),
        objects="a mapping of classes to weights",
        group="Training",
        default_text="all samples count alike",
    )
    l2: float = setting(
        0.0,
        float,
        "Penalty on the squares of weights and biases, part of the loss.",
        low=0,
        group="Training",
    )
    optimizer: str | None = setting(
        None,
        str,
        "Optimizer: {choices}.",
        choices=_optimizer_names,
        group="Training",
        default_text="sgd for classes, adam for numbers; adamw for tables",
        search=Search(choices=("sgd", "adam", "adamw")),
    )
    lr: float | None = setting(
        None,
        float,
        "Learning rate at the start.",
        low=0,
        closed="neither",
        group="Training",
        default_text="1 - momentum for sgd, 0.001 for adam and adamw; 0.01 for numbers and for "
        "tables where no optimizer is named",
        search=Search(3e-4, 0.3, log=True),
    )
    momentum: float = setting(0.9, float, "Momentum of sgd.", low=0, high=1, group="Training")
    nesterov: bool = setting(
        True, bool, "Use Nesterov's form of momentum, in sgd.", group="Training"
    )
    weight_decay: float | None = setting(
        None,
        float,
        "Weight decay of weights and biases.",
        low=0,
        group="Training",
        default_text="0.01 for adamw, for tables what shrinks weights by "
        f"{defaults.DECAY_PER_EPOCH:.0%} in an epoch at the first learning rate, or by 1% or 10% "
        "where cross-validation finds that better; 0 for the others",
        search=Search(1e-5, 0.1, log=True),
    )
    schedule: str = setting(
        "cosine",
        str,
        "How the learning rate goes down: constant, linear or cosine (to a hundredth), multistep "
        "(to a third, at half and three quarters).",
        choices=_schedule_names,
        objects="a function of a rewire.schedules.Time",
        search=Search(choices=("cosine", "linear")),
        group="Training",
    )
    final_lr: float = setting(
        0.01,
        float,
        "Share of the learning rate at the end of a linear or cosine schedule.",
        low=0,
        high=1,
        closed="both",
        group="Training",
    )
    drop_lr: float = setting(
        1 / 3,
        float,
        "Factor of the learning rate at each step of a multistep schedule.",
        low=0,
        high=1,
        closed="right",
        group="Training",
    )
    drop_at: tuple[float, ...] = setting(
        (0.5, 0.75),
        float,
        "Shares of the training after which a multistep schedule lowers the learning rate.",
        many=True,
        low=0,
        high=1,
        closed="right",
        group="Training",
    )
    early_stopping: int | None = setting(
        None,
        int,
        "Reports to wait for a better validation; the best network is kept.",
        low=1,
        group="Training",
        default_text="never stop early",
    )
    monitor: str | None = setting(
        None,
        str,
        "Figure of the validation that early stopping goes by: {choices}.",
        choices=("accuracy", "loss"),
        group="Training",
        default_text="accuracy for classes, loss for numbers",
    )
    seed: int = setting(0, int, "Seed of everything that is random.", low=0, group="Training")
