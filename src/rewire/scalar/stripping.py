"""Removes dead neurons: those that cannot affect the output.

Both functions work on any model with ``layers`` of ``neurons`` that have ``w``, ``b`` and
``nonlin``. They return a new model of the same classes and do not change the one passed in.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any

from .value import Value

__all__ = ["strip", "strip_deadneurons"]


def strip(model: Any, X: Sequence[Sequence[float]] | None = None) -> Any:
    """Remove all dead neurons without changing the function.

    A hidden neuron is dead if it has no outgoing connections, or if it is constant because it has
    no inputs; a constant is folded into the biases of the neurons that it feeds. Removing one
    neuron may leave others without inputs or outgoing connections, so this is repeated until
    nothing changes.

    Parameters
    ----------
    model : SparseMLP
        Is not changed.
    X : sequence of shape (samples, inputs), optional
        Also remove neurons with the same output on all these samples, such as a ReLU that never
        fires. **The function is then kept on these samples only**, because on other samples such
        a neuron might fire.

    Returns
    -------
    SparseMLP
        With the same outputs, to rounding. Inputs and output neurons always stay; of a constant
        network, nothing else does.

    Examples
    --------
    >>> import random
    >>> from rewire.scalar import SparseMLP
    >>> model = SparseMLP(2, [3, 1], [0, 0], rng=random.Random(0))
    >>> constant, unread, _ = model.layers[0].neurons
    >>> constant.w.clear()
    >>> del model.layers[1].neurons[0].w[1]
    >>> strip(model)
    MLP of [
    Layer of [ReLUNeuron(2)]
    Layer of [LinearNeuron(1)]
    ]
    """
    model = _copy(model)
    changed = True
    while changed:
        constants = _constant_outputs(model, X)
        changed = False
        for k in range(len(model.layers) - 1):
            readers = model.layers[k + 1].neurons
            for reader in readers:
                for j in constants[k].keys() & reader.w.keys():
                    reader.b.data += reader.w.pop(j).data * constants[k][j]
            read = {j for reader in readers for j in reader.w}
            changed |= _keep(model, k, read)
    return model


def strip_deadneurons(model: Any) -> Any:
    """Remove dead neurons in a single pass from front to back, as the post does.

    In each hidden layer, neurons without inputs or outgoing connections are removed, whatever
    their bias. So some dead neurons may stay, and the function may change; :func:`strip` is exact.

    Parameters
    ----------
    model : SparseMLP
        Is not changed.

    Returns
    -------
    SparseMLP

    Examples
    --------
    >>> import random
    >>> from rewire.scalar import SparseMLP
    >>> model = SparseMLP(1, [2, 2, 1], [0, 0, 0.5], wiring="first", rng=random.Random(0))
    >>> model.layers[1].neurons[0].w = {0: Value(1.0)}
    >>> model.layers[1].neurons[1].w = {1: Value(1.0)}  # has no outgoing connections
    >>> strip_deadneurons(model)
    MLP of [
    Layer of [ReLUNeuron(1), ReLUNeuron(1)]
    Layer of [ReLUNeuron(1)]
    Layer of [LinearNeuron(1)]
    ]
    """
    model = _copy(model)
    for k in range(len(model.layers) - 1):
        readers = model.layers[k + 1].neurons
        read = {j for reader in readers for j in reader.w}
        _keep(model, k, {j for j in read if model.layers[k].neurons[j].w})
    return model


def _constant_outputs(model: Any, X: Sequence[Sequence[float]] | None) -> list[dict[int, float]]:
    """Return, for each layer, the neurons whose output is constant, with that output."""
    constants = [
        {j: _output(neuron, []) for j, neuron in enumerate(layer.neurons) if not neuron.w}
        for layer in model.layers
    ]
    if X is not None and len(X):
        signals: list[Any] = [_sample(model, row, n) for n, row in enumerate(X)]
        for k, layer in enumerate(model.layers):
            signals = [[_output(neuron, x) for neuron in layer.neurons] for x in signals]
            for j, outputs in enumerate(zip(*signals, strict=True)):
                if min(outputs) == max(outputs):
                    constants[k][j] = outputs[0]
    return constants


def _sample(model: Any, row: Sequence[float], n: int) -> list[float]:
    sample = [float(x) for x in row]
    width = getattr(model, "nin", len(sample))
    if len(sample) != width:
        raise ValueError(f"X must have {width} inputs; got {len(sample)} for sample {n}")
    if not all(map(math.isfinite, sample)):
        raise ValueError(f"X must hold finite numbers; got {sample} for sample {n}")
    return sample


def _output(neuron: Any, x: Sequence[float]) -> float:
    total = neuron.b.data + sum(w.data * x[i] for i, w in neuron.w.items())
    return max(0.0, total) if neuron.nonlin else total


def _keep(model: Any, k: int, kept: set[int]) -> bool:
    """Keep only the ``kept`` neurons in layer k; return whether any were removed."""
    neurons, readers = model.layers[k].neurons, model.layers[k + 1].neurons
    if len(kept) == len(neurons):
        return False
    new_number = {j: number for number, j in enumerate(sorted(kept))}
    model.layers[k].neurons = [neurons[j] for j in new_number]
    for reader in readers:
        reader.w = {new_number[j]: w for j, w in reader.w.items() if j in kept}
        if hasattr(reader, "nin"):
            reader.nin = len(kept)
    return True


def _copy(model: Any) -> Any:
    """Copy the model including its parameters, but not their gradients and graphs."""
    model = copy.copy(model)
    model.layers = [copy.copy(layer) for layer in model.layers]
    for layer in model.layers:
        layer.neurons = [copy.copy(neuron) for neuron in layer.neurons]
        for neuron in layer.neurons:
            neuron.w = {i: Value(w.data) for i, w in neuron.w.items()}
            neuron.b = Value(neuron.b.data)
            neuron.zero_ws = {}
    return model
