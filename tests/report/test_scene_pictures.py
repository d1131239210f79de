"""The pictures of an animation: what is drawn in which colour."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from rewire.plot import style
from rewire.report.scene_pictures import draw_scenes
from rewire.report.scenes import iter_scenes


@pytest.mark.slow
def test_what_moves_is_red_and_green_and_is_so_nowhere_else(recording):
    shown = list(iter_scenes(recording, 1, len(recording.frames) - 1))
    pictures = list(draw_scenes(recording, shown, 720))

    def dots(picture, colour):
        wiring = np.asarray(picture, int)[80:300]
        return int((np.abs(wiring - 255 * np.array(to_rgb(colour))).max(axis=2) < 12).sum())

    for scene, picture in zip(shown, pictures, strict=True):
        moves = len(scene.gone_source) > 0 and scene.presence == 1
        assert (dots(picture, style.DROPPED) > 20) == moves
        assert (dots(picture, style.GROWN) > 20) == moves
