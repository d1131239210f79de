"""The scenes of an animation, against the networks of the recording."""

import numpy as np
import pytest

from rewire.report.frame_features import extract_features
from rewire.report.scenes import iter_scenes

from .recordings import networks


def pairs(source, target):
    return set(zip(source.tolist(), target.tolist(), strict=True))


def test_the_scenes_are_the_recording(recording):
    nets, before, moved = networks(recording), None, 0
    shown = list(iter_scenes(recording, seconds=1, rate=2 * (len(recording.frames) - 1)))
    for net, frame, scene in zip(nets, recording.frames, shown[::2], strict=False):
        table = net.connections
        assert scene.step == frame.step
        assert pairs(scene.source, scene.target) == pairs(table.source, table.target)
        assert scene.weight == pytest.approx(table.weight)
        expected = extract_features(net, recording.X, "hinge", whole=True)
        assert scene.alive.tolist() == expected["alive"].astype(bool).tolist()
        assert scene.scores == pytest.approx(expected["boundary"] / 127)
        if before is not None:
            now, then = (pairs(one.source, one.target) for one in (table, before.connections))
            fresh = scene.fresh > 0
            assert pairs(scene.source[fresh], scene.target[fresh]) == now - then
            assert pairs(scene.gone_source, scene.gone_target) == then - now
            moved += len(now - then)
        before = net
    assert moved == sum(sum(one["grown"]) for one in recording.rewirings) > 10


def test_in_between_weights_and_answers_are_half_way(recording):
    shown = list(iter_scenes(recording, seconds=1, rate=2 * (len(recording.frames) - 1)))
    for start, half, end in zip(shown[0:-2:2], shown[1:-1:2], shown[2::2], strict=False):
        if half.seconds != start.seconds:
            break  # the end has begun
        assert half.step == (start.step + end.step) / 2
        assert half.scores == pytest.approx((start.scores + end.scores) / 2)
        later = dict(zip(zip(end.source, end.target, strict=True), end.weight, strict=True))
        for place, a, b in zip(
            zip(half.source, half.target, strict=True), start.weight, half.weight, strict=True
        ):
            if place in later:
                assert b == pytest.approx((a + later[place]) / 2)


def test_at_the_end_the_dead_are_gone_and_the_living_close_their_ranks(recording):
    last, net = list(iter_scenes(recording, 1, 10))[-1], networks(recording)[-1]
    small = net.strip()
    assert last.presence == 0
    assert last.alive.sum() == small.size < net.size
    for rank in range(len(net.ranks)):
        members = slice(net.rank_start[rank], net.rank_start[rank + 1])
        across = np.sort(last.position[members][last.alive[members], 0])
        assert len(across) == small.ranks[rank]
        assert across.mean() == pytest.approx(0)
        assert np.diff(across) == pytest.approx(1)
    assert f"{net.size - small.size} dead" in last.words
