"""One thread or two, on a clock that the test turns."""

import random
from itertools import pairwise

import pytest

from rewire.kernels import threads
from rewire.kernels.autotune import ThreadTuner


class Machine:
    """Calls that take as long as a test says, with noise; and what was chosen."""

    def __init__(self, monkeypatch, seconds, noise=0.0, seed=0):
        self.now, self.seconds, self.noise = 0.0, seconds, noise
        self.random, self.chosen = random.Random(seed), []
        monkeypatch.setattr(threads, "run_threaded", self.run_threaded)
        self.tuner = ThreadTuner(lambda: self.now)

    def run_threaded(self, function, arguments, number):
        spent = self.seconds(len(self.chosen), number)
        spent *= self.random.uniform(1 - self.noise, 1 + self.noise)
        if self.noise and self.random.random() < 0.05:
            spent *= 3  # something else had the processor
        self.chosen.append(number)
        self.now += spent

    def calls(self, count, most=2, size=1):
        """Make so many calls; the time that they took."""
        begin = self.now
        for _ in range(count):
            self.tuner.run(None, (), self.tuner.threads(most), size)
        return self.now - begin


def fixed(one, two):
    return lambda call, number: two if number > 1 else one


@pytest.mark.parametrize("noise", [0.0, 0.02, 0.1])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("two", [0.5, 0.7, 0.96, 1.0, 1.1, 1.5, 3.0])
def test_choosing_costs_next_to_nothing(monkeypatch, two, noise, seed):
    def always(number):
        machine = Machine(monkeypatch, fixed(1.0, two), noise, seed)
        for _ in range(5000):
            machine.run_threaded(None, (), number)
        return machine.now

    best = min(always(1), always(2))
    machine = Machine(monkeypatch, fixed(1.0, two), noise, seed)
    assert machine.calls(5000) < 1.06 * best


@pytest.mark.parametrize("seed", range(10))
def test_two_threads_that_lose_are_hardly_used(monkeypatch, seed):
    machine = Machine(monkeypatch, fixed(1.0, 1.05), 0.05, seed)
    machine.calls(5000)
    assert machine.chosen.count(2) < 250


def test_two_threads_that_are_not_clearly_faster_are_not_chosen(monkeypatch):
    machine = Machine(monkeypatch, fixed(1.0, 0.96))
    machine.calls(1000)
    assert machine.chosen.count(2) <= ThreadTuner.CALLS * 6


def test_a_second_processor_that_slows_down_is_left_at_once_and_found_again(monkeypatch):
    def seconds(call, number):
        return 1.0 if number == 1 else 2.0 if 1000 <= call < 2000 else 0.6

    machine = Machine(monkeypatch, seconds)
    machine.calls(1000)
    assert machine.chosen[-500:].count(2) > 490
    assert machine.calls(1000) < 1050  # two threads would take 2000
    machine.calls(2000)
    assert machine.chosen[-500:].count(2) > 490


def test_trials_become_rarer_while_the_verdict_holds(monkeypatch):
    machine = Machine(monkeypatch, fixed(1.0, 2.0))
    machine.calls(30_000)
    trials = [i for i, number in enumerate(machine.chosen) if number == 2][:: ThreadTuner.CALLS]
    pauses = [after - before for before, after in pairwise(trials)]
    assert pauses == sorted(pauses)
    assert pauses[0] < 100
    assert pauses[-1] > 2000


def test_a_first_call_that_compiles_does_not_mislead(monkeypatch):
    machine = Machine(monkeypatch, lambda call, number: 5000.0 if call == 0 else 1.0 / number)
    machine.calls(100)
    assert set(machine.chosen[2 * ThreadTuner.CALLS : 30]) == {2}


@pytest.mark.parametrize("slow", [0, 1])
@pytest.mark.parametrize(("two", "right"), [(0.8, 2), (1.25, 1)])
def test_calls_of_which_every_second_takes_longer_do_not_mislead(monkeypatch, slow, two, right):
    def seconds(call, number):
        return (1.6 if call % 2 == slow else 1.0) * (two if number > 1 else 1.0)

    machine = Machine(monkeypatch, seconds)
    machine.calls(1000)
    assert machine.chosen.count(right) > 900


def test_time_is_counted_for_the_work_that_was_done(monkeypatch):
    machine = Machine(monkeypatch, lambda call, number: (1 + call % 7) / number)
    for call in range(1000):
        machine.calls(1, size=1 + call % 7)
    assert machine.chosen.count(1) < 40


def test_another_number_of_threads_is_another_question(monkeypatch):
    machine = Machine(monkeypatch, lambda call, number: {1: 1.0, 2: 2.0, 4: 0.3}[number])
    machine.calls(100, most=2)
    assert machine.chosen[-10:] == [1] * 10
    machine.calls(100, most=4)
    assert machine.chosen[-10:] == [4] * 10
    made, called = len(machine.chosen), []
    machine.tuner.run(called.append, (7,), machine.tuner.threads(1), 1)
    assert called == [7]
    assert len(machine.chosen) == made
