"""What one should know about a training, each as a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rewire.assess.verdicts import REMEDY

from .choices import is_table

if TYPE_CHECKING:
    from .parts import Parts

__all__ = ["below_trivial", "learnt_from_samples", "rare_classes"]

# A hundredth of the accuracy or of R² may be chance.
MARGIN = 0.01


def below_trivial(
    predicted: np.ndarray, y: np.ndarray, seen: np.ndarray, part: str, classes: Any = None
) -> str | None:
    """Return a sentence where predictions are worse than the most frequent class, or the mean.

    For the end of a fit, which has no time for what :func:`rewire.assess.assess` finds out.

    Parameters
    ----------
    predicted, y : ndarray
        Class numbers, or numbers of shape (samples, ...).
    seen : ndarray
        Targets of the training samples.
    part : str
        Which samples these are, for the sentence.
    classes : sequence, optional
        Names of the classes; None for numbers.

    Examples
    --------
    >>> y = np.array([1.0, 2.0, 3.0])
    >>> below_trivial(3 * y, y, y, "training").split(":")[0]
    'R² on the training samples is -27, worse than 0, that of the mean'
    """
    if classes is not None:
        usual = int(np.bincount(seen.astype(np.int64)).argmax())
        reached, trivial = float((predicted == y).mean()), float((y == usual).mean())
        if reached >= trivial - MARGIN:
            return None
        return (
            f"accuracy on the {part} samples is {reached:.1%}, worse than the {trivial:.1%} of "
            f"always answering {classes[usual]}: the network has learnt nothing of use; {REMEDY}"
        )
    y, predicted = (np.reshape(a, (len(y), -1)).astype(np.float64) for a in (y, predicted))
    mean = np.reshape(seen, (len(seen), -1)).astype(np.float64).mean(axis=0)
    error, trivial = float(((predicted - y) ** 2).sum()), float(((mean - y) ** 2).sum())
    # Where there is nothing to predict, rounding is no error.
    rounding = len(y) * (1e-6 * float(np.abs(mean).max(initial=0))) ** 2
    if error <= (1 + MARGIN) * trivial + rounding:
        return None
    r2 = f"{1 - error / trivial:.3g}" if trivial else "below any number"
    return (
        f"R² on the {part} samples is {r2}, worse than 0, that of the mean: the network has learnt "
        f"nothing of use; {REMEDY}"
    )


def rare_classes(
    classes: Sequence[Any], learnt: np.ndarray, held_out: np.ndarray | None = None
) -> str | None:
    """Return a sentence where classes of the training samples are not among those held out.

    Parameters
    ----------
    classes : sequence
        Their names.
    learnt, held_out : ndarray of int, shape (classes,)
        How many samples of each there are; None where nothing is held out.

    Examples
    --------
    >>> rare_classes("ab", np.array([9, 1]), np.array([1, 0])).split(",")[0]
    'no sample of class b is held out'
    """
    if held_out is None:
        return None
    missing = [str(classes[k]) for k in np.flatnonzero((learnt > 0) & (held_out == 0)).tolist()]
    if not missing:
        return None
    shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
    noun = "class" if len(missing) == 1 else "classes"
    return (
        f"no sample of {noun} {shown} is held out, as there are too few: the validation does not "
        "tell how well they are learnt"
    )


def learnt_from_samples(parts: Parts) -> str | None:
    """Return a sentence where some samples on disk stand for all, None where all are in memory."""
    streams, validation = parts.streams, parts.validation
    if streams is None:
        return None
    learnt, everything = len(parts.train.y), len(streams.train)
    held = 0 if streams.validation is None else len(streams.validation)
    if learnt == everything and (validation is None or len(validation.y) == held):
        return None
    table = is_table(parts.train)
    what = "columns are understood, encoded and scaled" if table else "inputs are scaled"
    said = [
        f"{what} by what {learnt:,} of {everything:,} training samples say, drawn by the seed; the "
        "final scores are measured on these"
    ]
    if validation is not None:
        said.append(f"{len(validation.y):,} of {held:,} held out")
    return " and on ".join(said)
