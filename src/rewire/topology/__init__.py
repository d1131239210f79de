"""Where connections go: the parts of a method, and what applies one to a model.

A method says what to drop, what to grow, within which scope, when and how much. ``criteria``,
``budgets`` and ``neurons`` hold the parts, :mod:`rewire.methods` the methods known in the field;
:class:`Rewirer` applies one to a :class:`rewire.connectivity.SparseModel`.
"""

from . import cannistraci_hebb as cannistraci_hebb  # registers its criteria
from .amounts import PruningSchedule, Threshold
from .budgets import redistribution, redistributions
from .changes import Change
from .context import RewiringContext
from .criteria import drop_criteria, drop_criterion, grow_criteria, grow_criterion
from .method import Method
from .neurons import RewiringPlan, neuron_rule, neuron_rules
from .revival import Revival
from .rewirer import Rewirer
from .statistics import Rewiring

__all__ = [
    "Change",
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
