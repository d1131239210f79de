"""Predictors: what stands before and after the network comes back from the file."""

import numpy as np
import pytest
from scipy.sparse import csr_array

import rewire
from rewire.data import Dataset, Standardizer, load
from rewire.experiment import Predictor

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(5, 3, size=(60, 4))


def classifier(classes, outputs=3, **given):
    net = rewire.mlp([4, 8, outputs], density=0.8, dtype="float64", seed=0)
    return Predictor(net, "classification", classes, **given)


def regression():
    net = rewire.mlp([4, 8, 2], density=0.8, dtype="float64", seed=0)
    return Predictor(
        net,
        "regression",
        standardizer=Standardizer.fit(X),
        target_mean=np.array([100.0, -3.0]),
        target_scale=np.array([10.0, 0.5]),
        loss="mean_squared_error",
    )


MODELS = {
    "text": lambda: classifier(("red", "green", "blü"), feature_names=("a", "b", "c=x", "c=y")),
    "numbers": lambda: classifier((3, 5, 8), standardizer=Standardizer.fit(X)),
    "fractions": lambda: classifier((0.5, 1.5, 2.0), image_shape=(2, 2)),
    "truth": lambda: classifier((False, True), outputs=1, loss="binary_cross_entropy"),
    "regression": regression,
}


@pytest.mark.parametrize("name", MODELS)
def test_comes_back_from_its_file(name, tmp_path):
    model = MODELS[name]()
    model.save(tmp_path / "model.safetensors")
    found = Predictor.load(tmp_path / "model.safetensors")
    for field in ("task", "classes", "feature_names", "image_shape", "loss"):
        assert getattr(found, field) == getattr(model, field)
    assert [type(one) for one in found.classes] == [type(one) for one in model.classes]
    answers = model.predict(X)
    assert found.predict(X).dtype == answers.dtype
    np.testing.assert_array_equal(found.predict(X), answers)
    np.testing.assert_array_equal(found.outputs(X), model.outputs(X))


def test_numbers_are_scaled_on_both_sides():
    model = regression()
    standardized = (X - X.mean(axis=0)) / X.std(axis=0)
    expected = model.network.predict(standardized) * [10, 0.5] + [100, -3]
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-12)


def test_classes_are_those_of_the_largest_output_or_of_the_sign():
    model = classifier(("a", "b", "c"))
    scores = model.network.predict(X)
    assert model.predict(X).tolist() == ["abc"[i] for i in scores.argmax(axis=1)]
    single = classifier(("no", "yes"), outputs=1)
    centred = X - 5
    signs = single.network.predict(centred)[:, 0] > 0
    assert single.predict(centred).tolist() == ["yes" if sign else "no" for sign in signs]
    assert 0 < signs.sum() < 60


def test_pieces_and_sparse_inputs_make_no_difference(monkeypatch):
    model = classifier(("a", "b", "c"))
    whole = model.outputs(X)
    np.testing.assert_array_equal(model.outputs(csr_array(X)), whole)
    monkeypatch.setattr("rewire.experiment.predictor.PIECE", 7)
    np.testing.assert_allclose(model.outputs(X), whole, rtol=1e-12)


def test_probabilities():
    model = classifier(("a", "b", "c"))
    scores = model.network.predict(X)
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.probabilities(X), expected, rtol=1e-12)
    single = classifier(("no", "yes"), outputs=1)
    expected = 1 / (1 + np.exp(-single.network.predict(X)[:, 0]))
    np.testing.assert_allclose(single.probabilities(X)[:, 1], expected, rtol=1e-12)


def test_what_has_no_probabilities():
    with pytest.raises(ValueError, match="this model predicts numbers"):
        regression().probabilities(X)
    with pytest.raises(ValueError, match="this one was trained with hinge"):
        classifier(("no", "yes"), outputs=1, loss="hinge").probabilities(X)


def test_stripped_it_answers_the_same():
    net = rewire.mlp([4, 40, 3], density=0.25, dtype="float64", seed=0)
    net.connections.weight[net.connections.target >= 44] *= RANDOM.random(30) < 2
    for source in range(4, 20):
        for target in net[f"1_{source - 4}"].targets:
            net.disconnect(source, target)
    model = Predictor(net, "classification", ("a", "b", "c"), standardizer=Standardizer.fit(X))
    smaller = model.stripped()
    assert smaller.network.size < net.size
    np.testing.assert_allclose(smaller.outputs(X), model.outputs(X), rtol=1e-12)
    assert smaller.classes == model.classes


def test_labels_of_other_data_become_its_own_numbers():
    model = classifier(("a", "b", "c"))
    other = Dataset.from_arrays(X[:4], ["c", "a", "c", "a"])
    assert model.number_classes(other, other.y).tolist() == [2, 0, 2, 0]
    with pytest.raises(ValueError, match=r"classes must be among a, b, c.*got 'd'"):
        model.number_classes(Dataset.from_arrays(X[:2], ["a", "d"]), np.array([0, 1]))
    numbers = Dataset.from_arrays(X[:2], [0.5, 1.25])
    with pytest.raises(ValueError, match=r"must be a classification.*got a regression"):
        model.number_classes(numbers, numbers.y)


def test_data_of_other_inputs_are_refused():
    model = classifier(("a", "b", "c"), feature_names=("p", "q", "r", "s"))
    model.check(Dataset.from_arrays(X[:2], [0, 1]))
    with pytest.raises(ValueError, match=r"must have 4 inputs.*got 64"):
        model.check(load("digits"))
    with pytest.raises(ValueError, match=r"got 'sepal length.*for 'p'"):
        model.check(load("iris"))


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    rewire.mlp([2, 2], seed=0).save(path)
    with pytest.raises(ValueError, match="it must be a model; got a network"):
        Predictor.load(path)
    regression().save(path)
    whole = path.read_bytes()
    for length in (0, 5, 200, len(whole) - 3):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"cannot read '.*model.safetensors'"):
            Predictor.load(path)


def test_answers_are_what_scores_are_computed_from():
    """In float64: probabilities, scores where there are none, numbers in the targets' own unit."""
    model = classifier(("a", "b", "c"))
    np.testing.assert_array_equal(model.answers(X), model.probabilities(X))
    margin = classifier(("no", "yes"), outputs=1, loss="hinge")
    answers = margin.answers(X)
    assert (answers[:, 0] == 0).all()
    assert (answers.argmax(axis=1) == margin.class_numbers(margin.outputs(X))).all()
    np.testing.assert_array_equal(regression().answers(X), regression().predict(X))


def test_large_targets_keep_their_digits_in_a_float32_network():
    net = rewire.mlp([4, 8, 1], density=0.8, dtype="float32", seed=0)
    mean, scale = np.array([1.7e9]), np.array([0.5])
    model = Predictor(net, "regression", target_mean=mean, target_scale=scale)
    expected = net.predict(X).astype(float)[:, 0] * 0.5 + 1.7e9
    assert len(np.unique(model.predict(X))) > 40
    np.testing.assert_array_equal(model.predict(X), expected)
