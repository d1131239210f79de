"""The critical difference diagram: what stands where."""

import matplotlib.pyplot as plt
import pytest

from rewire.plot import plot_critical_difference

RANKS = {"static": 3.75, "set": 2.5, "rigl": 1.25, "dsr": 2.5}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_every_method_stands_at_its_rank_with_its_name():
    ax = plot_critical_difference(RANKS)
    texts = {text.get_text(): text for text in ax.texts}
    assert set(texts) == {
        "1",
        "2",
        "3",
        "4",
        "rigl  1.25",
        "set  2.50",
        "2.50  dsr",
        "3.75  static",
    }
    leaders = [line for line in ax.lines if len(line.get_xdata()) == 3]
    assert [line.get_xdata()[0] for line in leaders] == sorted(RANKS.values())
    for line in leaders:
        # down from the scale, and then to the name at its end
        assert line.get_ydata()[0] == 0
        assert line.get_ydata()[1] == line.get_ydata()[2] > 0
    heights = [line.get_ydata()[2] for line in leaders]
    assert heights == [heights[0], heights[1], heights[1], heights[0]]  # best and worst on top
    top, bottom = ax.get_ylim()
    assert top > bottom


def test_cliques_are_bars_with_a_dot_at_each_of_their_methods():
    ax = plot_critical_difference(RANKS, [["rigl", "dsr"], ["set", "dsr", "static"]])
    bars = [line for line in ax.lines if line.get_label() == "clique"]
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    for group in (bars, dots):
        assert [list(line.get_xdata()) for line in group] == [[1.25, 2.5], [2.5, 2.5, 3.75]]
    levels = [line.get_ydata()[0] for line in bars]
    names = min(line.get_ydata()[2] for line in ax.lines if len(line.get_xdata()) == 3
                and line.get_label() != "clique" and line.get_marker() != "o")  # fmt: skip
    assert 0 < levels[0] < levels[1] < names


def test_the_critical_difference_is_a_ruler_of_that_length():
    ax = plot_critical_difference(RANKS, critical_difference=0.75)
    [ruler] = [line for line in ax.lines if line.get_label() == "ruler"]
    assert list(ruler.get_xdata()) == [1, 1.75]
    assert "critical difference 0.75" in [text.get_text() for text in ax.texts]
    assert not [
        line for line in plot_critical_difference(RANKS).lines if line.get_label() == "ruler"
    ]


def test_axes_and_titles_are_used():
    _, given = plt.subplots()
    assert plot_critical_difference(RANKS, ax=given, title="both") is given
    assert given.get_title(loc="left") == "both"
    given.figure.canvas.draw()


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="at least two methods; got 1"):
        plot_critical_difference({"rigl": 1.0})
    with pytest.raises(ValueError, match="cliques must hold methods in ranks; got 'snfs'"):
        plot_critical_difference(RANKS, [["rigl", "snfs"]])
