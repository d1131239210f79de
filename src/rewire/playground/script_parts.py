"""The functions that scripts of sessions are made of."""

__all__ = ["FREEZING", "FROZEN_REWIRINGS", "HEADER", "PLAIN", "PRUNING", "START", "TABLES"]

HEADER = '''"""A session of the rewire playground: the same commands, the same bits."""

import numpy as np

import rewire
from rewire.losses import Hinge
from rewire.optimizers import SGD, Adam
from rewire.playground.points import draw_points, label_points
from rewire.topology import Rewirer
'''

TABLES = "from rewire.playground.table import table_points\n"
FROZEN_REWIRINGS = "from rewire.playground.array_rewiring import spare\n"

START = '''

loss = Hinge(l2=1e-4)


def arrays(points):
    """Return points as inputs, and their labels as -1 and +1."""
    points = np.array(points)
    return np.ascontiguousarray(points[:, :2]), 2 * points[:, 2] - 1


def signals():
    """Return what a method looks at: activations and sensitivities on all points, or the last."""
    part = slice(None) if rewirer.method.growth_samples == "all" else slice(-1, None)
    return [net.signals(X[part], y[part], loss)]
'''

PLAIN = '''

def learn(first, steps):
    """Make steps of gradient descent from step number ``first``, and rewire where that is due."""
    for step in range(first + 1, first + steps + 1):
        trainer.step(X, y)
        if rewirer.due(step):
            rewire_now(step)


def rewire_now(step):
    """Rewire once."""
    rewirer.rewire(step, signals, learning_rate=trainer.optimizer.lr)
'''

FREEZING = '''

def is_frozen():
    """Return whether each neuron is frozen."""
    return net.neurons.zeros("frozen", np.uint8).astype(bool)


def freeze(neuron, frozen):
    """Keep a neuron as it is, or let it go; what its optimiser has gathered is cleared."""
    net.neurons.zeros("frozen", np.uint8)[neuron] = frozen
    for columns, rows in ((net.connections, net.connections.rows(neuron)), (net.neurons, neuron)):
        for name in trainer.optimizer.remembers:
            if name in columns:
                columns[name][rows] = 0


def keeping(change):
    """Call a function and give frozen neurons back the weights and biases that they had before."""
    frozen = is_frozen()
    rows = np.repeat(frozen, net.connections.fan_in)
    weight, bias = net.connections.weight[rows], net.bias[frozen]
    result = change()
    net.connections.weight[rows], net.bias[frozen] = weight, bias
    return result


def learn(first, steps):
    """Make steps of gradient descent from step number ``first``, and rewire where that is due."""
    for step in range(first + 1, first + steps + 1):
        keeping(lambda: trainer.step(X, y))
        if rewirer.due(step):
            rewire_now(step)


def rewire_now(step):
    """Rewire once; connections into frozen neurons neither come nor go."""
    rate = trainer.optimizer.lr
    change = keeping(lambda: rewirer.decide(step, signals, learning_rate=rate))
    rewirer.apply(spare(change, net, is_frozen()))
'''

PRUNING = '''

def prune(density):
    """Remove the weakest connections down to a density."""
    excess = len(net.connections) - round(density * net.possible_connections)
    weakest = np.argsort(np.abs(net.connections.weight), kind="stable")[: max(excess, 0)]
    net.rewire(weakest, [], [])
'''
