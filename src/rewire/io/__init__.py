"""Files that are written whole or not at all, and the registry of named parts."""

from .files import atomic_write, prepare_folder, remove_leftovers
from .registry import Decorated, Registry

__all__ = ["Decorated", "Registry", "atomic_write", "prepare_folder", "remove_leftovers"]
