"""What is recovered when the trained dense GPT of torch_study.py is pruned and trained further.

One-shot: the largest weights stay (``start="magnitude"``), then RigL. Gradual: GraNet, which prunes
along a cubic curve and lets connections grow again as RigL does. The dense model trained for as
many steps more stands beside them. The dense models are those that torch_study.py leaves in
runs/torch_study, and are trained again where they are not there.

    REWIRE_DATA_DIR=... python benchmarks/torch_study_pruning.py [--jobs N]
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import nn

import torch_study
from torch_study import SETTINGS, WARM_UP, Setting, batch, bits, saved, text
from torch_study_training import Training, command

DENSITIES = {"80%": 0.2, "90%": 0.1}
STEPS = 100
RUNS = ["dense", *(f"{way}, {s}" for s in DENSITIES for way in ("one-shot", "gradual"))]


def pruned(model: nn.Module, density: float) -> nn.Module:
    """Make a dense model sparse, by the largest weights of each layer."""
    import rewire.torch as rt

    options = {"distribution": "uniform", "exclude": ("head*",), "start": "magnitude"}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "dense layers are faster")  # where pruning is gradual
        return rt.sparsify(model, density=density, **options)


def plan(name: str) -> tuple[float | None, str | None, dict[str, Any]]:
    """Return the density that a model is pruned to at once, and the method with its options."""
    way, _, sparsity = name.partition(", ")
    if way == "dense":
        return None, None, {}
    density = DENSITIES[sparsity]
    if way == "gradual":
        return 1.0, "granet", {"density": density, "every": 5}
    return density, "rigl", {"every": 25}


def train(name: str, seed: int) -> dict:
    """Prune the dense model of a seed and train it further; return bits along the way."""
    if not saved("dense", seed).exists():
        torch_study.train("dense", seed)
    learn, measure = text()
    model, (density, method, options) = torch_study.build(Setting(), seed), plan(name)
    model.load_state_dict(torch.load(saved("dense", seed), weights_only=True)["parts"][0])
    found = {"before": round(bits(model, measure), 4)}
    if density is not None:
        model = pruned(model, density)
    found["pruned"] = round(bits(model, measure), 4)
    rate = SETTINGS["dense"].rate
    training = further(model, method, rate=rate, seed=seed, **options)
    for step in range(STEPS):
        training.step(*batch(learn, seed, SETTINGS["dense"].steps + step))
    return found | {"trained": round(bits(model, measure), 4), "steps": STEPS}


def further(model: nn.Module, method: str | None, **options: Any) -> Training:
    """Return a training with a new optimiser, whose learning rate rises at first."""
    return Training(
        model, method, steps=STEPS, factor=lambda step: min((step + 1) / WARM_UP, 1), **options
    )


if __name__ == "__main__":
    command(__file__, __doc__, RUNS, {}, train)
