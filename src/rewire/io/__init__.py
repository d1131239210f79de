"""Files written whole or not at all, and the registry of named parts.

Light by design: arrays on disk are in :mod:`rewire.io.tensors`, which imports NumPy.
"""

from .files import atomic_write, prepare_folder, reading, remove_leftovers
from .json_files import read_json, write_json
from .lazy import lazy_face
from .optional import import_optional
from .registry import Decorated, Registry

__all__ = [
    "Decorated",
    "Registry",
    "atomic_write",
    "import_optional",
    "lazy_face",
    "prepare_folder",
    "read_json",
    "reading",
    "remove_leftovers",
    "write_json",
]
