"""Neuron by neuron: a network that is operated on while it is trained."""

import rewire
from rewire.data import moons

X, y = moons(seed=0)
net = rewire.mlp([2, 3, 1], seed=1)
trainer = rewire.Trainer(net, "hinge", rewire.SGD(lr=0.3, momentum=0.9))
print(f"{net!r}: loss {trainer.steps(X, y, 200).losses[-1]:.3f}")

# Three hidden neurons are not enough: grow some, one by one, where the last ones ended up.
for _ in range(5):
    neuron = net.add_neuron(rank=1)
    net.connect("0_0", neuron, weight=1.0)
    net.connect("0_1", neuron, weight=-1.0 if neuron.number % 2 else 1.0)
    net.connect(neuron, "2_0", weight=0.1)
    print(f"{net!r}: loss {trainer.steps(X, y, 200).losses[-1]:.3f}")

# A connection that skips a rank, and one neuron fewer: the weakest reader of all goes.
net.connect("0_0", "2_0")
weakest = min(range(net.ranks[1]), key=lambda i: abs(net.neuron(2, 0).weights[i]))
net.remove_neuron(1, weakest)
print(f"{net!r}: loss {trainer.steps(X, y, 400).losses[-1]:.3f}")
print(net["1_0"])
