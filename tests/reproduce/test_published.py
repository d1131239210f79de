"""The comparison with what the post printed."""

import copy

import pytest

from rewire.reproduce import compare_with_post


def test_every_printed_figure_agrees(whole):
    comparison = compare_with_post(whole)
    assert len([row for row in comparison.rows if row.method == "static"]) == 21
    assert len([row for row in comparison.rows if row.method == "rigl"]) == 20
    assert [row for row in comparison.rows if not row.agrees] == []
    assert comparison.largest_difference <= 1e-12
    assert comparison.stripped_once_agrees
    assert comparison.stripped_agrees
    assert comparison.agrees


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
