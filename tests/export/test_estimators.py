"""Estimators are exported as the models that they are."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

from rewire.export import export, to_onnx
from rewire.sklearn import SparseMLPClassifier, SparseMLPRegressor

from .test_onnx_model import session
from .test_python_source import module_of

# Trainings as short as these may end worse than the majority.
pytestmark = pytest.mark.filterwarnings("ignore:.*worse than")


@pytest.fixture(scope="module")
def homes():
    random = np.random.default_rng(0)
    area, heating = random.uniform(30, 200, 80), random.choice(["gas", "oil", "wood"], 80)
    return pd.DataFrame({"area": area, "heating": heating})


ROWS = pd.DataFrame({"area": [150.0, 40.0, np.nan], "heating": ["gas", "coal", None]})
FEED = {
    "area": ROWS[["area"]].to_numpy(),
    "heating": ROWS[["heating"]].fillna("").to_numpy(object),
}


def fitted(kind, X, y):
    return kind(hidden_layer_sizes=(12,), max_iter=5, method="static", random_state=0).fit(X, y)


def exported(estimator, folder):
    export(estimator, folder / "model.onnx")
    return session(str(folder / "model.onnx"))


@pytest.mark.parametrize("classes", [("no", "yes"), (3, 7, 11)])
def test_a_classifier_of_a_table(classes, homes, tmp_path):
    y = np.array(classes)[np.arange(len(homes)) % len(classes)]
    estimator = fitted(SparseMLPClassifier, homes, y)
    label, probabilities = exported(estimator, tmp_path).run(None, FEED)
    assert label.tolist() == estimator.predict(ROWS).tolist()
    np.testing.assert_allclose(probabilities, estimator.predict_proba(ROWS), rtol=1e-9)
    predict = module_of(estimator.as_model())["predict"]
    assert [predict(row) for row in ROWS.to_dict("records")] == label.tolist()


def test_a_regressor_of_a_table(homes, tmp_path):
    estimator = fitted(SparseMLPRegressor, homes, 1e6 + 1e3 * homes["area"])
    (answer,) = exported(estimator, tmp_path).run(None, FEED)
    np.testing.assert_allclose(answer[:, 0], estimator.predict(ROWS), rtol=1e-12)


def test_numbers_with_names_and_without(tmp_path):
    X, y = load_iris(return_X_y=True, as_frame=True)
    estimator = fitted(SparseMLPClassifier, X, y)
    few = X[::10].copy()
    few.iloc[3, 1] = np.nan  # filled in by the median, as the estimator does
    feed = {name: few[[name]].to_numpy() for name in few}
    label, probabilities = exported(estimator, tmp_path).run(None, feed)
    assert label.tolist() == estimator.predict(few).tolist()
    np.testing.assert_allclose(probabilities, estimator.predict_proba(few), rtol=1e-9)
    X = X.to_numpy()
    estimator = fitted(SparseMLPClassifier, X, y)
    label, _ = exported(estimator, tmp_path).run(None, {"X": X})
    assert label.tolist() == estimator.predict(X).tolist()


def test_what_is_no_model_is_refused_by_name(tmp_path):
    with pytest.raises(TypeError, match=r"net must be a rewire\.Network, or a model .* got dict"):
        export({}, tmp_path / "net.onnx")
    with pytest.raises(TypeError, match="got the class SparseMLPClassifier"):
        export(SparseMLPClassifier, tmp_path / "net.onnx")
    X, y = load_iris(return_X_y=True)
    estimator = fitted(SparseMLPClassifier, X, y)
    with pytest.raises(ValueError, match="format must be one of c, onnx, python for a whole model"):
        export(estimator, tmp_path / "net.npz")
    several = fitted(SparseMLPClassifier, X, np.column_stack([y == 0, y == 1]).astype(int))
    with pytest.raises(ValueError, match="several labels at once: export its network_"):
        to_onnx(several.as_model())
