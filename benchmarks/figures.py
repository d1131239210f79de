"""The pictures at the top of docs/benchmarks.md and docs/results.md, drawn from their figures."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

IMAGES = Path(__file__).parent.parent / "docs" / "images"
INK, GREY, PALE = "#1f2733", "#8a93a0", "#c4cad3"
OURS = "#1f6fb4"


def title(axes: Axes, text: str) -> None:
    axes.set_title(text, loc="left", color=INK, fontsize=11, fontweight="bold")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(colors=INK, labelsize=9)


def save(figure: Figure, name: str) -> Path:
    path = IMAGES / name
    # No version of matplotlib in the file, so that the same figures make the same bytes.
    figure.savefig(
        path, dpi=110, metadata={"Software": None}, pil_kwargs={"optimize": True}, facecolor="white"
    )
    return path


def draw_benchmarks(steps: list[dict], memory: dict[str, dict]) -> Path:
    """Draw the speed of a training step by density, and the memory that training takes.

    Parameters
    ----------
    steps : list of dict
        Rows of training_step.json for one network and one number of threads, densest first.
    memory : dict
        memory.json.
    """
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1.9, 1])
    names = {
        "rewire": OURS,
        "PyTorch sparse CSR": "#c8571b",
        "SciPy CSR": "#d9a441",
        "PyTorch dense": INK,
        "PyTorch masked": GREY,
    }
    height = 0.8 / len(names)
    for row, step in enumerate(steps):
        for place, (name, colour) in enumerate(names.items()):
            ratio = step["ratio"][name]
            at = row + (place - (len(names) - 1) / 2) * height
            # Bars begin at 1, the speed of dense PyTorch: to the right is faster.
            left.barh(
                at, ratio - 1, height * 0.9, left=1, color=colour, label=name if row == 0 else None
            )
            if name == "PyTorch dense":
                left.plot([1], [at], "|", color=colour, markersize=9, markeredgewidth=3)
            beside = {"xytext": (4 if ratio >= 1 else -4, 0), "textcoords": "offset points"}
            left.annotate(
                f"{ratio:.1f}×" if ratio < 10 else f"{ratio:.0f}×",
                (ratio, at),
                va="center",
                ha="left" if ratio >= 1 else "right",
                fontsize=8,
                color=INK,
                fontweight="bold" if name == "rewire" else None,
                **beside,
            )
    left.set_xscale("log")
    left.set_xlim(0.4, 130)
    left.set_xticks([0.5, 1, 2, 5, 10, 20, 50, 100], ["½", "1", "2", "5", "10", "20", "50", "100"])
    left.xaxis.minorticks_off()
    left.axvline(1, color=INK, linewidth=0.8)
    left.set_yticks(range(len(steps)), [f"density\n{step['density']:.0%}" for step in steps])
    left.invert_yaxis()
    left.set_xlabel("speed, dense PyTorch = 1", color=INK, fontsize=9)
    left.legend(loc="upper right", frameon=False, fontsize=8)
    title(left, f"A training step of {steps[0]['network']}, 1 thread")

    shown = [(name, figures["megabytes"]) for name, figures in memory.items() if name != "huge"]
    labels, megabytes = zip(*shown, strict=True)
    bars = right.barh(labels, megabytes, 0.6, color=[names[name] for name in labels])
    right.bar_label(bars, [f"{mb:.0f} MB" for mb in megabytes], padding=4, fontsize=9, color=INK)
    right.set_xlim(0, max(megabytes) * 1.25)
    right.set_xlabel("memory that training adds, MB", color=INK, fontsize=9)
    right.invert_yaxis()
    title(right, "Memory at density 1%")
    return save(figure, "benchmarks.png")


def draw_results(
    small: list[tuple[str, float, float, float | None, bool]],
    sparsities: list[str],
    published: dict[str, tuple[float, ...]],
    ours: dict[str, list[tuple[float, float]]],
) -> Path:
    """Draw what small networks cost and how often they err, and accuracy against sparsity.

    Parameters
    ----------
    small : list of (name, KFLOPs, error, deviation or None, whether published)
    sparsities : list of str
    published : dict of name to accuracies
    ours : dict of name to (accuracy, deviation) at each sparsity
    """
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    small = sorted(small, key=lambda row: (row[1] < 9, not row[4]))
    for row, (_, _, error, deviation, is_published) in enumerate(small):
        marker, colour = ("s", GREY) if is_published else ("o", OURS)
        left.errorbar(error, row, xerr=deviation, fmt=marker, color=colour, markersize=7, capsize=3)
        label = f"{error:.2f}" if deviation is None else f"{error:.2f} ± {deviation:.2f}"
        left.annotate(
            label,
            (error, row),
            xytext=(0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=INK,
        )
    left.set_yticks(
        range(len(small)), [f"{name}\n{kiloflops:.1f} KFLOPs" for name, kiloflops, *_ in small]
    )
    left.set_ylim(len(small) - 0.5, -0.7)
    left.set_xlim(1.0, 2.0)
    left.axhline(sum(row[1] > 9 for row in small) - 0.5, color=PALE, linewidth=0.8)
    left.set_xlabel("error on the test images, %", color=INK, fontsize=9)
    title(left, "Small networks")

    places = range(len(sparsities))
    for name, accuracies in published.items():
        right.plot(places, accuracies, "s--", color=PALE, markersize=4, linewidth=1)
        right.annotate(
            f"{name}, published",
            (places[-1], accuracies[-1]),
            xytext=(5, {"SNFS": -7, "DSR": 1}.get(name, 0)),
            textcoords="offset points",
            va="center",
            fontsize=7,
            color=GREY,
        )
    colours = ["#8a5aa8", "#d9a441", "#00875a", "#c8571b", OURS]
    for (name, figures), colour in zip(ours.items(), colours, strict=True):
        means, deviations = zip(*figures, strict=True)
        right.errorbar(
            places, means, deviations, fmt="o-", color=colour, markersize=4, capsize=2, label=name
        )
    right.set_xlim(-0.2, len(sparsities) - 0.05)
    right.set_ylim(93, 99.2)
    right.set_xticks(places, sparsities)
    right.set_xlabel("sparsity of LeNet-300-100", color=INK, fontsize=9)
    right.set_ylabel("accuracy, %", color=INK, fontsize=9)
    right.legend(loc="lower left", frameon=False, fontsize=8, title="rewire", title_fontsize=8)
    title(right, "Accuracy as connections get fewer")
    return save(figure, "results.png")
