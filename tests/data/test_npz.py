"""Arrays that NumPy and SciPy saved."""

import numpy as np
import pytest
from scipy.sparse import csc_array, csr_array, csr_matrix, save_npz

from rewire.data import load

X = np.array([[1, 0, 2], [0, 3, 0], [0, 0, 4.5]])
LABELS = np.array(["cat", "dog", "cat"])


def test_arrays_with_a_test_part(tmp_path):
    path = tmp_path / "pets.npz"
    np.savez_compressed(path, X=X, y=LABELS, X_test=X[:1], y_test=LABELS[:1], more=np.ones(1))
    data = load(path)
    assert (data.name, data.classes, data.y.tolist()) == ("pets", ("cat", "dog"), [0, 1, 0])
    np.testing.assert_array_equal(data.X, X.astype(np.float32))
    np.testing.assert_array_equal(data.X_test, X[:1].astype(np.float32))
    assert data.y_test.tolist() == [0]


def test_targets_under_another_name(tmp_path):
    path = tmp_path / "pets.npz"
    np.savez(path, X=X, weight=[4.5, 20, 5], X_test=X, weight_test=[4.5, 20, 6])
    data = load(path, target="weight", dtype="float64")
    assert (data.task, data.y.tolist(), data.y_test.tolist()) == (
        "regression",
        [4.5, 20, 5],
        [4.5, 20, 6],
    )
    np.testing.assert_array_equal(data.X, X)


@pytest.mark.parametrize("form", [csr_array, csr_matrix, csc_array])
def test_sparse_matrices_with_targets_in_their_own_file(tmp_path, form):
    save_npz(tmp_path / "words.npz", form(X))
    np.save(tmp_path / "topics.npy", LABELS)
    data = load(tmp_path / "words.npz", target=tmp_path / "topics.npy")
    assert isinstance(data.X, csr_array)
    assert data.X.nnz == 4
    np.testing.assert_array_equal(data.X.toarray(), X.astype(np.float32))
    assert data.classes == ("cat", "dog")


def test_dense_arrays_with_targets_in_their_own_file(tmp_path):
    np.savez(tmp_path / "X.npz", X=X)
    np.save(tmp_path / "y.npy", LABELS)
    assert load(tmp_path / "X.npz", target=str(tmp_path / "y.npy")).y.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ({"X": X}, r"it must hold the array 'y', or target .*its arrays are X$"),
        ({"data": X, "y": LABELS}, "it must hold the array 'X'"),
        ({"X": X, "y": LABELS, "X_test": X}, "it must hold the array 'y_test'"),
        ({"X": X, "y": LABELS[:2]}, "one target for each of the 3 samples"),
        ({"X": X, "y": LABELS.astype(object)}, r"array 'y' could not be read.*y\.astype\(str\)"),
        (
            {"X": X * np.nan, "y": LABELS},
            "X must hold finite numbers; got nan in sample 0, column 0",
        ),
    ],
)
def test_what_is_refused(tmp_path, stored, message):
    path = tmp_path / "mine.npz"
    np.savez(path, **stored)
    with pytest.raises(ValueError, match=rf"mine\.npz': .*{message}"):
        load(path)


def test_a_sparse_matrix_without_targets_says_how_to_give_them(tmp_path):
    save_npz(tmp_path / "words.npz", csr_array(X))
    with pytest.raises(ValueError, match=r"target must name a \.npy file"):
        load(tmp_path / "words.npz")


def test_a_sparse_matrix_with_indices_outside_is_refused(tmp_path):
    broken = csr_array(X)
    broken.indices[-1] = 1000
    save_npz(tmp_path / "broken.npz", broken)
    np.save(tmp_path / "y.npy", LABELS)
    with pytest.raises(ValueError, match=r"broken\.npz': .*ind"):
        load(tmp_path / "broken.npz", target=tmp_path / "y.npy")


@pytest.mark.parametrize("keep", [0, 10, 150, -30])
def test_truncated_files_are_refused_by_name(tmp_path, keep):
    path = tmp_path / "cut.npz"
    np.savez(path, X=X, y=LABELS)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"cut\.npz': it must be an NPZ file"):
        load(path)


def test_flipped_bytes_are_refused_by_name(tmp_path):
    path = tmp_path / "flipped.npz"
    np.savez(path, X=X, y=LABELS)
    content = bytearray(path.read_bytes())
    at = content.find(X.tobytes())
    content[at] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"flipped\.npz': .*CRC"):
        load(path)


def test_options_are_refused(tmp_path):
    np.savez(tmp_path / "mine.npz", X=X, y=LABELS)
    with pytest.raises(ValueError, match="sep is for tables only; got ';' for"):
        load(tmp_path / "mine.npz", sep=";")


def test_a_pickle_is_never_opened(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("the pickle was opened",))

    trap = np.array([Trap(), 0, 1], dtype=object)
    np.savez(tmp_path / "trap.npz", X=X, y=trap)
    np.save(tmp_path / "trap.npy", trap)
    for target in ("y", tmp_path / "trap.npy"):
        with pytest.raises(ValueError, match="allow_pickle=False"):
            load(tmp_path / "trap.npz", target=target)
