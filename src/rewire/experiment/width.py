"""How many hidden neurons a network has where nobody says so."""

from __future__ import annotations

from dataclasses import replace

from rewire import defaults
from rewire.graph import Network

from .recipe import Recipe

__all__ = ["width_notice", "with_width"]

# Outputs that a hidden neuron should have connections for, where there are as many.
FAN_OUT = 2


def with_width(recipe: Recipe, inputs: int, outputs: int) -> Recipe:
    """Return the recipe with a hidden layer, if it names none, and the density of its network.

    The network has as many connections as one with ``defaults.HIDDEN`` hidden neurons at the
    recipe's density. Narrow tables leave so few that these neurons would read one or two inputs
    each; then there are fewer neurons, each with ``min_fan_in`` inputs.

    Parameters
    ----------
    recipe : Recipe
    inputs, outputs : int

    Examples
    --------
    >>> with_width(Recipe("digits"), 64, 10).hidden
    (80,)
    >>> narrow = with_width(Recipe("iris"), 4, 3)
    >>> narrow.hidden, narrow.density
    ((11,), (0.7272727272727273,))
    """
    if recipe.hidden is not None:
        return recipe
    given = recipe.density if recipe.sparsity is None else recipe.sparsity
    both = recipe.sparsity is not None and recipe.density is not None  # which mlp refuses
    if both or (given is not None and len(given) > 1):
        return replace(recipe, hidden=(defaults.HIDDEN,))
    share = defaults.SPARSITY if given is None else given[0]
    density = share if recipe.density is not None else 1 - share
    connections = round(density * defaults.HIDDEN * (inputs + outputs), 9)
    each = min(recipe.min_fan_in, inputs) + min(FAN_OUT, outputs)
    hidden = int(min(defaults.HIDDEN, max(1, connections // each)))
    whole = min(1.0, connections / (hidden * (inputs + outputs)))
    return replace(recipe, hidden=(hidden,), sparsity=None, density=(whole,))


def width_notice(recipe: Recipe, net: Network) -> str | None:
    """Return a sentence where the layer is narrower than by default, None elsewhere.

    Examples
    --------
    >>> import rewire
    >>> width_notice(Recipe("iris"), rewire.mlp([4, 11, 3])).split(",")[0]
    '11 hidden neurons instead of 80'
    """
    inputs, outputs = net.ranks[0], net.ranks[-1]
    (hidden,) = with_width(recipe, inputs, outputs).hidden or (0,)
    if hidden == defaults.HIDDEN:
        return None
    least = min(recipe.min_fan_in, inputs)
    return (
        f"{hidden} hidden neurons instead of {defaults.HIDDEN}, so that each reads at least "
        f"{least} input{'s' * (least > 1)} with the connections of such a sparse network"
    )
