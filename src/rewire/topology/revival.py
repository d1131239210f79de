"""Starting idle units anew before a rewiring: the settings; the model does the work."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Revival"]


@dataclass(frozen=True)
class Revival:
    r"""Give idle units new incoming weights before a rewiring; their outgoing ones become 0.

    A hidden unit is idle if it is constant on all samples looked at (a dead ReLU), or on no way
    to an output. It learns nothing, as its gradient is zero. And where all units that are read
    are silent on a sample, that sample moves nothing but the outputs' biases, however wrong its
    prediction is: training is stuck.

    An idle unit keeps its connections and gets the best of some random draws of their weights:
    the one whose activations a match the sensitivities d = dL/dz of some unit that it may feed
    best, by \|a · d\| / ‖a‖. This is the gradient that its best outgoing connection would have, so
    that growth by gradient finds it next; a unit that is merely not read keeps the weights it has
    if no draw is better. Weights are from N(0, 2 / fan-in), and smaller where the sources x are
    larger than 1: N(0, 2 / Σ E[x²]). Of n units that match the same unit each is divided by √n, as
    together they would make the next steps overshoot. The bias is such that the weighted sum is 0
    at a sample drawn at random: each draw parts the data somewhere. The function of the model stays
    as it is on the samples looked at: outgoing weights become 0, and a constant moves into the
    biases it fed.

    Starting idle units anew is ReDo's idea (arXiv 2302.12902), choosing among random candidates
    by their match with the error that of cascade correlation (Fahlman and Lebiere, 1990).

    Parameters
    ----------
    tries : int, default 8
        Draws for each idle unit.
    samples : int, default 64
        On fewer, no unit is called idle: one that is merely rare would lose what it has learnt.

    Examples
    --------
    >>> from rewire.methods import RevivingRigL
    >>> RevivingRigL(tries=16).revive
    Revival(tries=16, samples=64)
    """

    tries: int = 8
    samples: int = 64

    needs = frozenset({"signals", "revival"})

    def __post_init__(self) -> None:
        for name in ("tries", "samples"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; got {getattr(self, name)}")
