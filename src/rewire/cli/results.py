"""Measure what a trained network achieves, and print it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from rewire.experiment import Experiment, Predictor, RunDirectory
from rewire.experiment.assessing import assess_experiment
from rewire.io import percent

from .assessment import as_commands, print_assessment

__all__ = [
    "assessment_of",
    "described",
    "measure",
    "plain_figures",
    "print_assessment",
    "print_result",
]

# Seconds that are not worth a word.
SHORT = 0.01


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


def assessment_of(folder: Path) -> dict[str, Any] | None:
    """Return the assessment that a run's folder keeps; None where there is none."""
    return RunDirectory(folder).read_assessment()


def measure(experiment: Experiment) -> dict[str, Any]:
    """Return the figures of a finished run, fit for JSON."""
    training, net = experiment.training, experiment.training.net
    last = training.history.rows[-1]
    summary, stripped = net.summary(), net.strip().summary()
    assessment = assess_experiment(experiment)
    return {
        "data": experiment.data.name,
        "method": experiment.recipe.method,
        "total_steps": training.step,
        "stopped": training.stopped,
        "seconds": round(training.seconds + experiment.choosing_seconds, 3),
        "choosing_seconds": round(experiment.choosing_seconds, 3),
        "notices": experiment.notices,
        "scores": {part.name: part.scores for part in assessment.parts},
        "network": {"ranks": list(net.ranks), "connections": summary.connections},
        "stripped": {
            "ranks": [rank.neurons for rank in stripped.ranks],
            "connections": stripped.connections,
            "parameters": stripped.parameters,
            "flops": stripped.flops,
            "dense_flops": summary.dense_flops,
        },
        "training_flops": {"spent": last["flops"], "dense": last["dense_flops"]},
        "assessment": as_commands(assessment),
    }


def plain_figures(result: dict[str, Any]) -> dict[str, float]:
    """Return the scores and sizes that :func:`measure` found, each by a name of its own."""
    scores = {
        f"final/{part}/{name}": value
        for part, found in result["scores"].items()
        for name, value in found.items()
    }
    sizes = {f"final/{name}": result[name]["connections"] for name in ("network", "stripped")}
    return scores | sizes


def print_result(console: Console, result: dict[str, Any]) -> None:
    """Print what :func:`measure` found."""
    print_assessment(console, result["assessment"], full=False)
    network, stripped = result["network"], result["stripped"]
    flops = result["training_flops"]
    for line in (
        f"network {_sizes(network['ranks'])} with {network['connections']:,} connections",
        f"stripped of dead neurons: {_sizes(stripped['ranks'])}, {stripped['connections']:,} "
        f"connections, {stripped['flops']:,} FLOPs a sample "
        f"({percent(stripped['flops'] / stripped['dense_flops'], 2)} of dense)",
        f"trained with {percent(flops['spent'] / flops['dense'], 2)} of a dense network's FLOPs "
        f"in {_seconds(result)}",
    ):
        console.print(line, highlight=False)
    if result["stopped"]:
        console.print(f"stopped early: {result['stopped']}", highlight=False)


def _seconds(result: dict[str, Any]) -> str:
    whole, choosing = result["seconds"], result["choosing_seconds"]
    part = f", {choosing:.3g} s of it for the choice of the weight decay"
    return f"{whole:.3g} s{part if choosing >= SHORT else ''}"


def _sizes(ranks: list[int]) -> str:
    return "-".join(map(str, ranks))
