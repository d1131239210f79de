"""Networks for other programs, and back: one module for each format.

:func:`export` and :func:`load` choose the format by the ending of the path. The functions of each
format are here too, some of them with more to offer than files.
"""

from .c_source import save_c, to_c
from .csr import blocks, load_csr, save_csr, to_scipy
from .formats import export, formats, load, reads, writes
from .graph_json import load_json, save_json
from .networkx_graph import from_networkx, load_graphml, save_graphml, to_networkx
from .onnx_model import save_onnx, to_onnx
from .scalar import from_scalar, to_scalar
from .tensors import (
    load_safetensors,
    network_from_tensors,
    network_to_tensors,
    read_tensors,
    save_safetensors,
    write_tensors,
)
from .torch_model import save_state_dict, state_dict, to_torch
from .torch_state import from_state_dict, load_state_dict

__all__ = [
    "blocks",
    "export",
    "formats",
    "from_networkx",
    "from_scalar",
    "from_state_dict",
    "load",
    "load_csr",
    "load_graphml",
    "load_json",
    "load_safetensors",
    "load_state_dict",
    "network_from_tensors",
    "network_to_tensors",
    "read_tensors",
    "reads",
    "save_c",
    "save_csr",
    "save_graphml",
    "save_json",
    "save_onnx",
    "save_safetensors",
    "save_state_dict",
    "state_dict",
    "to_c",
    "to_networkx",
    "to_onnx",
    "to_scalar",
    "to_scipy",
    "to_torch",
    "write_tensors",
    "writes",
]
