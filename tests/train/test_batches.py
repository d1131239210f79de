"""Which samples a step learns from: permutations, the same however they are asked for."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rewire.train.batches import Batches, batch_sizes

made = st.builds(
    Batches, samples=st.integers(1, 40), size=st.integers(1, 50), seed=st.integers(0, 2**64)
)


@given(made, st.integers(0, 20))
def test_every_epoch_has_each_sample_once(batches, epoch):
    first = epoch * batches.per_epoch
    rows = [batches.rows(first + i) for i in range(batches.per_epoch)]
    assert {len(part) for part in rows[:-1]} <= {batches.size}
    assert 1 <= len(rows[-1]) <= batches.size
    assert sorted(np.concatenate(rows)) == list(range(batches.samples))


@given(made, st.lists(st.integers(0, 200), min_size=1, max_size=10))
def test_any_update_can_be_asked_for_at_any_time(batches, total_steps):
    fresh = Batches(batches.samples, batches.size, batches.seed)
    in_order = [fresh.rows(step) for step in range(max(total_steps) + 1)]
    for step in total_steps:
        np.testing.assert_array_equal(batches.rows(step), in_order[step])


@given(made, st.integers(0, 30), st.integers(1, 60))
def test_stretches_are_the_updates_one_after_the_other(batches, first, length):
    done, last = first, first + length
    while done < last:
        part = batches.stretch(done, last)
        assert part.ndim == 2
        assert 1 <= len(part) <= last - done
        for rows, size in zip(part, batch_sizes(part), strict=True):
            np.testing.assert_array_equal(rows[:size], batches.rows(done))
            assert (rows[size:] == -1).all()
            done += 1
    assert done == last


def test_a_stretch_goes_on_in_the_next_epochs():
    batches = Batches(23, 5, seed=0)
    assert batches.stretch(3, 17).shape == (14, 5)
    assert batch_sizes(batches.stretch(3, 17)).tolist() == [
        5,
        3,
        5,
        5,
        5,
        5,
        3,
        5,
        5,
        5,
        5,
        3,
        5,
        5,
    ]


def test_epochs_and_seeds_differ():
    orders = [Batches(50, 10, seed).rows(step) for seed in (0, 1) for step in (0, 5, 10)]
    assert len({tuple(order) for order in orders}) == 6


def test_all_samples_at_once_keep_their_order():
    batches = Batches(5, 100, seed=3)
    assert batches.size == 5
    assert batches.per_epoch == 1
    for step in (0, 7):
        assert batches.rows(step).tolist() == [0, 1, 2, 3, 4]
    assert batches.stretch(2, 40).shape == (38, 5)
