"""Ways to train the same sparse network, one step at a time.

Every candidate is made from the same first weights and offers ``step(X, y) -> None``: forward,
gradients of all existing connections, plain SGD; softmax cross-entropy, ReLU, float32.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse
import torch
from torch import nn

import rewire

LEARNING_RATE = 0.01


class Rewire:
    """This library."""

    name = "rewire"

    def __init__(self, net: rewire.Network):
        self.trainer = rewire.Trainer(
            net.copy(), "cross_entropy", rewire.optimizers.SGD(LEARNING_RATE)
        )

    def step(self, X, y):
        self.trainer.step(X, y)


class RewireAlone(Rewire):
    """This library, held to one thread: two threads must never lose to it."""

    name = "rewire, 1 thread"

    def step(self, X, y):
        allowed = rewire.get_num_threads()
        rewire.set_num_threads(1)
        self.trainer.step(X, y)
        rewire.set_num_threads(allowed)


class DenseTorch:
    """Dense PyTorch as a user writes it: the reference of every ratio."""

    name = "PyTorch dense"

    def __init__(self, net: rewire.Network):
        layers = []
        for weight, bias in dense_layers(net):
            linear = nn.Linear(weight.shape[1], weight.shape[0])
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(weight))
                linear.bias.copy_(torch.from_numpy(bias))
            layers += [linear, nn.ReLU()]
        self.model = nn.Sequential(*layers[:-1])
        self.loss = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=LEARNING_RATE)

    def step(self, X, y):
        self.optimizer.zero_grad()
        self.loss(self.model(torch.from_numpy(X)), torch.from_numpy(y)).backward()
        self.optimizer.step()


class MaskedTorch(DenseTorch):
    """PyTorch with weights multiplied by masks, as the masked libraries do."""

    name = "PyTorch masked"

    def __init__(self, net: rewire.Network):
        super().__init__(net)
        self.linears = [layer for layer in self.model if isinstance(layer, nn.Linear)]
        self.masks = [(layer.weight != 0).float() for layer in self.linears]

    def step(self, X, y):
        self.optimizer.zero_grad()
        signal = torch.from_numpy(X)
        for number, (layer, mask) in enumerate(zip(self.linears, self.masks, strict=True)):
            signal = nn.functional.linear(signal, layer.weight * mask, layer.bias)
            if number < len(self.linears) - 1:
                signal = signal.relu()
        self.loss(signal, torch.from_numpy(y)).backward()
        self.optimizer.step()


class TunedTorch:
    """Dense PyTorch tuned by hand: no autograd, buffers kept, the step part of the product."""

    name = "PyTorch dense, tuned"

    def __init__(self, net: rewire.Network):
        self.weights, self.biases = zip(
            *[tuple(map(torch.from_numpy, layer)) for layer in dense_layers(net)], strict=True
        )
        self.signals: list[torch.Tensor] = []

    @torch.no_grad()
    def step(self, X, y):
        X, y = torch.from_numpy(X), torch.from_numpy(y)
        if not self.signals:
            self.signals = [torch.empty(len(X), len(bias)) for bias in self.biases]
            self.slopes = [torch.empty_like(signal) for signal in self.signals]
        inputs = [X, *self.signals]
        last = len(self.weights) - 1
        for n, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            torch.addmm(bias, inputs[n], weight.T, out=inputs[n + 1])
            if n < last:
                inputs[n + 1].relu_()
        slope = torch.softmax(inputs[-1], 1)
        slope[torch.arange(len(y)), y] -= 1
        slope /= len(y)
        for n in range(last, -1, -1):
            weight, signal = self.weights[n], inputs[n]
            if n:
                torch.mm(slope, weight, out=self.slopes[n - 1])
                self.slopes[n - 1].mul_(signal > 0)
            weight.addmm_(slope.T, signal, alpha=-LEARNING_RATE)
            self.biases[n].sub_(slope.sum(0), alpha=LEARNING_RATE)
            slope = self.slopes[n - 1]


class TorchCSR:
    """PyTorch's sparse CSR products, forward, transposed and sampled."""

    name = "PyTorch sparse CSR"

    def __init__(self, net: rewire.Network):
        self.layers = []
        for weight, bias in dense_layers(net):
            rows = scipy.sparse.csr_array(weight)
            position = scipy.sparse.csr_array(
                (np.arange(rows.nnz) + 1, rows.indices, rows.indptr), rows.shape
            )
            columns = position.T.tocsr()
            to_columns = torch.from_numpy(columns.data - 1)
            self.layers.append(
                (_csr(rows, rows.data), _csr(columns, rows.data[to_columns]), to_columns,
                 torch.from_numpy(bias)[:, None])
            )  # fmt: skip

    @torch.no_grad()
    def step(self, X, y):
        signals = [torch.from_numpy(X).T.contiguous()]
        for n, (weight, _, _, bias) in enumerate(self.layers):
            signal = weight @ signals[-1] + bias
            signals.append(signal.relu_() if n < len(self.layers) - 1 else signal)
        slope = torch.softmax(signals[-1], 0)
        slope[torch.from_numpy(y), torch.arange(len(y))] -= 1
        slope /= len(y)
        for n in range(len(self.layers) - 1, -1, -1):
            weight, transposed, to_columns, bias = self.layers[n]
            gradient = torch.sparse.sampled_addmm(weight, slope, signals[n].T, beta=0)
            if n:
                below = (transposed @ slope) * (signals[n] > 0)
            weight.values().sub_(gradient.values(), alpha=LEARNING_RATE)
            transposed.values().copy_(weight.values()[to_columns])
            bias.sub_(slope.sum(1, keepdim=True), alpha=LEARNING_RATE)
            slope = below


class SciPyCSR:
    """SciPy's CSR products, and the sampled product in NumPy."""

    name = "SciPy CSR"

    def __init__(self, net: rewire.Network):
        self.layers = [(scipy.sparse.csr_array(w), b[:, None]) for w, b in dense_layers(net)]
        self.rows = [np.repeat(np.arange(w.shape[0]), np.diff(w.indptr)) for w, _ in self.layers]

    def step(self, X, y):
        signals = [np.ascontiguousarray(X.T)]
        for n, (weight, bias) in enumerate(self.layers):
            signal = weight @ signals[-1] + bias
            signals.append(np.maximum(signal, 0) if n < len(self.layers) - 1 else signal)
        slope = np.exp(signals[-1] - signals[-1].max(0))
        slope /= slope.sum(0)
        slope[y, np.arange(len(y))] -= 1
        slope /= len(y)
        for n in range(len(self.layers) - 1, -1, -1):
            (weight, bias), rows = self.layers[n], self.rows[n]
            gradient = np.empty_like(weight.data)
            for start in range(0, len(rows), 1 << 14):
                part = slice(start, start + (1 << 14))
                products = slope[rows[part]], signals[n][weight.indices[part]]
                np.einsum("ij,ij->i", *products, out=gradient[part])
            if n:
                below = (weight.T @ slope) * (signals[n] > 0)
            weight.data -= LEARNING_RATE * gradient
            bias -= LEARNING_RATE * slope.sum(1, keepdims=True)
            slope = below


CANDIDATES = [Rewire, RewireAlone, DenseTorch, TunedTorch, MaskedTorch, TorchCSR, SciPyCSR]


def dense_layers(net: rewire.Network) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return each layer's dense weight matrix (outputs, inputs) and bias."""
    start, table = net.rank_start, net.connections
    layers = []
    for rank in range(1, len(net.ranks)):
        rows = slice(table.indptr[start[rank]], table.indptr[start[rank + 1]])
        weight = np.zeros((net.ranks[rank], net.ranks[rank - 1]), np.float32)
        weight[table.target[rows] - start[rank], table.source[rows] - start[rank - 1]] = (
            table.weight[rows]
        )
        layers.append((weight, net.bias[start[rank] : start[rank + 1]].copy()))
    return layers


def _csr(matrix: scipy.sparse.csr_array, values: np.ndarray) -> torch.Tensor:
    pointer, index = torch.from_numpy(matrix.indptr), torch.from_numpy(matrix.indices)
    return torch.sparse_csr_tensor(
        pointer, index, torch.from_numpy(np.ascontiguousarray(values)), matrix.shape
    )
