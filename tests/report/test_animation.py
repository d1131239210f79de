"""The animation of a training: the files it is written to, and what cannot be animated."""

import numpy as np
import pytest
from PIL import Image

from rewire.report import Recorder, animation, network_frames, write_animation
from rewire.report.scene_pictures import draw_scenes
from rewire.report.scenes import iter_scenes

from .recordings import X, networks, recorded, y


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


def test_a_network_of_other_inputs_has_no_boundary_and_a_regression_no_accuracy(tmp_path):
    inputs = np.random.default_rng(0).normal(size=(40, 3))
    found = recorded((3, 8, 1), 40, inputs, inputs[:, 0], loss="mean_squared_error")
    assert all(scene.scores is None for scene in iter_scenes(found, 1, 5))
    assert write_animation(found, tmp_path / "it.webp", seconds=1, rate=5).stat().st_size > 1000


def test_another_ending_is_an_error(recording, tmp_path):
    with pytest.raises(ValueError, match=r"path must end in one of .webp, .gif, .png; got 'a.mp4'"):
        write_animation(recording, tmp_path / "a.mp4")


def test_a_network_too_large_to_draw_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(network_frames, "MAX_DRAWN", 10)
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
