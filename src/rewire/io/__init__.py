"""Files written whole or not at all, the registry of named parts, texts of errors and options.

Light by design: arrays on disk are in :mod:`rewire.io.tensors`, which imports NumPy.
"""

from .advice import Advice, AdviceList, advise, prefixed, received, together
from .comma_lists import join_commas, split_commas
from .endings import as_path, check_ending, is_file_name
from .files import atomic_write, prepare_folder, reading
from .json_files import read_json, write_json
from .lazy import lazy_face
from .leftovers import remove_leftovers
from .locks import sole_writer
from .optional import import_optional
from .percent import percent
from .registry import Decorated, Registry
from .warning import warn

__all__ = [
    "Advice",
    "AdviceList",
    "Decorated",
    "Registry",
    "advise",
    "as_path",
    "atomic_write",
    "check_ending",
    "import_optional",
    "is_file_name",
    "join_commas",
    "lazy_face",
    "percent",
    "prefixed",
    "prepare_folder",
    "read_json",
    "reading",
    "received",
    "remove_leftovers",
    "sole_writer",
    "split_commas",
    "together",
    "warn",
    "write_json",
]
