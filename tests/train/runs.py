"""Small trainings, and what makes two of them the same to the bit."""

import numpy as np

import rewire
from rewire import methods
from rewire.train import Training

METHODS = list(methods.registry)


def samples(seed=0, count=45, inputs=8, dtype="float32"):
    random = np.random.default_rng(seed)
    X = random.normal(size=(count, inputs)).astype(dtype)
    return X, (X[:, :3].argmax(axis=1)).astype(int)


def network(method="rigl", dtype="float32", seed=3):
    """A network such as the method expects, dense or sparse."""
    dense = method in methods.registry and methods.get(method).initial == "dense"
    density = 1.0 if dense else [0.4, 0.5, 0.8]
    return rewire.mlp([8, 14, 10, 3], density=density, dtype=dtype, seed=seed)


def options(method):
    """Make it rewire often in a short training."""
    short = {"set": 7, "snfs": 7, "dsr": 7, "rigl": 7, "gmp": 7, "mest": 7, "granet": 7}
    short |= {"srigl": 7, "cht": 7, "chts": 7, "chtss": 7, "post rigl": 7, "reviving rigl": 7}
    return {"every": short[method]} if method in short else {}


def training(method="rigl", net=None, data=None, optimizer=None, **settings):
    """60 steps of 10 samples, five to an epoch, in reports of 11 steps."""
    settings = {"total_steps": 60, "batch_size": 10, "report_every": 11, "seed": 5} | settings
    if isinstance(method, str):
        method = methods.get(method, **options(method))
    return Training(
        network(method.name) if net is None else net,
        *(samples() if data is None else data),
        method=method,
        optimizer=optimizer or rewire.optimizers.SGD(0.05, momentum=0.9),
        **settings,
    )


def finish(training):
    while not training.finished:
        training.advance()
    return training


def bits(training):
    """Everything that must be equal for two trainings to be the same one."""
    net = training.net
    columns = {**net.connections.data, **{f"bias of {k}": v for k, v in net.neurons.data.items()}}
    rows = [{**row, "seconds": None} for row in training.history.rows]
    return (
        {name: (column.dtype, column.tobytes()) for name, column in columns.items()},
        net.connections.indptr.tobytes(),
        (net.ranks, net.connections.next_birth, training.step, training.stopped),
        rows,
        # repr: one NaN is not equal to another
        repr(training.history.rewirings),
        training.trainer.optimizer.steps,
        training.rewirer.generator.bit_generator.state,
        training.rewirer.threshold,
        training.rewirer._explored.keys.tobytes(),
    )


def fit(net=None, data=None, **settings):
    """Train a static network for three epochs of five steps."""
    X, y = samples() if data is None else data
    given = {"method": None, "batch_size": 10, "epochs": 3} | settings
    return rewire.fit(network() if net is None else net, X, y, **given)
