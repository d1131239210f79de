"""A callback for Lightning's ``Trainer`` that rewires the sparse layers of a module.

Examples
--------
::

    import lightning
    from rewire.torch.lightning import RewirerCallback

    trainer = lightning.Trainer(max_epochs=10, callbacks=[RewirerCallback("rigl", every=100)])
    trainer.fit(module, loader)  # whose sparse layers sparsify has made, in its __init__
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rewire.io import import_optional

from .callbacks import Rewires

import_optional("lightning", "lightning")

import lightning.pytorch as pl  # noqa: E402

__all__ = ["RewirerCallback"]


class RewirerCallback(Rewires, pl.Callback):
    """Rewires a module's sparse layers after the steps of its optimiser.

    Its state is in Lightning's checkpoints: ``trainer.fit(..., ckpt_path=...)`` goes on to the same
    bits. Steps that a GradScaler skips do not count, and the batches that
    ``accumulate_grad_batches`` joins are one step.

    Parameters
    ----------
    method : str or Method, default "rigl"
    steps : int, optional
        Steps of the optimiser in the whole training; by default
        ``trainer.estimated_stepping_batches``.
    seed : int or numpy.random.Generator, optional
        Of random choices; without one they follow ``torch.manual_seed``.
    recorder : rewire.report.Recorder, optional
        Follows the module; it is told the loss of each step and, after a validation, what was
        logged as ``val_loss`` and ``val_acc``.
    **options
        Of :class:`rewire.torch.Rewirer` and of a method by name, such as ``every=50``.

    Attributes
    ----------
    rewirer : rewire.torch.Rewirer or None
        Since the training began; it has the history.
    """

    _state: Mapping[str, Any] | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Attach the rewirer; by now, model and optimiser are as in the checkpoint."""
        steps = float(trainer.estimated_stepping_batches)
        # With several processes, the trainer's model is the module in DistributedDataParallel.
        self.begin(trainer.model or pl_module, trainer.optimizers, steps, self._state)

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Tell the recorder the loss."""
        self.tell(loss=outputs.get("loss") if isinstance(outputs, Mapping) else outputs)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Tell the recorder what was validated, but not what was only tried before the training."""
        found = trainer.callback_metrics
        if not trainer.sanity_checking:
            self.tell(
                validation_loss=found.get("val_loss"), validation_accuracy=found.get("val_acc")
            )

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Leave module and optimiser alone."""
        self.end()

    def state_dict(self) -> dict[str, Any]:
        """Return the rewirer's state."""
        return dict(self._state or {}) if self.rewirer is None else self.rewirer.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Keep a state until the training starts."""
        self._state = state_dict
