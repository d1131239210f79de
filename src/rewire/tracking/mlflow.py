"""Runs of MLflow: on its server, or in its store on this computer."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rewire.io import import_optional

from .tracker import Tracker

__all__ = ["MLflow"]

EXTRA = "mlflow"
# Longer values of parameters are refused.
LONGEST = 6000


class MLflow(Tracker):
    """Writes a training to a run of MLflow.

    It goes where MLflow's own settings say, by ``MLFLOW_TRACKING_URI``; without any, to a store in
    the working directory. No run is made the active one, so that yours stays active. Files of
    ``rewire train`` become artifacts.

    Parameters
    ----------
    folder : path-like, optional
        Where the number of the run is kept, so that a resumed training goes on with it.
    experiment : str, optional
        Name of the experiment, which is made if need be; by default ``MLFLOW_EXPERIMENT_NAME``, or
        MLflow's ``"Default"``.
    run_name : str, optional
        By default, MLflow makes one up.
    tracking_uri : str, optional
        Instead of MLflow's settings, such as ``"sqlite:///mlflow.db"``.
    settings : mapping, optional
        Written as parameters, beside the training's own.

    Raises
    ------
    ImportError
        If MLflow is not installed.

    Examples
    --------
    ::

        rewire.fit(net, X, y, callbacks=[MLflow(experiment="digits")])

    >>> MLflow.name
    'mlflow'
    """

    name = "mlflow"

    def __init__(
        self,
        folder: str | os.PathLike[str] | None = None,
        *,
        experiment: str | None = None,
        run_name: str | None = None,
        tracking_uri: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ):
        super().__init__(folder, settings=settings)
        self._mlflow = import_optional("mlflow", EXTRA)
        self.experiment, self.run_name, self.tracking_uri = experiment, run_name, tracking_uri
        self._client: Any = None

    def start(self, settings: Mapping[str, bool | int | float | str]) -> Mapping[str, int]:
        """Make a run, or go on with the one that is kept."""
        client = self._client = self._mlflow.MlflowClient(self.tracking_uri)
        if self.run is None:
            made = client.create_run(self._experiment_id(), run_name=self.run_name)
            self.remember(made.info.run_id)
        else:
            client.update_run(self.run, status="RUNNING")
        entities = self._mlflow.entities
        params = [entities.Param(name, str(value)[:LONGEST]) for name, value in settings.items()]
        client.log_batch(self.run, params=params)
        names = client.get_run(self.run).data.metrics
        return {
            name: max(one.step for one in client.get_metric_history(self.run, name))
            for name in names
        }

    def write(self, step: int, figures: Mapping[str, float]) -> None:
        """Write the figures of a step in one go."""
        now, metric = int(1000 * time.time()), self._mlflow.entities.Metric
        metrics = [metric(name, float(value), now, step) for name, value in figures.items()]
        self._client.log_batch(self.run, metrics=metrics)

    def keep(self, files: Sequence[Path]) -> None:
        """Keep files as artifacts of the run."""
        for file in files:
            self._client.log_artifact(self.run, str(file))

    def stop(self, error: BaseException | None) -> None:
        """End the run, as finished, failed or, after Ctrl-C, killed."""
        failed = "FAILED" if isinstance(error, Exception) else "KILLED"
        self._client.set_terminated(self.run, "FINISHED" if error is None else failed)

    def _experiment_id(self) -> str:
        """Return the experiment that is asked for, or the one that the environment names."""
        if self.experiment is None and (known := os.environ.get("MLFLOW_EXPERIMENT_ID")):
            return known
        name = self.experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME") or "Default"
        found = self._client.get_experiment_by_name(name)
        return self._client.create_experiment(name) if found is None else found.experiment_id
