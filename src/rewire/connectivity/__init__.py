"""What has connections: the table of those that exist, and the blocks where others may be.

:class:`SparseModel` is the protocol that every front end implements; the rest are its words.
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
