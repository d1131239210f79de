"""Training curves: every curve and every rewiring is drawn."""

from matplotlib.colors import to_rgba

from rewire.plot import plot_losses


def test_losses_draw_every_curve_and_every_rewiring():
    curves_by_name = {"static": [1.0, 0.5, 0.25], "RigL": [1.0, 0.4, 0.1]}
    ax = plot_losses(curves_by_name, rewirings=[1, 2])
    rewirings, drawn = ax.lines[:2], ax.lines[2:]
    assert [line.get_xdata()[0] for line in rewirings] == [1, 2]
    for line, (name, curve) in zip(drawn, curves_by_name.items(), strict=True):
        assert line.get_label() == name
        assert line.get_xdata().tolist() == [0, 1, 2]
        assert line.get_ydata().tolist() == curve
    assert ax.get_yscale() == "log"
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["rewiring", "static", "RigL"]
    assert len({to_rgba(line.get_color()) for line in drawn}) == 2
