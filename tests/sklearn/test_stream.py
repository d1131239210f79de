"""Data in pieces: a model that may be asked at any time."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from rewire import methods
from rewire.sklearn import SparseMLPRegressor
from rewire.topology import Method


def line(rows, seed=0):
    random = np.random.default_rng(seed)
    X = random.normal(size=(rows, 3))
    return X, 1000 + 300 * (X @ [1.0, 2.0, -1.0])


def scores(method, pieces, seed=0, **settings):
    """Learn piece after piece, and return R² on other data after each."""
    X, y = line(sum(pieces), seed)
    X_other, y_other = line(300, seed + 1000)
    settings = {"hidden_layer_sizes": 30, "batch_size": 128, "random_state": seed} | settings
    model = SparseMLPRegressor(method=method, **settings)
    found, first = [], 0
    for rows in pieces:
        piece = slice(first, first + rows)
        model.partial_fit(X[piece], y[piece])
        found.append(r2_score(y_other, model.predict(X_other)))
        first += rows
    return np.array(found), model


@pytest.mark.parametrize("first", [1, 2, 128])
def test_the_scale_of_the_targets_is_that_of_all_pieces(first):
    found, model = scores("static", [first] + [128] * 120)
    assert found[-1] > 0.93
    y = line(first + 120 * 128)[1]
    assert model._scaling.scale == pytest.approx(y.std())


def test_the_network_computes_the_same_when_the_scale_changes():
    X, y = line(64)
    model = SparseMLPRegressor(learning_rate_init=1e-12, random_state=0).partial_fit(X, y)
    before = model.predict(X)
    model.partial_fit(X, 100 * y)  # a scale of another size, and steps of no size
    np.testing.assert_allclose(model.predict(X), before, rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_default_is_as_steady_as_static_wiring(seed):
    pieces = [128] * 250
    still, _ = scores("static", pieces, seed, rewire_every=20)
    moving, model = scores("reviving rigl", pieces, seed, rewire_every=20)
    assert len(model.history_.rewirings) == 12
    later = slice(100, None)
    assert (1 - moving[later]).max() < 2.5 * (1 - still[later]).max()
    assert (1 - moving[later]).mean() < 1.5 * (1 - still[later]).mean()


def test_each_rewiring_moves_less():
    _, model = scores("set", [64] * 12, rewire_every=2, sparsity=0.0, density=None)
    shares = [0.3 / (10 + earlier) for earlier in range(5)]
    assert [record.step for record in model.history_.rewirings] == [2, 4, 6, 8, 10]
    for record, share in zip(model.history_.rewirings, shares, strict=True):
        assert record.moved <= share * len(model.network_.connections)


@pytest.mark.parametrize(("method", "rewirings"), [("set", 5), ("rigl", 0), ("reviving rigl", 0)])
def test_few_samples_decide_nothing(method, rewirings):
    _, model = scores(method, [127] * 12, rewire_every=2)
    assert len(model.history_.rewirings) == rewirings


def test_a_method_of_ones_own_is_taken_as_it_is():
    own = methods.get("rigl", every=2, fraction=0.3)
    assert isinstance(own, Method)
    _, model = scores(own, [16] * 8)
    assert [record.step for record in model.history_.rewirings] == [2, 4, 6]
    assert len({record.dropped for record in model.history_.rewirings}) == 1
