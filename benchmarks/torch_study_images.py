"""What a small convolutional network learns on MNIST, dense and sparse.

Two convolutions and two linear layers; error on the test images at the end, three seeds.
torch_study_costs.py measures what a step costs.

    python benchmarks/torch_study_images.py [--jobs N]         all, three seeds
    python benchmarks/torch_study_images.py "RigL, 90%"        one of them
    python benchmarks/torch_study_images.py --search           how rates were chosen: train on
                                                               50,000 of the training images,
                                                               measure on the other 10,000
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from rewire.data import load
from torch_study_training import Training, command

BATCH, EPOCHS, SEARCH_EPOCHS = 128, 2, 1
EVERY = 50  # steps between rewirings
RATES = {False: 1e-2, True: 3e-2}  # first learning rates of dense and sparse networks
HELD_BACK = 10_000
DENSITIES = {"90%": 0.1, "95%": 0.05, "98%": 0.02}
METHODS = {"static": None, "RigL": "rigl", "default": "reviving rigl"}
SLACK = 100.0  # spare entries for each connection, so that connections may move to any layer


@dataclass(frozen=True)
class Setting:
    """One training; without a density the network is dense, without a method static."""

    density: float | None = None
    method: str | None = None

    @property
    def moves_between_layers(self) -> bool:
        return self.method == METHODS["default"]

    @property
    def options(self) -> dict:
        """Return the method with its options.

        At 90% the last layer stays dense, so that no two sparse layers feed each other, which
        revival needs: the default without revival is RigL over the whole network.
        """
        if self.moves_between_layers and self.density == DENSITIES["90%"]:
            return {"method": "rigl", "every": EVERY, "scope": "network"}
        return {"method": self.method} | ({"every": EVERY} if self.method else {})


SETTINGS = {"dense": Setting()} | {
    f"{method}, {sparsity}": Setting(density, METHODS[method])
    for sparsity, density in DENSITIES.items()
    for method in METHODS
}
GRID = {
    "dense": (1e-3, 3e-3, 1e-2, 3e-2),
    "static, 90%": (1e-3, 3e-3, 1e-2, 3e-2, 1e-1),
    "static, 95%": (1e-2, 3e-2, 1e-1),
    "static, 98%": (1e-2, 3e-2, 1e-1),
}


def network(setting: Setting, seed: int) -> nn.Module:
    import rewire.torch as rt

    torch.manual_seed(seed)
    model = nn.Sequential(
        *(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(64 * 7 * 7, 128), nn.ReLU(), nn.Linear(128, 10)),
    )
    if setting.density is not None:
        slack = SLACK if setting.moves_between_layers else 0.0
        rt.sparsify(model, density=setting.density, slack=slack, seed=seed)
    return model


def begin(
    setting: Setting, seed: int, steps: int, rate: float | None = None, **options
) -> Training:
    """Return a training at its start; the learning rate falls to 0 by half a cosine."""
    return Training(
        network(setting, seed),
        steps=steps,
        rate=RATES[setting.density is not None] if rate is None else rate,
        seed=seed,
        factor=lambda step: (1 + math.cos(math.pi * min(step / steps, 1))) / 2,
        **(setting.options | options),
    )


def images(held_back: bool) -> tuple[Tensor, ...]:
    """Return images and labels to learn from, then those to measure on."""
    found = load("mnist")
    parts = [found.X, found.y, found.X_test, found.y_test]
    if held_back:
        order = np.random.default_rng(0).permutation(len(found.X))
        rest, measured = order[:-HELD_BACK], order[-HELD_BACK:]
        parts = [found.X[rest], found.y[rest], found.X[measured], found.y[measured]]
    X, y, X_test, y_test = map(torch.as_tensor, parts)
    return X.view(-1, 1, 28, 28), y.long(), X_test.view(-1, 1, 28, 28), y_test.long()


@torch.no_grad()
def error(model: nn.Module, X: Tensor, y: Tensor) -> float:
    """Return the percentage of images that are not recognised."""
    right = sum(
        int((model(x).argmax(1) == labels).sum())
        for x, labels in zip(X.split(500), y.split(500), strict=True)
    )
    return 100 - 100 * right / len(X)


def train(name: str, seed: int, rate: float | None = None) -> dict:
    """Make one training of SETTINGS; with a rate one of the search, on images held back for it."""
    X, y, X_test, y_test = images(held_back=rate is not None)
    epochs = EPOCHS if rate is None else SEARCH_EPOCHS
    training = begin(SETTINGS[name], seed, epochs * -(-len(X) // BATCH), rate)
    order, curve = np.random.default_rng(seed), []
    for _ in range(epochs):
        for rows in torch.from_numpy(order.permutation(len(X))).split(BATCH):
            training.step(X[rows], y[rows])
        curve.append(round(error(training.model, X_test, y_test), 2))
    if training.rewirer:
        training.rewirer.compact()
    state = training.model.state_dict().values()
    return {
        "error": curve[-1],
        "curve": curve,
        "parameters": sum(p.numel() for p in training.model.parameters()),
        "bytes": sum(part.numel() * part.element_size() for part in state),
    }


if __name__ == "__main__":
    command(__file__, __doc__, SETTINGS, GRID, train)
