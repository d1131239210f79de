"""The outcome of a search."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rewire.experiment import Recipe
from rewire.io import advise

__all__ = ["Tuned", "outcome_of"]


@dataclass(frozen=True)
class Tuned:
    """The outcome of a search.

    Attributes
    ----------
    recipe : Recipe
        With the best settings found.
    measure : {"accuracy", "loss"}
        What is compared, on the validation samples.
    value : float
        Of the best trial.
    chosen : dict
        The settings that were searched, as the best trial has them.
    values : list of float
        Of the trials that trained to the end, in their order.
    pruned, failed : int
        Trials that were ended early, and those that failed, as where the training diverges.
    seconds : float
        All trainings took, added up.

    Examples
    --------
    >>> found = Tuned(Recipe("iris"), "accuracy", 0.9, {"lr": 0.01}, [0.8, 0.9], 1, 0, 2.5)
    >>> found.chosen, found.value
    ({'lr': 0.01}, 0.9)
    """

    recipe: Recipe
    measure: str
    value: float
    chosen: dict[str, Any]
    values: list[float]
    pruned: int
    failed: int
    seconds: float

    def expected_gain(self) -> float:
        """Return by how much as many trials again better the best at most, in the measure's unit.

        The trials so far stand for those to come. Drawn at random from them, the best of n lies
        above the best of n / 2 by so much; from n to 2n the gain is expected to be less, as returns
        diminish. A search that learns from its trials departs from this; it is an estimate, and no
        more than an accuracy of 1 or a loss of 0 leaves room for.

        Examples
        --------
        >>> recipe = Recipe("iris")
        >>> Tuned(recipe, "accuracy", 0.9, {}, [0.9] * 8, 0, 0, 1.0).expected_gain()
        0.0
        >>> Tuned(recipe, "loss", 0.1, {}, [0.4, 0.1], 0, 0, 1.0).expected_gain()
        0.075
        """
        signed = sorted(-one if self.measure == "loss" else one for one in self.values)
        n = len(signed)

        def best_of(draws: float) -> float:
            shares = [((k + 1) / n) ** draws - (k / n) ** draws for k in range(n)]
            return sum(value * share for value, share in zip(signed, shares, strict=True))

        room = self.value if self.measure == "loss" else 1 - self.value
        return round(min(max(0.0, best_of(n) - best_of(n / 2)), room), 12)


def outcome_of(optuna: Any, study: Any, recipe: Recipe, measure: str) -> Tuned:
    """Return what a study of Optuna has found; refuse one without a trial to the end."""
    states, trials = optuna.trial.TrialState, study.trials
    of = {state: [one for one in trials if one.state == state] for state in states}
    if not of[states.COMPLETE]:
        errors = [one.user_attrs["error"] for one in trials if "error" in one.user_attrs]
        raise ValueError(
            advise(
                f"trials must have one that trains to the end; got none ({errors[-1]})",
                "fix the optimizer and a lower learning rate (optimizer=, lr=)",
            )
        )
    best = study.best_trial
    return Tuned(
        replace(recipe, **best.params),
        measure,
        best.value,
        dict(best.params),
        [one.value for one in of[states.COMPLETE]],
        len(of[states.PRUNED]),
        len(of[states.FAIL]),
        sum(one.user_attrs["seconds"] for one in trials if one.state.is_finished()),
    )
