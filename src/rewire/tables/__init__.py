"""Tables as people have them: read, understood column by column, and encoded for a network.

:class:`Schema` says what each column is and how it is written; :class:`Table` holds the values
read by it; :class:`TableEncoder` makes a network's inputs of them. All three are plain data: a
model keeps them as JSON, and every export can carry them.
"""

from typing import TYPE_CHECKING

from rewire.io import lazy_face

if TYPE_CHECKING:
    from .encoder import TableEncoder as TableEncoder
    from .parsing import parse as parse
    from .reading import read_raw as read_raw
    from .schema import Column as Column
    from .schema import DateFormat as DateFormat
    from .schema import NumberFormat as NumberFormat
    from .schema import Schema as Schema
    from .table import Table as Table
    from .understanding import understand as understand

# Imported when first asked for: an array of numbers is learnt without any of them.
_HOMES = {
    "Column": "schema",
    "DateFormat": "schema",
    "NumberFormat": "schema",
    "Schema": "schema",
    "Table": "table",
    "TableEncoder": "encoder",
    "parse": "parsing",
    "read_raw": "reading",
    "understand": "understanding",
}

__all__ = list(_HOMES)
__getattr__, __dir__ = lazy_face(__name__, _HOMES)
