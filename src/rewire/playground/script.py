"""A session as a Python script of the library's own functions, which computes the same bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import script_parts as parts
from .array_engine import DTYPE
from .array_lane import RATE, STATIC
from .array_parts import make_method, method_options
from .array_surgery import TRIES
from .fields import CommandError
from .session import NAMES

__all__ = ["write_script"]

Command = Mapping[str, Any]
PREPARING = ("data", "table", "point", "network", "learning_rate", "method")


def write_script(commands: Sequence[Command]) -> str:
    """Return a script that does what the commands of a record do.

    Parameters
    ----------
    commands : sequence of mapping
        The record of a session of the array engine. Each of the two networks is a part of the
        script; it ends with ``static`` and ``rewired``.

    Raises
    ------
    CommandError
        For a session that was opened with a network, which a script does not hold.

    Examples
    --------
    >>> from rewire.playground import ArrayEngine, Session
    >>> session = Session(ArrayEngine())
    >>> session.do({"do": "step", "steps": 30})
    >>> print(write_script(session.record.done).partition("# The rewired network")[2])
    <BLANKLINE>
    X, y = arrays(draw_points('moons', samples=100, noise=0.1, seed=1))
    net = rewire.mlp([2, 16, 16, 1], density=[1.0, 0.1, 0.2], dtype='float64', seed=19)
    trainer = rewire.Trainer(net, loss, SGD(lr=0.3))
    method = rewire.methods.get('rigl', fraction=0.3, every=20, end=1.0)
    rewirer = Rewirer(method, net, total_steps=400, optimizer=trainer.optimizer, seed=0)
    learn(0, 30)
    rewired = net
    <BLANKLINE>
    """
    names = {command["do"] for command in commands}
    if "given" in names:
        raise CommandError(
            "a script must be of drawn points; got a session with a network and data of its own: "
            "save the session instead"
        )
    freezes = "freeze" in names
    text = parts.HEADER
    text += parts.FROZEN_REWIRINGS if freezes else ""
    text += parts.TABLES if "table" in names else ""
    text += parts.START + (parts.FREEZING if freezes else parts.PLAIN)
    text += parts.PRUNING if "prune" in names else ""
    for lane, name in enumerate(NAMES):
        lines = LaneWriter(lane, freezes).lines(commands)
        text += "\n".join(["\n", f"# The {name} network", *lines, f"{name} = net", ""])
    return text


class LaneWriter:
    """Writes what commands do to one of the two networks.

    Parameters
    ----------
    lane : int
    freezes : bool
        Whether the script has the functions for frozen neurons.
    """

    def __init__(self, lane: int, freezes: bool):
        self.lane, self.freezes = lane, freezes
        self.begun, self.steps = 0, 0
        self.rate: Command = RATE
        self.settings: Command = STATIC
        self.pending: set[str] = set()  # what is to be made before anything is done with it

    def lines(self, commands: Sequence[Command]) -> list[str]:
        """Return the lines of all commands."""
        found: list[str] = []
        for command in commands:
            if command.get("lane", self.lane) == self.lane:
                if command["do"] not in PREPARING:
                    found += self._make_pending()
                found += getattr(self, f"_{command['do']}")(command)
        return found + self._make_pending()

    def _make_pending(self) -> list[str]:
        found = []
        if "trainer" in self.pending:
            found += self._trainer()
        if "rewirer" in self.pending:
            found += self._rewirer()
        elif "trainer" in self.pending:
            found.append("rewirer.optimizer = trainer.optimizer")
        self.pending = set()
        return found

    def _data(self, command: Command) -> list[str]:
        drawn = _keywords(command, "samples", "noise", "seed")
        if command["name"] is not None:
            points = f"draw_points({command['name']!r}, {drawn})"
        elif command["formula"] is not None:
            points = f"label_points({command['formula']!r}, {drawn})"
        else:
            points = repr(command["points"])
        return [f"X, y = arrays({points})"]

    def _table(self, command: Command) -> list[str]:
        given = _keywords(command, "text", "x", "y", "label", "positive")
        return [f"X, y = arrays(table_points({given}))"]

    def _point(self, command: Command) -> list[str]:
        x, y, label = command["x"], command["y"], 2 * command["label"] - 1
        return [f"X, y = np.vstack((X, [[{x!r}, {y!r}]])), np.append(y, {float(label)!r})"]

    def _network(self, command: Command) -> list[str]:
        options = {"activation": "relu", "wiring": "random", "init": 0.0}
        given = [f"density={command['density']!r}"]
        given += [
            f"{key}={command[key]!r}" for key, usual in options.items() if command[key] != usual
        ]
        sizes = [2, *command["layers"], 1]
        given += [f"dtype={DTYPE!r}", f"seed={command['seed']}"]
        self.begun, self.steps = 0, 0
        self.pending |= {"trainer", "rewirer"}
        return [f"net = rewire.mlp({sizes}, {', '.join(given)})"]

    def _learning_rate(self, command: Command) -> list[str]:
        self.rate = command
        self.pending.add("trainer")
        return []

    def _method(self, command: Command) -> list[str]:
        self.settings, self.begun = command, self.steps
        self.pending.add("rewirer")
        return []

    def _step(self, command: Command) -> list[str]:
        first, self.steps = self.steps - self.begun, self.steps + command["steps"]
        return [f"learn({first}, {command['steps']})"]

    def _rewire(self, command: Command) -> list[str]:
        since = self.steps - self.begun
        over = since >= self.settings["until"] and make_method(self.settings).pruning is None
        return [f"rewire_now({0 if over else since})"]

    def _cut(self, command: Command) -> list[str]:
        return [f"net.disconnect({command['source']}, {command['target']})"]

    def _draw(self, command: Command) -> list[str]:
        weight = f", weight={command['weight']!r}" if command["weight"] else ""
        return [f"net.connect({command['source']}, {command['target']}{weight})"]

    def _add_neuron(self, command: Command) -> list[str]:
        return [f"net.add_neuron({command['rank']})"]

    def _remove_neuron(self, command: Command) -> list[str]:
        number = command["neuron"]
        return [
            f"rank = net.rank_of({number})",
            f"net.remove_neuron(rank, {number} - int(net.rank_start[rank]))",
        ]

    def _revive(self, command: Command) -> list[str]:
        call = (
            "net.revive([net.signals(X, y, loss)], rewirer.generator, "
            f"tries={TRIES}, samples=len(X))"
        )
        return [f"keeping(lambda: {call})" if self.freezes else call]

    def _freeze(self, command: Command) -> list[str]:
        return [f"freeze({command['neuron']}, {command['frozen']})"]

    def _prune(self, command: Command) -> list[str]:
        return [f"prune({command['density']!r})"]

    def _strip(self, command: Command) -> list[str]:
        return [f"net.take(net.strip({'X' if command['on_data'] else ''}))"]

    def _trainer(self) -> list[str]:
        rate = self.rate
        momentum = f", momentum={rate['momentum']!r}" if rate["momentum"] else ""
        name = {"sgd": "SGD", "adam": "Adam"}[rate["optimizer"]]
        return [f"trainer = rewire.Trainer(net, loss, {name}(lr={rate['value']!r}{momentum}))"]

    def _rewirer(self) -> list[str]:
        settings = self.settings
        options = "".join(f", {key}={value!r}" for key, value in method_options(settings).items())
        return [
            f"method = rewire.methods.get({settings['name']!r}{options})",
            f"rewirer = Rewirer(method, net, total_steps={settings['until']}, "
            f"optimizer=trainer.optimizer, seed={settings['seed']})",
        ]


def _keywords(command: Command, *keys: str) -> str:
    return ", ".join(f"{key}={command[key]!r}" for key in keys if command[key] is not None)
