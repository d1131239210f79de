"""What a character GPT learns, dense and sparse, step by step.

Bits per character on held-back text, measured along the training, for each of SETTINGS and three
seeds. Curves over steps do not depend on the machine's load; torch_study_costs.py measures what a
step costs. A training that was killed goes on from its last point.

    REWIRE_DATA_DIR=... python benchmarks/torch_study.py [--jobs N]        all, three seeds (hours)
    REWIRE_DATA_DIR=... python benchmarks/torch_study.py "RigL, 90%"       one of them
    REWIRE_DATA_DIR=... python benchmarks/torch_study.py --search          how rates were chosen

The folder must have text/kjv.txt.gz, any text of which the last tenth is held back.
"""

from __future__ import annotations

import gzip
import math
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from torch_models import GPT
from torch_study_training import KEPT, Training, command, cross_entropy

BATCH, CONTEXT = 4, 128
WARM_UP = 20  # steps until the learning rate is reached
DENSE_STEPS = 150  # the fixed number of steps at which all are compared
# Learning rates tried, and after how many steps: about the same time for all.
GRID = {
    "dense": (80, (2.5e-4, 5e-4, 1e-3, 2e-3, 4e-3)),
    "static, 80%": (240, (5e-4, 1e-3, 2e-3)),
    "static, 90%": (330, (1e-3, 2e-3, 4e-3)),
    "static, 95%": (360, (2e-3, 4e-3, 8e-3)),
    "static, twice as wide, 90%": (120, (2.5e-4, 5e-4, 1e-3, 2e-3, 4e-3)),
    "static, twice as wide, 75%": (80, (2.5e-4, 5e-4, 1e-3, 2e-3)),
}
WINDOWS = 32  # of CONTEXT characters, on which a model is measured


@dataclass(frozen=True)
class Setting:
    """One training; without a density the model is dense, without a method static."""

    density: float | None = None
    method: str | None = None
    width: int = 384
    steps: int = DENSE_STEPS
    rate: float = 2e-3


# Sparse models learn for about the dense one's time, which is more steps. Learning rates are those
# that were best in the search.
SETTINGS = {
    "dense": Setting(rate=5e-4),
    "RigL, 90%": Setting(0.1, "rigl", steps=610),
    "static, 90%": Setting(0.1, steps=610),
    "RigL, 95%": Setting(0.05, "rigl", steps=670, rate=4e-3),
    "static, 95%": Setting(0.05, steps=670, rate=4e-3),
    "static, twice as wide, 90%": Setting(0.1, width=768, steps=220),
    "RigL, 80%": Setting(0.2, "rigl", steps=480, rate=1e-3),
    "static, 80%": Setting(0.2, steps=480, rate=1e-3),
    "static, twice as wide, 75%": Setting(0.25, width=768, rate=5e-4),
}


# ------------------------------------------------------------------------------------------- text


def text(held_back: bool = False) -> tuple[Tensor, Tensor]:
    """Return characters as numbers, to learn from and to measure on.

    Measured is on the last tenth, or, with ``held_back``, on the last tenth of what is learnt from.
    """
    path = Path(os.environ.get("REWIRE_DATA_DIR", ".")) / "text" / "kjv.txt.gz"
    raw = np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8)
    numbers = np.unique(raw, return_inverse=True)[1]
    learn, measure = split(torch.from_numpy(numbers.astype(np.int64)))
    return split(learn) if held_back else (learn, measure)


def split(characters: Tensor) -> tuple[Tensor, Tensor]:
    at = len(characters) * 9 // 10
    return characters[:at], characters[at:]


def batch(characters: Tensor, seed: int, step: int) -> tuple[Tensor, Tensor]:
    """Return the windows of one step and the characters after each of theirs."""
    generator = np.random.default_rng((seed, step))
    starts = torch.from_numpy(generator.integers(len(characters) - CONTEXT, size=(BATCH, 1)))
    rows = characters[starts + torch.arange(CONTEXT + 1)]
    return rows[:, :-1], rows[:, 1:]


@torch.no_grad()
def bits(model: nn.Module, characters: Tensor, windows: int = WINDOWS) -> float:
    """Return bits per character on windows spread evenly over a text."""
    starts = torch.linspace(0, len(characters) - CONTEXT - 1, windows).long()[:, None]
    rows = characters[starts + torch.arange(CONTEXT + 1)]
    parts = [cross_entropy(model, part[:, :-1], part[:, 1:]) for part in rows.split(BATCH)]
    return float(torch.stack(parts).mean()) / math.log(2)


# --------------------------------------------------------------------------------------- training


class TokenShift(nn.Module):
    """Replaces half of the channels by those of the character before.

    Without it a transformer learns for thousands of steps to look one character back.
    """

    def forward(self, x: Tensor, before: Tensor | None = None) -> Tensor:
        """Return the mixture; ``before`` comes before the first, zeros without one."""
        half = x.shape[-1] // 2
        first = torch.zeros_like(x[:, :1]) if before is None else before
        shifted = torch.cat((first, x[:, :-1]), 1)
        return torch.cat((x[..., :half], shifted[..., half:]), -1)


def gpt(width: int) -> GPT:
    """Return a dense model, initialised as GPT-2 is, with a shift before each attention."""
    model = GPT(width)
    for name, parameter in model.named_parameters():
        if parameter.dim() == 2:
            last = name.endswith(("proj.weight", "mlp.2.weight"))
            nn.init.normal_(parameter, std=0.02 / math.sqrt(12 if last else 1))
        elif name.endswith("bias"):
            nn.init.zeros_(parameter)
    for block in model.blocks:
        block.norm1 = nn.Sequential(block.norm1, TokenShift())
    return model


def build(setting: Setting, seed: int) -> nn.Module:
    import rewire.torch as rt

    torch.manual_seed(seed)
    model = gpt(setting.width)
    if setting.density is not None:
        rt.sparsify(model, density=setting.density, exclude=("head*",), seed=seed)
    return model


def begin(setting: Setting, seed: int, model: nn.Module | None = None, **options) -> Training:
    """Return a training at its start; the learning rate rises at first, and then stays."""
    return Training(
        build(setting, seed) if model is None else model,
        setting.method,
        steps=setting.steps,
        rate=setting.rate,
        seed=seed,
        factor=lambda step: min((step + 1) / WARM_UP, 1),
        **options,
    )


def marks(steps: int) -> list[int]:
    """Return the steps after which a model is measured: dense at first, then at equal ratios."""
    chosen = {int(20 * 1.4**i) for i in range(40)} | {DENSE_STEPS, steps}
    return sorted(step for step in chosen if step <= steps)


def curve_of(
    training: Training, learn: Tensor, measure: Tensor, seed: int, steps: int, path: Path
) -> list:
    """Train, and return [step, bits per character] for all marks."""
    curve = training.load(path)
    for mark in marks(steps):
        if mark <= training.made:
            continue
        while training.made < mark:
            training.step(*batch(learn, seed, training.made))
        curve.append([mark, round(bits(training.model, measure), 4)])
        training.save(path, curve)
    return curve


def train(name: str, seed: int, rate: float | None = None) -> dict:
    """Make one training of SETTINGS; with a rate one of the search, on text held back for it."""
    setting, search = SETTINGS[name], rate is not None
    if search:
        setting = replace(setting, rate=rate, steps=GRID[name][0])
    learn, measure = text(held_back=search)
    started, training = time.process_time(), begin(setting, seed)
    path = saved(name, seed, *([rate] if search else []))
    curve = curve_of(training, learn, measure, seed, setting.steps, path)
    kept = {key: value for key, value in vars(setting).items() if value is not None}
    found = {"curve": curve, "setting": kept}
    if training.rewirer:
        history = training.rewirer.history
        found["rewirings"] = [[record.step, record.moved] for record in history]
    return found | {"seconds of the processor": round(time.process_time() - started)}


def saved(name: str, *marks: float) -> Path:
    """Return where a training is kept that is not finished, or whose model is used further."""
    return KEPT / f"{', '.join(map(str, (name, *marks)))}.pt".replace(" ", "")


if __name__ == "__main__":
    rates = {name: tried for name, (_, tried) in GRID.items()}
    command(__file__, __doc__, SETTINGS, rates, train)
