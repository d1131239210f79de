"""Which inputs an estimator rests on, and how it counts its classes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.metrics import recall_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rewire.assess.inputs import inputs_in_use
from rewire.sklearn import SparseMLPClassifier, SparseMLPRegressor

SMALL = {"hidden_layer_sizes": 16, "density": 0.2, "max_iter": 20, "random_state": 0}
SELECTING = {**SMALL, "density": 0.05, "max_iter": 100}


def needles(samples=400, inputs=40, seed=0):
    """Two inputs that decide, among others that say nothing."""
    X = np.random.default_rng(seed).normal(size=(samples, inputs))
    return X, (X[:, 3] - X[:, 17] > 0).astype(int)


def uneven(samples=600, seed=0):
    """One in twelve, overlapping."""
    random = np.random.default_rng(seed)
    y = (np.arange(samples) % 12 == 0).astype(int)
    return random.normal(size=(samples, 2)) + y[:, None], y


# ----------------------------------------------------------------------------------- the inputs


def test_importances_are_shares_of_the_paths_and_zero_for_dropped_inputs():
    X, y = needles()
    model = SparseMLPClassifier(**SELECTING).fit(X, y)
    found = model.feature_importances_
    assert found.shape == (40,)
    assert found.sum() == pytest.approx(1)
    assert set(np.argsort(found)[-2:]) == {3, 17}
    assert_array_equal(found > 0, inputs_in_use(model.network_))
    dropped = found == 0
    assert dropped.any()
    noise = np.random.default_rng(1).normal(size=X.shape)
    changed = np.where(dropped, noise, X)
    assert_array_equal(model.predict_proba(changed), model.predict_proba(X))


def test_stripping_changes_no_importance():
    X, y = needles()
    plain, stripped = (SparseMLPClassifier(strip=s, **SELECTING).fit(X, y) for s in (False, True))
    assert_allclose(stripped.feature_importances_, plain.feature_importances_, rtol=1e-9)


def test_scikit_learn_selects_by_them():
    X, y = needles()
    chosen = SelectFromModel(SparseMLPClassifier(**SELECTING), max_features=2).fit(X, y)
    assert set(np.flatnonzero(chosen.get_support())) == {3, 17}
    kept = SelectFromModel(SparseMLPClassifier(**SELECTING), threshold=1e-9).fit(X, y)
    assert_array_equal(kept.get_support(), inputs_in_use(kept.estimator_.network_))
    pipeline = make_pipeline(StandardScaler(), kept, SparseMLPClassifier(**SELECTING))
    assert pipeline.fit(X, y).score(*needles(seed=1)) > 0.85


def test_numbers_have_them_too_and_features_are_eliminated_by_them():
    X, _ = needles()
    chosen = RFE(SparseMLPRegressor(**SELECTING), n_features_to_select=2, step=0.9)
    assert set(np.flatnonzero(chosen.fit(X, X[:, 3] + X[:, 7]).support_)) == {3, 7}


def test_before_fit_there_are_none():
    with pytest.raises(NotFittedError):
        _ = SparseMLPClassifier().feature_importances_
    assert not hasattr(SparseMLPClassifier(), "feature_importances_")


# ---------------------------------------------------------------------------------- the classes


def test_balanced_classes_find_what_is_rare():
    X, y = uneven()
    test = uneven(seed=1)
    recalls = [
        recall_score(
            test[1], SparseMLPClassifier(class_weight=w, **SMALL).fit(X, y).predict(test[0])
        )
        for w in (None, "balanced")
    ]
    assert recalls[0] < 0.3
    assert recalls[1] > 0.6


def test_class_weights_are_sample_weights():
    X, y = uneven()
    labels = np.array(["no", "yes"])[y]
    by_class = SparseMLPClassifier(class_weight={"yes": 11.0, "no": 1.0}, **SMALL).fit(X, labels)
    by_sample = SparseMLPClassifier(**SMALL).fit(X, labels, sample_weight=1 + 10.0 * y)
    balanced = SparseMLPClassifier(class_weight="balanced", **SMALL).fit(X, labels)
    # Adam does not mind a common factor, but for its epsilon.
    assert_allclose(by_class.predict_proba(X), by_sample.predict_proba(X), atol=1e-3)
    assert_allclose(balanced.predict_proba(X), by_sample.predict_proba(X), atol=1e-3)
    both = SparseMLPClassifier(class_weight={"yes": 2.0}, **SMALL)
    assert clone(both).get_params()["class_weight"] == {"yes": 2.0}


def test_a_stream_takes_weights_that_it_is_given():
    X, y = uneven()
    model = SparseMLPClassifier(class_weight={1: 12.0}, **SMALL)
    for row in range(0, 600, 50):
        model.partial_fit(X[row : row + 50], y[row : row + 50], classes=[0, 1])
    with pytest.raises(ValueError, match="class_weight must be a dict for partial_fit"):
        SparseMLPClassifier(class_weight="balanced").partial_fit(X, y, classes=[0, 1])


@pytest.mark.parametrize(
    ("given", "message"),
    [("even", "class_weight"), ({0: -1}, "at least 0"), ({0: 0, 1: 0}, "one of them above")],
)
def test_other_weights_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        SparseMLPClassifier(class_weight=given).fit(*uneven())


def test_several_labels_have_no_class_weights():
    X, y = make_multilabel_classification(50, random_state=0)
    with pytest.raises(ValueError, match="class_weight must be None for several labels at once"):
        SparseMLPClassifier(class_weight="balanced").fit(X, y)


def test_numbers_have_no_class_weights():
    assert "class_weight" not in SparseMLPRegressor().get_params()
