"""Networks for other programs, and back: one module for each format.

:func:`export` and :func:`load` choose the format by the ending of the path; ``registry`` lists the
formats, and takes your own. The other functions convert in memory.
"""

from . import graph_json, tensors  # noqa: F401  they register their formats
from .c_source import to_c
from .csr import blocks, to_scipy
from .formats import Format, export, load, registry
from .networkx_graph import from_networkx, to_networkx
from .onnx_model import to_onnx
from .python_source import to_python
from .scalar import from_scalar, to_scalar
from .torch_model import state_dict, to_torch
from .torch_state import from_state_dict

__all__ = [
    "Format",
    "blocks",
    "export",
    "from_networkx",
    "from_scalar",
    "from_state_dict",
    "load",
    "registry",
    "state_dict",
    "to_c",
    "to_networkx",
    "to_onnx",
    "to_python",
    "to_scalar",
    "to_scipy",
    "to_torch",
]
