"""Whole PyTorch models made sparse: one training step, inference, memory, bytes of a state.

An MLP, a ResNet-18 for images of 32 × 32 pixels, a GPT of 6 layers and a tiny vision transformer,
dense and by ``rewire.torch.sparsify`` at densities 0.1 and 0.05. Candidates take turns in one
process; figures are medians. Peak memory is of processes of their own.

    python benchmarks/torch_models.py [--rounds N] [--cpu-time]
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import time
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from torch_layers import medians, processor

RESULT = Path(__file__).with_suffix(".json")
DENSITIES = (0.1, 0.05)


class Residual(nn.Module):
    """Two convolutions and a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        same = inputs == outputs and stride == 1
        self.shortcut = (
            nn.Identity()
            if same
            else nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return ReLU of the sum."""
        return F.relu(self.body(x) + self.shortcut(x))


def resnet18() -> nn.Module:
    """Return a ResNet-18 for small images (arXiv 1512.03385, with a 3 × 3 first layer)."""
    layers: list[nn.Module] = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    inputs = 64
    for outputs, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        layers += [Residual(inputs, outputs, stride), Residual(outputs, outputs, 1)]
        inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


class Block(nn.Module):
    """Attention and a perceptron, each after a norm and beside a residual."""

    def __init__(self, width: int, heads: int, causal: bool):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the tokens, each with what it gathered."""
        batch, tokens, width = x.shape
        qkv = self.qkv(self.norm1(x)).view(batch, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        out = F.scaled_dot_product_attention(*qkv, is_causal=self.causal)
        x = x + self.proj(out.transpose(1, 2).reshape(batch, tokens, width))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    """A character model: 6 layers of width 384, context 128; heads of 64 channels."""

    def __init__(self, width: int = 384, layers: int = 6, context: int = 128):
        super().__init__()
        self.token, self.place = nn.Embedding(64, width), nn.Parameter(torch.zeros(context, width))
        self.blocks = nn.Sequential(*[Block(width, width // 64, True) for _ in range(layers)])
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 64))

    def forward(self, x: Tensor) -> Tensor:
        """Return scores of the next character after each."""
        return self.head(self.blocks(self.token(x) + self.place[: x.shape[1]]))


class ViT(nn.Module):
    """A tiny vision transformer: 12 layers of width 192, patches of 4 × 4 of 32 × 32 pixels."""

    def __init__(self):
        super().__init__()
        self.patches, self.place = nn.Conv2d(3, 192, 4, 4), nn.Parameter(torch.zeros(64, 192))
        self.blocks = nn.Sequential(*[Block(192, 3, False) for _ in range(12)])
        self.head = nn.Sequential(nn.LayerNorm(192), nn.Linear(192, 10))

    def forward(self, x: Tensor) -> Tensor:
        """Return scores of the classes."""
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        return self.head(self.blocks(tokens + self.place).mean(1))


def mlp() -> nn.Module:
    """Return a perceptron with two wide hidden layers."""
    return nn.Sequential(
        *(nn.Linear(784, 2048), nn.ReLU(), nn.Linear(2048, 2048), nn.ReLU(), nn.Linear(2048, 10))
    )


# What makes each model, the shape of one sample, the batch of a training step, the layers that stay
# dense.
MODELS = {
    "MLP 784-2048-2048-10": (mlp, (784,), 128, ("4",)),
    "ResNet-18, 32 × 32": (resnet18, (3, 32, 32), 16, ("0", "*.linear", "13")),
    "GPT, 6 × 384": (GPT, (128,), 8, ("head*",)),
    "ViT-tiny, 32 × 32": (ViT, (3, 32, 32), 16, ("patches", "head*")),
}


def build(name: str, density: float | None) -> nn.Module:
    """Return a model, dense without a density."""
    import rewire.torch as rt

    make, _, _, dense = MODELS[name]
    torch.manual_seed(0)
    model = make()
    if density is not None:
        rt.sparsify(model, density=density, distribution="uniform", exclude=dense, seed=0)
    return model


def inputs(name: str, number: int) -> Tensor:
    """Return so many samples."""
    _, shape, _, _ = MODELS[name]
    if name.startswith("GPT"):
        return torch.randint(0, 64, (number, *shape))
    return torch.randn(number, *shape)


class Step:
    """One step of training with AdamW, or one prediction."""

    def __init__(self, model: nn.Module, x: Tensor, train: bool):
        self.model, self.x, self.train = model.train(train), x, train
        if train:
            self.optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)

    def __call__(self) -> None:
        """Make it."""
        if not self.train:
            with torch.no_grad():
                self.model(self.x)
            return
        self.model(self.x).square().mean().backward()
        self.optimizer.step()
        self.optimizer.zero_grad()


def measure(name: str, rounds: int, cpu_time: bool) -> dict:
    """Time one model, dense and sparse."""
    clock, rest = (time.process_time, 0.0) if cpu_time else (time.perf_counter, 0.02)
    batch, found = MODELS[name][2], {}
    settings = {"training": (True, batch), "inference, 1": (False, 1), "inference, 64": (False, 64)}
    for what, (train, number) in settings.items():
        x = inputs(name, number)
        calls = {"dense": Step(build(name, None), x, train)}
        for density in DENSITIES:
            calls[str(density)] = Step(build(name, density), x, train)
        found[what] = medians(dict(calls), rounds, clock, rest)
        if train:
            held = {key: call.model.state_dict().values() for key, call in calls.items()}
            sizes = {k: sum(t.numel() * t.element_size() for t in v) for k, v in held.items()}
            found["bytes of the state"] = sizes
    found["peak memory, MB"] = {
        key: int(run_alone("--peak", name, key)) for key in ("dense", *map(str, DENSITIES))
    }
    print(name, json.dumps(found), file=sys.stderr, flush=True)
    return found


def run_alone(*arguments: str) -> str:
    """Run this script in a process of its own and return what it prints."""
    command = [sys.executable, __file__, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


def peak(name: str, key: str) -> int:
    """Return how many megabytes a model and two training steps need at most.

    What PyTorch and the compiled kernels take by themselves does not count. Linux tells the most
    that a process had (VmHWM) and begins anew when asked to, so that the dense model of which a
    sparse one was made does not count either.
    """
    import rewire.torch as rt

    rt.Linear(8, 8, density=0.5, seed=0)(torch.ones(2, 8)).sum().backward()
    before = resident("VmRSS")
    model = build(name, None if key == "dense" else float(key))
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    step = Step(model, inputs(name, MODELS[name][2]), True)
    step()
    step()
    return (resident("VmHWM") - before) // 1024


def resident(what: str) -> int:
    """Return kilobytes of memory of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what))


def main() -> None:
    """Measure all models; write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cpu-time", action="store_true", help="for a busy machine")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--peak", nargs=2, help="(internal) print the peak memory of a model")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.peak:
        print(peak(*options.peak))
        return
    rows = {name: measure(name, options.rounds, options.cpu_time) for name in MODELS}
    known = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    known[processor()] = {"threads": options.threads, "cpu_time": options.cpu_time, "models": rows}
    RESULT.write_text(json.dumps(known, indent=1) + "\n")


if __name__ == "__main__":
    main()
