"""Tables as people have them: read, understood column by column, and encoded for a network.

:class:`Schema` says what each column is and how it is written; :class:`Table` holds the values
read by it; :class:`TableEncoder` makes a network's inputs of them. All three are plain data: a
model keeps them as JSON, and every export can carry them.
"""

from .encoder import TableEncoder
from .parsing import parse
from .reading import read_raw
from .schema import Column, DateFormat, NumberFormat, Schema
from .table import Table
from .understanding import understand

__all__ = [
    "Column",
    "DateFormat",
    "NumberFormat",
    "Schema",
    "Table",
    "TableEncoder",
    "parse",
    "read_raw",
    "understand",
]
