"""The operations, compiled with Numba. ``rewire.kernels.numpy`` has the same ones, to be read.

The modules here are made of parts; this is where the kernels are that Python calls. Each is
compiled when it is first called, and found on disk by later processes.
"""

from . import (
    block,
    cannistraci_hebb,
    dense,
    forks,  # noqa: F401  it registers what a fork does
    layer,
    layer_backward,
    losses,
    network,
    one_row,
    passes,
    permutations,
    small_batch,
    updates,
)
from .activations import compile_activation
from .compiling import kernel
from .passes import SHARES_WORK
from .team import team_kernel

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

gather_inputs = kernel(network.gather_inputs)
forward = kernel(network.forward)
output_sensitivity = kernel(network.output_sensitivity)
backward = kernel(network.backward)

loss_and_slope = kernel(losses.loss_and_slope)
count_correct = kernel(losses.count_correct)
sum_of_squares = kernel(losses.sum_of_squares)
acceptable = kernel(losses.acceptable)
all_finite = kernel(losses.all_finite)

sort_by_source = kernel(permutations.sort_by_source)
to_csc_order = kernel(permutations.to_csc_order)
to_table_order = kernel(permutations.to_table_order)

descend = kernel(updates.descend)
update_sgd = kernel(updates.update_sgd)
update_momentum = kernel(updates.update_momentum)
update_adam = kernel(updates.update_adam)

predict = kernel(passes.predict)
train = kernel(passes.train)
predict_one = kernel(small_batch.predict_one)
predict_few = kernel(small_batch.predict_few)

block_forward = kernel(block.block_forward)
block_weight_gradient = kernel(block.block_weight_gradient)
all_products = kernel(dense.all_products)

forward_one_row = team_kernel(one_row.forward_one_row)
forward_one_row_small = team_kernel(one_row.forward_one_row_small)
layer_forward = team_kernel(layer.layer_forward)
layer_backward = team_kernel(layer_backward.layer_backward)

# These make arrays of their own, a few for a whole block of scores.
score_by_paths = kernel(cannistraci_hebb.score_by_paths, _nrt=True)
score_by_nodes = kernel(cannistraci_hebb.score_by_nodes, _nrt=True)
