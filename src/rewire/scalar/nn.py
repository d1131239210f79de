"""Networks made of neurons, dense and sparse, in the style of micrograd.

A neuron holds its connections in a dictionary ``w``: input index -> weight. Adding a key connects
the neuron to an input, deleting a key disconnects it; there are no masks.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from .value import Value, weighted_sum

__all__ = ["MLP", "Layer", "Module", "Neuron", "SparseLayer", "SparseMLP", "SparseNeuron"]

Init = str | float | Callable[[int, Any], float]


class Module:
    """Anything with parameters.

    Examples
    --------
    >>> layer = SparseLayer(nin=4, nout=2, sparsity=0.5, rng=random.Random(0))
    >>> len(layer.parameters())  # two neurons with two weights and a bias each
    6
    """

    def parameters(self) -> list[Value]:
        """Return all parameters, each once, in a fixed order."""
        return []

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for p in self.parameters():
            p.grad = 0.0


class SparseNeuron(Module):
    """A neuron connected to some of its possible inputs.

    Its output is ``relu(b + Σ w[i] x[i])``, or the sum itself if ``nonlin`` is false.

    Parameters
    ----------
    nin : int
        Number of possible inputs, at least 1.
    sparsity : float
        Share of the possible connections that do not exist, in [0, 1). The fan-in is
        ``ceil((1 - sparsity) * nin)``, at least one, as in the post's code (its text says floor).
        The product is rounded first, as (1 - 0.7) * 10 = 3.0000000000000004 should give 3.
    nonlin : bool, default True
        Whether to apply ReLU.
    wiring : {"random", "first"}, default "random"
        Which inputs to connect: random ones, or the first ones, as in the post. The latter never
        sees the other inputs, which makes a weak baseline.
    init : float, callable or "fan_in", default "fan_in"
        Initial weights. ``"fan_in"`` draws from a normal distribution with standard deviation
        ``sqrt(2 / fan_in)`` (He et al., 2015, arXiv 1502.01852), which keeps the scale of the
        signal from layer to layer at any sparsity; a number r draws uniformly from [-r, r] (the
        post: 0.1); a function of (fan_in, rng) returns one weight. The bias starts at 0.
    rng : random.Random, optional
        Random generator; that of the module ``random`` by default.

    Attributes
    ----------
    w : dict of int to Value
        Weights of the existing connections by input index, in order of insertion.
    b : Value
        Bias.
    zero_ws : dict of int to Value
        After a call with ``dense_grad=True``, a zero weight for every connection that does not
        exist; ``backward`` then computes the gradients of these as well.

    Examples
    --------
    >>> neuron = SparseNeuron(10, sparsity=0.7, rng=random.Random(0))
    >>> neuron, sorted(neuron.w)
    (ReLUNeuron(3), [0, 6, 9])
    """

    def __init__(
        self,
        nin: int,
        sparsity: float,
        nonlin: bool = True,
        *,
        wiring: str = "random",
        init: Init = "fan_in",
        rng: Any = None,
    ):
        if nin < 1:
            raise ValueError(f"nin must be at least 1; got {nin}")
        if not 0 <= sparsity < 1:
            raise ValueError(
                f"sparsity must be in [0, 1); got {sparsity}: it is the share of connections that "
                "do NOT exist, 0 for a dense neuron"
            )
        rng = random if rng is None else rng
        fan_in = max(1, math.ceil(round((1 - sparsity) * nin, 9)))
        chosen_from = {"random": nin, "first": fan_in}.get(wiring)
        if chosen_from is None:
            raise ValueError(f"wiring must be 'random' or 'first'; got {wiring!r}")
        draw = _weight_init(init)
        chosen = rng.sample(range(chosen_from), k=fan_in)
        self.nin = nin
        self.w = {i: Value(draw(fan_in, rng)) for i in chosen}
        self.b = Value(0)
        self.nonlin = nonlin
        self.zero_ws: dict[int, Value] = {}

    def __call__(self, x: Sequence[Value | float], dense_grad: bool | str = False) -> Value:
        """Return the neuron's output for one sample ``x`` of ``nin`` inputs.

        With ``dense_grad=True``, connections that do not exist take part with weight zero. They
        stay in ``zero_ws`` over further calls, so that their gradients add up over a batch, until
        ``zero_ws`` is emptied. With ``"last"`` they are made anew at every call, so that only the
        last sample counts; the post's code does this, perhaps unintentionally.
        """
        if len(x) != self.nin:
            raise ValueError(f"x must hold {self.nin} inputs for this neuron; got {len(x)}")
        w = self.w
        if dense_grad not in (False, True, "last"):
            raise ValueError(f"dense_grad must be False, True or 'last'; got {dense_grad!r}")
        if dense_grad:
            kept = {} if dense_grad == "last" else self.zero_ws
            absent = [i for i in range(self.nin) if i not in w]
            self.zero_ws = {i: kept.get(i) or Value(0) for i in absent}
            everything = w | self.zero_ws
            w = {i: everything[i] for i in range(self.nin)}
        act = weighted_sum(w.values(), [x[i] for i in w], self.b)
        return act.relu() if self.nonlin else act

    def parameters(self) -> list[Value]:
        """Return the weights in order of insertion, then the bias."""
        return [*self.w.values(), self.b]

    def __repr__(self) -> str:
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class SparseLayer(Module):
    """``nout`` sparse neurons with the same ``nin`` possible inputs.

    Parameters
    ----------
    nin, nout : int
        Number of inputs and of neurons.
    sparsity : float, default 0
        Sparsity of every neuron, in [0, 1).
    **kwargs
        Further parameters of :class:`SparseNeuron`.

    Attributes
    ----------
    neurons : list of SparseNeuron

    Examples
    --------
    >>> layer = SparseLayer(nin=4, nout=2, sparsity=0.5, rng=random.Random(0))
    >>> layer
    Layer of [ReLUNeuron(2), ReLUNeuron(2)]
    >>> len(layer([1.0, 2.0, 3.0, 4.0]))
    2
    """

    def __init__(self, nin: int, nout: int, sparsity: float = 0, **kwargs: Any):
        if nout < 1:
            raise ValueError(f"nout must be at least 1; got {nout}")
        self.neurons = [SparseNeuron(nin, sparsity, **kwargs) for _ in range(nout)]

    def __call__(self, x: Sequence[Value | float], dense_grad: bool | str = False) -> list[Value]:
        """Return the outputs as a list, also for a single neuron (the post's layer unpacks it)."""
        return [neuron(x, dense_grad=dense_grad) for neuron in self.neurons]

    def parameters(self) -> list[Value]:
        """Return all parameters, neuron by neuron."""
        return [p for neuron in self.neurons for p in neuron.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(repr, self.neurons))}]"


class SparseMLP(Module):
    """A multi-layer perceptron of sparse neurons: ReLU hidden layers, a linear output layer.

    Parameters
    ----------
    nin : int
        Number of inputs.
    nouts : sequence of int
        Number of neurons in each layer, the output layer last.
    sparsities : sequence of float
        One sparsity in [0, 1) per layer.
    wiring, init, rng
        As for :class:`SparseNeuron`. The post's network has ``wiring="first", init=0.1``.

    Attributes
    ----------
    nin : int
        Number of inputs.
    layers : list of SparseLayer

    Raises
    ------
    ValueError
        If the numbers of sparsities and of layers differ, or a sparsity is outside [0, 1).

    Examples
    --------
    >>> model = SparseMLP(2, [4, 1], [0, 0.5], rng=random.Random(1))
    >>> model
    MLP of [
    Layer of [ReLUNeuron(2), ReLUNeuron(2), ReLUNeuron(2), ReLUNeuron(2)]
    Layer of [LinearNeuron(2)]
    ]
    >>> len(model.parameters())  # 8 + 2 weights, 4 + 1 biases
    15
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        sparsities: Sequence[float],
        *,
        wiring: str = "random",
        init: Init = "fan_in",
        rng: Any = None,
    ):
        if len(nouts) == 0:
            raise ValueError("nouts must name at least one layer; got none")
        if len(sparsities) != len(nouts):
            raise ValueError(
                f"sparsities must hold one number for each of the {len(nouts)} layers; "
                f"got {len(sparsities)}"
            )
        for number, sparsity in enumerate(sparsities, start=1):
            if not 0 <= sparsity < 1:
                raise ValueError(f"sparsity must be in [0, 1); got {sparsity} for layer {number}")
        self.nin = nin
        sizes = [nin, *nouts]
        self.layers = [
            SparseLayer(
                sizes[i],
                sizes[i + 1],
                sparsities[i],
                nonlin=i < len(nouts) - 1,
                wiring=wiring,
                init=init,
                rng=rng,
            )
            for i in range(len(nouts))
        ]

    def __call__(self, x: Sequence[Value | float], dense_grad: bool | str = False) -> Any:
        """Return the outputs for one sample: a list, or the Value itself if there is only one."""
        for layer in self.layers:
            x = layer(x, dense_grad=dense_grad)
        return x[0] if len(x) == 1 else x

    def parameters(self) -> list[Value]:
        """Return all parameters, layer by layer."""
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        return "\n".join(["MLP of [", *map(repr, self.layers), "]"])


class Neuron(SparseNeuron):
    """A dense neuron: a sparse one of sparsity 0.

    It has the parameters of :class:`SparseNeuron` except ``sparsity`` and ``wiring``.

    Examples
    --------
    >>> Neuron(3, nonlin=False)
    LinearNeuron(3)
    """

    def __init__(self, nin: int, nonlin: bool = True, **kwargs: Any):
        super().__init__(nin, 0, nonlin, **kwargs)


class Layer(SparseLayer):
    """A dense layer of ``nout`` neurons with ``nin`` inputs.

    Examples
    --------
    >>> Layer(3, 2)
    Layer of [ReLUNeuron(3), ReLUNeuron(3)]
    """

    def __init__(self, nin: int, nout: int, **kwargs: Any):
        super().__init__(nin, nout, 0, **kwargs)


class MLP(SparseMLP):
    """A dense multi-layer perceptron, called as in micrograd: ``MLP(2, [16, 16, 1])``.

    Examples
    --------
    >>> len(MLP(2, [16, 16, 1]).parameters())
    337
    """

    def __init__(self, nin: int, nouts: Sequence[int], **kwargs: Any):
        super().__init__(nin, nouts, [0] * len(nouts), **kwargs)


def _weight_init(init: Init) -> Callable[[int, Any], float]:
    if callable(init):
        return init
    if init == "fan_in":
        return lambda fan_in, rng: rng.gauss(0, math.sqrt(2 / fan_in))
    if isinstance(init, (int, float)) and 0 < init < math.inf:
        return lambda fan_in, rng: rng.uniform(-init, init)
    raise ValueError(
        f"init must be 'fan_in', a number above 0 or a function of (fan_in, rng); got {init!r}"
    )
