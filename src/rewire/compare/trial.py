"""One training of a study, from its configuration to its figures."""

from __future__ import annotations

import math
import threading
import warnings
from dataclasses import replace
from typing import NamedTuple

from rewire.assess import score
from rewire.assess.inputs import inputs_in_use
from rewire.data import Dataset
from rewire.executors.imports import import_modules
from rewire.executors.sources import DataDir, shared_data
from rewire.experiment import Experiment, Recipe, load_dataset, prepare_experiment
from rewire.experiment.parts import split_parts
from rewire.io import advise
from rewire.train import evaluate

from .analysis.selection import as_text
from .config import StudyConfig
from .grid import Cell

__all__ = ["Failure", "Prepared", "Trial", "attempt", "prepare_trial", "run_trial"]

# Filters of warnings belong to the whole process, whose threads may prepare trials at once.
_filters = threading.Lock()


class Trial(NamedTuple):
    """The outcome of one training; a row of ``runs.csv``.

    Attributes
    ----------
    method : str
    seed : int
    loss : float
        After the last step, on the samples that are measured; with the loss's penalty. The mean
        squared error of a regression is in the targets' own unit.
    accuracy : float
        Share of these samples on the right side; NaN for a regression.
    connections, parameters : int
        At the end; parameters are connections and biases.
    seconds : float
        Of training alone.
    inputs : str, default ""
        Which inputs are on a path to an output at the end, such as ``"0-3,7"``; empty where that
        was not recorded.
    """

    method: str
    seed: int
    loss: float
    accuracy: float
    connections: int
    parameters: int
    seconds: float
    inputs: str = ""
    possible: int = 0
    flops: int = 0
    training_flops: float = 0.0
    bytes: int = 0
    validation: float | None = None
    machine: str = ""
    settings: Cell = ()


class Failure(NamedTuple):
    """A trial that raised an error."""

    method: str
    seed: int
    error: str
    settings: Cell = ()


class Prepared(NamedTuple):
    """A trial that is ready to begin.

    Attributes
    ----------
    experiment : Experiment
    measured : Dataset
        The samples that are measured at the end.
    measured_on : str
        Which they are, in words.
    chosen_on : Dataset, optional
        Those by which settings are chosen, if any are held out for that.
    """

    experiment: Experiment
    measured: Dataset
    measured_on: str
    chosen_on: Dataset | None


def prepare_trial(
    config: StudyConfig, method: str, seed: int, data_dir: DataDir = None
) -> Prepared:
    """Check everything that a trial needs; the training has not begun.

    Raises
    ------
    ValueError
        Also for a method that would never rewire in so short a training.
    """
    import_modules(config.imports)
    recipe, held = config.recipe_for(method, seed), None
    data = _data(config, recipe, data_dir)
    if config.choose:
        if recipe.validation:  # what is measured is held out first
            data, held = split_parts(recipe, data)
        recipe = replace(recipe, validation=config.choose)
    with _filters, warnings.catch_warnings():
        warnings.filterwarnings("error", r"method .* never rewires", UserWarning)
        try:
            experiment = prepare_experiment(recipe, data_dir, data)
        except UserWarning as warning:
            raise ValueError(*warning.args) from None
    experiment.training.report_every = experiment.training.total_steps
    chosen_on = experiment.validation if config.choose else None
    if held is None and not config.choose:
        held = experiment.validation
    return Prepared(experiment, *_measured(config, experiment, held), chosen_on)


def run_trial(config: StudyConfig, method: str, seed: int, data_dir: DataDir = None) -> Trial:
    """Train one network and measure it.

    Parameters
    ----------
    config : StudyConfig
    method : str
        A name in ``rewire.methods.registry``. One that starts dense is given the layer densities of
        the sparse network, and so ends with as many connections as the others.
    seed : int
        Of generated data, held-out samples, the network, the order of samples and the method.
    data_dir : path, optional
        Where stored data sets are.

    Returns
    -------
    Trial
        The same figures for the same arguments, ``seconds`` apart.

    Examples
    --------
    >>> from rewire.compare import study_config
    >>> run_trial(study_config("moons"), "rigl", seed=0).connections
    68
    """
    experiment, measured, _, chosen_on = prepare_trial(config, method, seed, data_dir)
    training = experiment.training
    while not training.finished:
        training.advance()
    loss, accuracy = _score(experiment, measured)
    validation = None
    if chosen_on is not None:
        own = _score(experiment, chosen_on)
        validation = own[0] if chosen_on.task == "regression" else own[1]
    summary = training.net.summary()
    return Trial(
        method,
        seed,
        loss,
        accuracy,
        summary.connections,
        summary.parameters,
        round(training.seconds, 6),
        as_text(inputs_in_use(training.net)),
        summary.possible,
        summary.flops,
        float(training.flops),
        summary.bytes,
        validation,
    )


def attempt(
    config: StudyConfig, method: str, seed: int, data_dir: DataDir = None
) -> Trial | Failure:
    """Return the trial, or the error that it ended with."""
    try:
        return run_trial(config, method, seed, data_dir)
    except Exception as error:
        return Failure(method, seed, f"{type(error).__name__}: {error}")


def _data(config: StudyConfig, recipe: Recipe, data_dir: DataDir) -> Dataset:
    """Return the data, which are loaded once in a process where every seed has the same."""
    if config.source is None:
        return load_dataset(recipe, data_dir)
    return shared_data(config.source, recipe, data_dir)


def _measured(
    config: StudyConfig, experiment: Experiment, held: Dataset | None
) -> tuple[Dataset, str]:
    """Return the samples that are measured, and in words which they are."""
    data, train = experiment.data, experiment.train
    if config.measure == "training":
        return train, f"the {train.X.shape[0]:,} training samples themselves"
    if held is not None:
        if held.table is not None and train.encoder not in (
            None,
            held.encoder,
        ):  # as the training part taught it
            assert train.encoder is not None
            X = train.encoder.transform(held.table).astype(held.X.dtype, copy=False)
            names = train.encoder.feature_names
            held = replace(held, X=X, encoder=train.encoder, feature_names=names)
        return held, f"{held.X.shape[0]:,} samples held out, chosen by the seed"
    if data.X_test is None or data.y_test is None:
        raise ValueError(
            advise(
                f"validation must be above 0, as {data.name} has no test part to be measured on; "
                "got 0",
                "hold some samples out (validation=0.2)",
                "measure on what was trained on (measure='training')",
            )
        )
    part = replace(data, X=data.X_test, y=data.y_test, X_test=None, y_test=None)
    return part, f"the test part, {part.X.shape[0]:,} samples"


def _score(experiment: Experiment, part: Dataset) -> tuple[float, float]:
    model, loss = experiment.model, experiment.training.loss
    found = score(part.y, model.answers(part.X), part.task, probabilistic=model.probabilistic)
    if part.task == "regression":
        return found["mean_squared_error"], math.nan
    y = part.signed()[0] if loss.name == "hinge" else part.y
    plain = replace(loss, weighted=False)
    return evaluate(model.network, model.network_inputs(part.X), y, plain).loss, found["accuracy"]
