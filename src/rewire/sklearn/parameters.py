"""The estimators' parameters: generated from the recipe, under scikit-learn's names.

:data:`FIELDS` says which parameter is which setting of :class:`rewire.experiment.Recipe`; ranges,
help texts and, unless :data:`DEFAULTS` has a reason to differ, defaults are the setting's own.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from numbers import Integral, Real
from os import PathLike
from typing import Any

from sklearn.utils._param_validation import Interval, StrOptions

from rewire import defaults
from rewire.activations import Activation
from rewire.experiment.build import without_unused_options
from rewire.experiment.recipe import LOSSES, Recipe
from rewire.experiment.settings import Setting, settings_of
from rewire.topology import Method

__all__ = [
    "CLASSIFIER",
    "CONSTRAINTS",
    "PARAMETERS",
    "REGRESSOR",
    "SIGNATURE",
    "recipe_of",
    "signature_of",
]

# Parameters of the estimators, by the names of MLPClassifier where it has them, and the settings of
# a recipe that they are.
FIELDS = {
    "hidden_layer_sizes": "hidden",
    "sparsity": "sparsity",
    "density": "density",
    "distribution": "distribution",
    "min_fan_in": "min_fan_in",
    "method": "method",
    "rewire_every": "every",
    "activation": "activation",
    "solver": "optimizer",
    "learning_rate_init": "lr",
    "learning_rate": "schedule",
    "momentum": "momentum",
    "nesterovs_momentum": "nesterov",
    "weight_decay": "weight_decay",
    "batch_size": "batch_size",
    "max_iter": "epochs",
    "standardize": "standardize",
    "validation_fraction": "validation",
    "n_iter_no_change": "early_stopping",
    "monitor": "monitor",
}
DEFAULTS: dict[str, Any] = {
    # With MLPClassifier's Adam, weights that few samples say little about grow all the same.
    "solver": defaults.TABLE_OPTIMIZER,
    # Ten times MLPClassifier's, which keeps its rate; here the schedule ends at a hundredth of it.
    "learning_rate_init": defaults.TABLE_LR,
    # MLPClassifier's own; there it is a limit, here a schedule goes by all of them, to the end.
    "max_iter": defaults.TABLE_EPOCHS,
    "batch_size": defaults.TABLE_BATCH_SIZE,
    # MLPClassifier's own.
    "n_iter_no_change": 10,
}
# What scikit-learn's interface asks for besides, and what only an estimator does.
OWN = {
    "columns": Setting(
        "What is said of single columns of X: a JSON or TOML file, or its content, such as "
        '``{"zip": "category"}``; see :func:`rewire.tables.understand`.',
        str,
        default=None,
        default_text="what is found from the values of columns that are not numbers",
    ),
    "early_stopping": Setting(
        "Keep a part of the data for validation, stop once the loss there is not getting better, "
        "and return to the best network.",
        bool,
        default=False,
    ),
    "strip": Setting(
        "Remove dead neurons after ``fit``; the function stays the same.", bool, default=False
    ),
    "warm_start": Setting(
        "Whether ``fit`` goes on with the network of the call before.", bool, default=False
    ),
    "random_state": Setting(
        "Of first wiring and weights, order of samples, rewiring and the validation part.",
        int,
        default=None,
    ),
    "verbose": Setting(
        "Whether to write the progress to standard error, a line every few seconds.",
        bool,
        default=False,
    ),
}
# Where an estimator has something to add, or to say otherwise.
CHANGES: dict[str, dict[str, Any]] = {
    "hidden_layer_sizes": {"help": "Neurons in each hidden layer."},
    "sparsity": {
        "help": "Share of connections left out: of the whole network, or of each layer. A method "
        'that prunes a dense network, such as ``"gmp"``, ends with it.'
    },
    "distribution": {
        "help": "How one number for the whole network is spread over its layers; see "
        ":func:`rewire.mlp`."
    },
    "activation": {"help": "Activation of the hidden layers."},
    "method": {
        "help": "Where connections go: a name in ``rewire.methods.registry``, or a method with "
        "parts of your own choice. None: the wiring stays as it is."
    },
    "rewire_every": {
        "help": 'Steps between two rewirings, or ``"epoch"``; of a method by its name.',
        "default_text": "100, or a twentieth of the training where that is less, so that short "
        "trainings rewire too",
    },
    "learning_rate": {
        "help": "How the learning rate goes down in the course of ``fit``: not at all, along a "
        "line or a cosine to a hundredth, or in steps to a third at half and three quarters; or a "
        "function of a :class:`rewire.schedules.Time` that returns a factor."
    },
    "standardize": {
        "help": "Whether to bring inputs to mean 0 and standard deviation 1, as a "
        "``StandardScaler`` in front does where it can.",
        "default_text": "those of tables that no scaler takes, with columns of other kinds than "
        "numbers, and where ``columns`` is given",
    },
    "learning_rate_init": {"default_text": None},
    "weight_decay": {
        "default_text": "what makes ``fit`` with AdamW shrink weights by "
        f"{defaults.DECAY_PER_EPOCH:.0%} in an epoch at the first learning rate, or by 1% or 10% "
        "where cross-validation finds that better; 0 for others",
    },
    "momentum": {"help": 'Momentum; for ``"sgd"`` only.'},
    "nesterovs_momentum": {"help": 'Whether that is Nesterov\'s; for ``"sgd"`` only.'},
    "solver": {"help": "The optimizer.", "default_text": None},
    "batch_size": {
        "default_text": None,
        "help": "Samples in each step. Data of no more samples than that are learnt all at once, "
        "in their order.",
    },
    "max_iter": {
        "help": "Passes over the data in one ``fit``.",
        "default_text": None,
        "kind": int,
        "low": 1,
        "closed": "left",
    },
    "validation_fraction": {
        "help": "Share of the data kept for validation with ``early_stopping``; of each class "
        "alike.",
        "high": 1,
        "closed": "neither",
    },
    "n_iter_no_change": {
        "help": "Iterations to wait for a better validation with ``early_stopping``.",
        "default_text": None,
    },
}


def _parameters() -> dict[str, Setting]:
    """Return all parameters by name, in the order of the signature."""
    settings = settings_of(Recipe)
    found = {}
    for name, field in FIELDS.items():
        one = settings[field]
        changes = {"default": DEFAULTS.get(name, one.default), **CHANGES.get(name, {})}
        found[name] = replace(one, name=name, **changes)
    return found | {name: replace(one, name=name) for name, one in OWN.items()}


PARAMETERS = _parameters()
# What only a classifier has.
CLASSIFIER = {"class_weight": settings_of(Recipe)["class_weight"]}


# What only a regressor has.
REGRESSOR = {
    "loss": replace(
        settings_of(Recipe)["loss"],
        help="The loss of the scaled targets; outliers among them pull less on ``huber``.",
        default=LOSSES["regression"][0],
        default_text=None,
        choices=LOSSES["regression"],
    )
}


def signature_of(parameters: Mapping[str, Setting]) -> inspect.Signature:
    """Return the signature of an estimator with these parameters; keywords only."""
    self = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    kind = inspect.Parameter.KEYWORD_ONLY
    given = (inspect.Parameter(name, kind, default=p.default) for name, p in parameters.items())
    return inspect.Signature([self, *given])


SIGNATURE = signature_of(PARAMETERS)


# --------------------------------------------------------------------------------- constraints


def _constraint(name: str, one: Setting) -> list[Any]:
    """Return a parameter's constraint in scikit-learn's terms."""
    if name in ("random_state", "verbose"):
        return [name]
    if name == "columns":
        return [Mapping, str, PathLike, None]
    if one.kind is bool:
        found: list[Any] = ["boolean"]
    elif name == "method":  # whatever is registered by then; checked by the recipe
        found = [str, Method, None]
    elif name == "activation":
        found = [str, Activation]
    elif one.choices is not None:
        found = [StrOptions(set(one.choice_names()))]
    else:
        kind = Integral if one.kind is int else Real
        found = [Interval(kind, one.low, one.high, closed=one.closed)]
        found += [StrOptions(set(one.words))] if one.words else []
        found += ["array-like"] if one.many else []
    if name == "learning_rate":
        found.append(callable)
    return [*found, None] if one.default is None else found


CONSTRAINTS = {name: _constraint(name, one) for name, one in PARAMETERS.items()}


# -------------------------------------------------------------------------------------- recipe


def recipe_of(estimator: Any, seed: int) -> Recipe:
    """Return the recipe that an estimator's parameters stand for.

    Raises
    ------
    ValueError
        For a value out of range, by the parameter's own name.
    """
    values = {}
    for name, field in FIELDS.items():
        values[field] = PARAMETERS[name].plain(getattr(estimator, name))
        PARAMETERS[name].check(values[field])
    if values["every"] is not None and not isinstance(values["method"], str):
        raise ValueError(
            "rewire_every is for a method by its name; give the method its own interval, such as "
            f"RigL(every={values['every']!r})"
        )
    if not estimator.early_stopping:
        values["early_stopping"] = None
    return without_unused_options(Recipe("", **values, seed=seed))
