"""What has connections: the table of those that exist, and the blocks where others may be.

:class:`SparseModel` is what a model offers so that a :class:`rewire.topology.Rewirer` can rewire
it; :class:`rewire.Network` is the built-in one.
"""

from .blocks import Block
from .candidates import Candidates
from .distributions import densities
from .protocol import SparseModel
from .signals import Rows, Signals
from .table import ConnectionTable

__all__ = [
    "Block",
    "Candidates",
    "ConnectionTable",
    "Rows",
    "Signals",
    "SparseModel",
    "densities",
]
