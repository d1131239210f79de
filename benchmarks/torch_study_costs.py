"""What the models of torch_study.py and torch_study_images.py cost: time, bytes, memory.

Medians on one thread; models take turns in one process. Each part is a run of its own, of two
minutes at most, for a machine that does nothing else meanwhile:

    python benchmarks/torch_study_costs.py steps      seconds of a training step, of a rewiring
    python benchmarks/torch_study_costs.py images     the same of the small convolutional networks
    python benchmarks/torch_study_costs.py token      latency of generating a token; bytes
    python benchmarks/torch_study_costs.py memory     peak memory of training, in fresh processes
    python benchmarks/torch_study_costs.py profile    where the time of a step goes
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

import torch_study
import torch_study_images
from torch_layers import Masked, processor
from torch_models import resident
from torch_study import CONTEXT, SETTINGS, Setting
from torch_study_generator import Generator
from torch_study_training import Training, known

RESULT = Path(__file__).with_suffix(".json")
DENSE, MASKED, STATIC, RIGL = "dense", "mask, 90%", "static, 90%", "RigL, 90%"
SYMBOLS = 63
# Which events of PyTorch's profiler belong to what; the first that is found in a name counts.
KINDS = {
    "sparse layers": ("_Layer",),
    "attention": ("scaled_dot_product", "flash_attention"),
    "dense layers": ("addmm", "aten::mm", "linear"),
    "GELU": ("gelu",),
    "layer norm": ("layer_norm",),
    "optimiser": ("Optimizer", "_fused_adam", "adam"),
}


def characters(length: int = 100_000) -> Tensor:
    """Return text of the study's alphabet; times do not depend on what is read."""
    return torch.randint(0, SYMBOLS, (length,), generator=torch.Generator().manual_seed(0))


# -------------------------------------------------------------------------------- training steps


class Clock:
    """Times a training's steps apart: those that rewire, and the others."""

    def __init__(self, step: Callable[[], None], rewires: Callable[[], bool]):
        self.step, self.rewires, self.times = step, rewires, {False: [], True: []}

    def __call__(self) -> None:
        started, due = time.perf_counter(), self.rewires()
        self.step()
        self.times[due].append(time.perf_counter() - started)

    def medians(self) -> dict[str, float]:
        step = statistics.median(self.times[False][1:])
        found = {"step": step, "measured": len(self.times[False]) - 1}
        if self.times[True]:
            found["rewiring"] = statistics.median(self.times[True]) - step
        return found


def take_turns(clocks: dict[str, Clock], seconds: float) -> dict[str, dict[str, float]]:
    """Let all make a step, again and again, for so long; the first of each does not count."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for clock in clocks.values():
            clock()
    return {name: clock.medians() for name, clock in clocks.items()}


def clock_of(training: Training, x: Tensor, y: Tensor) -> Clock:
    """Return the clock of a training."""
    due = set() if training.rewirer is None else set(training.rewirer.due_steps.tolist())
    return Clock(lambda: training.step(x, y), lambda: training.made + 1 in due)


def steps(seconds: float) -> dict:
    """Time the steps of the GPTs."""
    batch, clocks = torch_study.batch(characters(), 0, 0), {}
    for name, setting in distinct(SETTINGS):
        training = torch_study.begin(setting, 0, **often(setting, 4))
        clocks[name] = clock_of(training, *batch)
    return take_turns(clocks, seconds)


def images(seconds: float) -> dict:
    """Time the steps of the convolutional networks."""
    size = torch_study_images.BATCH
    x, y, clocks = torch.rand(size, 1, 28, 28), torch.randint(0, 10, (size,)), {}
    for name, setting in distinct(torch_study_images.SETTINGS):
        training = torch_study_images.begin(setting, 0, 10_000, **often(setting, 10))
        clocks[name] = clock_of(training, x, y)
    return take_turns(clocks, seconds)


def distinct(settings: dict) -> list[tuple]:
    """Return all but static ones that have a rewired one's model."""
    return [
        (name, one)
        for name, one in settings.items()
        if not (name.startswith("static") and name.replace("static", "RigL") in settings)
    ]


def often(setting: Setting, every: int) -> dict:
    """Return a rewirer's options with which it rewires soon."""
    return {"every": every, "end": 1.0} if setting.method else {}


# -------------------------------------------------------------------------- generating characters


def state_bytes(model: nn.Module) -> int:
    """Return the bytes of a model's ``state_dict``."""
    return sum(value.numel() * value.element_size() for value in model.state_dict().values())


def token(seconds: float) -> dict:
    """Time the generation of CONTEXT characters, model by model in turns; count bytes."""
    models = {name: torch_study.build(one, 0).eval() for name, one in distinct(SETTINGS)}
    times: dict[str, list[float]] = {name: [] for name in models}
    end, text = time.perf_counter() + seconds, characters(CONTEXT).tolist()
    while time.perf_counter() < end:
        for name, model in models.items():
            generate = Generator(model)
            for character in text:
                started = time.perf_counter()
                generate(character)
                times[name].append(time.perf_counter() - started)
    return {
        name: {
            "latency": statistics.median(times[name]),
            "measured": len(times[name]),
            "bytes": state_bytes(model),
            "parameters": sum(p.numel() for p in model.parameters()),
        }
        for name, model in models.items()
    }


# ------------------------------------------------------------------------------------------ memory


def masked(model: nn.Module) -> nn.Module:
    """Replace the blocks' linear layers by such with a mask of a tenth of the weights."""
    for module in list(model.blocks.modules()):
        for name, child in list(module.named_children()):
            if type(child) is nn.Linear:
                with torch.no_grad():
                    child.weight.mul_(torch.rand_like(child.weight) < 0.1)
                setattr(module, name, Masked(child))
    return model


def training_of(name: str) -> Training:
    """Return a training of each kind; a rewiring one rewires after its second step."""
    setting = SETTINGS.get(name, Setting())
    model = torch_study.build(setting, 0)
    model = masked(model) if name == MASKED else model
    return torch_study.begin(setting, 0, model, **often(setting, 2))


def peak(name: str) -> dict:
    """Return the megabytes that three training steps take at most, beyond what libraries take.

    Linux tells the most that a process had (VmHWM) and begins anew when asked to, so that the
    dense model of which a sparse one was made does not count.
    """
    batch = torch_study.batch(characters(), 0, 0)
    torch_study.begin(Setting(0.3, "rigl", 64), 0, every=1).step(*batch)
    gc.collect()
    before = resident("VmRSS")
    training = training_of(name)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    for _ in range(3):
        training.step(*batch)
    model = training.model
    held = sum(p.numel() * p.element_size() for p in model.parameters())
    return {
        "peak": (resident("VmHWM") - before) / 1024,
        # Weights, their gradients and the optimiser's two moments.
        "parameters, gradients, optimiser": 4 * held / 2**20,
        "masks or connections": sum(b.numel() * b.element_size() for b in extras(model)) / 2**20,
    }


def extras(model: nn.Module) -> list[Tensor]:
    """Return what a model holds besides parameters."""
    masks = [module.mask for module in model.modules() if isinstance(module, Masked)]
    return [*model.buffers(), *masks]


def memory(_: float) -> dict:
    """Measure in processes of their own."""
    found = {}
    for name in (DENSE, MASKED, STATIC, RIGL):
        command = [sys.executable, __file__, "memory", "--here", name]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
        found[name] = json.loads(done.stdout)
    return found


# ----------------------------------------------------------------------------------------- profile


def shares(training: Training, batch: tuple[Tensor, Tensor], number: int) -> dict[str, float]:
    """Return the share of each kind of work in the time of so many steps."""
    training.step(*batch)
    training.step(*batch)
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        for _ in range(number):
            training.step(*batch)
    found = dict.fromkeys([*KINDS, "the rest"], 0.0)
    for event in profiled.key_averages():
        if event.device_type == DeviceType.CPU:
            kind = next((k for k, parts in KINDS.items() if any(p in event.key for p in parts)), "")
            found[kind or "the rest"] += event.self_cpu_time_total
    total = sum(found.values())
    return {kind: value / total for kind, value in found.items()}


def profiles(_: float) -> dict:
    """Profile steps of all models, without a rewiring."""
    batch = torch_study.batch(characters(), 0, 0)
    return {
        name: shares(torch_study.begin(replace(one, method=None), 0), batch, 5)
        for name, one in distinct(SETTINGS)
    }


PARTS = {
    "steps": steps,
    "images": images,
    "token": token,
    "memory": memory,
    "profile": profiles,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--seconds", type=float, default=90.0, help="how long models take turns")
    parser.add_argument("--here", help="(internal) print the peak memory of one model")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.here:
        print(json.dumps(peak(options.here)))
        return
    found = PARTS[options.part](options.seconds)
    results = known(RESULT)
    results[options.part] = {"processor": processor(), **found}
    RESULT.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
