"""Where connections go: methods, the parts they are made of, and the one function that rewires.

A method is what to drop, what to grow, within which scope, when and how much. ``schedules``,
``criteria``, ``sharing`` and ``neurons`` hold the parts, ``catalogue`` the compositions known in
the field; :class:`Rewirer` applies one to a network.
"""

from . import hebb  # noqa: F401  (registers its criteria)
from .catalogue import (
    CHT,
    DSR,
    GMP,
    MEST,
    SET,
    SNFS,
    SNIP,
    CHTs,
    CHTss,
    GraNet,
    LotteryTicket,
    PostRigL,
    RevivingRigL,
    RigL,
    SRigL,
    Static,
)
from .criteria import drop_criteria, drop_criterion, grow_criteria, grow_criterion
from .method import Method, Thinning, Threshold, as_method, methods
from .moment import Moment
from .neurons import Draft, neuron_rule, neuron_rules
from .revival import Revival
from .rewire import rewire
from .rewirer import Rewirer
from .schedules import (
    At,
    Constant,
    Cosine,
    Cubic,
    Every,
    FollowLearningRate,
    Linear,
    Rounds,
    Schedule,
    Sigmoid,
    Steps,
    Time,
)
from .sharing import redistribution, redistributions
from .statistics import Rewiring

__all__ = [
    "CHT",
    "DSR",
    "GMP",
    "MEST",
    "SET",
    "SNFS",
    "SNIP",
    "At",
    "CHTs",
    "CHTss",
    "Constant",
    "Cosine",
    "Cubic",
    "Draft",
    "Every",
    "FollowLearningRate",
    "GraNet",
    "Linear",
    "LotteryTicket",
    "Method",
    "Moment",
    "PostRigL",
    "Revival",
    "RevivingRigL",
    "Rewirer",
    "Rewiring",
    "RigL",
    "Rounds",
    "SRigL",
    "Schedule",
    "Sigmoid",
    "Static",
    "Steps",
    "Thinning",
    "Threshold",
    "Time",
    "as_method",
    "drop_criteria",
    "drop_criterion",
    "grow_criteria",
    "grow_criterion",
    "methods",
    "neuron_rule",
    "neuron_rules",
    "redistribution",
    "redistributions",
    "rewire",
]
