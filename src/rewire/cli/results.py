"""Measure what a trained network achieves, and print it."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich.console import Console

from rewire.data import Dataset
from rewire.experiment import Experiment, Predictor

from .common import table

__all__ = ["described", "measure", "parts", "print_result", "print_scores", "score"]


def score(model: Predictor, X: Any, y: np.ndarray) -> dict[str, float | None]:
    """Return accuracy and error of classes, or the errors of a regression.

    The share of the variance that is explained, R², is None where the targets do not vary.

    Parameters
    ----------
    model : Predictor
    X : array or sparse matrix, shape (samples, inputs)
    y : ndarray
        Class numbers, or the numbers to predict.
    """
    if model.task == "classification":
        right = float((model.class_numbers(model.outputs(X)) == y).mean())
        return {"accuracy": right, "error": 1 - right}
    difference = model.predict(X).reshape(len(y), -1) - y.reshape(len(y), -1)
    spread = ((y - y.mean(axis=0)) ** 2).mean()
    return {
        "mean_squared_error": float((difference**2).mean()),
        "mean_absolute_error": float(np.abs(difference).mean()),
        "r2": float(1 - (difference**2).mean() / spread) if spread else None,
    }


def described(model: Predictor) -> dict[str, Any]:
    """Return a network's size, with the scaling of its inputs and targets, fit for JSON.

    The network's inputs are (input - mean) / scale, those beyond ±limit being ±limit, and a
    regression's answers are output * scale + mean.
    """
    summary, by = model.network.summary(), model.standardizer
    return {
        "ranks": list(model.network.ranks),
        "connections": summary.connections,
        "density": model.network.density,
        "parameters": summary.parameters,
        "dead": summary.dead,
        "flops": summary.flops,
        "task": model.task,
        "classes": list(model.classes),
        "inputs": model.feature_names and list(model.feature_names),
        "input_mean": None if by is None else np.ravel(by.mean).tolist(),
        "input_scale": None if by is None else np.ravel(by.scale).tolist(),
        "input_limit": None if by is None else by.limit,
        "output_mean": None if model.target_mean is None else model.target_mean.tolist(),
        "output_scale": None if model.target_scale is None else model.target_scale.tolist(),
    }


def parts(data: Dataset) -> dict[str, tuple[Any, np.ndarray]]:
    """Return the parts of a data set that can be scored."""
    found = {"all samples": (data.X, data.y)}
    if data.X_test is not None and data.y_test is not None:
        found = {"training part": (data.X, data.y), "test part": (data.X_test, data.y_test)}
    return found


def measure(experiment: Experiment) -> dict[str, Any]:
    """Return the figures of a finished run, fit for JSON."""
    data, model = experiment.data, experiment.model
    training, net = experiment.training, experiment.training.net
    last = training.history.rows[-1]
    summary, stripped = net.summary(), net.strip().summary()
    scores = {"training": score(model, experiment.train.X, experiment.train.y)}
    if experiment.validation is not None:
        scores["validation"] = score(model, experiment.validation.X, experiment.validation.y)
    if data.X_test is not None and data.y_test is not None:
        scores["test"] = score(model, data.X_test, data.y_test)
    return {
        "data": data.name,
        "method": experiment.recipe.method,
        "total_steps": training.step,
        "stopped": training.stopped,
        "seconds": round(training.seconds, 3),
        "notices": experiment.notices,
        "scores": scores,
        "network": {"ranks": list(net.ranks), "connections": summary.connections},
        "stripped": {
            "ranks": [rank.neurons for rank in stripped.ranks],
            "connections": stripped.connections,
            "parameters": stripped.parameters,
            "flops": stripped.flops,
            "dense_flops": summary.dense_flops,
        },
        "training_flops": {"spent": last["flops"], "dense": last["dense_flops"]},
    }


def print_result(console: Console, result: dict[str, Any]) -> None:
    """Print what :func:`measure` found."""
    print_scores(result["scores"], console)
    network, stripped = result["network"], result["stripped"]
    flops = result["training_flops"]
    for line in (
        f"network {_sizes(network['ranks'])} with {network['connections']:,} connections",
        f"stripped of dead neurons: {_sizes(stripped['ranks'])}, {stripped['connections']:,} "
        f"connections, {stripped['flops']:,} FLOPs a sample "
        f"({stripped['flops'] / stripped['dense_flops']:.2%} of dense)",
        f"trained in {result['seconds']:.3g} s with {flops['spent'] / flops['dense']:.2%} of a "
        "dense network's FLOPs",
    ):
        console.print(line, highlight=False)
    if result["stopped"]:
        console.print(f"stopped early: {result['stopped']}", highlight=False)


def print_scores(
    scores: dict[str, dict[str, float | None]], console: Console | None = None
) -> None:
    """Print one line per part of the data."""
    names = list(dict.fromkeys(key for row in scores.values() for key in row))
    shown = table(["", *(name.replace("_", " ") for name in names)])
    for name, row in scores.items():
        shown.add_row(name, *(_number(key, row.get(key)) for key in names))
    (console or Console()).print(shown)


def _number(name: str, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.2%}" if name in ("accuracy", "error") else f"{value:.4g}"


def _sizes(ranks: list[int]) -> str:
    return "-".join(map(str, ranks))
