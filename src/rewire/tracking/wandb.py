"""Runs of Weights & Biases, sent or kept until they are sent."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rewire.io import import_optional

from .tracker import Tracker

__all__ = ["WandB"]

EXTRA = "wandb"


class WandB(Tracker):
    """Writes a training to a run of Weights & Biases.

    It goes where its own settings say: ``WANDB_PROJECT``, ``WANDB_ENTITY``, ``WANDB_DIR``, and
    ``WANDB_MODE=offline`` to keep it on this computer until ``wandb sync``. Files of ``rewire
    train`` become an artifact.

    What an offline run has cannot be asked for, so its folder notes each step just before it is
    written: of a training that is killed, the figures of one step may be missing.

    Parameters
    ----------
    folder : path-like, optional
        Where the run's id and its last step are kept, so that a resumed training goes on with it.
    settings : mapping, optional
        Written as the run's config, beside the training's own.
    **options
        Of ``wandb.init``, such as ``project``, ``name``, ``group`` and ``tags``.

    Raises
    ------
    ImportError
        If wandb is not installed.

    Examples
    --------
    ::

        rewire.fit(net, X, y, callbacks=[WandB(project="digits")])

    >>> WandB.name
    'wandb'
    """

    name = "wandb"

    def __init__(
        self,
        folder: str | os.PathLike[str] | None = None,
        *,
        settings: Mapping[str, Any] | None = None,
        **options: Any,
    ):
        super().__init__(folder, settings=settings)
        self._wandb = import_optional("wandb", EXTRA)
        self.options = options
        self._run: Any = None

    def start(self, settings: Mapping[str, bool | int | float | str]) -> Mapping[str, int]:
        """Begin a run beside any other one, or go on with the one that is kept."""
        own: dict[str, Any] = {"config": dict(settings), "reinit": "create_new"}
        if self.run is not None:
            own |= {"id": self.run, "resume": "allow"}
        self._run = self._wandb.init(**own | self.options)
        self.remember(self._run.id)
        return self.last

    def write(self, step: int, figures: Mapping[str, float]) -> None:
        """Note the step, and write its figures."""
        self.remember()
        self._run.log(dict(figures), step=step)

    def keep(self, files: Sequence[Path]) -> None:
        """Keep files as an artifact of the run."""
        artifact = self._wandb.Artifact(f"run-{self.run}", type="run")
        for file in files:
            artifact.add_file(str(file))
        self._run.log_artifact(artifact)

    def stop(self, error: BaseException | None) -> None:
        """End the run, and say whether all went well."""
        self._run.finish(exit_code=0 if error is None else 1)
