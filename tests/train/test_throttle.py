"""Calls that come often, but not too often."""

from rewire.train.throttle import Pace, Throttle


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


def test_lines_come_at_first_at_last_and_every_few_seconds_between():
    clock = [0.0]
    pace, written = Pace(seconds=3, clock=lambda: clock[0]), []
    for tenth in range(101):  # ten seconds of a hundred lines
        clock[0] = tenth / 10
        if pace.due(last=tenth == 100):
            written.append(clock[0])
    assert written == [0, 3, 6, 9, 10]
