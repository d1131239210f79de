"""Known methods by name, each a composition of parts.

``fraction`` is a number, to which the method's own schedule applies, or a schedule; any other part
of :class:`rewire.topology.Method` can be replaced by a keyword. So SET is RigL with other criteria:

>>> RigL(0.3, every="epoch").drop, RigL().grow
(<DropCriterion 'magnitude'>, <GrowCriterion 'gradient'>)
>>> SET().drop, SET().grow
(<DropCriterion 'sign magnitude'>, <GrowCriterion 'random'>)
>>> get("rigl", grow="random", name="mine").grow
<GrowCriterion 'random'>
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rewire.schedules import At, Cosine, Cubic, Every, FollowLearningRate, Rounds, Schedule, Sigmoid
from rewire.topology.amounts import PruningSchedule, Threshold
from rewire.topology.criteria import magnitude_and_gradient
from rewire.topology.method import Method, get_method, method_registry
from rewire.topology.neurons import constant_fan_in
from rewire.topology.revival import Revival

__all__ = [
    "CHT",
    "DSR",
    "GMP",
    "MEST",
    "SET",
    "SNFS",
    "SNIP",
    "CHTs",
    "CHTss",
    "GraNet",
    "LotteryTicket",
    "PostRigL",
    "RevivingRigL",
    "RigL",
    "SRigL",
    "Static",
    "get",
    "registry",
]

registry = method_registry
get = get_method

Density = float | Sequence[float]
Fraction = float | Schedule | Threshold


def _schedule(fraction: Fraction, make: Callable[..., Any], *options: Any) -> Any:
    """Return a number as the start of the method's own schedule, and a schedule as it is."""
    return make(fraction, *options) if isinstance(fraction, (int, float)) else fraction


def _compose(parts: dict[str, Any], **defaults: Any) -> Method:
    return Method(**(defaults | parts))


def _method(name: str) -> Callable[[Callable[..., Method]], Callable[..., Method]]:
    return lambda make: registry.add(name, make)


@_method("static")
def Static() -> Method:
    """Leave the wiring as it is; the baseline."""
    return Method(name="static")


@_method("set")
def SET(fraction: Fraction = 0.3, every: int | str = "epoch", **parts: Any) -> Method:
    """Sparse evolutionary training: drop small weights of both signs, grow at random.

    arXiv 1707.04780. ``fraction`` is the paper's ζ.
    """
    return _compose(
        parts,
        name="set",
        when=Every(every),
        drop="sign magnitude",
        grow="random",
        fraction=fraction,
    )


@_method("snfs")
def SNFS(fraction: Fraction = 0.5, every: int | str = "epoch", **parts: Any) -> Method:
    """Sparse momentum: grow and share among layers by momentum; ``fraction`` decays by a cosine.

    arXiv 1907.04840. ``redistribute=None`` keeps every layer's number of connections.
    """
    return _compose(
        parts,
        name="snfs",
        when=Every(every),
        drop="magnitude",
        grow="momentum",
        fraction=_schedule(fraction, Cosine),
        redistribute="momentum",
        batches=8,
    )


@_method("dsr")
def DSR(fraction: Fraction = 0.1, every: int | str = 100, **parts: Any) -> Method:
    """Dynamic sparse reparameterisation: one adaptive threshold, random growth by survivors.

    arXiv 1902.05967.
    """
    return _compose(
        parts,
        name="dsr",
        when=Every(every),
        drop="magnitude",
        grow="random",
        fraction=_schedule(fraction, Threshold),
        redistribute="surviving",
    )


@_method("rigl")
def RigL(
    fraction: Fraction = 0.3, every: int | str = 100, end: float = 0.75, **parts: Any
) -> Method:
    """Drop the smallest weights, grow the largest gradients; ``fraction`` decays by a cosine.

    arXiv 1911.11134. Defaults as in the paper, except that a rewiring comes besides the step and
    not instead of it, and that a dropped connection cannot return at once; the reference code's
    choices are ``skip_update=True`` and ``allow_regrowth=True``.
    """
    return _compose(
        parts,
        name="rigl",
        when=Every(every, end=end),
        drop="magnitude",
        grow="gradient",
        fraction=_schedule(fraction, Cosine, end),
    )


@_method("reviving rigl")
def RevivingRigL(
    fraction: float = 0.3,
    every: int | str = 100,
    end: float = 0.75,
    tries: int = 8,
    **parts: Any,
) -> Method:
    """RigL over the whole network, with idle neurons revived before each rewiring; the default.

    RigL fails where silent neurons leave samples that no gradient reaches, and where a small layer
    has too few connections to grow around them. Here idle neurons start anew where the error is
    (:class:`Revival`), and connections move to the layers that need them. On the post's task with
    101 parameters 100 of 100 networks reach 99% accuracy, of RigL's 88 to 93; see
    docs/methods/reviving-rigl.md. ``tries`` is the number of draws for each idle neuron.

    A training has at least 15 rewirings, even a short one. With ``batches=4`` a neuron is called
    idle only if it is idle on all of them.
    """
    return _compose(
        parts,
        name="reviving rigl",
        when=Every(every, end=end, periods=15),
        drop="magnitude",
        grow="gradient",
        fraction=Cosine(fraction, end),
        scope="network",
        revive=Revival(tries),
        batches=4,
    )


@_method("post rigl")
def PostRigL(fraction: Fraction = 0.3, every: int = 20, **parts: Any) -> Method:
    """The post's RigL: after steps 21, 41, ..., a share that follows the learning rate.

    Growth looks at the last sample alone, because the post's code renews its candidates with every
    sample.
    """
    return _compose(
        parts,
        name="post rigl",
        when=Every(every, offset=1),
        drop="magnitude",
        grow="gradient",
        fraction=_schedule(fraction, FollowLearningRate),
        growth_samples="last",
    )


@_method("gmp")
def GMP(density: Density = 0.1, every: int | str = 100, end: float = 0.75, **parts: Any) -> Method:
    """Gradual magnitude pruning from dense, along a cubic schedule (arXiv 1710.01878)."""
    return _compose(
        parts,
        name="gmp",
        when=Every(every),
        drop="magnitude",
        pruning=PruningSchedule(density, Cubic(0.0, end)),
        initial="dense",
    )


@_method("snip")
def SNIP(density: Density = 0.1, **parts: Any) -> Method:
    r"""Prune once before training, by \|w · dL/dw\| over the whole network (arXiv 1810.02340)."""
    return _compose(
        parts,
        name="snip",
        when=At(0),
        drop="sensitivity",
        scope="network",
        pruning=PruningSchedule(density),
        initial="dense",
    )


@_method("lottery ticket")
def LotteryTicket(density: Density = 0.1, rounds: int = 5, **parts: Any) -> Method:
    """Train, prune by magnitude, rewind to the first weights, and again (arXiv 1803.03635).

    The training is divided into ``rounds``; each prunes the same share of the remaining
    connections, so that the last one trains the ticket of the final density.
    """
    return _compose(
        parts,
        name="lottery ticket",
        when=Rounds(rounds),
        drop="magnitude",
        pruning=PruningSchedule(density, Rounds(rounds), geometric=True),
        rewind=True,
        initial="dense",
    )


@_method("mest")
def MEST(
    fraction: Fraction = 0.3,
    every: int | str = 100,
    end: float = 0.75,
    balance: float = 1.0,
    **parts: Any,
) -> Method:
    r"""Drop by \|w\| + λ \|dL/dw\|, grow at random (arXiv 2110.14032); λ is ``balance``."""
    return _compose(
        parts,
        name="mest",
        when=Every(every, end=end),
        drop=magnitude_and_gradient.using(balance=balance),
        grow="random",
        fraction=_schedule(fraction, Cosine, end),
    )


@_method("granet")
def GraNet(
    density: Density = 0.1,
    fraction: Fraction = 0.5,
    every: int | str = 100,
    end: float = 0.75,
    **parts: Any,
) -> Method:
    """Prune gradually, and after each pruning regrow a share by gradient (arXiv 2106.10404)."""
    return _compose(
        parts,
        name="granet",
        when=Every(every, end=end),
        drop="magnitude",
        grow="gradient",
        fraction=_schedule(fraction, Cosine, end),
        pruning=PruningSchedule(density, Cubic(0.0, end)),
        initial="dense",
    )


@_method("srigl")
def SRigL(
    fraction: Fraction = 0.3,
    every: int | str = 100,
    end: float = 0.75,
    ablate_below: float = 0.3,
    **parts: Any,
) -> Method:
    """RigL with a constant fan-in in each layer, and neurons removed that have few strong ones.

    arXiv 2305.02299. ``ablate_below`` is the paper's γ.
    """
    return RigL(
        fraction,
        every,
        end,
        **{"name": "srigl", "neurons": constant_fan_in.using(ablate_below=ablate_below)} | parts,
    )


@_method("cht")
def CHT(fraction: Fraction = 0.3, every: int | str = "epoch", **parts: Any) -> Method:
    """Drop the smallest weights, grow by Cannistraci-Hebb link prediction over paths.

    Epitopological Learning (ICLR 2024); needs no gradient of absent connections.
    """
    return _compose(
        parts,
        name="cht",
        when=Every(every),
        drop="magnitude",
        grow="cannistraci-hebb paths",
        fraction=fraction,
    )


@_method("chts")
def CHTs(fraction: Fraction = 0.3, every: int | str = "epoch", **parts: Any) -> Method:
    """CHT with a soft rule: both ends drawn at random in proportion to their scores.

    arXiv 2501.19107.
    """
    return _compose(
        parts,
        name="chts",
        when=Every(every),
        drop="soft relative importance",
        grow="soft cannistraci-hebb nodes",
        fraction=fraction,
    )


@_method("chtss")
def CHTss(
    density: Density = 0.01,
    fraction: Fraction = 0.3,
    every: int | str = "epoch",
    end: float = 0.75,
    **parts: Any,
) -> Method:
    """CHTs while the density decays along an S (arXiv 2501.19107, from 50% to 1%)."""
    return CHTs(
        fraction,
        every,
        **{
            "name": "chtss",
            "pruning": PruningSchedule(density, Sigmoid(0.0, end)),
            "initial": "dense",
        }
        | parts,
    )
