"""What is recovered when the trained dense GPT of torch_study.py is pruned and trained further.

One-shot: the largest weights stay, then RigL. Gradual: in STAGES, along GMP's cubic schedule, with
training after each, RigL in the last. The dense model trained for as many steps more stands beside
them. Needs the dense models that torch_study.py leaves in runs/torch_study.

    REWIRE_DATA_DIR=... python benchmarks/torch_study_pruning.py [--jobs N]
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import torch
from torch import nn

import torch_study
from torch_study import SETTINGS, Setting, batch, bits, saved, text
from torch_study_training import command

DENSITIES = {"80%": 0.2, "90%": 0.1}
STEPS, STAGES, EVERY = 100, 4, 25
RUNS = ["dense", *(f"{way}, {s}" for s in DENSITIES for way in ("one-shot", "gradual"))]


def schedule(density: float) -> list[float]:
    """Return the density of each stage, from dense along a cubic curve (arXiv 1710.01878)."""
    left = [(1 - stage / STAGES) ** 3 for stage in range(1, STAGES + 1)]
    return [density + (1 - density) * share for share in left]


def pruned(model: nn.Module, density: float) -> nn.Module:
    """Keep the largest weights of each layer, of a dense or of a sparse model."""
    import rewire.torch as rt

    options = {"distribution": "uniform", "exclude": ("head*",), "start": "magnitude"}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "dense layers are faster")  # in the first stages
        return rt.sparsify(rt.densify(model), density=density, **options)


def densities_of(name: str) -> Sequence[float | None]:
    """Return the density of each stage of a run; None stands for dense."""
    way, _, sparsity = name.partition(", ")
    if way == "dense":
        return [None]
    return schedule(DENSITIES[sparsity]) if way == "gradual" else [DENSITIES[sparsity]]


def train(name: str, seed: int) -> dict:
    """Prune the dense model of a seed and train it further; return bits along the way."""
    learn, measure = text()
    model, stages, made = torch_study.build(Setting(), seed), densities_of(name), 0
    model.load_state_dict(torch.load(saved("dense", seed), weights_only=True)["parts"][0])
    found = {"before": round(bits(model, measure), 4), "stages": []}
    for density in stages:
        model = model if density is None else pruned(model, density)
        at_once = round(bits(model, measure), 4)
        last = density is not None and density == stages[-1]
        method, steps = "rigl" if last else None, STEPS // len(stages)
        setting = Setting(density, method, steps=steps, rate=SETTINGS["dense"].rate)
        training = torch_study.begin(setting, seed, model, **({"every": EVERY} if last else {}))
        for _ in range(setting.steps):
            training.step(*batch(learn, seed + 1000, made))
            made += 1
        after = round(bits(model, measure), 4)
        found["stages"].append({"density": density or 1.0, "pruned": at_once, "trained": after})
    return found | {"steps": made}


if __name__ == "__main__":
    command(__file__, __doc__, RUNS, {}, train)
