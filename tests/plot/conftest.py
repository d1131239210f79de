"""What the tests of pictures share: a small network, and no figure left open."""

import matplotlib.pyplot as plt
import pytest

from rewire.scalar import SparseMLP, Value


@pytest.fixture(autouse=True)
def figures_closed():
    plt.close("all")
    yield
    plt.close("all")


@pytest.fixture
def model():
    """Three inputs, 1_1 dead because nobody reads it."""
    model = SparseMLP(3, [2, 1], [0, 0])
    for neuron, w in zip(
        [*model.layers[0].neurons, *model.layers[1].neurons],
        [{0: 0.5, 2: -2.0, 1: 1.0}, {1: 0.25}, {0: -1.5}],
        strict=True,
    ):
        neuron.w = {i: Value(weight) for i, weight in w.items()}
    return model
