"""Every command that a session takes: its fields, their ranges and defaults, and what they mean.

The checks, the forms of the page and the reference are made of this one table. Standard library
only, as it runs in a browser too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .fields import KINDS, REQUIRED, CommandError, Field, shown
from .points import GENERATORS

__all__ = ["COMMANDS", "METHODS", "Command", "CommandError", "check", "schema"]

MAX_POINTS = 2000
MAX_NEURONS = 4096  # of one layer
MAX_STEPS = 100_000  # of one command
METHODS = (
    "static",
    "rigl",
    "reviving rigl",
    "set",
    "snfs",
    "dsr",
    "mest",
    "srigl",
    "cht",
    "chts",
    "gmp",
    "granet",
    "post rigl",
)


@dataclass(frozen=True)
class Command:
    """What one command does, and its fields.

    Attributes
    ----------
    help : str
    fields : mapping of str to Field
    one_of : tuple of str
        Fields of which exactly one is given.
    """

    help: str
    fields: Mapping[str, Field]
    one_of: tuple[str, ...] = ()


SEED = Field("integer", "Of everything random.", 0, 0, 2**32 - 1)
LANE = Field("integer", "0 for the left network, 1 for the right one.", 1, 0, 1)
NEURON = Field("integer", "A neuron by its number in the network.", low=0, high=2**31)

COMMANDS: dict[str, Command] = {
    "data": Command(
        "Choose what is learnt: a generator by name, your own points, a formula or a table.",
        {
            "name": Field("choice", "A generator.", None, choices=tuple(GENERATORS)),
            "points": Field(
                "points", "Your own, each [x, y, label] with label 0 or 1.", None, most=MAX_POINTS
            ),
            "formula": Field(
                "text", "Label 1 where it is true of x and y, such as x*y > 0.", None, most=200
            ),
            "samples": Field("integer", "Points that are drawn.", 100, 4, MAX_POINTS),
            "noise": Field("number", "Standard deviation of both coordinates.", 0.1, 0, 2),
            "seed": SEED,
        },
        one_of=("name", "points", "formula"),
    ),
    "table": Command(
        "Choose a small table as data: two of its columns, brought to mean 0 and spread 1.",
        {
            "text": Field("text", "The table as CSV, its first line the names.", most=500_000),
            "x": Field("text", "The column across.", most=200),
            "y": Field("text", "The column up.", most=200),
            "label": Field("text", "The column of classes.", most=200),
            "positive": Field(
                "text", "The class with label 1, against all others.", None, most=200
            ),
        },
    ),
    "point": Command(
        "Add one point to the data.",
        {
            "x": Field("number", "Across.", low=-1e6, high=1e6),
            "y": Field("number", "Up.", low=-1e6, high=1e6),
            "label": Field("integer", "Its class.", low=0, high=1),
        },
    ),
    "network": Command(
        "Begin with new networks, the same one on both sides.",
        {
            "layers": Field(
                "integers", "Neurons of each hidden layer.", [16, 16], 1, MAX_NEURONS, most=8
            ),
            "density": Field(
                "density", "Existing over possible connections, or one such number a layer.", 0.2
            ),
            "activation": Field(
                "choice", "Of the hidden layers.", "relu", choices=("relu", "tanh", "sigmoid")
            ),
            "wiring": Field(
                "choice",
                "Whether neurons read random inputs or, as in the post, the first ones.",
                "random",
                choices=("random", "first"),
            ),
            "init": Field(
                "number", "First weights are uniform in ±init; 0: suited to the fan-in.", 0, 0, 10
            ),
            "seed": SEED,
        },
    ),
    "given": Command("Begin with the network and the data that the session was opened with.", {}),
    "learning_rate": Command(
        "Set how large the steps of gradient descent are.",
        {
            "value": Field("number", "The learning rate.", low=0, high=100),
            "optimizer": Field("choice", "What makes the steps.", "sgd", choices=("sgd", "adam")),
            "momentum": Field("number", "Of gradient descent.", 0.0, 0, 0.999),
        },
    ),
    "method": Command(
        "Choose how a network rewires itself from now on.",
        {
            "name": Field("choice", "A method.", choices=METHODS),
            "lane": LANE,
            "interval": Field("integer", "Steps from one rewiring to the next.", 20, 1, 100_000),
            "fraction": Field("number", "Share of the connections that moves.", 0.3, 0.01, 1),
            "until": Field("integer", "Steps after which it has come to rest.", 400, 1, 1_000_000),
            "density": Field("number", "At the end, of methods that prune.", 0.1, 0.001, 1),
            "seed": SEED,
        },
    ),
    "step": Command(
        "Learn: so many steps of gradient descent on all points, rewiring where due.",
        {"steps": Field("integer", "How many.", 1, 1, MAX_STEPS)},
    ),
    "rewire": Command("Rewire once, now.", {"lane": LANE}),
    "cut": Command("Remove a connection.", {"source": NEURON, "target": NEURON, "lane": LANE}),
    "draw": Command(
        "Add a connection, to any later layer.",
        {
            "source": NEURON,
            "target": NEURON,
            "weight": Field("number", "Its first weight.", 0.0, -1e3, 1e3),
            "lane": LANE,
        },
    ),
    "add_neuron": Command(
        "Add a neuron without connections to a hidden layer.",
        {"rank": Field("integer", "1 for the first hidden layer.", low=1, high=64), "lane": LANE},
    ),
    "remove_neuron": Command(
        "Remove a hidden neuron with its connections.", {"neuron": NEURON, "lane": LANE}
    ),
    "revive": Command(
        "Start all idle neurons anew where they would help most; the outputs stay the same.",
        {"lane": LANE},
    ),
    "freeze": Command(
        "Keep a neuron as it is, its weights, bias and incoming connections; or let it go again.",
        {
            "neuron": NEURON,
            "frozen": Field("flag", "Whether it is kept.", True),
            "lane": LANE,
        },
    ),
    "prune": Command(
        "Remove the weakest connections down to a density.",
        {"density": Field("number", "That remains.", low=0.0, high=1.0), "lane": LANE},
    ),
    "strip": Command(
        "Remove dead neurons; what is computed stays the same.",
        {
            "on_data": Field("flag", "Also those that are constant on the points shown.", False),
            "lane": LANE,
        },
    ),
    "rewind": Command(
        "Return to an earlier moment, to the same bits.",
        {
            "step": Field("integer", "After so many steps.", None, 0, 2**53),
            "command": Field("integer", "After so many commands of the record.", None, 1, 2**31),
        },
        one_of=("step", "command"),
    ),
    "look": Command(
        "Choose the neuron whose boundary is shown; not part of the record.",
        {
            "neuron": Field("integer", "null for the output.", None, 0, 2**31),
            "lane": LANE,
        },
    ),
}


def check(command: Any) -> dict[str, Any]:
    """Return a command with all its fields, those that are missing at their defaults.

    Raises
    ------
    CommandError
        Naming the field, what it may be and what it was.

    Examples
    --------
    >>> check({"do": "step"})
    {'do': 'step', 'steps': 1}
    >>> check({"do": "step", "steps": -3})
    Traceback (most recent call last):
    rewire.playground.fields.CommandError: steps must be a whole number in [1, 100000]; got -3
    """
    if not isinstance(command, Mapping):
        raise CommandError(f"a command must be an object; got {shown(command)}")
    name = command.get("do")
    if not isinstance(name, str) or name not in COMMANDS:
        raise CommandError(f"do must be one of {', '.join(COMMANDS)}; got {shown(name)}")
    known = COMMANDS[name]
    unknown = [key for key in command if key != "do" and key not in known.fields]
    if unknown:
        raise CommandError(
            f"{name} has the fields {', '.join(known.fields) or 'none'}; got {shown(unknown[0])}"
        )
    checked: dict[str, Any] = {"do": name}
    for key, field in known.fields.items():
        value = command.get(key, field.default)
        if value is REQUIRED:
            raise CommandError(f"{name} needs {key}: {field.help}")
        if not (value is None and field.default is None):
            value = KINDS[field.kind](key, field, value)
        checked[key] = value
    given = [key for key in known.one_of if checked[key] is not None]
    if known.one_of and len(given) != 1:
        raise CommandError(
            f"{name} needs exactly one of {', '.join(known.one_of)}; "
            f"got {', '.join(given) or 'none'}"
        )
    return checked


def schema() -> dict[str, Any]:
    """Return the table as JSON, for forms and documentation."""
    return {
        name: {
            "help": command.help,
            "one_of": list(command.one_of),
            "fields": {key: _field_schema(field) for key, field in command.fields.items()},
        }
        for name, command in COMMANDS.items()
    }


def _field_schema(field: Field) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": field.kind, "help": field.help}
    if field.default is not REQUIRED:
        found["default"] = field.default
    for key in ("low", "high"):
        if math.isfinite(getattr(field, key)):
            found[key] = getattr(field, key)
    if field.choices:
        found["choices"] = list(field.choices)
    if field.most:
        found["most"] = field.most
    return found
