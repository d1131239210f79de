"""Training on a stream of data, for ``partial_fit``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rewire.graph import Network
from rewire.losses import Loss
from rewire.optimizers import Optimizer
from rewire.schedules import Every, Time
from rewire.topology import Method
from rewire.train import History, Training

__all__ = ["Stream"]

# By these, a model held after any pass of a stream is as good as with static wiring.
SHRINK, LEAST_SAMPLES = 10, 128
TOTALS = ("step", "epoch", "flops", "dense_flops", "seconds")


class Stream:
    """Successive passes over data, between which a method keeps its state.

    There is no end that schedules could go by: the learning rate stays as it is, rewirings come at
    their interval over all steps, and each moves the share that the method begins with.

    A steady stream disturbs no network that may be asked after any pass. Its first rewiring moves a
    tenth of that share, the second an eleventh, and so on. Idle neurons are not revived, as one
    that is idle on a few samples need not be so on those to come; and for the same reason a method
    that looks at data does not rewire in a pass over fewer than 128 samples.

    Parameters
    ----------
    seed : int
        Of the order of samples and of the method's random choices.
    """

    def __init__(self, seed: int) -> None:
        self.seed, self.passes = seed, 0
        self._remembered: dict[str, Any] | None = None

    def learn(
        self,
        net: Network,
        X: Any,
        y: np.ndarray,
        *,
        method: Method,
        loss: str | Loss,
        optimizer: Optimizer,
        batch_size: int,
        history: History,
        steady: bool,
    ) -> None:
        """Train for one pass over the data, in place, and append it to the history.

        Raises
        ------
        ValueError
            If the method prunes towards an end, or rewires at other times than at intervals.
        """
        before = history.rows[-1] if history.rows else dict.fromkeys(TOTALS, 0)
        total_steps = -(-X.shape[0] // batch_size)
        method = _endless(method, before["step"], total_steps)
        if steady:
            method = _steady(method, len(history.rewirings), X.shape[0])
        training = Training(
            net,
            X,
            y,
            method=method,
            loss=loss,
            optimizer=optimizer,
            total_steps=total_steps,
            batch_size=batch_size,
            report_every=total_steps,
            seed=self.seed + self.passes,
        )
        if self._remembered is not None:
            training.rewirer.load_state_dict(self._remembered)
        training.advance()
        state = training.rewirer.state_dict()
        # The next pass counts its steps from 0 again: births lie that much further back then.
        state["born_at"] = state["born_at"] - total_steps
        self._remembered = state | {"history": []}
        self.passes += 1
        row = training.history.rows[0]
        history.rows.append(row | {name: before[name] + row[name] for name in TOTALS})
        history.rewirings += [
            replace(record, step=before["step"] + record.step)
            for record in training.history.rewirings
        ]


def _endless(method: Method, done: int, total_steps: int) -> Method:
    """Return the method for the steps of one pass, with what is due counted over all passes."""
    when, fraction = method.when, method.fraction
    if when is None:
        return method
    if not isinstance(when, Every) or method.pruning is not None:
        raise ValueError(
            "method must rewire at intervals and keep the number of connections for partial_fit, "
            f"which knows no end; got {method.name!r}: use fit, or a method such as 'rigl'"
        )
    interval = total_steps if when.interval == "epoch" else int(when.interval)
    # What is due after the last step waits for the next pass, as there may be none.
    after = np.arange(done, done + total_steps) - when.offset
    due = np.flatnonzero((after > 0) & (after % interval == 0))
    if callable(fraction):
        at_the_start = fraction

        def fraction(time: Time) -> float:
            return at_the_start(time._replace(step=0))

    return replace(method, when=_Due(due) if len(due) else None, fraction=fraction)


def _steady(method: Method, rewirings: int, samples: int) -> Method:
    """Return the method so that it never disturbs a network that may be asked at any time.

    Parameters
    ----------
    method : Method
        For the steps of one pass.
    rewirings : int
        Made in all passes before.
    samples : int
        In this pass.
    """
    if method.looks_at_data and samples < LEAST_SAMPLES:
        return replace(method, when=None)
    fraction, when = method.fraction, method.when
    if not callable(fraction) or not isinstance(when, _Due):  # an adaptive threshold; none due
        return replace(method, revive=None)

    def share(time: Time) -> float:
        earlier = rewirings + int(np.searchsorted(when.after, time.step))
        return fraction(time) / (SHRINK + earlier)

    return replace(method, revive=None, fraction=share)


@dataclass(frozen=True)
class _Due:
    after: np.ndarray

    def steps(self, total_steps: int, steps_per_epoch: int) -> np.ndarray:
        """Return after which steps to rewire."""
        return self.after
