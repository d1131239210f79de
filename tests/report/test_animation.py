"""The film of a training: what stands on its pictures, and the files it is written to."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

import rewire
from rewire.data import moons
from rewire.methods import RigL
from rewire.plot import style
from rewire.report import Recorder, animation, write_animation
from rewire.report import recorder as recorder_module
from rewire.report.frame_features import extract_features
from rewire.report.scene_pictures import draw_scenes
from rewire.report.scenes import iter_scenes
from rewire.report.snapshots import restore

X, y = moons(seed=0)


def recorded(ranks=(2, 16, 16, 1), total_steps=100, X=X, y=y, **options):
    net = rewire.mlp(list(ranks), sparsity=[0, *[0.85] * (len(ranks) - 2)], seed=0)
    recorder = Recorder(data="moons")
    options = {"loss": "hinge", "method": RigL(every=20), "seed": 0} | options
    rewire.fit(net, X, y, total_steps=total_steps, callbacks=[recorder], **options)
    return recorder.recording


@pytest.fixture(scope="module")
def recording():
    return recorded()


def networks(recording):
    return [restore(one.arrays, recording.about["activations"]) for one in recording.frames]


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


@pytest.fixture(scope="module")
def pictures(recording):
    """The pictures of a short animation, drawn once for all formats."""
    return list(draw_scenes(recording, list(iter_scenes(recording, 1, 8)), 400))


@pytest.mark.parametrize("kind", ["webp", "gif", "png"])
def test_files_are_animated_and_go_round(recording, pictures, monkeypatch, tmp_path, kind):
    monkeypatch.setattr(animation, "draw_scenes", lambda *_: pictures)
    path = write_animation(recording, tmp_path / f"it.{kind}", seconds=1, rate=8, width=400)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    with Image.open(path) as film:
        assert film.size == (400, 224)
        assert film.info["loop"] == 0
        total = 0
        for number in range(film.n_frames):
            film.seek(number)
            film.load()
            total += film.info["duration"]
        expected = sum(scene.seconds for scene in iter_scenes(recording, 1, 8))
        assert total == pytest.approx(1000 * expected, abs=10 * film.n_frames)


def test_what_moves_is_red_and_green_and_is_so_nowhere_else(recording):
    shown = list(iter_scenes(recording, 1, len(recording.frames) - 1))
    pictures = list(draw_scenes(recording, shown, 720))

    def dots(picture, colour):
        away = np.abs(np.asarray(picture, int) - 255 * np.array(to_rgb(colour))).max(axis=2)
        return int((away[80:300] < 12).sum())  # where the wiring is

    for scene, picture in zip(shown, pictures, strict=True):
        moves = len(scene.gone_source) > 0 and scene.presence == 1
        assert (dots(picture, style.DROPPED) > 20) == moves
        assert (dots(picture, style.GROWN) > 20) == moves


def test_a_network_of_other_inputs_has_no_boundary_and_a_regression_no_accuracy(tmp_path):
    inputs = np.random.default_rng(0).normal(size=(40, 3))
    found = recorded((3, 8, 1), 40, inputs, inputs[:, 0], loss="mean_squared_error")
    assert all(scene.scores is None for scene in iter_scenes(found, 1, 5))
    assert write_animation(found, tmp_path / "it.webp", seconds=1, rate=5).stat().st_size > 1000


def test_another_ending_is_an_error(recording, tmp_path):
    with pytest.raises(ValueError, match=r"path must end in one of .webp, .gif, .png; got 'a.mp4'"):
        write_animation(recording, tmp_path / "a.mp4")


def test_a_network_too_large_to_draw_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(recorder_module, "MAX_DRAWN", 10)
    with pytest.raises(ValueError, match="small enough to be drawn; got one of 83"):
        write_animation(recorded(), tmp_path / "a.webp")


def test_a_network_that_gained_a_neuron_is_an_error(recording, tmp_path):
    net = networks(recording)[-1]
    recorder = Recorder()
    recorder.start(net, X, y, method="mine", loss="hinge", total_steps=2)
    net.add_neuron(rank=1)
    recorder.take(net, 2, "end")
    with pytest.raises(ValueError, match="keeps its neurons"):
        write_animation(recorder.recording, tmp_path / "a.webp")
