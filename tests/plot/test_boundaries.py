"""Decision boundaries: where the line is, and which models have one."""

import re

import numpy as np
import pytest

import rewire
from rewire.export import to_scalar
from rewire.plot import boundary
from rewire.sklearn import SparseMLPClassifier

X = np.array([[0.0, 1.0], [1.0, 0.0], [0.5, 2.0]])
Y = np.array([1, -1, 1])


def test_boundary_shows_every_point_by_its_class():
    ax = boundary(lambda points: points[:, 1] - points[:, 0], X, Y)
    negative, positive = ax.collections[-2:]
    assert negative.get_offsets().tolist() == [[1.0, 0.0]]
    assert positive.get_offsets().tolist() == [[0.0, 1.0], [0.5, 2.0]]
    assert tuple(negative.get_facecolor()[0]) != tuple(positive.get_facecolor()[0])


def test_boundary_asks_the_model_all_around_the_data():
    asked = []

    def score(points):
        asked.append(points)
        return points[:, 0]

    ax = boundary(score, X, Y, step=0.25)
    (points,) = asked
    assert points.shape == (12 * 16, 2)
    assert points.min(axis=0).tolist() == [-1.0, -1.0]
    assert points.max(axis=0).tolist() == [1.75, 2.75]
    assert len(ax.collections) == 4  # filled, the line, two classes


def test_boundary_line_lies_where_the_score_changes_sign():
    ax = boundary(lambda points: points[:, 0] - 0.3, X, Y)
    (line,) = [
        c for c in ax.collections if np.array_equal(np.asarray(getattr(c, "levels", [])), [0])
    ]
    vertices = np.concatenate([path.vertices for path in line.get_paths()])
    np.testing.assert_allclose(vertices[:, 0], 0.3, atol=1e-9)


@pytest.mark.parametrize("constant", [-3.0, 0.0, 3.0])
def test_a_model_that_never_changes_its_mind_has_no_line(constant):
    ax = boundary(lambda points: np.full(len(points), constant), X, Y)
    assert len(ax.collections) == 3


def test_boundary_asks_every_kind_of_model_in_its_own_way():
    net = rewire.mlp([2, 4, 1], seed=0, dtype="float64")
    two = rewire.mlp([2, 4, 2], seed=0, dtype="float64")
    scalar, labels = to_scalar(net), np.where(Y > 0, "yes", "no")
    estimator = SparseMLPClassifier(hidden_layer_sizes=(4,), max_iter=1, random_state=0)
    estimator.set_params(method="static").fit(X, labels)
    for model, answers in [
        (net, lambda points: net.predict(points)[:, 0]),
        (two, lambda points: np.diff(two.predict(points), axis=1)[:, 0]),
        (scalar, lambda points: np.array([scalar(point).data for point in points.tolist()])),
        (estimator, estimator.decision_function),
    ]:
        ours, theirs = (boundary(one, X, Y, step=0.5) for one in (model, answers))
        assert len(ours.collections) == len(theirs.collections)
        for drawn, expected in zip(ours.collections[:-2], theirs.collections[:-2], strict=True):
            for one, other in zip(drawn.get_paths(), expected.get_paths(), strict=True):
                assert one.vertices == pytest.approx(other.vertices)


def test_boundary_between_more_than_two_classes_is_an_error():
    with pytest.raises(ValueError, match=r"one output, or two, .* got 3 outputs"):
        boundary(rewire.mlp([2, 4, 3], seed=0), X, Y)


@pytest.mark.parametrize("shape", [(4,), (4, 3), (4, 1)])
def test_boundary_of_data_that_are_not_two_dimensional_is_an_error(shape):
    with pytest.raises(
        ValueError, match=re.escape(f"X must have shape (samples, 2) to be drawn; got {shape}")
    ):
        boundary(lambda points: points[:, 0], np.zeros(shape), np.ones(4))
