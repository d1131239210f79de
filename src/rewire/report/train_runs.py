"""A recording as plain data and packed arrays, as the page's script takes them."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .captions import caption, method_name
from .frame_features import boundary_points, look, restore
from .payload import Packer
from .recording import Frame, Recording, thinned

__all__ = ["run_data"]

COLUMNS = ("loss", "accuracy", "validation_loss", "validation_accuracy")
# Points of a curve, more than there are pixels.
MOST_ROWS = 2000
MOST_POINTS = 400


def run_data(recording: Recording, packer: Packer, every: int = 1) -> dict[str, Any]:
    """Return what the page shows of a run, fit for JSON.

    Parameters
    ----------
    recording : Recording
    packer : Packer
        Takes the arrays.
    every : int, default 1
        Leave out all frames but every so-many-th (the start and the end stay).
    """
    about = recording.about
    if about["loss"] == "mean_squared_error":  # nothing is right or wrong
        blank = {"accuracy": None, "validation_accuracy": None}
        recording = replace(recording, rows=[row | blank for row in recording.rows])
    frames = thinned(recording.frames, every * recording.interval)
    whole = all(frame.form != "summary" for frame in frames)
    looks = [_look(recording, frame, whole) for frame in frames]
    rewirings = recording.rewirings
    moved = sum(sum(record["grown"]) for record in rewirings)
    rows = recording.rows[:: -(-len(recording.rows) // MOST_ROWS) or 1]
    if rows and rows[-1] is not recording.rows[-1]:
        rows = [*rows, recording.rows[-1]]
    data = {
        "name": about["name"] or method_name(about["method"]),
        "method": about["method"],
        "data": about["data"],
        "whole": whole,
        "total_steps": about["total_steps"],
        "activations": about["activations"],
        "feature_names": about["feature_names"],
        "classes": about["classes"],
        "moved": moved,
        "moves": bool(rewirings),
        "score": _score(recording),
        "neurons": int(looks[-1]["totals"][8]),
        "needed": int(looks[-1]["totals"][4]),
        "classifies": any(_number(row["accuracy"]) is not None for row in rows),
        "rows": {name: [_number(row.get(name)) for row in rows] for name in ("step", *COLUMNS)},
        "rewirings": [record["step"] for record in rewirings],
        "frames": _frames(recording, frames, looks, packer),
    }
    if looks and "boundary" in looks[0]:
        data["points"] = _points(recording, packer)
    if looks and "input_map" in looks[0]:
        data["input_shape"] = list(looks[0]["input_map"].shape)
    return data


def _look(recording: Recording, frame: Frame, whole: bool) -> Mapping[str, np.ndarray]:
    if frame.form != "snapshot":
        return frame.arrays
    about = recording.about
    net = restore(frame.arrays, about["activations"])
    return look(net, recording.X, about["loss"], whole=whole, image=about["image_shape"])


def _frames(
    recording: Recording,
    frames: Sequence[Frame],
    looks: Sequence[Mapping[str, np.ndarray]],
    packer: Packer,
) -> list[dict[str, Any]]:
    total_steps = [row["step"] for row in recording.rows]
    found = []
    for frame, shown, last, before in zip(
        frames, looks, [frames[0], *frames], [looks[0], *looks], strict=False
    ):
        row = bisect_right(total_steps, frame.step) - 1
        arrays = dict(shown)
        totals = arrays.pop("totals").tolist()
        birth, _ = arrays.pop("birth"), arrays.pop("next_birth")
        grown = birth >= before["next_birth"]
        gone = np.flatnonzero(~np.isin(before["birth"], birth))
        moved = len(gone), int(grown.sum())
        if not any(name.startswith("density ") for name in arrays):
            arrays["dropped"] = gone
        else:  # what is drawn is only a part
            moved = _moved(recording.rewirings, last, frame)
        found.append(
            {
                "step": frame.step,
                "kind": frame.kind,
                "caption": caption(
                    frame.kind, frame.step, recording.about["total_steps"], *moved, totals
                ),
                "totals": totals,
                "moved": moved,
                "row": _figures(recording.rows[row]) if row >= 0 else None,
                "arrays": {
                    name: packer.add(array) for name, array in (arrays | {"grown": grown}).items()
                },
                "shapes": {
                    name: list(array.shape) for name, array in arrays.items() if array.ndim == 2
                },
            }
        )
    return found


def _moved(rewirings: Sequence[Mapping[str, Any]], last: Frame, frame: Frame) -> tuple[int, int]:
    """Return connections dropped and grown since the last frame."""
    since = [
        record
        for record in rewirings
        if last.step < record["step"] <= frame.step
        or (frame.kind == "rewiring" and record["step"] == frame.step)
    ]
    return sum(sum(r["dropped"]) for r in since), sum(sum(r["grown"]) for r in since)


def _points(recording: Recording, packer: Packer) -> dict[str, Any]:
    """Return the samples beside a decision boundary, and where it was asked for."""
    some = slice(None, None, -(-len(recording.X) // MOST_POINTS) or 1)
    X, y = recording.X[some], recording.y[some]
    if y.ndim > 1:
        y = y[:, 0]
    across, up = boundary_points(recording.X)
    return {
        "across": [float(across[0]), float(across[-1])],
        "up": [float(up[0]), float(up[-1])],
        "x": packer.add(X[:, 0]),
        "y": packer.add(X[:, 1]),
        "label": packer.add(y),
    }


def _score(recording: Recording) -> str:
    """Say how a run ended, by the best figure there is."""
    if not recording.rows:
        return "an unknown score"
    last = recording.rows[-1]
    for name, where in (("validation_accuracy", " on validation data"), ("accuracy", "")):
        value = _number(last.get(name))
        if value is not None:
            return f"{_percent(value)} right{where}"
    for name, where in (("validation_loss", " on validation data"), ("loss", "")):
        value = _number(last.get(name))
        if value is not None:
            return f"loss {value:.4g}{where}"
    return "a loss that is no number"


def _percent(value: float) -> str:
    return f"{value:.0%}" if value in (0, 1) else f"{100 * value:.3g}%"


def _figures(row: Mapping[str, Any]) -> dict[str, Any]:
    names = (*COLUMNS, "flops", "dense_flops", "seconds")
    return {name: _number(row.get(name)) for name in names}


def _number(value: Any) -> float | None:
    """Return what JSON can hold: neither NaN nor infinity."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.6g}")
