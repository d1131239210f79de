"""A callback for transformers' ``Trainer`` that rewires the sparse layers of a model.

Examples
--------
::

    import rewire.torch as rt
    from rewire.torch.transformers import RewirerCallback

    rt.sparsify(model, density=0.1, start="magnitude")
    trainer = Trainer(model, arguments, train_dataset=data, callbacks=[RewirerCallback("rigl")])
    trainer.train()
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from rewire.io import advise, atomic_write, import_optional
from rewire.topology import Method

from .callbacks import Rewires
from .distributed.setup import ignore_tables

import_optional("transformers", "transformers")

from transformers import TrainerCallback  # noqa: E402

__all__ = ["RewirerCallback"]

FILE_NAME = "rewirer.pt"


class RewirerCallback(Rewires, TrainerCallback):
    """Rewires a model's sparse layers after the steps of its optimiser.

    Its state is the file ``rewirer.pt`` in each checkpoint that the trainer writes, and
    ``trainer.train(resume_from_checkpoint=True)`` goes on to the same bits.

    Parameters
    ----------
    method : str or Method, default "rigl"
    steps : int, optional
        Steps of the optimiser in the whole training; by default the trainer's ``max_steps``.
    seed : int or numpy.random.Generator, optional
        Of random choices; without one they follow ``torch.manual_seed``.
    resume_from : path-like, optional
        The checkpoint from which the training goes on; by default that of its step in the
        trainer's ``output_dir``.
    recorder : rewire.report.Recorder, optional
        Follows the model; it is told ``loss``, ``eval_loss`` and ``eval_accuracy`` when the
        trainer logs them.
    **options
        Of :class:`rewire.torch.Rewirer` and of a method by name, such as ``every=50``.

    Attributes
    ----------
    rewirer : rewire.torch.Rewirer or None
        Since the training began; it has the history.
    """

    def __init__(
        self,
        method: str | Method = "rigl",
        *,
        resume_from: str | os.PathLike[str] | None = None,
        **options: Any,
    ):
        super().__init__(method, **options)
        self.resume_from = resume_from

    def on_init_end(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
        """Tell DistributedDataParallel, in which the trainer will put the model, of its tables."""
        if torch.distributed.is_available():
            ignore_tables(parts["model"])

    def on_train_begin(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
        """Attach the rewirer; by now, model and optimiser are as in the checkpoint.

        Raises
        ------
        FileNotFoundError
            If the training goes on from a checkpoint without the rewirer's state.
        """
        optimizer = parts["optimizer"]
        while hasattr(optimizer, "optimizer"):  # what accelerate has wrapped
            optimizer = optimizer.optimizer
        found = None
        if state.global_step > 0:
            found = _state_in(self.resume_from or _checkpoint(args, state))
        self.begin(parts["model"], [optimizer], state.max_steps, found)

    def on_step_end(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
        """Let the recorder look at the model."""
        self.tell()

    def on_log(
        self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **_: Any
    ) -> None:
        """Tell the recorder what was measured."""
        logs = logs or {}
        names = {
            "loss": "loss",
            "validation_loss": "eval_loss",
            "validation_accuracy": "eval_accuracy",
        }
        self.tell(**{name: logs.get(theirs) for name, theirs in names.items()})

    def on_save(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
        """Write the rewirer's state beside what the trainer has written."""
        if self.rewirer is not None and state.is_world_process_zero:
            with atomic_write(_checkpoint(args, state) / FILE_NAME) as temporary:
                torch.save(self.rewirer.state_dict(), temporary)

    def on_train_end(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
        """Leave model and optimiser alone."""
        self.end()


def _checkpoint(args: Any, state: Any) -> Path:
    """Return the folder that the trainer writes at this step."""
    return Path(args.output_dir) / f"checkpoint-{state.global_step}"


def _state_in(folder: str | os.PathLike[str]) -> Mapping[str, Any]:
    file = Path(folder) / FILE_NAME
    if not file.exists():
        raise FileNotFoundError(
            advise(
                f"{file} is not there, so nothing says how the rewiring goes on",
                "name the folder of the checkpoint by resume_from=",
                "resume from an earlier checkpoint",
            )
        )
    return torch.load(file, weights_only=True)
