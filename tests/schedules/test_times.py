"""When to rewire, worked out by hand, and the arguments that are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire.schedules import At, Every, Rounds, Time


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Every(20), [20, 40, 60, 80]),
        (Every(20, offset=1), [21, 41, 61, 81]),
        (Every(20, begin=0.4, end=0.8), [40, 60]),
        (Every(25, end=0.75), [25, 50]),
        (Every("epoch"), [30, 60, 90]),
        (Every(100), []),
        (Every(99), [99]),
        (Every(99, offset=1), []),
        (At(0), [0]),
        (At(99), [99]),
        (At(100), []),
        (Rounds(3), [33, 66]),
        (Rounds(4), [25, 50, 75]),
    ],
)
def test_when_to_rewire_in_100_steps(schedule, expected):
    assert schedule.steps(total_steps=100, steps_per_epoch=30).tolist() == expected


@given(st.integers(2, 30), st.integers(1, 300))
def test_after_each_round_one_more_pruning_is_done_and_after_the_last_all_are(rounds, total):
    schedule = Rounds(rounds)
    times = [total * k // rounds for k in range(1, rounds)]
    for step in range(total):
        done = sum(time <= step for time in times)
        assert schedule(Time(step, total)) == pytest.approx(done / (rounds - 1))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Every(0), "interval must be 'epoch' or a whole number .* at least 1; got 0"),
        (lambda: Every(2.5), r"interval must be .*; got 2\.5"),
        (lambda: Every(True), "interval must be .*; got True"),
        (lambda: Every("step"), "interval must be .*; got 'step'"),
        (lambda: Every(5, begin=0.5, end=0.5), "end must come after begin"),
        (lambda: Every(5, offset=-1), "offset must be at least 0; got -1"),
        (lambda: At(-1), "step must be at least 0; got -1"),
        (lambda: Rounds(1), "rounds must be at least 2; got 1"),
    ],
)
def test_arguments_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
