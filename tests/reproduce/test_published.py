"""The comparison with what the post printed."""

import copy

import pytest

from rewire.reproduce import compare_with_post


@pytest.fixture
def whole(by_array):
    """The array engine's: test_post compares the figures of both."""
    return by_array[0]


def test_one_differing_figure_is_noticed(whole):
    for field, change in [("losses", 2e-12), ("accuracies", 0.01)]:
        other = copy.copy(whole)
        other.rigl = copy.copy(whole.rigl)
        values = list(getattr(whole.rigl, field))
        values[380] += change
        setattr(other.rigl, field, values)
        comparison = compare_with_post(other)
        assert not comparison.agrees
        assert [(row.method, row.step) for row in comparison.rows if not row.agrees] == [
            ("rigl", 380)
        ]


@pytest.mark.parametrize("field", ["stripped_once", "stripped"])
def test_differing_stripping_is_noticed(whole, field):
    other = copy.copy(whole)
    setattr(other, field, whole.rigl.model)
    comparison = compare_with_post(other)
    assert not getattr(comparison, f"{field}_agrees")
    assert not comparison.agrees


def test_another_seed_cannot_be_compared(short):
    with pytest.raises(ValueError, match="seed must be 1337 to be compared; got 7"):
        compare_with_post(short)
