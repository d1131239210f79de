"""Tables of samples to predict: columns by name, whatever their order, and texts as trained on."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, issparse, save_npz

from rewire.data import load, read_features, read_samples


@pytest.fixture
def houses():
    return pd.DataFrame(
        {
            "area": [50.5, 80.0, 120.0, 64.0],
            "town": ["Aachen", "Bonn", "Aachen", "a=b"],
            "new": [True, False, True, True],
            "price": [1.5, 2.5, 3.5, 2.25],
        }
    )


@pytest.fixture
def trained(houses, tmp_path):
    houses.to_csv(tmp_path / "houses.csv", index=False)
    return load(tmp_path / "houses.csv", target="price", dtype="float64")


def read(frame, names, tmp_path, inputs=5, ending=".csv"):
    path = tmp_path / f"new{ending}"
    if ending == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if ending == ".tsv" else ",")
    return read_features(path, names, inputs)


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet"])
def test_reads_what_training_read(houses, trained, ending, tmp_path):
    assert trained.feature_names == ("area", "town=Aachen", "town=Bonn", "town=a=b", "new")
    X = read(houses, trained.feature_names, tmp_path, ending=ending)
    assert X.dtype == np.float64
    np.testing.assert_array_equal(X, trained.X)


def test_columns_in_any_order_and_further_ones(houses, trained, tmp_path):
    shuffled = houses[["new", "town", "area"]].assign(note=["", None, "x", "y"])
    np.testing.assert_array_equal(read(shuffled, trained.feature_names, tmp_path), trained.X)


def test_a_single_text_of_those_known(houses, trained, tmp_path):
    X = read(houses.iloc[1:2], trained.feature_names, tmp_path)
    assert X.tolist() == [[80.0, 0, 1, 0, 0]]


def test_without_names_the_columns_are_taken_as_they_stand(tmp_path):
    frame = pd.DataFrame({"b": [1, 2], "a": [0.5, 1.5]})
    assert read(frame, None, tmp_path, inputs=2).tolist() == [[1, 0.5], [2, 1.5]]
    with pytest.raises(
        ValueError, match=r"new.csv cannot be loaded: it must have 3 columns.*got 2"
    ):
        read(frame, None, tmp_path, inputs=3)
    with pytest.raises(ValueError, match=r"column 'a' must hold numbers.*got text such as 'x'"):
        read(frame.assign(a="x"), None, tmp_path, inputs=2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda frame: frame.drop(columns="area"),
            "new.csv cannot.*it must have the columns.*'area' is miss",
        ),
        (
            lambda frame: frame.drop(columns="town"),
            "new.csv cannot.*it must have the columns.*'town' is miss",
        ),
        (
            lambda frame: frame.assign(town="Celle"),
            "column 'town' must hold texts that the model was trained on, Aachen, Bonn, a=b; got "
            "'Celle'",
        ),
        (lambda frame: frame.assign(town=7), "column 'town' must hold texts.*got '7'"),
        (lambda frame: frame.assign(area="large"), "column 'area' must hold numbers.*'large'"),
        (
            lambda frame: frame.assign(area=[1, 2, None, 4]),
            "no value may be missing; got none in row 2.*'area'",
        ),
        (lambda frame: frame[:0], "at least one row"),
    ],
)
def test_what_the_model_does_not_know_is_refused(change, message, houses, trained, tmp_path):
    with pytest.raises(ValueError, match=message):
        read(change(houses), trained.feature_names, tmp_path)


def test_other_kinds_of_files_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"ends in .csv, .tsv, .parquet, .npz; got '.*new.xls'"):
        read_features(tmp_path / "new.xls", ["a"], 1)
    with pytest.raises(FileNotFoundError):
        read_features(tmp_path / "new.csv", ["a"], 1)


# ------------------------------------------------------------------------------- arrays and answers


def test_arrays_are_samples_too(tmp_path):
    X = np.array([[1.5, 0, 2], [0, 0, 4]])
    np.savez(tmp_path / "dense.npz", X=X, y=["text", "is no matter"])
    save_npz(tmp_path / "sparse.npz", csr_array(X))
    np.testing.assert_array_equal(read_features(tmp_path / "dense.npz", None, 3), X)
    found = read_features(tmp_path / "sparse.npz", None, 3, "float32")
    assert issparse(found)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found.toarray(), X)
    for name in ("dense.npz", "sparse.npz"):
        with pytest.raises(
            ValueError, match=rf"{name} cannot .*shape \(samples, 2\).*got \(2, 3\)"
        ):
            read_features(tmp_path / name, None, 2)
    np.savez(tmp_path / "none.npz", Z=X)
    with pytest.raises(ValueError, match="must hold the array 'X'; its arrays are Z"):
        read_features(tmp_path / "none.npz", None, 3)
    np.savez(tmp_path / "gaps.npz", X=np.where(X > 3, np.nan, X))
    with pytest.raises(ValueError, match="finite numbers; got nan in sample 1, column 2"):
        read_features(tmp_path / "gaps.npz", None, 3)


def test_numbers_too_large_for_the_model_are_refused_as_what_they_were(houses, trained, tmp_path):
    houses.assign(area=[1, 2, 1e300, 4]).to_csv(tmp_path / "new.csv", index=False)
    with pytest.raises(ValueError, match=r"column 'area' must hold numbers of float32.*1e\+300"):
        read_features(tmp_path / "new.csv", trained.feature_names, 5, "float32")
    assert read_features(tmp_path / "new.csv", trained.feature_names, 5)[2, 0] == 1e300


@pytest.mark.parametrize("target", ["price", 3, ["price", "area"]])
def test_samples_with_their_answers(target, houses, trained, tmp_path):
    houses.assign(id=list("abcd"), gaps=None).to_csv(tmp_path / "new.csv", index=False)
    names = trained.feature_names if target != ["price", "area"] else ("new",)
    X, y = read_samples(tmp_path / "new.csv", names, len(names), target)
    expected = trained.X if target != ["price", "area"] else houses[["new"]]
    np.testing.assert_array_equal(X, expected)
    answers = houses["price"] if target != ["price", "area"] else houses[["price", "area"]]
    np.testing.assert_array_equal(y, answers)


def test_answers_that_are_missing_are_refused(houses, trained, tmp_path):
    houses.assign(price=[1, None, 2, 3]).to_csv(tmp_path / "new.csv", index=False)
    with pytest.raises(ValueError, match=r"new.csv cannot .*none in row 1.*'price'"):
        read_samples(tmp_path / "new.csv", trained.feature_names, 5, "price")
    with pytest.raises(ValueError, match=r"target must be the column to predict.*got 'cost'"):
        read_samples(tmp_path / "new.csv", trained.feature_names, 5, "cost")
