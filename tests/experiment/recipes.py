"""Recipes of short trainings."""

from rewire.experiment import Recipe


def short(data="digits", **given):
    """Return a recipe of 20 steps."""
    return Recipe(data, **{"hidden": (20,), "total_steps": 20} | given)


def finish(experiment):
    """Train to the end and return the experiment."""
    while not experiment.training.finished:
        experiment.training.advance()
    return experiment
