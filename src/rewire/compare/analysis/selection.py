"""Which inputs methods keep, and whether they keep the same ones with every seed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rewire.data.madelon import INFORMATIVE

if TYPE_CHECKING:
    from ..study import Study
    from ..trial import Trial

__all__ = ["Selection", "as_text", "from_text", "select", "selection_of", "stability"]

NONE = "none"
# Inputs of which it is known, by the data's authors or from the data, that they tell something.
KNOWN = {"madelon": INFORMATIVE}


@dataclass(frozen=True)
class Selection:
    """The inputs that a method keeps: those on a path to an output at the end of a training.

    Attributes
    ----------
    runs : int
    kept : list of float
        Of each input, the share of the runs that kept it.
    mean : float
        Inputs kept, on average.
    stability : float
        Nogueira's: 1 where every run keeps the same inputs, about 0 where it is left to chance; NaN
        for a single run, and where all inputs are kept, or none.
    informative : float, optional
        How many of the inputs known to be informative are kept, on average.
    """

    runs: int
    kept: list[float]
    mean: float
    stability: float
    informative: float | None = None


def select(
    runs: Iterable[Trial], inputs: int, informative: Sequence[int] = ()
) -> dict[str, Selection]:
    """Return what each method keeps.

    Parameters
    ----------
    runs : iterable of Trial
        Runs without a record of their inputs are left out.
    inputs : int
        Number of inputs of the data.
    informative : sequence of int, optional
        Those known to be informative.

    Examples
    --------
    >>> from rewire.compare import Trial
    >>> runs = [Trial("set", seed, 0.5, 0.9, 9, 12, 0.1, f"0-1,{seed}") for seed in (2, 3)]
    >>> found = select(runs, inputs=4)["set"]
    >>> found.kept, found.mean
    ([1.0, 1.0, 0.5, 0.5], 3.0)
    """
    by_method: dict[str, list[np.ndarray]] = {}
    for run in runs:
        if run.inputs:
            by_method.setdefault(run.method, []).append(from_text(run.inputs, inputs))
    found = {}
    for method, rows in by_method.items():
        kept = np.array(rows)
        found[method] = Selection(
            runs=len(kept),
            kept=kept.mean(axis=0).tolist(),
            mean=float(kept.sum(axis=1).mean()),
            stability=stability(kept),
            informative=float(kept[:, list(informative)].sum(axis=1).mean())
            if informative
            else None,
        )
    return found


def stability(kept: np.ndarray) -> float:
    r"""Return how alike the choices of several runs are.

    With :math:`M` runs, :math:`d` inputs, shares :math:`p_f` of runs that keep input f and
    :math:`\bar k` inputs kept on average, it is

    .. math:: 1 - \frac{\frac1d \sum_f \frac{M}{M-1} p_f (1 - p_f)}
              {\frac{\bar k}{d} \left(1 - \frac{\bar k}{d}\right)}

    Parameters
    ----------
    kept : ndarray of bool, shape (runs, inputs)

    Returns
    -------
    float
        At most 1, and NaN where it is undefined.

    References
    ----------
    Nogueira, Sechidis, Brown: On the stability of feature selection algorithms, Journal of Machine
    Learning Research 18(174), 2018.

    Examples
    --------
    >>> stability(np.array([[True, False, True], [True, False, True]]))
    1.0
    """
    runs, share = len(kept), kept.mean()
    if runs < 2 or share in (0, 1):
        return math.nan
    p = kept.mean(axis=0)
    return float(1 - (runs / (runs - 1) * (p * (1 - p)).mean()) / (share * (1 - share)))


def as_text(kept: np.ndarray) -> str:
    """Return which inputs are kept as a line holds it.

    Examples
    --------
    >>> as_text(np.array([True, True, True, False, True])), as_text(np.array([False]))
    ('0-2,4', 'none')
    """
    numbers = np.flatnonzero(kept)
    stretches = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    texts = [
        str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}"
        for part in stretches
        if len(part)
    ]
    return ",".join(texts) or NONE


def from_text(text: str, inputs: int) -> np.ndarray:
    """Return what :func:`as_text` wrote, as one truth value for each input.

    Raises
    ------
    ValueError
        For text of another form, and numbers that are no input's.
    """
    kept = np.zeros(inputs, bool)
    for part in [] if text == NONE else text.split(","):
        low, _, high = part.partition("-")
        first, last = int(low), int(high or low)
        if not 0 <= first <= last < inputs:
            raise ValueError(f"inputs must be numbers in [0, {inputs}); got {part!r}")
        kept[first : last + 1] = True
    return kept


def selection_of(study: Study) -> dict[str, Any] | None:
    """Return what a study's page shows of the inputs; None where nothing is recorded."""
    known = KNOWN.get(study.data, ())
    found = select(study.runs, len(study.inputs), known)
    if not found:
        return None
    return {
        "names": list(study.inputs),
        "shape": study.image_shape and list(study.image_shape),
        "informative": list(known),
        "methods": {method: vars(one) for method, one in found.items()},
        "says": [_sentence(method, one, len(study.inputs), known) for method, one in found.items()],
    }


def _sentence(method: str, found: Selection, inputs: int, known: Sequence[int]) -> str:
    text = f"{method} keeps {found.mean:.3g} of {inputs:,} inputs"
    if known:
        others = found.mean - (found.informative or 0)
        text += (
            f": {found.informative:.3g} of the {len(known)} that are informative and {others:.3g} "
            f"of the {inputs - len(known)} that are not"
        )
    if math.isfinite(found.stability):
        text += f"; stability {round(found.stability, 2) + 0.0:.2f}"  # no negative zero
    return text + "."
