"""Why RigL fails on some seeds of the post's task, what helps, and whether it hurts elsewhere.

python benchmarks/moons_study.py

Choices were made on seeds 0 to 99; seeds 100 to 299 are the check.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
from sklearn.datasets import make_circles, make_moons
from sklearn.model_selection import train_test_split

import rewire
from rewire import losses
from rewire.data import load, moons
from rewire.methods import PostRigL, RevivingRigL, RigL, Static
from rewire.schedules import Every, Linear
from rewire.topology import Revival, drop_criterion

RESULT = Path(__file__).with_suffix(".json")
HINGE = losses.Hinge(l2=1e-4)
SEEDS = range(100)
# Two networks for each seed: the first weights of the two types are different draws.
DTYPES = ("float32", "float64")


@drop_criterion("live magnitude", needs=["signals"])
def live_magnitude(ctx):
    """Drop what leads into or out of silent neurons first, then by magnitude."""
    first, last = ctx.model.rank_start[[1, -2]]
    silent = ~ctx.activation.reduce(lambda rows: rows.any(axis=1))
    silent[:first] = silent[last:] = False
    return np.abs(ctx.weight) * ~(silent[ctx.source] | silent[ctx.target])


@drop_criterion("contribution", needs=["signals"])
def contribution(ctx):
    """Drop what adds least to its target: |weight| times the root mean square of its source."""
    size = ctx.activation.reduce(lambda rows: np.sqrt((rows**2).mean(axis=1)))
    return np.abs(ctx.weight) * size[ctx.source]


def of_the_post(method):
    return {"method": method, "init": 0.1, "wiring": "first"}


BASELINES = {
    "static": {"method": Static()},
    "the post's recipe": of_the_post(PostRigL()),
    "the post's recipe, growth by all samples": of_the_post(PostRigL(growth_samples="all")),
    "RigL": {"method": RigL(every=20)},
    "dense, 337 parameters": {"method": Static(), "sparsity": 0.0},
}
TREATMENTS = {
    "output dense, static, 113 parameters": {"method": Static(), "sparsity": [0, 0.9, 0]},
    "drop connections of silent neurons first": {"method": RigL(every=20, drop="live magnitude")},
    "drop by contribution": {"method": RigL(every=20, drop="contribution")},
    "drop by sensitivity": {"method": RigL(every=20, drop="sensitivity")},
    "dropped may return": {"method": RigL(every=20, allow_regrowth=True)},
    "rewire every 10": {"method": RigL(every=10)},
    "drop half": {"method": RigL(0.5, every=20)},
    "scope network": {"method": RigL(every=20, scope="network")},
    "skipping connections": {"method": RigL(every=20, skip_connections=True)},
    "scope network, skipping connections": {
        "method": RigL(every=20, scope="network", skip_connections=True)
    },
    "revival": {"method": RigL(every=20, revive=Revival())},
    "scope network, live magnitude": {
        "method": RigL(every=20, scope="network", drop="live magnitude")
    },
}
DEFAULT = {"default: scope network, revival": {"method": RevivingRigL()}}
AROUND = {
    "1 draw": {"method": RevivingRigL(tries=1)},
    "32 draws": {"method": RevivingRigL(tries=32)},
    "drop 0.2": {"method": RevivingRigL(0.2)},
    "drop 0.5": {"method": RevivingRigL(0.5)},
    "7 periods": {"method": RevivingRigL(when=Every(100, end=0.75, periods=7))},
    "30 periods": {"method": RevivingRigL(when=Every(100, end=0.75, periods=30))},
    "until 0.5": {"method": RevivingRigL(end=0.5)},
    "dropped may return": {"method": RevivingRigL(allow_regrowth=True)},
    "drop by contribution": {"method": RevivingRigL(drop="contribution")},
    "skipping connections": {"method": RevivingRigL(skip_connections=True)},
}


def train(seed, dtype, method, sparsity=(0, 0.9, 0.8), **network):
    X, y = moons(n_samples=100, noise=0.1, seed=seed)
    sparsity = sparsity if isinstance(sparsity, float) else list(sparsity)
    net = rewire.mlp([2, 16, 16, 1], sparsity=sparsity, dtype=dtype, seed=seed, **network)
    rewire.fit(
        net,
        X,
        y,
        method=method,
        loss=HINGE,
        optimizer=rewire.optimizers.SGD(1.0),
        schedule=Linear(1, 0.1),
        total_steps=400,
        report_every=400,
        seed=seed,
    )
    return net, X, y


def accuracy(net, X, y):
    return float(((net.predict(X)[:, 0] > 0) == (y > 0)).mean())


def count(settings, seeds=SEEDS):
    """How many of the networks reach 99%, and which do not."""
    result = {}
    for dtype in DTYPES:
        found = np.array([accuracy(*train(seed, dtype, **settings)) for seed in seeds])
        failed = np.flatnonzero(found < 0.99 - 1e-9)
        result[dtype] = {
            "reached": len(found) - len(failed),
            "mean": float(found.mean()),
            "least": float(found.min()),
            "failed": [seeds[i] for i in failed] if len(failed) <= 20 else len(failed),
        }
    return result


def diagnose():
    """What is wrong with the networks that RigL fails to train."""
    networks = inputs = silent_inputs = wrong = blind = 0
    for dtype in DTYPES:
        for seed in SEEDS:
            net, X, y = train(seed, dtype, RigL(every=20))
            if accuracy(net, X, y) >= 0.99 - 1e-9:
                continue
            active = net.signals(X, y, HINGE).activation > 0
            table, output = net.connections, net.size - 1
            read = active[table.source[table.rows(output)]]
            mistaken = (net.predict(X)[:, 0] > 0) != (y > 0)
            networks += 1
            inputs += len(read)
            silent_inputs += int((~read.any(axis=1)).sum())
            wrong += int(mistaken.sum())
            blind += int((~read.any(axis=0))[mistaken].sum())
    return {
        "networks": networks,
        "inputs of the output": inputs,
        "of them silent": silent_inputs,
        "wrong samples": wrong,
        "of them without an active input of the output": blind,
    }


def elsewhere(name, seed):
    """Return training and test data, and the network of another task."""
    if name.startswith("digits"):
        train, test = load("digits").split(0.3, seed=seed)
        density = float(name.split()[1].rstrip("%")) / 100
        sizes = [64, 64, 32, 10] if density < 0.1 else [64, 100, 100, 10]
        network = {"density": density, "distribution": "erk"}
        return (train.X, train.y, test.X, test.y), sizes, network, 30
    if name == "MNIST":
        data = load("mnist")
        parts = train_test_split(data.X, data.y, test_size=10_000, random_state=0)
        X, X_test, y, y_test = parts
        return (X, y, X_test, y_test), [784, 300, 100, 10], {"sparsity": [0.99, 0.89, 0]}, 5
    make, options = {
        "circles": (make_circles, {"noise": 0.1, "factor": 0.5}),
        "moons": (make_moons, {"noise": 0.2}),
    }[name.split()[-1]]
    X, X_test, y, y_test = train_test_split(
        *make(600, random_state=seed, **options), test_size=0.5, random_state=seed
    )
    sizes, sparsity = [2, 16, 16, 2], [0, 0.9, 0.8]
    if name.startswith("deep"):
        sizes, sparsity = [2, 16, 16, 16, 16, 2], [0, 0.85, 0.85, 0.85, 0.5]
    return (X, y, X_test, y_test), sizes, {"sparsity": sparsity}, 100


def compare(name, optimizer, seeds):
    """Accuracy in percent on held-out data, as mean and standard deviation over the seeds."""
    when = Every(100 if name.startswith(("digits", "MNIST")) else 30, end=0.75, periods=15)
    result = {}
    for label, method in {
        "RigL": RigL(when=when),
        "RigL with revival": RigL(when=when, revive=Revival(), batches=4),
        "default": RevivingRigL(when=when),
    }.items():
        begin, found = time.perf_counter(), []
        for seed in seeds:
            (X, y, X_test, y_test), sizes, network, epochs = elsewhere(name, seed)
            net = rewire.mlp(sizes, seed=seed, **network)
            rewire.fit(
                net,
                X,
                y,
                method=method,
                optimizer=None if optimizer == "SGD" else rewire.optimizers.Adam(3e-3),
                epochs=epochs,
                batch_size=128 if name == "MNIST" else 64,
                schedule=Linear(1, 0.01),
                seed=seed,
            )
            found.append(100 * float((net.predict(X_test).argmax(axis=1) == y_test).mean()))
        result[label] = {
            "mean": float(np.mean(found)),
            "deviation": float(np.std(found, ddof=1)),
            "least": min(found),
            "seconds": time.perf_counter() - begin,
        }
    return result


def main() -> None:
    result: dict = {"RigL's failures": diagnose()}
    print(json.dumps(result, indent=2), flush=True)

    def measure(part, name, value):
        result.setdefault(part, {})[name] = value
        print(part, "|", name, "|", json.dumps(value), flush=True)

    for part, settings in [
        ("baselines", BASELINES),
        ("treatments", TREATMENTS | DEFAULT),
        ("around the default", AROUND),
    ]:
        for name, options in settings.items():
            measure(part, name, count(options))
    for first in (100, 200):
        seeds = range(first, first + 100)
        for name, options in [("RigL", BASELINES["RigL"]), *DEFAULT.items()]:
            measure(f"check, seeds {first} to {seeds[-1]}", name, count(options, seeds))
    for name in ("circles", "moons", "deep moons", "digits 5%", "digits 20%"):
        for optimizer in ("SGD", "Adam"):
            measure("elsewhere", f"{name}, {optimizer}", compare(name, optimizer, range(20)))
    try:
        measure("elsewhere", "MNIST, SGD", compare("MNIST", "SGD", range(3)))
    except (FileNotFoundError, OSError) as error:
        print("MNIST left out:", error)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
