"""One training of a study, from its configuration to its figures."""

from __future__ import annotations

import math
import os
import warnings
from dataclasses import replace
from typing import NamedTuple

from rewire.assess import score
from rewire.assess.inputs import inputs_in_use
from rewire.data import Dataset
from rewire.experiment import Experiment, prepare_experiment
from rewire.io import advise
from rewire.train import evaluate

from .config import StudyConfig, import_modules
from .selection import as_text

__all__ = ["Failure", "Trial", "attempt", "measured_part", "prepare_trial", "run_trial"]

DataDir = str | os.PathLike[str] | None


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


class Failure(NamedTuple):
    """A trial that raised an error."""

    method: str
    seed: int
    error: str


def prepare_trial(
    config: StudyConfig, method: str, seed: int, data_dir: DataDir = None
) -> Experiment:
    """Check everything that a trial needs and return its experiment, the training not begun.

    Raises
    ------
    ValueError
        Also for a method that would never rewire in so short a training.
    """
    import_modules(config.imports)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", r"method .* never rewires", UserWarning)
        try:
            experiment = prepare_experiment(config.recipe_for(method, seed), data_dir)
        except UserWarning as warning:
            raise ValueError(*warning.args) from None
    experiment.training.report_every = experiment.training.total_steps
    return experiment


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
    experiment = prepare_trial(config, method, seed, data_dir)
    training = experiment.training
    while not training.finished:
        training.advance()
    part, _ = measured_part(config, experiment)
    loss, accuracy = _score(experiment, part)
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
    )


def attempt(
    config: StudyConfig, method: str, seed: int, data_dir: DataDir = None
) -> Trial | Failure:
    """Return the trial, or the error that it ended with."""
    try:
        return run_trial(config, method, seed, data_dir)
    except Exception as error:
        return Failure(method, seed, f"{type(error).__name__}: {error}")


def measured_part(config: StudyConfig, experiment: Experiment) -> tuple[Dataset, str]:
    """Return the samples that are measured, and in words which they are."""
    data = experiment.data
    if config.measure == "training":
        samples = experiment.train.X.shape[0]
        return experiment.train, f"the {samples:,} training samples themselves"
    if experiment.validation is not None:
        samples = experiment.validation.X.shape[0]
        return (
            experiment.validation,
            f"{samples:,} samples held out, chosen by the seed",
        )
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
