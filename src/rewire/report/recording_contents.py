"""What a file must hold to be a recording: all that a page or an animation makes use of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

import numpy as np

from rewire.assess.scores import SCORES
from rewire.graph import checks

if TYPE_CHECKING:
    from .recording import Frame, Recording

__all__ = ["Header", "check_contents"]

Interval = tuple[float, float] | None
Scores = dict[str, float | None]


class Layer(TypedDict):
    """A layer of a PyTorch model."""

    name: str
    kind: str
    shape: list[int]
    kernel: list[int]
    sparse: bool


class Gain(TypedDict):
    """The difference of a score to the linear model's."""

    interval: Interval


class Part(TypedDict):
    """Of :class:`rewire.assess.parts.Part`."""

    scores: Scores
    intervals: dict[str, Interval]
    beside: dict[str, Scores]
    gains: dict[str, Gain]


class Column(TypedDict):
    """What an assessment says of an input."""

    column: str
    kept: bool | int
    importance: float | None


class Assessment(TypedDict):
    """Of :class:`rewire.assess.Assessment`."""

    task: Literal["classification", "regression"]
    main: str
    parts: dict[str, Part]
    inputs: list[Column] | None


class About(TypedDict):
    """What a recording says of itself."""

    name: str | None
    method: str
    data: str | None
    loss: str | None
    total_steps: int
    activations: list[str]
    feature_names: list[str] | None
    image_shape: tuple[int, int] | None
    classes: list[str]
    samples: NotRequired[int | None]
    assessment: NotRequired[Assessment | None]
    layers: NotRequired[list[Layer]]
    chain: NotRequired[list[int]]
    layer_of_block: NotRequired[list[int]]
    unit: NotRequired[str]


class Row(TypedDict):
    """What was measured at a step, as far as it was."""

    step: int
    loss: NotRequired[float | None]
    accuracy: NotRequired[float | None]
    validation_loss: NotRequired[float | None]
    validation_accuracy: NotRequired[float | None]
    flops: NotRequired[float | None]
    dense_flops: NotRequired[float | None]
    seconds: float


class Moves(TypedDict):
    """A rewiring."""

    step: int
    dropped: list[int]
    grown: list[int]


class Header(TypedDict):
    """What the file holds besides arrays."""

    about: About
    interval: int
    rows: list[Row]
    rewirings: list[Moves]
    frames: list[
        tuple[
            int,
            Literal["start", "rewiring", "report", "end", "kept"],
            Literal["snapshot", "whole", "summary", "layers"],
            int,
        ]
    ]


# Types and shapes of a frame's arrays; what has one letter has one length. A snapshot's are those
# of the network itself, and all others have what is drawn of it.
WHOLE, REAL = "iu", "f"
SNAPSHOT: dict[str, tuple[str, tuple[str | int, ...]]] = {
    "ranks": (WHOLE, ("ranks",)),
    "indptr": (WHOLE, ("ends",)),
    "source": (WHOLE, ("connections",)),
    "weight": (REAL, ("connections",)),
    "birth": (WHOLE, ("connections",)),
    "bias": (REAL, ("neurons",)),
}
DRAWN: dict[str, tuple[str, tuple[str | int, ...]]] = {
    "ranks": (WHOLE, ("ranks",)),
    "source": (WHOLE, ("connections",)),
    "target": (WHOLE, ("connections",)),
    "weight": (REAL, ("connections",)),
    "birth": (WHOLE, ("connections",)),
    "next_birth": (WHOLE, (1,)),
    "neuron": (WHOLE, ("neurons",)),
    "bias": (REAL, ("neurons",)),
    "alive": (WHOLE, ("neurons",)),
    "fan_in": (WHOLE, ("neurons",)),
    "fan_out": (WHOLE, ("neurons",)),
    "totals": (WHOLE, (10,)),
    "fan_ins": (WHOLE, ("fan-ins", 2)),
    "fan_outs": (WHOLE, ("fan-outs", 2)),
}
BOUNDARY: tuple[str, tuple[str | int, ...]] = (WHOLE, ("points", "points"))


def check_contents(recording: Recording) -> None:
    """Refuse a recording that no page could be made of, whose header has been checked already.

    Raises
    ------
    ValueError
        Without the name of the file.
    """
    about, frames = recording.about, recording.frames
    if recording.interval < 1:
        raise ValueError(f"its interval must be at least 1; got {recording.interval}")
    if not frames or frames[0].moment != 0:
        raise ValueError("its frames must begin with that of moment 0")
    _check_samples(recording)
    if (assessment := about.get("assessment")) is not None:
        _check_scores(assessment)
    if "layers" in about:
        _check_layers(about, recording.rewirings)
    for number, frame in enumerate(frames):
        if (frame.form == "layers") != ("layers" in about):
            raise ValueError(f"frame {number} must be of the layers that the recording names")
        try:
            _check_frame(frame, about, recording.X)
        except ValueError as error:
            raise ValueError(f"frame {number} is damaged: {error}") from error


def _check_samples(recording: Recording) -> None:
    X, y = recording.X, recording.y
    _check_array("X", X, REAL, 2)
    _check_array("y", y, WHOLE + REAL + "b", max(y.ndim, 1))
    _check_array("moments", np.asarray(recording.moments), WHOLE, 1)
    if y.ndim > 2 or len(y) != len(X) or 0 in y.shape[1:]:
        raise ValueError(f"y must have a target for each of {len(X)} samples; got {y.shape}")
    if not np.isfinite(X).all():
        raise ValueError("X must hold finite numbers")


def _check_scores(found: Mapping[str, Any]) -> None:
    """Check that an assessment has the scores of its task, in all parts the same."""
    known, parts = SCORES[found["task"]], found["parts"]
    if found["main"] not in parts:
        raise ValueError(f"it must assess one of {', '.join(parts)}; got {found['main']!r}")
    names = set(parts[found["main"]]["scores"])
    for part in parts.values():
        if set(part["scores"]) != names or not {next(iter(known))} <= names <= set(known):
            raise ValueError(
                f"an assessment must have {next(iter(known))!r}, and others of {', '.join(known)}; "
                f"got {', '.join(part['scores'])}"
            )


def _check_layers(about: Mapping[str, Any], rewirings: list[dict[str, Any]]) -> None:
    """Check what belongs to a PyTorch model."""
    for name in ("chain", "layer_of_block", "unit"):
        if name not in about:
            raise ValueError(f"it has layers, but lacks {name!r}")
    if not all(0 <= number < len(about["layers"]) for number in about["chain"]):
        raise ValueError(f"its chain must be of {len(about['layers'])} layers; got another one")
    blocks = len(about["layer_of_block"])
    if any(len(record["grown"]) != blocks for record in rewirings):
        raise ValueError(f"every rewiring must be of {blocks} blocks; one is not")


def _check_frame(frame: Frame, about: Mapping[str, Any], X: np.ndarray) -> None:
    arrays, lengths = frame.arrays, dict[str, int]()
    wanted = dict(SNAPSHOT if frame.form == "snapshot" else DRAWN)
    if frame.form == "layers":
        wanted["layers"] = (WHOLE, (len(about["layers"]), 3))
    elif frame.form != "snapshot" and X.shape[1] == 2:
        wanted["boundary"] = BOUNDARY
    for name, (kinds, shape) in wanted.items():
        if name not in arrays:
            raise ValueError(f"it lacks {name!r}")
        _check_array(name, arrays[name], kinds, len(shape))
        for side, length in zip(shape, arrays[name].shape, strict=True):
            expected = lengths.setdefault(side, length) if isinstance(side, str) else side
            if length != expected:
                raise ValueError(f"{name} must have {expected} values; got {length}")
    for name in set(arrays) - set(wanted):
        _check_array(name, arrays[name], WHOLE + REAL, arrays[name].ndim)
    if frame.form == "layers":
        return
    ranks = checks.ranks(arrays["ranks"].tolist())
    if ranks[0] != X.shape[1] or not len(X):
        raise ValueError(f"X must have samples of {ranks[0]} inputs; got shape {X.shape}")
    if frame.form == "snapshot":
        _check_network(arrays, ranks, about)
    else:
        _check_drawn(arrays, ranks, frame.form == "whole")


def _check_network(
    arrays: Mapping[str, np.ndarray], ranks: tuple[int, ...], about: Mapping[str, Any]
) -> None:
    """Check that a network can be made of a snapshot, and its page."""
    ends, image = arrays["indptr"], about["image_shape"]
    if len(arrays["bias"]) != sum(ranks) or len(ends) != sum(ranks) + 1:
        raise ValueError(f"bias and indptr must be those of {sum(ranks)} neurons")
    if ends[0] != 0 or ends[-1] != len(arrays["source"]) or (ends[1:] < ends[:-1]).any():
        raise ValueError(f"indptr must go from 0 up to {len(arrays['source'])}, the connections")
    target = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
    checks.connections(arrays["source"], target, ranks)
    checks.activations(about["activations"], len(ranks))
    if image is not None and (min(image) < 1 or math.prod(image) != ranks[0]):
        raise ValueError(f"image_shape must have {ranks[0]} pixels; got {list(image)}")


def _check_drawn(arrays: Mapping[str, np.ndarray], ranks: tuple[int, ...], whole: bool) -> None:
    """Check that what is drawn is of the neurons there are."""
    size, neuron = sum(ranks), arrays["neuron"]
    if whole and len(neuron) != size:
        raise ValueError(f"neuron must hold all {size} neurons; got {len(neuron)}")
    for name in ("neuron", "source", "target"):
        if arrays[name].min(initial=0) < 0 or arrays[name].max(initial=0) >= size:
            raise ValueError(f"{name} must be of {size} neurons; got others")


def _check_array(name: str, array: np.ndarray, kinds: str, dimensions: int) -> None:
    if array.dtype.kind not in kinds or array.ndim != dimensions:
        raise ValueError(
            f"{name} must be numbers in {dimensions} dimensions; got {array.dtype} in {array.ndim}"
        )
