import numpy as np
import pytest

from rewire.validation import float_dtype, real_array, whole_number


@pytest.mark.parametrize("dtype", ["float32", np.float64, float, np.dtype("float32")])
def test_the_two_types_of_numbers_are_returned(dtype):
    assert float_dtype(dtype) == np.dtype(dtype)


@pytest.mark.parametrize("dtype", ["float16", "int64", "text", 3])
def test_other_types_of_numbers_are_refused(dtype):
    with pytest.raises(ValueError, match="dtype must be 'float32' or 'float64'; got"):
        float_dtype(dtype)


@pytest.mark.parametrize("values", [[1, 2], [True], np.float32([1]), [[0.5]]])
def test_real_numbers_are_returned_as_an_array(values):
    np.testing.assert_array_equal(real_array(values, "X"), values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a"], "X must hold real numbers; got <U1"),
        ([1j], "X must hold real numbers; got complex128"),
        ([None], "X must hold real numbers; got object"),
        ([[1], [1, 2]], "X must be an array of numbers; got rows of several lengths"),
    ],
)
def test_what_is_no_array_of_real_numbers_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        real_array(values, "X")


def test_whole_numbers_are_returned_as_int():
    assert type(whole_number(np.int32(3), "seed")) is int


@pytest.mark.parametrize("value", [0, -1, 1.0, True, "1", None])
def test_what_is_no_whole_number_in_the_range_is_refused(value):
    with pytest.raises(ValueError, match=f"size must be a whole number, at least 1; got {value!r}"):
        whole_number(value, "size", 1)


class TestArraysInOtherThings:
    """What holds numbers that NumPy alone does not see."""

    def test_masked_values_are_refused_and_masks_without_any_are_not(self):
        masked = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, True])
        with pytest.raises(ValueError, match=r"^X must have no masked values; got 2: fill them"):
            real_array(masked, "X")
        assert real_array(np.ma.array([1.0, 2.0]), "X").tolist() == [1.0, 2.0]

    def test_tensors_with_gradients_are_taken_and_sparse_ones_are_not(self):
        torch = pytest.importorskip("torch")
        assert real_array(torch.ones(2, requires_grad=True), "X").tolist() == [1.0, 1.0]
        for tensor in (torch.ones(2).to_sparse(), torch.ones(2, dtype=torch.bfloat16)):
            with pytest.raises(TypeError, match=r"^X must be a dense tensor of a type that NumPy"):
                real_array(tensor, "X")

    def test_nullable_columns_are_numbers_and_what_is_missing_is_nan(self):
        pandas = pytest.importorskip("pandas")
        frame = pandas.DataFrame({"a": pandas.array([1, None], "Int64"), "b": [True, False]})
        np.testing.assert_array_equal(real_array(frame, "X"), [[1.0, 1.0], [np.nan, 0.0]])
        series = pandas.Series([1.5, None], dtype="Float64")
        np.testing.assert_array_equal(real_array(series, "y"), [1.5, np.nan])
        with pytest.raises(ValueError, match=r"^X must hold real numbers; got object"):
            real_array(pandas.DataFrame({"a": ["1", "2"]}), "X")
