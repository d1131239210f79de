"""Random networks for property-based tests: skipping connections, empty ranks, lonely neurons."""

import numpy as np
from hypothesis import strategies as st

from rewire import Network

ACTIVATIONS = ["relu", "leaky_relu", "tanh", "sigmoid", "linear"]


@st.composite
def networks(draw, dtype="float64", activations=ACTIVATIONS, smallest_hidden=0):
    hidden = draw(st.lists(st.integers(smallest_hidden, 5), max_size=3))
    ranks = [draw(st.integers(1, 5)), *hidden, draw(st.integers(1, 4))]
    level = np.repeat(np.arange(len(ranks)), ranks)
    possible = [(s, t) for t in range(sum(ranks)) for s in range(sum(ranks)) if level[s] < level[t]]
    # Each bit is a connection: one number is drawn much faster than a list of pairs.
    bits = draw(st.integers(0, 2 ** len(possible) - 1))
    chosen = [pair for n, pair in enumerate(possible) if bits >> n & 1]
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    random.shuffle(chosen)
    bias = random.normal(size=sum(ranks))
    bias[: ranks[0]] = 0
    return Network.from_connections(
        ranks,
        [s for s, _ in chosen],
        [t for _, t in chosen],
        random.normal(size=len(chosen)),
        bias=bias,
        activation=draw(
            st.lists(st.sampled_from(activations), min_size=len(ranks) - 1, max_size=len(ranks) - 1)
        ),
        dtype=dtype,
    )
