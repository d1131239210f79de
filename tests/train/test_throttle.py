"""Calls that come often, but not too often."""

from rewire.train.throttle import Throttle


def test_calls_take_no_more_than_their_share_of_the_time(monkeypatch):
    clock, calls = [0.0], []

    def save():
        calls.append(clock[0])
        clock[0] += 2.0  # how long it takes

    monkeypatch.setattr("rewire.train.throttle.monotonic", lambda: clock[0])
    throttled = Throttle(save, seconds=5, share=0.1)
    for second in range(60):
        clock[0] = max(clock[0], second)
        throttled()
    assert calls == [5, 27, 49]  # two seconds of twenty
    throttled(now=True)
    assert len(calls) == 4
