"""Everything that decides a training, as plain data that JSON can hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any

from rewire import defaults

from .settings import setting, settings_of

__all__ = ["LOSSES", "Recipe", "method_name"]

# By task; the first is the default.
LOSSES = {
    "classification": ("cross_entropy", "hinge", "binary_cross_entropy"),
    "regression": ("mean_squared_error",),
}


def _method_names() -> Iterable[str]:
    from rewire import methods  # not before it is needed: see rewire.cli

    return methods.registry


def _optimizer_names() -> Iterable[str]:
    from rewire import optimizers

    return optimizers.registry


def _schedule_names() -> Iterable[str]:
    from rewire import schedules

    return schedules.registry


def _activation_names() -> Iterable[str]:
    from rewire import activations

    return sorted(activations.registry)


@dataclass(frozen=True, repr=False)
class Recipe:
    """What to train on, which network, by which method, and how.

    Each field holds its own range, default and help text, from which the options of ``rewire
    train`` and ``rewire compare`` and the parameters of the estimators are generated;
    ``rewire.experiment.settings_table(Recipe)`` lists them as Markdown tables. Of a field that may
    hold several numbers, one number stands for a tuple of one.

    Raises
    ------
    ValueError
        For a value out of range, naming the setting, the range and the value.

    Examples
    --------
    >>> Recipe("digits", hidden=(300, 100), sparsity=(0.99, 0.89, 0), method="rigl")
    Recipe('digits', hidden=(300, 100), sparsity=(0.99, 0.89, 0), method='rigl')
    >>> Recipe("digits", momentum=1.5)
    Traceback (most recent call last):
    ValueError: momentum must be a number in [0, 1); got 1.5
    """

    # ------------------------------------------------------------------------------- the data

    data: str = setting(
        MISSING, str, "A data set by name, or a file.", group="Data", command_line=False
    )
    target: str | None = setting(
        None,
        str,
        "Column to predict, by name or number, of a file.",
        group="Data",
        default_text="y in NPZ files",
    )
    ignore: tuple[str, ...] = setting(
        (),
        str,
        "Columns of a table to leave out, commas between; double quotes enclose a name with a "
        "comma.",
        many=True,
        group="Data",
    )
    columns: str | None = setting(
        None,
        str,
        "File (JSON or TOML) that says what columns of a table are; see 'rewire inspect'.",
        group="Data",
    )
    numeric: tuple[str, ...] = setting(
        (), str, "Columns of a table to read as numbers.", many=True, group="Data"
    )
    categorical: tuple[str, ...] = setting(
        (), str, "Columns of a table to read as categories.", many=True, group="Data"
    )
    date: tuple[str, ...] = setting(
        (), str, "Columns of a table to read as dates or times.", many=True, group="Data"
    )
    text: tuple[str, ...] = setting(
        (),
        str,
        "Columns of a table to learn from as text, by the pieces of words in it; others of names "
        "and sentences are left out.",
        many=True,
        group="Data",
    )
    na: tuple[str, ...] = setting(
        (), str, "Texts in a table that mean a missing value.", many=True, group="Data"
    )
    thousands: str | None = setting(
        None,
        str,
        "What separates thousands in a table's numbers, such as a comma.",
        group="Data",
        default_text="as each column is written",
    )
    decimal: str | None = setting(
        None,
        str,
        "What stands before the decimals in a table's numbers: {choices}.",
        choices=(".", ","),
        group="Data",
        default_text="as each column is written",
    )
    censored: str | None = setting(
        None,
        str,
        "What becomes of values such as <1.0 in a column of numbers: {choices}.",
        choices=("missing", "limit"),
        group="Data",
        default_text="missing",
    )
    encoding: str | None = setting(
        None,
        str,
        "Encoding of a file of text, such as cp1252.",
        group="Data",
        default_text="UTF-8 or UTF-16, as its first bytes say",
    )
    missing: str = setting(
        "impute",
        str,
        "What becomes of missing values in a table: impute the median or the most frequent value, "
        "or none to refuse them.",
        choices=("impute", "none"),
        group="Data",
    )
    task: str | None = setting(
        None,
        str,
        "Task of a file: classification or regression.",
        choices=tuple(LOSSES),
        group="Data",
        default_text="as its targets are",
    )
    standardize: bool | None = setting(
        None,
        bool,
        "Bring inputs to mean 0 and standard deviation 1.",
        group="Data",
        default_text="files only",
    )
    validation: float = setting(
        0.1,
        float,
        "Share (or number) of the training samples to validate on; 0 for none.",
        low=0,
        group="Data",
    )

    # ---------------------------------------------------------------------------- the network

    hidden: tuple[int, ...] | None = setting(
        None,
        int,
        "Neurons in each hidden layer, such as 300,100.",
        many=True,
        low=1,
        group="Network",
        default_text=f"{defaults.HIDDEN}, or as many fewer as the connections of such a layer "
        "suffice for, at the least fan-in",
    )
    sparsity: tuple[float, ...] | None = setting(
        None,
        float,
        "Share of connections left out: of the whole network, or of each layer, such as "
        "0.99,0.89,0.",
        many=True,
        low=0,
        high=1,
        effective_default=defaults.SPARSITY,
        remedy="give a share, such as 0.9 for 90%",
        group="Network",
    )
    density: tuple[float, ...] | None = setting(
        None,
        float,
        "1 - sparsity, instead of it.",
        many=True,
        remedy="give a share, such as 0.1 for 10%",
        low=0,
        high=1,
        closed="right",
        group="Network",
    )
    distribution: str = setting(
        defaults.DISTRIBUTION,
        str,
        "How one number for the whole network is spread over its layers: {choices}.",
        choices=("uniform", "er", "erk"),
        group="Network",
    )
    min_fan_in: int = setting(
        defaults.MIN_FAN_IN,
        int,
        "Inputs that every neuron reads at least, where one number for the whole network would "
        "give it fewer; it then has more connections than said.",
        low=1,
        group="Network",
    )
    activation: str = setting(
        "relu",
        str,
        "Activation of the hidden layers: {choices}.",
        choices=_activation_names,
        objects="an Activation",
        group="Network",
    )
    init: str | float = setting(
        "fan_in",
        float,
        "First weights: fan_in for a normal distribution of variance 2 / fan-in, or r for a "
        "uniform one in ±r.",
        low=0,
        closed="neither",
        words=("fan_in",),
        group="Network",
    )
    wiring: str = setting(
        "random",
        str,
        "Inputs that a neuron starts with: random, or the first ones as in the post.",
        choices=("random", "first"),
        group="Network",
    )
    dtype: str = setting(
        "float32",
        str,
        "Type of all numbers: {choices}.",
        choices=("float32", "float64"),
        group="Network",
    )

    # ----------------------------------------------------------------------------- the method

    method: str = setting(
        defaults.METHOD,
        str,
        "Where connections go: see 'rewire methods'.",
        choices=_method_names,
        objects="a Method",
        remedy="'rewire methods' says what they do",
        group="Method",
    )
    every: int | str | None = setting(
        None,
        int,
        "Steps between two rewirings, or epoch.",
        low=1,
        words=("epoch",),
        group="Method",
        default_text="the method's",
    )
    fraction: float | None = setting(
        None,
        float,
        "Share of the connections that a rewiring moves, at first.",
        low=0,
        high=1,
        closed="right",
        group="Method",
        default_text="the method's",
    )
    method_options: Mapping[str, Any] = setting(
        {}, dict, "Further options of the method by name.", group="Method", command_line=False
    )

    # --------------------------------------------------------------------------- the training

    epochs: float | None = setting(
        None,
        float,
        "Passes over the training samples.",
        low=0,
        closed="neither",
        group="Training",
        default_text=f"{defaults.EPOCHS}, or more for {defaults.LEAST_STEPS:,} steps",
    )
    total_steps: int | None = setting(
        None, int, "Steps of the optimizer, instead of epochs.", low=1, group="Training"
    )
    batch_size: int = setting(
        defaults.BATCH_SIZE, int, "Training samples in each step.", low=1, group="Training"
    )
    loss: str | None = setting(
        None,
        str,
        f"Loss: {', '.join(LOSSES['classification'])} for classes (the last two for two of them), "
        f"{LOSSES['regression'][0]} for numbers.",
        choices=tuple(name for names in LOSSES.values() for name in names),
        group="Training",
        default_text="the first",
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
        default_text="sgd for classes, adam for numbers",
    )
    lr: float | None = setting(
        None,
        float,
        "Learning rate at the start.",
        low=0,
        closed="neither",
        group="Training",
        default_text="1 - momentum for sgd, 0.001 for adam and adamw; 0.01 for numbers where no "
        "optimizer is named",
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
        default_text="0.01 for adamw, 0 for the others",
    )
    schedule: str = setting(
        "cosine",
        str,
        "How the learning rate goes down: constant, linear or cosine (to a hundredth), multistep "
        "(to a third, at half and three quarters).",
        choices=_schedule_names,
        objects="a function of a rewire.schedules.Time",
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

    def __post_init__(self) -> None:
        for name, one in settings_of(type(self)).items():
            value = one.plain(getattr(self, name))
            if name != "method_options":
                one.check(value)
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        known = settings_of(type(self))
        changed = [
            f"{name}={value!r}"
            for name, value in vars(self).items()
            if name != "data" and value != known[name].default and value != {}
        ]
        return f"Recipe({', '.join([repr(self.data), *changed])})"

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """Return the recipe that :meth:`to_dict` gave, also by way of JSON."""
        known = sorted(one.name for one in fields(cls))
        if unknown := sorted(set(values) - set(known)):
            raise ValueError(f"settings must be among {', '.join(known)}; got {unknown[0]}")
        if "data" not in values:
            raise ValueError("settings must have data, the name of a data set or a file; got none")
        return cls(**values)


def method_name(name: str) -> str:
    """Return a method's name as it is registered; hyphens may stand for spaces.

    Examples
    --------
    >>> method_name("reviving-rigl")
    'reviving rigl'
    """
    known = settings_of(Recipe)["method"]
    name = known.plain(name)
    known.check(name)
    return name
