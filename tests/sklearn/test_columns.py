"""Tables with columns of any kind, and missing values, given to the estimators as they are."""

import ast
import json
import pickle
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from rewire.sklearn import SparseMLPClassifier, SparseMLPRegressor

SMALL = {
    "hidden_layer_sizes": 16,
    "density": 0.7,
    "max_iter": 60,
    "batch_size": 128,
    "random_state": 0,
}


def houses(count=200, seed=0):
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "area": random.uniform(30, 200, count),
            "town": random.choice(["Aachen", "Bonn", "Celle"], count),
            "garden": random.random(count) < 0.5,
            "sold": pd.Timestamp("2015-01-01")
            + pd.to_timedelta(random.integers(0, 2500, count), "D"),
        }
    )
    price = 3000 * frame["area"] + 200_000 * (frame["town"] == "Bonn") + 90_000 * frame["garden"]
    return frame, price.to_numpy()


FORMS = {
    "pandas": lambda frame: frame,
    "categorical": lambda frame: frame.astype({"town": "category"}),
    "nullable": lambda frame: frame.convert_dtypes(),
    "arrow types": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "objects": lambda frame: frame.astype({"town": object, "garden": object}),
    "polars": lambda frame: pytest.importorskip("polars").from_pandas(frame),
    "arrow": lambda frame: pytest.importorskip("pyarrow").Table.from_pandas(frame),
}


@pytest.mark.parametrize("form", FORMS)
def test_frames_of_every_library_are_learnt_alike(form):
    frame, price = houses()
    reference = SparseMLPRegressor(**SMALL).fit(frame, price)
    assert reference.score(frame, price) > 0.95
    assert reference.feature_names_in_.tolist() == ["area", "town", "garden", "sold"]
    assert {"town=Aachen", "town=Bonn", "town=Celle"} < set(reference.input_names_)
    model = SparseMLPRegressor(**SMALL).fit(FORMS[form](frame), price)
    np.testing.assert_allclose(model.predict(FORMS[form](frame)), reference.predict(frame))
    np.testing.assert_allclose(model.predict(frame), reference.predict(frame))


def test_it_is_what_scikit_learns_own_encoders_would_give():
    frame, price = houses()
    frame = frame[["area", "town", "garden"]]
    # Towns are as good as each other to grow from, so that a rewiring would go by roundings.
    settings = SMALL | {"method": "static"}
    by_hand = make_pipeline(
        make_column_transformer(
            (StandardScaler(), ["area"]),
            (make_pipeline(OneHotEncoder(sparse_output=False), StandardScaler()), ["town"]),
            (StandardScaler(), ["garden"]),
        ),
        SparseMLPRegressor(**settings),
    ).fit(frame, price)
    inside = SparseMLPRegressor(**settings).fit(frame, price)
    np.testing.assert_allclose(inside.predict(frame), by_hand.predict(frame), rtol=1e-3)


def test_missing_and_unseen_values_are_answered():
    frame, price = houses()
    frame.loc[::10, "town"], frame.loc[::7, "area"] = None, np.nan
    frame.loc[::50, "sold"] = pd.NaT
    model = SparseMLPRegressor(**SMALL).fit(frame, price)
    assert "town is missing" in model.input_names_
    assert "area is missing" in model.input_names_
    assert "sold is missing" not in model.input_names_
    new = frame[:3].assign(town=["Dortmund", None, "Bonn"])
    assert np.isfinite(model.predict(new)).all()


def test_what_cannot_be_read_as_in_fit_is_said():
    frame, price = houses()
    model = SparseMLPRegressor(**SMALL).fit(frame, price)
    with pytest.raises(ValueError, match=r"values that can be read as in the first fit.*'large'"):
        model.predict(frame[:2].astype({"area": object}).assign(area=["large", "70"]))
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[["town", "area", "garden", "sold"]])
    numbers = SparseMLPRegressor(**SMALL).fit(frame[["area"]], price)
    with pytest.raises(ValueError, match="X must hold numbers, as in the first fit"):
        numbers.predict(pd.DataFrame({"area": ["large"]}))


# -------------------------------------------------------------------------- missing numbers


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_missing_numbers_are_filled_in_with_an_indicator(dtype):
    random = np.random.default_rng(0)
    X = random.normal(size=(300, 3)).astype(dtype)
    gap = random.random(300) < 0.3
    y = np.where(gap, 1, (X[:, 0] > 0).astype(int))  # what is missing tells
    X[gap, 0] = np.nan
    X[::100, 1] = np.nan
    model = SparseMLPClassifier(**SMALL).fit(X, y)
    assert model.input_names_.tolist() == ["x0", "x0 is missing", "x1", "x2"]
    assert model.network_.dtype == dtype
    assert model.score(X, y) > 0.95
    imputed = SimpleImputer(strategy="median", add_indicator=True).fit_transform(X)[:, :4]
    np.testing.assert_allclose(
        model._inputs.transform(X, ["x0", "x1", "x2"]),
        imputed[:, [0, 3, 1, 2]].astype(dtype),
        rtol=1e-6,
    )


def test_numbers_without_gaps_take_later_ones_for_their_median():
    X = np.random.default_rng(0).normal(size=(101, 2))
    model = SparseMLPRegressor(**SMALL).fit(X, X[:, 0])
    assert model.encoder_ is None
    gap, filled = X[:5].copy(), X[:5].copy()
    gap[2, 1], filled[2, 1] = np.nan, np.median(X[:, 1])
    np.testing.assert_array_equal(model.predict(gap), model.predict(filled))


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
def test_infinite_numbers_are_refused(bad):
    X = np.ones((10, 2))
    X[3, 1] = bad
    with pytest.raises(ValueError, match="infinity"):
        SparseMLPRegressor(**SMALL).fit(X, np.arange(10))


def test_texts_in_an_array():
    X = np.array([["a", 1.5], ["b", 2.5], ["a", None], ["b", 0.5]] * 20, object)
    y = np.array(["left", "right"] * 40)
    model = SparseMLPClassifier(**SMALL).fit(X, y)
    assert model.input_names_[:2].tolist() == ["x0=a", "x0=b"]
    assert (model.predict(X) == y).all()


# ------------------------------------------------------------------------------- as estimators


def test_it_can_be_cloned_pickled_and_validated():
    frame, price = houses()
    model = SparseMLPRegressor(**SMALL)
    assert cross_val_score(model, frame, price, cv=3).mean() > 0.8
    model.fit(frame, price)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(frame), model.predict(frame))
    assert not hasattr(clone(model), "encoder_")


def test_a_stream_of_tables():
    frame, price = houses()
    model = SparseMLPRegressor(**SMALL)
    for _ in range(60):
        model.partial_fit(frame, price)
    assert model.score(frame, price) > 0.8


def test_weights_of_zero_leave_rows_out_of_what_is_learnt_of_columns():
    frame, price = houses()
    weight = np.ones(len(frame))
    weight[frame["town"] == "Celle"] = 0
    model = SparseMLPRegressor(**SMALL).fit(frame, price, sample_weight=weight)
    assert "town=Celle" not in model.input_names_


def test_inputs_are_scaled_if_asked_for():
    X = np.random.default_rng(0).normal(1e9, 1, size=(300, 2))
    y = X[:, 0] > X[:, 1]
    inside = SparseMLPClassifier(**SMALL, standardize=True).fit(X, y)
    outside = make_pipeline(StandardScaler(), SparseMLPClassifier(**SMALL)).fit(X, y)
    assert inside.score(X, y) > 0.9
    np.testing.assert_allclose(inside.predict_proba(X), outside.predict_proba(X), rtol=1e-6)
    assert SparseMLPClassifier(**SMALL).fit(X, y).standardizer_ is None


def test_a_table_of_numbers_is_as_their_array_unless_it_is_said_what_columns_are():
    numbers = pd.DataFrame(np.random.default_rng(0).normal(1e9, 1, (300, 2)), columns=["a", "b"])
    y = numbers["a"] > numbers["b"]
    assert SparseMLPClassifier(**SMALL).fit(numbers, y).standardizer_ is None
    told = SparseMLPClassifier(**SMALL, columns={}).fit(numbers, y)
    scaled = SparseMLPClassifier(**SMALL, standardize=True).fit(numbers, y)
    assert told.score(numbers, y) > 0.9
    np.testing.assert_allclose(
        told.predict_proba(numbers), scaled.predict_proba(numbers), atol=1e-4
    )


# ---------------------------------------------------------------------- what is said of columns


def test_what_columns_are_can_be_said(tmp_path):
    frame, price = houses()
    frame["zip"] = np.random.default_rng(0).integers(10000, 10004, len(frame))
    said = {"zip": "category", "sold": {"role": "ignored"}}
    model = SparseMLPRegressor(**SMALL, columns=said).fit(frame, price)
    assert "zip=10003" in model.input_names_
    assert not any("sold" in name for name in model.input_names_)
    path = tmp_path / "columns.json"
    path.write_text(json.dumps(said))
    again = clone(model).set_params(columns=path).fit(frame, price)
    np.testing.assert_array_equal(again.predict(frame), model.predict(frame))
    numbers = frame[["area", "zip"]].to_numpy()
    model = SparseMLPRegressor(**SMALL, columns={"x1": "category"}).fit(numbers, price)
    assert "x1=10003" in model.input_names_
    assert model.predict(numbers).shape == price.shape


OPEN = {
    "size": ["1,234", "5,678", "9,876", "3,210"],
    "built": ["01/02/2020", "03/04/2020", "05/06/2020", "07/08/2020"],
    "mixed": ["1.234,5", "1,234.5", "2.345,5", "2,345.5"],
    "days": ["13/01/2020", "01/13/2020", "14/01/2020", "01/14/2020"],
    "share": ["37%", "0.42", "12%", "0.3"],
}


@pytest.mark.parametrize("name", OPEN)
def test_what_errors_of_columns_advise_can_be_followed(name):
    frame, y = pd.DataFrame({name: OPEN[name] * 10, "z": ["a", "b"] * 20}), np.arange(40) % 2
    with pytest.raises(ValueError, match="column ") as caught:
        SparseMLPClassifier(**SMALL).fit(frame, y)
    advised = re.findall(r"columns=(\{.*?\}+)", str(caught.value))
    assert advised
    for said in map(ast.literal_eval, advised):
        model = SparseMLPClassifier(**SMALL, columns=said).fit(frame, y)
        assert model.predict(frame).shape == y.shape
    assert not re.search(r"\b(?!columns)[a-z]+=", str(caught.value))
