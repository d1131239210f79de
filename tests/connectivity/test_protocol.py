"""Models that keep the protocol, and a check that finds those that do not."""

import numpy as np
import pytest
from hypothesis import given

from rewire import Network, mlp
from rewire.connectivity import Block
from rewire.connectivity.protocol import ABILITIES, check_model

from ..graph.strategies import networks
from .separate_blocks import SeparateBlocks


@given(networks())
def test_networks_keep_it(net):
    check_model(net)
    assert net.abilities == set(ABILITIES)


def test_separate_blocks_keep_it():
    model = SeparateBlocks([(3, 4), (4, 2), (2, 5)])
    check_model(model)
    table = model.connections
    model.rewire([0], table.source[:1], table.target[:1])
    check_model(model)


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([Block(range(3), range(2, 4))], "a source is not before the targets"),
        ([Block(range(2), range(2, 4)), Block(range(2), range(3, 5))], "do not ascend"),
        ([Block(range(2), range(2, 3)), Block(range(2), range(4, 5))], "goes to no block"),
        ([Block(range(1), range(2, 5))], "a connection leaves its block"),
    ],
)
def test_what_does_not_keep_it_is_found(blocks, message):
    model = mlp([2, 3], seed=0)
    model.blocks = lambda skip_connections=False: blocks
    with pytest.raises(AssertionError, match=message):
        check_model(model)


def test_a_network_has_one_block_for_each_rank_but_the_inputs():
    net = Network.from_connections([2, 0, 3, 1], [], [], np.zeros(0))
    assert [block.shape for block in net.blocks()] == [(2, 0), (0, 3), (3, 1)]
    assert [block.shape for block in net.blocks(skip_connections=True)] == [(2, 0), (2, 3), (5, 1)]
