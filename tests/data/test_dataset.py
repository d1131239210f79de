"""The form of a data set, what it refuses, and how it is split."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array, csc_matrix, csr_array, csr_matrix

from rewire.data import Dataset, Standardizer

X = np.arange(6, dtype=np.float32).reshape(3, 2)
Y = np.array([0, 1, 0])


@pytest.mark.parametrize(
    ("labels", "classes", "numbers"),
    [
        (["b", "a", "b"], ("a", "b"), [1, 0, 1]),
        ([True, False, True], (False, True), [1, 0, 1]),
        ([1, -1, 1], (-1, 1), [1, 0, 1]),
        ([7, 3, 5], (3, 5, 7), [2, 0, 1]),
        ([2.0, 1.0, 2.0], (1.0, 2.0), [1, 0, 1]),
        ([["x"], ["y"], ["x"]], ("x", "y"), [0, 1, 0]),
    ],
)
def test_labels_of_any_kind_are_numbered_in_sorted_order(labels, classes, numbers):
    data = Dataset.from_arrays(X, labels, X[:1], labels[2:])
    assert (data.task, data.classes, data.outputs) == ("classification", classes, len(classes))
    assert data.y.tolist() == numbers
    assert data.y_test.tolist() == numbers[2:]


@pytest.mark.parametrize(
    ("targets", "outputs"),
    [([0.5, 1, 2], 1), (np.arange(21.0), 1), (np.zeros((3, 4)), 4), (np.ones((3, 2), int), 2)],
)
def test_numbers_with_a_point_and_several_columns_are_a_regression(targets, outputs):
    inputs = np.zeros((len(targets), 2))
    data = Dataset.from_arrays(inputs, targets, inputs, targets, dtype="float32")
    assert (data.task, data.classes, data.outputs) == ("regression", (), outputs)
    assert data.y.dtype == data.y_test.dtype == np.float64  # whatever the inputs are
    np.testing.assert_array_equal(data.y, targets)


def test_twenty_whole_floats_are_classes_and_the_task_overrules():
    inputs = np.zeros((20, 1))
    assert Dataset.from_arrays(inputs, np.arange(20.0)).outputs == 20
    told = Dataset.from_arrays(inputs, np.arange(20.0), task="regression")
    assert (told.task, told.outputs) == ("regression", 1)


def test_many_whole_numbers_are_not_guessed_at():
    inputs, y = np.zeros((101, 1)), np.arange(101)
    with pytest.raises(ValueError, match=r"101 different whole numbers.*task='regression'"):
        Dataset.from_arrays(inputs, y)
    assert Dataset.from_arrays(inputs, y, task="classification").outputs == 101
    assert Dataset.from_arrays(inputs, y, task="regression").outputs == 1
    assert Dataset.from_arrays(inputs[1:], y[1:]).outputs == 100


@pytest.mark.parametrize(
    ("given", "dtype", "expected"),
    [
        (np.float64, None, np.float64),
        (np.float32, None, np.float32),
        (np.int64, None, np.float32),
        (np.uint8, "float64", np.float64),
        (np.float64, "float32", np.float32),
    ],
)
def test_dtype(given, dtype, expected):
    dense = Dataset.from_arrays(X.astype(given), Y, X.astype(np.int8), Y, dtype=dtype)
    sparse = Dataset.from_arrays(csr_array(X.astype(given)), Y, dtype=dtype)
    assert dense.X.dtype == dense.X_test.dtype == sparse.X.dtype == expected


def test_what_has_the_right_form_is_not_copied():
    sparse = csr_array(X)
    assert Dataset.from_arrays(X, Y).X is X
    assert np.shares_memory(Dataset.from_arrays(sparse, Y).X.data, sparse.data)
    data = Dataset.from_arrays(X, Y)
    assert data.astype("float32") is data


def test_astype_converts_all_parts():
    data = Dataset.from_arrays(X, [0.5, 1, 2], X, [0.5, 1, 2]).astype("float64")
    assert {a.dtype for a in (data.X, data.y, data.X_test, data.y_test)} == {np.dtype("float64")}
    assert Dataset.from_arrays(X, Y).astype("float64").y.dtype.kind == "i"


@pytest.mark.parametrize("form", [csr_matrix, csc_matrix, coo_array])
def test_any_sparse_matrix_becomes_csr(form):
    data = Dataset.from_arrays(form(X), Y, form(X), Y)
    assert isinstance(data.X, csr_array)
    assert data.X.nnz == 5
    np.testing.assert_array_equal(data.X.toarray(), X)
    assert repr(data) == "<Dataset data: 3 samples, 2 inputs, sparse, 2 classes, 3 test samples>"


def test_repeated_entries_are_summed_and_the_givers_matrix_is_left_alone():
    given = csr_array(([1.0, 2.0, 4.0], [1, 1, 0], [0, 2, 3, 3]), shape=(3, 2))
    data = Dataset.from_arrays(given, Y)
    assert data.X.toarray().tolist() == [[0, 3], [4, 0], [0, 0]]
    assert (data.X.nnz, given.nnz) == (2, 3)
    assert given.data.tolist() == [1, 2, 4]


def test_a_sparse_matrix_with_indices_outside_is_refused():
    broken = csr_array(X)
    broken.indices[0] = 9
    with pytest.raises(ValueError, match=r"X must be a valid sparse matrix: .*2"):
        Dataset.from_arrays(broken, Y)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("form", [np.array, csr_array])
def test_numbers_that_are_not_finite_are_refused_by_place(form, bad):
    broken = X.copy()
    broken[2, 1] = bad
    with pytest.raises(ValueError, match=f"X must hold finite.*got {bad} in sample 2, column 1 "):
        Dataset.from_arrays(form(broken), Y)
    with pytest.raises(ValueError, match=r"X_test must hold finite.*in sample 2, column width "):
        Dataset.from_arrays(X, Y, form(broken), Y, feature_names=["height", "width"])
    with pytest.raises(ValueError, match=f"y must hold finite.*got {bad} in sample 1 "):
        Dataset.from_arrays(X, [0.5, bad, 0])


def test_numbers_too_large_for_float32_are_refused():
    with pytest.raises(ValueError, match="X must hold finite numbers; got inf in sample 0"):
        Dataset.from_arrays([[1e300]] * 2, [0, 1], dtype="float32")
    assert Dataset.from_arrays(X, [0.5, 1e300, 0]).y[1] == 1e300  # targets are float64


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"X": [["a", "b"]] * 3}, "X must hold real numbers"),
        ({"X": X[0]}, r"X must be.*shape \(samples, inputs\).*got ndarray of shape \(2,\)"),
        ({"X": X[:0], "y": Y[:0], "task": "regression"}, "at least one of each"),
        ({"X": X[:0], "y": [], "task": "classification"}, "at least two classes; got \\[\\]"),
        ({"X": X[:, :0]}, "at least one of each"),
        ({"y": Y[:2]}, r"y must be .* one target for each of the 3 samples in X; got .*\(2,\)"),
        ({"y": [5, 5, 5]}, "y must hold at least two classes; got \\[5\\]"),
        ({"y": np.array(["a", 1, "b"], object)}, "y must hold labels of one kind"),
        ({"y": np.array([1, 2, 1j])}, "y must hold labels, text or real numbers; got complex128"),
        ({"y": np.zeros(3, [("a", int)])}, "y must hold labels, text or real numbers; got .*'a'"),
        ({"y": np.eye(3), "task": "classification"}, "y must have one label per sample"),
        ({"y": [0, np.nan, 1], "task": "classification"}, "y must hold finite labels"),
        ({"y": ["a", "b", "a"], "task": "regression"}, "y must hold real numbers"),
        ({"task": "ranking"}, "task must be 'classification' or 'regression'; got 'ranking'"),
        ({"dtype": "int8"}, "dtype must be 'float32' or 'float64'; got 'int8'"),
        ({"X_test": X}, "X_test and y_test must both be given"),
        ({"X_test": X[:, :1], "y_test": Y}, "X_test must have 2 columns, as X; got 1"),
        ({"X_test": X, "y_test": [0, 1, 2]}, "y_test must hold labels that are in y too; got .*2"),
        ({"X_test": X, "y_test": [0, 1j, 1]}, "y_test must hold labels, text or real numbers"),
        ({"X_test": X, "y_test": np.zeros(3, [("a", int)])}, "y_test must hold labels, text or"),
        ({"X_test": X, "y_test": Y[:2]}, "y_test must be .* each of the 3 samples in X_test"),
        ({"feature_names": ["one"]}, "feature_names must have one name for each of 2 inputs"),
        ({"image_shape": (2, 2)}, r"image_shape must have 2 pixels; got \(2, 2\)"),
    ],
)
def test_what_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Dataset.from_arrays(**{"X": X, "y": Y, **arguments})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"X": X.tolist()}, "X must be an array or CSR"),
        ({"X": csc_matrix(X)}, "X must be an array or CSR"),
        ({"X": X.astype(int)}, "X must be float32 or float64.*got int64"),
        ({"X_test": X.astype(np.float64), "y_test": Y}, "X_test must be float32 or float64"),
        ({"y": np.array([0, 1, 2])}, r"y must hold class numbers in \[0, 2\)"),
        ({"y": np.array([0, 1, -1])}, r"y must hold class numbers in \[0, 2\)"),
        ({"y": Y.astype(float)}, "y must hold class numbers.*got float64"),
        ({"task": "regression", "classes": ()}, "y must be float64 of shape.*got int64"),
    ],
)
def test_the_constructor_takes_only_the_final_form(arguments, message):
    with pytest.raises(ValueError, match=message):
        Dataset(**{"X": X, "y": Y, "classes": ("a", "b"), **arguments})


def test_signed_labels():
    data = Dataset.from_arrays(X, ["no", "yes", "no"], X[:2], ["yes", "no"])
    y, y_test = data.signed()
    assert (y.tolist(), y_test.tolist()) == ([-1, 1, -1], [1, -1])
    assert Dataset.from_arrays(X, Y).signed()[1] is None
    with pytest.raises(ValueError, match="a data set of two classes; data has 3 classes"):
        Dataset.from_arrays(X, [0, 1, 2]).signed()
    with pytest.raises(ValueError, match="a data set of two classes; data has regression"):
        Dataset.from_arrays(X, [0.5, 1, 2]).signed()


@given(
    counts=st.lists(st.integers(4, 30), min_size=2, max_size=4),
    share=st.floats(0.25, 0.75),
    seed=st.integers(0, 2**32 - 1),
    sparse=st.booleans(),
)
def test_a_split_parts_the_training_samples_and_keeps_the_share_of_each_class(
    counts, share, seed, sparse
):
    y = np.repeat(np.arange(len(counts)), counts)
    inputs = np.arange(1, len(y) + 1, dtype=np.float64)[:, None]
    data = Dataset.from_arrays(csr_array(inputs) if sparse else inputs, y, [[-1]], [0])
    train, validation = data.split(share, seed=seed)
    parts = [part.X.toarray() if sparse else part.X for part in (train, validation)]
    drawn = [part.ravel().astype(int) for part in parts]
    assert sorted(np.concatenate(drawn)) == list(range(1, len(y) + 1))
    for part, samples in zip((train, validation), drawn, strict=True):
        np.testing.assert_array_equal(part.y, y[samples - 1])
        assert (np.diff(samples) > 0).all()
    size = int(np.ceil(share * len(y)))
    assert len(validation.y) == size
    for number, count in enumerate(counts):
        assert abs((validation.y == number).sum() - size * count / len(y)) <= 1
    assert train.X_test is data.X_test
    assert validation.X_test is None
    assert validation.classes == data.classes


def test_the_seed_decides_a_split():
    data = Dataset.from_arrays(np.arange(100.0)[:, None], np.arange(100) % 2)
    drawn = [
        data.split(20, seed=seed)[1].X.ravel().tolist()
        for seed in (3, 3, 4, np.random.default_rng(5), np.random.default_rng(5))
    ]
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]
    assert drawn[3] == drawn[4]
    assert len(drawn[0]) == 20


def test_a_regression_is_split_at_random():
    data = Dataset.from_arrays(np.arange(10.0)[:, None], np.arange(10) / 4)
    train, validation = data.split(0.3, seed=0)
    assert sorted([*train.X.ravel(), *validation.X.ravel()]) == list(range(10))
    np.testing.assert_array_equal(validation.y, validation.X.ravel() / 4)


@pytest.mark.parametrize("size", [0, -0.5, 1.5, 3, 30, np.nan])
def test_sizes_that_leave_a_part_empty_are_refused(size):
    with pytest.raises(ValueError, match=r"size must be a share in \(0, 1\) or .* in \[1, 3\)"):
        Dataset.from_arrays(X, Y).split(size)


@pytest.mark.parametrize("seed", range(5))
def test_the_only_sample_of_a_class_is_trained_on(seed):
    data = Dataset.from_arrays(np.arange(12.0)[:, None], [0] * 5 + [1] + [2] * 5 + [3])
    train, validation = data.split(0.5, seed=seed)
    assert {5.0, 11.0} <= set(train.X.ravel())
    assert len(validation.y) == 6
    assert set(validation.y) == {0, 2}


def test_one_sample_of_each_class_cannot_be_split():
    data = Dataset.from_arrays(np.arange(4.0)[:, None], [0, 1, 2, 3])
    with pytest.raises(ValueError, match=r"at least two samples .*; data has one of each class"):
        data.split(0.5, seed=0)
    assert len(data.split(0.5, seed=0, stratify=False)[1].y) == 2


def test_parts_smaller_than_the_number_of_classes_are_refused():
    data = Dataset.from_arrays(np.arange(30.0)[:, None], np.repeat([0, 1, 2], 10))
    with pytest.raises(
        ValueError, match=r"as there are classes, 3; got 0.05, which makes parts of 28 and 2"
    ):
        data.split(0.05, seed=0)
    with pytest.raises(ValueError, match=r"size must leave samples to train on; got 0.1 of 1 samp"):
        Dataset.from_arrays([[1.0]], [0.5]).split(0.1)


@pytest.mark.parametrize("sparse", [False, True])
def test_standardized_transforms_both_parts_by_the_training_part(sparse):
    dense = np.random.default_rng(0).binomial(3, 0.5, (20, 3)).astype(np.float64)
    parts = [csr_array(part) if sparse else part for part in (dense[:15], dense[15:])]
    data = Dataset.from_arrays(parts[0], np.arange(15) % 2, parts[1], np.arange(5) % 2)
    standardizer = Standardizer.fit(data.X)
    made = data.standardized(standardizer)
    expected = (dense - (0 if sparse else dense[:15].mean(axis=0))) / dense[:15].std(axis=0)
    found = [part.toarray() if sparse else part for part in (made.X, made.X_test)]
    np.testing.assert_allclose(np.vstack(found), expected, rtol=1e-12, atol=1e-12)


def test_row_pointers_outside_an_empty_sparse_matrix_are_refused():
    """SciPy looks at none where there are no entries, and its compiled code follows them."""
    empty = csr_array((3, 2))
    empty.indptr[:] = [0, 10**6, -5, 0]
    with pytest.raises(ValueError, match="X must be a valid sparse matrix: indptr must rise"):
        Dataset.from_arrays(empty, [0, 1, 1])
