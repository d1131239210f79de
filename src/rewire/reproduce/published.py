"""The figures that the post printed, and their comparison with a reproduction."""

from __future__ import annotations

from dataclasses import dataclass

from .post import Reproduction, fan_ins

__all__ = ["POST_SEED", "TOLERANCE", "Comparison", "Row", "compare_with_post"]

POST_SEED = 1337
TOLERANCE = 1e-12

# Every figure that the post printed: method -> step -> (loss, accuracy in per cent).
PRINTED: dict[str, dict[int, tuple[float, float]]] = {
    "static": {
        0: (0.9999118995994747, 50.0),
        20: (0.9501034046836242, 50.0),
        40: (0.3029776283757716, 87.0),
        60: (0.297169433748757, 87.0),
        80: (0.29289542954897096, 88.0),
        100: (0.2931921490672611, 87.0),
        120: (0.2989848931028508, 88.0),
        140: (0.2911950144271784, 87.0),
        160: (0.29066315530929493, 88.0),
        180: (0.2899413473514984, 88.0),
        200: (0.29011181298721433, 88.0),
        220: (0.2897383548597768, 88.0),
        240: (0.289301900462062, 88.0),
        260: (0.2886158754721536, 87.0),
        280: (0.2881950427716646, 88.0),
        300: (0.28796501931513896, 87.0),
        320: (0.28737672236751133, 88.0),
        340: (0.28752147018854757, 88.0),
        360: (0.28687039533784287, 88.0),
        380: (0.28676645061703504, 88.0),
        399: (0.28654023971513226, 88.0),
    },
    "rigl": {
        0: (0.9999118995994747, 50.0),
        20: (0.9501034046836242, 50.0),
        40: (0.31005307891543676, 86.0),
        60: (0.29439281503845477, 87.0),
        80: (0.29081179132781054, 88.0),
        100: (0.2876179472370331, 88.0),
        120: (0.2844175041217564, 86.0),
        140: (0.3083420441792058, 85.0),
        160: (0.2796200131507172, 88.0),
        180: (0.270197735972451, 89.0),
        200: (0.2548698443690211, 90.0),
        220: (0.2519338433937867, 90.0),
        240: (0.14442011238413255, 96.0),
        260: (0.22868415294455974, 96.0),
        280: (0.06459693547356511, 97.0),
        300: (0.061831516333362764, 100.0),
        320: (0.04567886755653798, 99.0),
        340: (0.04156236561415438, 100.0),
        360: (0.03462738757482692, 100.0),
        380: (0.031153761540187855, 100.0),
    },
}

# Fan-in of every neuron, layer by layer, after stripping. The post's single pass leaves three
# neurons that feed only dead ones; stripping all dead neurons removes these as well.
STRIPPED_ONCE = [[2] * 10, [5, 1, 7, 1], [4]]
STRIPPED = [[2] * 7, [5, 1, 7, 1], [4]]


@dataclass(frozen=True)
class Row:
    """One line that the post printed, beside ours; accuracies in per cent."""

    method: str
    step: int
    loss: float
    accuracy: float
    post_loss: float
    post_accuracy: float

    @property
    def difference(self) -> float:
        """Our loss minus the post's."""
        return self.loss - self.post_loss

    @property
    def agrees(self) -> bool:
        """Whether loss and accuracy equal the post's to within 1e-12."""
        return max(abs(self.difference), abs(self.accuracy - self.post_accuracy)) <= TOLERANCE


@dataclass(frozen=True)
class Comparison:
    """A reproduction beside the figures of the post.

    Attributes
    ----------
    rows : list of Row
        Every printed line.
    stripped_once_agrees, stripped_agrees : bool
        Whether the stripped networks have the expected fan-ins.
    """

    rows: list[Row]
    stripped_once_agrees: bool
    stripped_agrees: bool

    @property
    def largest_difference(self) -> float:
        """Largest absolute difference between a printed loss and ours."""
        return max(abs(row.difference) for row in self.rows)

    @property
    def agrees(self) -> bool:
        """Whether every figure agrees."""
        rows_agree = all(row.agrees for row in self.rows)
        return rows_agree and self.stripped_once_agrees and self.stripped_agrees


def compare_with_post(reproduction: Reproduction) -> Comparison:
    """Compare a reproduction with the figures in the post.

    Parameters
    ----------
    reproduction : Reproduction
        With the post's seed, 1337.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        For another seed, because the post has no figures for it.

    Examples
    --------
    >>> from rewire.reproduce import reproduce_post
    >>> compare_with_post(reproduce_post()).agrees
    True
    """
    if reproduction.seed != POST_SEED:
        raise ValueError(f"seed must be {POST_SEED} to be compared; got {reproduction.seed}")
    rows = [
        Row(
            method,
            step,
            loss=run.losses[step],
            accuracy=100 * run.accuracies[step],
            post_loss=post_loss,
            post_accuracy=post_accuracy,
        )
        for method, run in [("static", reproduction.static), ("rigl", reproduction.rigl)]
        for step, (post_loss, post_accuracy) in PRINTED[method].items()
    ]
    return Comparison(
        rows,
        stripped_once_agrees=fan_ins(reproduction.stripped_once) == STRIPPED_ONCE,
        stripped_agrees=fan_ins(reproduction.stripped) == STRIPPED,
    )
