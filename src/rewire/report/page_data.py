"""A recording as the plain data and packed arrays that the page's scripts take."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice, pairwise
from typing import Any

import numpy as np

from rewire import losses
from rewire.assess.scores import SCORES
from rewire.assess.verdicts import as_text, score_table
from rewire.io import percent
from rewire.web import Packer

from .captions import caption, display_name
from .frame_features import boundary_points, extract_features
from .layer_data import layers_data, layers_of_frame
from .recording import Frame, Recording, thin
from .snapshots import restore

__all__ = ["features_of", "run_data"]

COLUMNS = ("loss", "accuracy", "validation_loss", "validation_accuracy")
# Points of a curve, more than there are pixels.
MAX_ROWS = 2000
# Samples drawn on a decision boundary.
MAX_POINTS = 400
# Inputs that are shown with what the answers rest on them, and named as without use.
MOST_INPUTS, MOST_UNUSED = 20, 30

# What a page is told of layers in words and figures, not as arrays.
TOLD = ("layers",)

Features = Mapping[str, np.ndarray]


def run_data(recording: Recording, packer: Packer, every: int = 1) -> dict[str, Any]:
    """Return what the page shows of a run, as plain data.

    Parameters
    ----------
    recording : Recording
    packer : Packer
        Takes the arrays.
    every : int, default 1
        Show only every so-many-th frame, and always the start and the end.
    """
    about = recording.about
    name = about["loss"]
    # A regression has no accuracy; what a loss of a person's own has is not known here.
    if name in losses.registry and not losses.registry[name].counts_correct:
        blank = {"accuracy": None, "validation_accuracy": None}
        recording = replace(recording, rows=[row | blank for row in recording.rows])
    frames = thin(recording.frames, every * recording.interval)
    whole = all(frame.form in ("snapshot", "whole") for frame in frames)
    features = [features_of(recording, frame, whole) for frame in frames]
    rewirings = recording.rewirings
    rows = _curve_rows(recording)
    data = {
        "name": about["name"] or display_name(about["method"]),
        **{key: about[key] for key in ("method", "data", "total_steps", "activations")},
        "feature_names": _names_drawn(about["feature_names"], features, whole),
        "classes": about["classes"],
        "assessment": _assessment(about.get("assessment")),
        "whole": whole,
        "measured_on": _measured_on(recording),
        "moved": sum(sum(record["grown"]) for record in rewirings),
        "moves": bool(rewirings),
        "score": _score(recording),
        "neurons": int(features[-1]["totals"][8]),
        "needed": int(features[-1]["totals"][4]),
        "classifies": any(_finite(row.get("accuracy")) is not None for row in rows),
        "rows": {name: [_finite(row.get(name)) for row in rows] for name in ("step", *COLUMNS)},
        "rewirings": [record["step"] for record in rewirings],
        "frames": _frames(recording, frames, features, packer),
        "layers": layers_data(about),
        "unit": about.get("unit", "neuron"),
        "density": float(features[-1]["totals"][0] / max(features[-1]["totals"][1], 1)),
    }
    if "boundary" in features[0]:
        data["points"] = _points(recording, packer)
    if "input_map" in features[0]:
        data["input_shape"] = list(features[0]["input_map"].shape)
    return data


def _measured_on(recording: Recording) -> str | None:
    """Return a sentence on the samples that activity is measured on, if they are not all."""
    few, samples = len(recording.X), recording.about.get("samples")
    if samples is None or not 0 < few < samples:
        return None
    return (
        f"How active neurons are is measured on at most {few:,} of {samples:,} training samples, "
        "evenly spaced."
    )


def features_of(recording: Recording, frame: Frame, whole: bool = True) -> Features:
    """Return a frame's features, extracted now if the frame holds the network itself."""
    if frame.form != "snapshot":
        return frame.arrays
    about = recording.about
    net = restore(frame.arrays, about["activations"])
    return extract_features(
        net, recording.X, about["loss"], whole=whole, image_shape=about["image_shape"]
    )


def _curve_rows(recording: Recording) -> list[dict[str, Any]]:
    """Return evenly spaced rows of the history, and always the last one.

    Where validation is measured in some rows only, these are spaced evenly by themselves.
    """
    rows = recording.rows
    measured = [row for row in rows if any(name in row for name in COLUMNS[2:])]
    others = [row for row in rows if not any(name in row for name in COLUMNS[2:])]
    return sorted([*_spaced(measured), *_spaced(others)], key=lambda row: row["step"])


def _spaced(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    some = rows[:: -(-len(rows) // MAX_ROWS) or 1]
    return some if not rows or some[-1] is rows[-1] else [*some, rows[-1]]


def _frames(
    recording: Recording, frames: Sequence[Frame], features: Sequence[Features], packer: Packer
) -> list[dict[str, Any]]:
    steps, rows = [row["step"] for row in recording.rows], _filled(recording.rows)
    frames, features = [frames[0], *frames], [features[0], *features]
    shown = []
    for pair, feature_pair in zip(pairwise(frames), pairwise(features), strict=True):
        row = bisect_right(steps, pair[1].step) - 1
        measures = _measures(rows[row]) if row >= 0 else None
        shown.append(_frame(recording, pair, feature_pair, packer) | {"row": measures})
    return shown


def _filled(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return rows with the last known value of what was not measured in them."""
    known: dict[str, Any] = {}
    filled: list[Mapping[str, Any]] = []
    for row in rows:
        known = known | {name: value for name, value in row.items() if value is not None}
        filled.append(known)
    return filled


def _frame(
    recording: Recording,
    frames: tuple[Frame, Frame],
    features: tuple[Features, Features],
    packer: Packer,
) -> dict[str, Any]:
    """Return what the page shows of the second frame, and of the changes since the first."""
    (frame_before, frame), (before, now) = frames, features
    arrays = {k: v for k, v in now.items() if k not in (*TOLD, "totals", "birth", "next_birth")}
    totals, birth = now["totals"].tolist(), now["birth"]
    grown = birth >= before["next_birth"]
    dropped = np.flatnonzero(~np.isin(before["birth"], birth))
    moved = len(dropped), int(grown.sum())
    if frame.form in ("snapshot", "whole") and not any(n.startswith("density ") for n in arrays):
        arrays["dropped"] = dropped
    else:  # only some connections are drawn, so their births do not tell how many moved
        moved = _moved(recording.rewirings, frame_before, frame)
    shapes = {name: list(array.shape) for name, array in arrays.items() if array.ndim == 2}
    arrays["grown"] = grown
    total_steps = recording.about["total_steps"]
    return {
        "step": frame.step,
        "kind": frame.kind,
        "caption": caption(
            frame.kind, frame.step, total_steps, *moved, totals, recording.about.get("unit")
        ),
        "totals": totals,
        "moved": moved,
        "arrays": {name: packer.add(array) for name, array in arrays.items()},
        "shapes": shapes,
        "layers": layers_of_frame(recording, frame, now),
    }


def _moved(rewirings: Sequence[Mapping[str, Any]], before: Frame, frame: Frame) -> tuple[int, int]:
    """Return how many connections were dropped and grown since the frame before."""
    since = [
        record
        for record in rewirings
        if before.step < record["step"] <= frame.step
        or (frame.kind == "rewiring" and record["step"] == frame.step)
    ]
    return sum(sum(r["dropped"]) for r in since), sum(sum(r["grown"]) for r in since)


def _points(recording: Recording, packer: Packer) -> dict[str, Any]:
    """Return the samples on a decision boundary, and the area it covers."""
    some = slice(None, None, -(-len(recording.X) // MAX_POINTS) or 1)
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


def _assessment(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return an assessment with its scores as text, which are written in one place."""
    if found is None:
        return None
    headings, rows = score_table(found)
    return {
        **found,
        "inputs": found["inputs"] and _inputs(found["inputs"]),
        "headings": headings,
        "rows": rows,
    }


def _inputs(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what is shown of the inputs, which does not grow with their number."""
    used = [row for row in rows if row["kept"]]
    unused = (row["column"] for row in rows if not row["kept"])
    return {
        "shown": used[:MOST_INPUTS],
        "used": len(used),
        "all": len(rows),
        "shuffled": sum(row["importance"] is not None for row in used),
        "unused": list(islice(unused, MOST_UNUSED)),
    }


def _names_drawn(
    names: Sequence[str] | None, features: Sequence[Features], whole: bool
) -> Sequence[str] | dict[int, str] | None:
    """Return the names of inputs; of a network that is not drawn whole, only of those drawn."""
    if names is None or whole:
        return names
    drawn = sorted(set().union(*(one["neuron"].tolist() for one in features)))
    return {number: names[number] for number in drawn if number < len(names)}


def _score(recording: Recording) -> str:
    """Return how a run ended, by the best measure there is."""
    if (found := recording.about.get("assessment")) is not None:
        name = next(iter(SCORES[found["task"]]))
        text = as_text(name, found["parts"][found["main"]]["scores"][name], found["task"])
        on = "" if found["main"] == "training" else f" on {found['main']} data"
        label = SCORES[found["task"]][name].label
        return f"{text} {label}{on}" if text.endswith("%") else f"{label} {text}{on}"
    if not recording.rows:
        return "an unknown score"
    last = _filled(recording.rows)[-1]
    for name, on in (("validation_accuracy", " on validation data"), ("accuracy", "")):
        value = _finite(last.get(name))
        if value is not None:
            return f"{percent(value, trim=True)} accuracy{on}"
    for name, on in (("validation_loss", " on validation data"), ("loss", "")):
        value = _finite(last.get(name))
        if value is not None:
            return f"loss {value:.4g}{on}"
    return "a loss that is not finite"


def _measures(row: Mapping[str, Any]) -> dict[str, Any]:
    names = (*COLUMNS, "flops", "dense_flops", "seconds")
    return {name: _finite(row.get(name)) for name in names}


def _finite(value: Any) -> float | None:
    """Return a number that JSON can hold, with six digits, or None for NaN and infinity."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.6g}")
