"""What has connections: the table of those that exist, and the blocks where others may be.

:class:`SparseModel` is the protocol that every front end implements; the rest are its words.
"""

from .blocks import Block
from .candidates import SCOPES, Candidates, count_in_groups
from .distributions import densities
from .protocol import ABILITIES, Revived, SparseModel, check_model
from .signals import Rows, Signals
from .table import Columns, ConnectionTable

__all__ = [
    "ABILITIES",
    "SCOPES",
    "Block",
    "Candidates",
    "Columns",
    "ConnectionTable",
    "Revived",
    "Rows",
    "Signals",
    "SparseModel",
    "check_model",
    "count_in_groups",
    "densities",
]
