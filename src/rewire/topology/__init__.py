"""Where connections go: the parts of a method, and what applies one to a model.

A method is what to drop, what to grow, within which scope, when and how much. ``criteria``,
``budgets`` and ``neurons`` hold the parts, :mod:`rewire.methods` the compositions known in the
field; :class:`Rewirer` applies one.
"""

from . import cannistraci_hebb as cannistraci_hebb  # registers its criteria
from .budgets import redistribution, redistributions
from .context import RewiringContext
from .criteria import drop_criteria, drop_criterion, grow_criteria, grow_criterion
from .method import Method, PruningSchedule, Threshold
from .neurons import RewiringPlan, neuron_rule, neuron_rules
from .revival import Revival
from .rewirer import Rewirer
from .statistics import Rewiring

__all__ = [
    "Method",
    "PruningSchedule",
    "Revival",
    "Rewirer",
    "Rewiring",
    "RewiringContext",
    "RewiringPlan",
    "Threshold",
    "drop_criteria",
    "drop_criterion",
    "grow_criteria",
    "grow_criterion",
    "neuron_rule",
    "neuron_rules",
    "redistribution",
    "redistributions",
]
