"""An assessment in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rewire.io import advise

from .scores import SCORES

if TYPE_CHECKING:
    from .assessment import Part

__all__ = [
    "REMEDY",
    "as_text",
    "is_uneven",
    "is_useless",
    "notices",
    "range_text",
    "score_table",
    "verdict",
]

# Against a network that has learnt nothing.
REMEDY = (
    "bring inputs to mean 0 and deviation 1, take another method or a higher density, or lower the "
    "learning rate"
)
# Classes of which the largest has more than so many times the samples of the smallest.
UNEVEN = 4
# Fewer samples tell nothing surely: of them, bootstrap intervals are far too narrow.
FEWEST = 10
# In the JSON, but no more telling than its root.
HIDDEN = {"mean_squared_error"}
# Scores in the unit of the target; of the others, 0.0001 is as good as nothing.
IN_UNITS = {"mean_absolute_error", "root_mean_squared_error", "median_absolute_error"}


def as_text(name: str, value: float | None, task: str) -> str:
    """Return a score for people: shares in percent, others with four digits.

    Only what is exactly everything is shown as 100%.

    Examples
    --------
    >>> as_text("accuracy", 0.8512, "classification"), as_text("r2", 0.99512, "regression")
    ('85.1%', '0.9951')
    >>> as_text("accuracy", 0.9999, "classification"), as_text("accuracy", 1.0, "classification")
    ('99.9%', '100%')
    >>> as_text("r2", 0.999995, "regression"), as_text("r2", -2e-6, "regression")
    ('>0.9999', '0.0000')
    >>> as_text("mean_absolute_error", 19_504.3, "regression")
    '19,500'
    """
    if value is None:
        return "–"
    if not SCORES[task][name].share:
        if name not in IN_UNITS and abs(value) < 5e-5:
            return f"{value:z.4f}"
        text = _number(value, 4)
        return ">0.9999" if text == "1" and value < 1 else text
    if value in (0, 1):
        return f"{value:.0%}"
    return f"{min(max(100 * value, 0.1), 99.9):.1f}%"


def range_text(name: str, ends: Any, task: str, sign: str = "") -> str:
    """Return an interval for people, without the unit; a dash for None.

    Examples
    --------
    >>> range_text("accuracy", (0.74, 0.951), "classification")
    '74.0 to 95.1'
    >>> range_text("r2", (0.99962, 0.99984), "regression")
    '0.99962 to 0.99984'
    """
    if ends is None:
        return "–"
    if SCORES[task][name].share:
        low, high = (f"{100 * end:{sign}.1f}" for end in ends)
    else:  # as many digits as the interval's width is worth
        for digits in (3, 4, 6):
            shown = [float(f"{end:.{digits}g}") for end in ends]
            if max(abs(shown[0] - ends[0]), abs(shown[1] - ends[1])) < (ends[1] - ends[0]) / 9:
                break
        low, high = (_number(end, digits, sign) for end in ends)
    return f"{low} to {high}"


def _number(value: float, digits: int, sign: str = "") -> str:
    """Return significant digits, with commas rather than an exponent where numbers are large."""
    text = f"{value:{sign}.{digits}g}"
    return f"{float(text):{sign},.0f}" if 1000 <= abs(float(text)) < 1e9 else text


def verdict(part: Part, task: str) -> str:
    """Return the main figure of a part beside those of simpler models, in a sentence or two."""
    name = next(iter(SCORES[task]))
    label, value = SCORES[task][name].label, part.scores[name]
    kind = f"{part.name} " if part.name in ("training", "validation", "test") else ""
    on = f"{part.samples:,} {kind}sample{'s' * (part.samples != 1)}"
    if value is None:
        return f"{label} on {on}: undefined, as the targets do not vary."
    ends = part.intervals.get(name)
    sure = f" (95%: {range_text(name, ends, task)})" if ends else ""
    text = f"{label} {as_text(name, value, task)}{sure} on {on}"
    others = ", ".join(
        f"{other}: {as_text(name, own[name], task)}"
        for other, own in part.beside.items()
        if own[name] is not None
    )
    text += f"; {others}." if others else "."
    return text[0].upper() + text[1:] + _against_linear(part, name)


def _against_linear(part: Part, name: str) -> str:
    gain = part.gains.get(name)
    if gain is None or gain["interval"] is None:
        return ""
    if part.samples < FEWEST:
        return " So few samples cannot tell it from the linear model."
    low, high = gain["interval"]
    if low > 0:
        return " Better than the linear model."
    if high < 0:
        return " Worse than the linear model."
    return " It cannot be told apart from the linear model on so few samples."


def notices(part: Part, task: str, class_weight: Any = None) -> tuple[str, ...]:
    """Return what a reader should not overlook; classes with weights are not advised any."""
    found = []
    name, value, trivial, other = _beside_trivial(part, task)
    if value is not None and other is not None and value <= other:
        simple = "predicting the mean" if task == "regression" else f"answering {trivial}"
        useless = is_useless(part, task)
        found.append(
            f"This is {'worse' if useless else 'no better'} than {simple}, which gets "
            f"{as_text(name, other, task)}"
            f"{f': the model is of no use as it is; {REMEDY}' if useless else ''}."
        )
    if part.seen:
        found.append(
            "It was measured on samples that it has learnt from, which flatters it: keep some back "
            "for validation."
        )
    if counts := _uneven(part):
        remedies = ["look at the recall of each class"]
        if class_weight is None:
            remedies.append("give each the same weight in training (class_weight='balanced')")
        problem = f"The classes are uneven, {counts}, so that the accuracy says little"
        found.append(advise(problem, *remedies))
    return tuple(found)


def is_useless(part: Part, task: str) -> bool:
    """Return whether a model is surely worse than the mean or the most frequent class."""
    name, _, _, other = _beside_trivial(part, task)
    ends = part.intervals.get(name)
    enough = part.samples >= FEWEST
    return enough and ends is not None and other is not None and ends.high < other


def _beside_trivial(part: Part, task: str) -> tuple[str, float | None, str, float | None]:
    """Return the main score's name and value, what answers without inputs, and its value."""
    name = next(iter(SCORES[task]))
    trivial, own = next(iter(part.beside.items()), ("", {}))
    return name, part.scores[name], trivial, own.get(name)


def is_uneven(part: Part) -> bool:
    """Return whether the largest class has more than four times the samples of the smallest."""
    return bool(_uneven(part))


def _uneven(part: Part) -> str:
    """Return how many samples the largest and the smallest class have, if these are uneven."""
    counts = [(row["samples"], row["class"]) for row in part.classes or () if row["samples"]]
    if len(counts) < 2:
        return ""
    (few, rare), (many, frequent) = min(counts), max(counts)
    return f"{many:,} samples of {frequent} and {few:,} of {rare}" if many > UNEVEN * few else ""


def score_table(found: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return an assessment's scores as text: headings, and a row for each score.

    Parameters
    ----------
    found : mapping
        What :meth:`rewire.assess.Assessment.to_dict` returned.

    Returns
    -------
    headings, rows : list of str, list of list of str
        The parts, the last with its intervals, the simpler models, and the interval of the
        difference to the linear model.
    """
    task, main = found["task"], found["parts"][found["main"]]
    others = [name for name in found["parts"] if name != found["main"]]
    headings = ["", *others, found["main"]]
    headings += ["95%"] if main["intervals"] else []
    headings += [name.removeprefix("a ") for name in main["beside"]]
    headings += ["minus linear, 95%"] if main["gains"] else []
    rows = []
    for name, value in main["scores"].items():
        if name in HIDDEN:
            continue
        cells = [as_text(name, found["parts"][one]["scores"][name], task) for one in others]
        cells.append(as_text(name, value, task))
        if main["intervals"]:
            cells.append(range_text(name, main["intervals"].get(name), task))
        cells += [as_text(name, own.get(name), task) for own in main["beside"].values()]
        if main["gains"]:
            gain = main["gains"].get(name)
            cells.append(range_text(name, gain and gain["interval"], task, "+"))
        rows.append([SCORES[task][name].label, *cells])
    return headings, rows
