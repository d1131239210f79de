"""Write docs/results-tables.md, and its picture, from what tables_study.py leaves.

python benchmarks/tables_page.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from figures import GREY, INK, OURS, PALE, save, title
from page import machine, table
from study_tables import DEVELOPMENT, STUDY
from tables_study import MODELS, load

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "results-tables.md"
TEMPLATE = HERE / "templates" / "results-tables.md"
STYLES = {
    "rewire": ("o", OURS),
    "MLP": ("s", INK),
    "linear": ("D", "#d9a441"),
    "boosting": ("^", "#c8571b"),
}

# On so many tables the network was to be as good as the dense MLP, at a tenth of its size.
GOAL = 15

# -------------------------------------------------------------------------------------- verdicts


def complete() -> dict:
    """Return what was measured with all models, in the order of the study."""
    results = load()
    return {name: results[name] for name in STUDY if set(MODELS) <= set(results.get(name, ()))}


def mean(found: dict, model: str, figure: str = "score") -> float:
    return float(np.mean(found[model][figure]))


def lead(found: dict, model: str) -> tuple[float, float]:
    """Return by how much rewire scores better than a model, and the standard error of that.

    Both are means over the folds, on which all models were trained and tested alike.
    """
    difference = np.subtract(found["rewire"]["score"], found[model]["score"])
    return float(difference.mean()), float(difference.std(ddof=1) / len(difference) ** 0.5)


def as_good(found: dict, model: str) -> bool:
    return lead(found, model)[0] >= 0


def within_error(found: dict, model: str) -> bool:
    difference, error = lead(found, model)
    return difference >= -error


def ahead(found: dict, model: str) -> bool:
    """Return whether a model is better than rewire by more than a standard error."""
    difference, error = lead(found, model)
    return difference < -error


def names(results: dict, test: object, model: str) -> list[str]:
    assert callable(test)
    return [name for name, found in results.items() if test(found, model)]


def share_of_size(results: dict) -> np.ndarray:
    """Return rewire's bytes as a share of the MLP's, table by table."""
    return np.array(
        [found["rewire"]["bytes"] / found["MLP"]["bytes"] for found in results.values()]
    )


def verdict(reached: bool) -> str:
    return "which is reached" if reached else "which is **not reached**"


def listed(things: list[str]) -> str:
    return "; ".join(f"*{thing}*" for thing in things) if things else "none"


# ---------------------------------------------------------------------------------------- pieces


def headline(results: dict) -> str:
    """Return what a reader should remember, each figure from the results."""
    sizes = share_of_size(results)
    seconds = [found["rewire"]["seconds"] / found["MLP"]["seconds"] for found in results.values()]
    even, close, near, beaten = (
        len(names(results, test, model))
        for test, model in (
            (as_good, "MLP"),
            (within_error, "MLP"),
            (within_error, "linear"),
            (ahead, "boosting"),
        )
    )
    lower = sum(
        mean(found, "rewire", "error") <= mean(found, "MLP", "error") for found in results.values()
    )
    return (
        f"**On {even} of {len(results)} tables as good as scikit-learn's dense MLP or better, at "
        f"{np.median(sizes):.0%} of its size** (the median; {sizes.min():.0%} to "
        f"{sizes.max():.0%}), and on {close} not worse by more than a standard error. By log loss "
        f"and mean absolute error it is as good or better on {lower}. The linear model is ahead by "
        f"more than a standard error on {len(results) - near}, gradient boosting on {beaten}. All "
        f"have their default settings; the median training takes {np.median(seconds):.1f} times "
        "the MLP's seconds.\n\n"
        f"The aim was {GOAL} tables beside the MLP, {verdict(even >= GOAL)}, and none where the "
        f"linear model is ahead, {verdict(near == len(results))}.\n\n"
        "![Left: by how much rewire scores better than three other models on each table. Right: "
        "bytes of the models, on a logarithmic scale.](images/results-tables.png)"
    )


def score(found: dict, model: str) -> str:
    values = np.array(found[model]["score"])
    text = f"{values.mean():.3f} ± {values.std(ddof=1) / len(values) ** 0.5:.3f}"
    best = max(mean(found, other) for other in MODELS)
    return f"**{text}**" if mean(found, model) == best else text


def difference(found: dict, model: str) -> str:
    return "{:+.3f} ± {:.3f}".format(*lead(found, model))


def score_table(results: dict, task: str) -> str:
    body = [
        [
            name,
            *(score(found, model) for model in MODELS),
            *(difference(found, model) for model in ("MLP", "linear")),
        ]
        for name, found in results.items()
        if STUDY[name].task == task
    ]
    return table(["", *MODELS, "rewire − MLP", "rewire − linear"], body)


def error_table(results: dict) -> str:
    body = [
        [name, *(f"{mean(found, model, 'error'):.4g}" for model in MODELS)]
        for name, found in results.items()
    ]
    return table(["", *MODELS], body)


def size_table(results: dict) -> str:
    body = []
    for name, found in results.items():
        share = found["rewire"]["bytes"] / found["MLP"]["bytes"]
        body.append(
            [
                name,
                *(f"{found[model]['bytes']:,.0f}" for model in MODELS),
                f"{share:.0%}",
                f"{found['rewire']['inputs']:.1f} of {found['MLP']['inputs']:.0f}",
                *(f"{found[model]['seconds']:.2f}" for model in MODELS),
            ]
        )
    heading = [
        "",
        *(f"{model}, bytes" for model in MODELS),
        "rewire / MLP",
        "inputs read",
        *(f"{model}, s" for model in MODELS),
    ]
    return table(heading, body)


def description() -> str:
    body = []
    for one in STUDY.values():
        X, y = one.data()
        classes = f"{y.nunique()} classes" if one.task == "classification" else "a quantity"
        missing = int(X.isna().to_numpy().sum())
        left_out = ", ".join(one.ignore)
        words = [*(["without " + left_out] if left_out else []), *([one.note] if one.note else [])]
        body.append(
            [one.name, f"{len(X):,}", str(X.shape[1]), f"{missing}", classes, "; ".join(words)]
        )
    return table(["", "rows", "columns", "gaps", "target", ""], body)


def verdicts(results: dict) -> str:
    behind_mlp = [n for n in results if n not in names(results, as_good, "MLP")]
    beyond = names(results, ahead, "MLP")
    lines = [
        f"- Behind the MLP: {listed(behind_mlp)}. By more than a standard error: {listed(beyond)}.",
        "- Behind the linear model by more than a standard error: "
        f"{listed(names(results, ahead, 'linear'))}.",
        f"- Boosting is ahead by more than a standard error: "
        f"{listed(names(results, ahead, 'boosting'))}.",
        "- Behind boosting by no more than that, or ahead of it: "
        f"{listed(names(results, within_error, 'boosting'))}.",
    ]
    return "\n".join(lines)


def boosting(results: dict) -> str:
    """Return where boosting is ahead, by how much, and for how many bytes."""
    body = [
        [
            name,
            f"{-lead(found, 'boosting')[0]:.3f} ± {lead(found, 'boosting')[1]:.3f}",
            f"{found['boosting']['bytes'] / found['rewire']['bytes']:,.0f}×",
        ]
        for name, found in results.items()
        if ahead(found, "boosting")
    ]
    body.sort(key=lambda line: -float(line[1].split()[0]))
    return table(["", "boosting − rewire", "bytes"], body) if body else "Nowhere on these tables."


# --------------------------------------------------------------------------------------- picture


def draw(results: dict) -> Path:
    figure = Figure(figsize=(10, 7.2), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1.35, 1], sharey=True)
    left.axvline(0, color=OURS, linewidth=1.5)
    for row, found in enumerate(results.values()):
        for place, model in enumerate(("MLP", "linear", "boosting")):
            marker, colour = STYLES[model]
            left.errorbar(
                *(lead(found, model)[0], row + (place - 1) * 0.22),
                xerr=lead(found, model)[1],
                fmt=marker,
                color=colour,
                markersize=5,
                linewidth=1,
            )
        sizes = [found[model]["bytes"] for model in MODELS]
        right.plot([min(sizes), max(sizes)], [row, row], color=PALE, linewidth=1, zorder=0)
        for model, size in zip(MODELS, sizes, strict=True):
            marker, colour = STYLES[model]
            label = model if row == 0 else None
            right.plot([size], [row], marker, color=colour, markersize=5, label=label)
    classes = sum(STUDY[name].task == "classification" for name in results)
    for axes in (left, right):
        axes.axhline(classes - 0.5, color=GREY, linewidth=0.8)
        axes.set_ylim(len(results) - 0.5, -0.7)
    left.set_yticks(range(len(results)), results)
    left.set_xlabel(
        "accuracy (above the line) or R² (below), rewire minus the other model",
        color=INK,
        fontsize=9,
    )
    right.set_xscale("log")
    right.set_xlabel("bytes of the model", color=INK, fontsize=9)
    title(left, "rewire's lead over the others")
    title(right, "Size")
    handles, labels = right.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return save(figure, "results-tables.png")


def main() -> None:
    results = complete()
    draw(results)
    sections = {
        "headline": headline(results),
        "verdicts": verdicts(results),
        "accuracy": score_table(results, "classification"),
        "r2": score_table(results, "regression"),
        "errors": error_table(results),
        "sizes": size_table(results),
        "boosting": boosting(results),
        "tables": description(),
        "development": listed(list(DEVELOPMENT)),
        "machine": machine(),
    }
    PAGE.write_text(TEMPLATE.read_text().format(**sections))
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
