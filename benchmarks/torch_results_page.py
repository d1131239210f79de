"""Write docs/results-torch.md, and its picture, from what the torch_study scripts leave.

python benchmarks/torch_results_page.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import torch_study
import torch_study_images
import torch_study_pruning
from page import table
from torch_study_curves import Curve, common_time, costs_of
from torch_study_figures import draw_curves
from torch_study_training import known

HERE = Path(__file__).parent
PAGE, TEMPLATE = HERE.parent / "docs" / "results-torch.md", HERE / "templates" / "results-torch.md"
DENSE, AIM = "dense", 0.05
REWIRING = """## The cost of rewiring

RigL at its default interval of 100 steps, with what the steps around a rewiring take longer, as a
share of the training time. The aim, at most
{aim:.0%}, is met by {within} of {number} (`python benchmarks/torch_rewiring.py`).

{table}

"""


def result(name: str) -> dict:
    return known(HERE / f"{name}.json")


def spread(values: np.ndarray, digits: int = 2) -> str:
    """Return mean ± sample standard deviation, or mark a single seed."""
    if len(values) < 2:
        return f"{values.mean():.{digits}f}*" if len(values) else "–"
    return f"{values.mean():.{digits}f} ± {values.std(ddof=1):.{digits}f}"


# ------------------------------------------------------------------------------------------ curves


def curves() -> dict[str, Curve]:
    """Return the curves of all settings that were trained, in the order of SETTINGS."""
    runs, costs = result("torch_study")["runs"], result("torch_study_costs")
    return {
        name: Curve(runs[name], costs_of(costs["steps"], name), costs_of(costs["token"], name))
        for name in torch_study.SETTINGS
        if name in runs
    }


def draw(found: dict[str, Curve]) -> Path:
    seconds = common_time(found)
    shown = {}
    for name, curve in found.items():
        then = curve.after_seconds(seconds)
        shown[name] = {
            "steps": curve.steps,
            "seconds": curve.seconds,
            "bits": curve.all.mean(axis=0),
            "megabytes": curve.token["bytes"] / 1e6,
            "milliseconds": 1000 * curve.token["latency"],
            "then": then.mean(),
            "spread": then.std(ddof=1) if len(then) > 1 else 0.0,
        }
    return draw_curves(shown, {"seconds": seconds, "steps": torch_study.DENSE_STEPS})


def curve_table(found: dict[str, Curve]) -> str:
    seconds, body = common_time(found), []
    for name, curve in found.items():
        same_steps = curve.after_steps(torch_study.DENSE_STEPS)
        rewiring = curve.costs.get("rewiring", 0.0) * len(curve.rewirings) / curve.seconds[-1]
        body.append(
            [
                name,
                f"{curve.token['parameters'] / 1e6:.2f}",
                f"{1000 * curve.costs['step']:.0f}",
                f"{rewiring:.1%}" if curve.rewirings else "",
                spread(same_steps),
                spread(curve.after_seconds(seconds)),
                f"{curve.steps_in(seconds)}",
                f"{curve.token['bytes'] / 1e6:.1f}",
                f"{1000 * curve.token['latency']:.2f}",
                str(len(curve.all)),
            ]
        )
    heading = ["", "parameters, millions", "ms a step", "of it rewiring"]
    heading += [f"bits after {torch_study.DENSE_STEPS} steps", f"bits after {seconds:.0f} s"]
    heading += [f"steps in {seconds:.0f} s", "MB", "ms a character", "seeds"]
    return table(heading, body)


# ---------------------------------------------------------------------------------------- headline


def wins(found: dict[str, Curve]) -> str:
    """Return which settings are ahead of the dense one, after the same time and the same steps."""
    seconds, steps = common_time(found), torch_study.DENSE_STEPS
    measures = {
        f"**After the same time** ({seconds:.0f} s)": lambda curve: curve.after_seconds(seconds),
        f"**After the same number of steps** ({steps})": lambda curve: curve.after_steps(steps),
    }
    lines = []
    for measure, reading in measures.items():
        bits = {name: reading(curve).mean() for name, curve in found.items()}
        ahead = [name for name in bits if bits[name] < bits[DENSE]]
        behind = [name for name in bits if bits[name] >= bits[DENSE] and name != DENSE]
        lines.append(f"- {measure} ahead of dense: {listed(ahead)}. Not ahead: {listed(behind)}.")
    for what, key in (("bytes", "bytes"), ("latency", "latency")):
        more = [n for n, c in found.items() if c.token[key] > found[DENSE].token[key]]
        lines.append(f"- **More {what} than dense**: {listed(more)}.".replace("More l", "Higher l"))
    return "\n".join(lines)


def rewired_or_not(found: dict[str, Curve]) -> str:
    """Return what rewiring brings at each sparsity, after the same time and the same steps."""
    seconds, lines = common_time(found), []
    for name, static in found.items():
        rewired = found.get(name.replace("static", "RigL"))
        if name.startswith("static") and rewired is not None:
            both = min(len(rewired.all), len(static.all))
            lead = {
                f"{seconds:.0f} s": (static.after_seconds(seconds), rewired.after_seconds(seconds)),
                f"{torch_study.DENSE_STEPS} steps": (
                    static.after_steps(torch_study.DENSE_STEPS),
                    rewired.after_steps(torch_study.DENSE_STEPS),
                ),
            }
            parts = [f"{spread(a[:both] - b[:both])} after {k}" for k, (a, b) in lead.items()]
            lines.append(f"{name.removeprefix('static, ')}: {', '.join(parts)}")
    return "; ".join(lines)


def listed(names: list[str]) -> str:
    return "; ".join(f"*{name}*" for name in names) or "none"


def headline(found: dict[str, Curve]) -> str:
    seconds, dense = common_time(found), found[DENSE]
    sparse = {name: curve for name, curve in found.items() if name != DENSE}
    best = min(sparse, key=lambda name: sparse[name].after_seconds(seconds).mean())
    curve, goal = sparse[best], float(dense.all.mean(axis=0)[-1])
    reached = curve.seconds_to(goal)
    sooner = (
        f", and where dense ends after {dense.seconds[-1]:.0f} s it is after {reached:.0f} s"
        if reached
        else ""
    )
    return (
        f"**After the same {seconds:.0f} seconds on one thread a sparse character GPT is at "
        f"{spread(curve.after_seconds(seconds))} bits per character, the dense one at "
        f"{spread(dense.after_seconds(seconds))}** (*{best}*){sooner}. Its saved model has "
        f"{curve.token['bytes'] / 1e6:.1f} MB instead of {dense.token['bytes'] / 1e6:.1f}; a "
        f"character takes {1000 * curve.token['latency']:.2f} ms to generate instead of "
        f"{1000 * dense.token['latency']:.2f}."
    )


# ------------------------------------------------------------------------------------- other tables


def image_table() -> str:
    runs = result("torch_study_images").get("runs", {})
    costs = result("torch_study_costs")["images"]
    batches = -(-60_000 // torch_study_images.BATCH)

    def epoch(name: str) -> float:
        one = costs_of(costs, name)
        per_step = one.get("rewiring", 0.0) / torch_study_images.EVERY
        return batches * (one["step"] + per_step * 0.75)  # none in the last quarter

    body = []
    for name, seeds in runs.items():
        errors = np.array([run["error"] for run in seeds.values()])
        first = next(iter(seeds.values()))
        seconds = epoch(name)
        body.append(
            [
                name,
                spread(errors),
                f"{seconds:.1f}",
                f"{epoch(DENSE) / seconds:.2f}",
                f"{first['parameters']:,}",
                f"{first['bytes']:,}",
                str(len(errors)),
            ]
        )
    heading = ["", "error, %", "seconds an epoch", "times faster", "parameters", "bytes", "seeds"]
    return table(heading, body)


def memory_table() -> str:
    body = [
        [name, *(f"{found[key]:.0f}" for key in ("peak", *PARTS))]
        for name, found in result("torch_study_costs")["memory"].items()
        if isinstance(found, dict)
    ]
    return table(["", "peak of training, MB", *PARTS], body)


PARTS = ("parameters, gradients, optimiser", "masks or connections")


def profile_table() -> str:
    found = {k: v for k, v in result("torch_study_costs")["profile"].items() if k != "processor"}
    kinds = next(iter(found.values()))
    body = [
        [name, *(f"{share:.0%}" for share in shares.values())] for name, shares in found.items()
    ]
    return table(["", *kinds], body)


def pruning_table() -> str:
    body = []
    for name, runs in result("torch_study_pruning").get("runs", {}).items():
        figures = {
            key: np.array([run[key] for run in runs.values()])
            for key in ("before", "pruned", "trained")
        }
        at_once = spread(figures["pruned"]) if name.startswith("one-shot") else ""
        body.append(
            [name, spread(figures["before"]), at_once, spread(figures["trained"]), str(len(runs))]
        )
    heading = ["", "dense, before", "pruned", f"after {torch_study_pruning.STEPS} steps", "seeds"]
    return table(heading, body)


def search_table(name: str, end: str, what: str) -> str:
    """Return what each learning rate reached on data held back from the training data."""
    body = []
    for setting, runs in result(name)["search"].items():
        rates = dict(sorted(next(iter(runs.values())).items(), key=lambda one: float(one[0])))
        reached = {rate: run[end][-1] for rate, run in rates.items()}
        reached = {rate: v[-1] if isinstance(v, list) else v for rate, v in reached.items()}
        best = min(reached, key=lambda rate: reached[rate])
        shown = [f"**{v:.2f}**" if rate == best else f"{v:.2f}" for rate, v in reached.items()]
        body.append([setting, "; ".join(f"{r}: {v}" for r, v in zip(reached, shown, strict=True))])
    return table(["", what], body)


def rewiring() -> str:
    """Return the cost of rewiring as a share of training time, where it was measured."""
    rows = result("torch_rewiring").get("rows", [])
    if not rows:
        return ""
    body = []
    for row in rows:
        rewiring = row["rewiring_ms"] + row["beside_ms"]
        times = [f"{row['step_ms']:.1f}", f"{rewiring:.0f}", f"{row['share']:.1%}"]
        body.append([row["model"], str(row["batch"]), f"{row['density']}", *times])
    heading = ["", "batch", "density", "ms a step", "ms a rewiring", "share of the time"]
    within = sum(row["share"] <= AIM for row in rows)
    return REWIRING.format(table=table(heading, body), within=within, number=len(rows), aim=AIM)


def machines() -> str:
    """Return which processor each table was measured on."""
    measured = result("torch_study_costs") | {"rewiring": result("torch_rewiring")}
    tables: dict[str, list[str]] = {}
    for name, found in measured.items():
        tables.setdefault(found["processor"], []).append(name)
    return "; ".join(f"an {kind} for {', '.join(names)}" for kind, names in tables.items())


def sections() -> dict[str, str]:
    found = curves()
    return {
        "headline": headline(found),
        "wins": wins(found),
        "rewired": rewired_or_not(found),
        "curves": curve_table(found),
        "images": image_table(),
        "memory": memory_table(),
        "profile": profile_table(),
        "pruning": pruning_table(),
        "search": search_table("torch_study", "curve", "bits per character by learning rate"),
        "image_search": search_table("torch_study_images", "curve", "error, %, by learning rate"),
        "rewiring": rewiring(),
        "machine": f"one thread of {machines()}",
        "steps": str(torch_study.DENSE_STEPS),
        "seconds": f"{common_time(found):.0f}",
        "characters": f"{torch_study.DENSE_STEPS * torch_study.BATCH * torch_study.CONTEXT:,}",
        "batch": str(torch_study.BATCH),
        "windows": str(torch_study.WINDOWS),
        "warm_up": str(torch_study.WARM_UP),
        "fine_tuning": str(torch_study_pruning.STEPS),
        "image_every": str(torch_study_images.EVERY),
        "epochs": str(torch_study_images.EPOCHS),
    }


def page() -> str:
    return TEMPLATE.read_text().format(**sections())


def main() -> None:
    draw(curves())
    PAGE.write_text(page())
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
