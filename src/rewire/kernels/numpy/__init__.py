"""The operations of ``rewire.kernels.numba`` in plain NumPy, to be read and trusted."""

import numpy as np

from .activations import compile_activation
from .block import block_forward, block_weight_gradient
from .cannistraci_hebb import score_by_nodes, score_by_paths
from .dense import all_products
from .layer import layer_backward, layer_forward
from .losses import acceptable, all_finite, count_correct, loss_and_slope, sum_of_squares
from .network import backward, forward, gather_inputs, output_sensitivity
from .one_row import forward_one_row, forward_one_row_small
from .passes import SHARES_WORK, predict, train
from .permutations import sort_by_source, to_csc_order, to_table_order
from .small_batch import predict_few, predict_one
from .updates import descend, update_adam, update_momentum, update_sgd

__all__ = [
    "SHARES_WORK",
    "acceptable",
    "all_finite",
    "all_products",
    "backward",
    "block_forward",
    "block_weight_gradient",
    "compile_activation",
    "count_correct",
    "descend",
    "forward",
    "forward_one_row",
    "forward_one_row_small",
    "gather_inputs",
    "layer_backward",
    "layer_forward",
    "loss_and_slope",
    "output_sensitivity",
    "predict",
    "predict_few",
    "predict_one",
    "score_by_nodes",
    "score_by_paths",
    "sort_by_source",
    "sum_of_squares",
    "to_csc_order",
    "to_table_order",
    "train",
    "update_adam",
    "update_momentum",
    "update_sgd",
]

# Compiled code says nothing of overflow, and a training that diverges is told of in other words.
_quiet = np.errstate(all="ignore")
globals().update({name: _quiet(globals()[name]) for name in __all__ if name != "SHARES_WORK"})
