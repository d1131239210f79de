"""A PyTorch model that is followed while it is rewired: what is recorded of it, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from rewire.io import received

from .layer_features import describe_layers, layer_features
from .recording import Recording
from .taking import FrameTaker

if TYPE_CHECKING:
    from rewire.torch import Rewirer

__all__ = ["Following"]

# Frames of a training that never rewires; also the most frames between two rewirings.
REPORTS = 40
# Seconds for frames in a short training.
FREE = 1.0
# With more rows of measures than this, every other one is dropped.
MAX_ROWS = 10_000


class Following:
    """Records a model that a rewirer is at work on.

    Parameters
    ----------
    rewirer : rewire.torch.Rewirer
    about : mapping
        Of the recording: names, and the shape of images.
    resumed : Recording, optional
        Of the same training, to be continued.

    Attributes
    ----------
    recording : Recording
    taker : FrameTaker
    """

    def __init__(self, rewirer: Rewirer, about: Mapping[str, Any], resumed: Recording | None):
        from rewire.torch.anatomy import Anatomy  # PyTorch is there, as there is a rewirer

        self.rewirer, self._anatomy = rewirer, Anatomy(rewirer)
        self._image_shape = about["image_shape"]
        self._begun = perf_counter()
        if resumed is None:
            self.recording = Recording(self._about(about), np.zeros((0, 0)), np.zeros(0))
            self.taker = FrameTaker(self.recording, FREE)
            self._take("start")
        else:
            self.recording, self.taker = resumed, FrameTaker(resumed, FREE)
            rows = [row for row in resumed.rows if row["step"] <= rewirer.steps_made]
            resumed.rows = rows
            self._begun -= rows[-1]["seconds"] if rows else 0
            self.copy_history()

    def log(self, measures: Mapping[str, Any]) -> None:
        """Add what was measured, and take a frame if one is due."""
        step = self.rewirer.steps_made
        known = {
            name: _number(name, value) for name, value in measures.items() if value is not None
        }
        if known:
            self._add_row(step, known)
        if len(self.rewirer.history) > len(self.recording.rewirings):
            self._take("rewiring")
        elif step < self.rewirer.steps and self._long_ago():
            self._take("report")
        if step >= self.rewirer.steps:
            self.finish()

    def finish(self) -> None:
        """Take the last frame."""
        if self.recording.frames[-1].step < self.rewirer.steps_made:
            self._take("end")
        self.copy_history()

    def copy_history(self) -> None:
        """Take over the records of the rewirings."""
        rewirings, history = self.recording.rewirings, self.rewirer.history
        del rewirings[len(history) :]
        rewirings += [asdict(record) for record in history[len(rewirings) :]]

    def _about(self, about: Mapping[str, Any]) -> dict[str, Any]:
        layers, chain = describe_layers(self._anatomy, self._image_shape), self._anatomy.chain
        return {
            **about,
            "method": self.rewirer.method.name,
            "loss": None,
            "total_steps": self.rewirer.steps,
            "activations": [],
            "layers": layers,
            "layer_of_block": self._anatomy.layer_of_block(),
            "chain": chain,
            "unit": "channel" if any(layers[i]["kernel"] for i in chain) else "neuron",
        }

    def _long_ago(self) -> bool:
        since = self.rewirer.steps_made - self.recording.moments[-1]
        return since >= self.rewirer.steps / REPORTS

    def _take(self, kind: str) -> None:
        self.copy_history()
        if self.taker.due(self.rewirer.steps_made, kind, cheap=False):
            self.taker.take(self.rewirer.steps_made, kind, self._contents)

    def _contents(self) -> tuple[str, dict[str, np.ndarray]]:
        return "layers", layer_features(self._anatomy, self._image_shape)

    def _add_row(self, step: int, measures: Mapping[str, float]) -> None:
        rows = self.recording.rows
        if not rows or rows[-1]["step"] != step:
            if len(rows) >= MAX_ROWS:
                rows[:] = [
                    row for i, row in enumerate(rows) if i % 2 == 0 or "validation_loss" in row
                ]
            rows.append({"step": step})
        seconds = perf_counter() - self._begun - self.taker.seconds
        rows[-1].update({**measures, "seconds": seconds})


def _number(name: str, value: Any) -> float:
    """Return a measure as a number, also if it is a tensor that has a gradient."""
    try:
        return float(value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(
            f"{name} must be a number or a scalar tensor; got {received(value)}"
        ) from None
