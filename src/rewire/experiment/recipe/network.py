"""Which network, and by which method its connections move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rewire import defaults

from ..settings import Search, setting

__all__ = ["MethodSettings", "NetworkSettings"]


def _activation_names() -> Iterable[str]:
    from rewire import activations

    return sorted(activations.registry)


def _method_names() -> Iterable[str]:
    from rewire import methods  # not before it is needed: see rewire.cli

    return methods.registry


@dataclass(frozen=True)
class NetworkSettings:
    """The network at the start."""

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


@dataclass(frozen=True)
class MethodSettings:
    """Where connections go."""

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
        search=Search(0.05, 0.5),
        default_text="the method's",
    )
    method_options: Mapping[str, Any] = setting(
        {}, dict, "Further options of the method by name.", group="Method", command_line=False
    )
