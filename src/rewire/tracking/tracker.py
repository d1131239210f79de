"""What all trackers have in common: what is written when, and what becomes of a failure."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypedDict

from rewire.io import advise, as_path, prepare_folder, read_json, warn, write_json
from rewire.train import Training
from rewire.validation import of_type

from .figures import at_start, figures_by_step, plain, settings_of

__all__ = ["Tracker"]


class Place(TypedDict):
    """What a folder keeps of a tracker, so that it goes on with the run of a resumed training."""

    training: dict[str, str]
    run: str | None
    last: dict[str, int]


class Tracker(ABC):
    """Writes a training elsewhere while it runs; the base of all trackers, and of your own.

    Written are the settings; every report of the history; of every rewiring what it dropped and
    grew in each layer, and the densities of the layers; and, by ``rewire train``, what was measured
    at the end and the files of the run.

    A resumed training goes on with its run if there is a folder to find it by. Nothing is written
    twice, though it trains some steps again, and what is missing is made up for.

    Errors of the beginning, such as a server that does not answer, are raised. Later ones are not:
    the first becomes a warning, and the training goes on without the tracker.

    Parameters
    ----------
    folder : path-like, optional
        Where it keeps what it needs to go on. It belongs to one training: another one, by its data
        or settings, is refused there. Without one, a resumed training is written to a new run, from
        its first step.
    settings : mapping, optional
        Written beside the training's own.

    Attributes
    ----------
    failure : Exception or None
        What ended it early.

    Examples
    --------
    Three methods make a tracker:

    >>> import rewire
    >>> from rewire.data import moons
    >>> class Printed(Tracker):
    ...     name = "printed"
    ...
    ...     def start(self, settings):
    ...         print(settings["method"], settings["network"])
    ...         return {}
    ...
    ...     def write(self, step, figures):
    ...         if "loss" in figures:
    ...             print("a report after step", step)
    ...
    ...     def stop(self, error):
    ...         print("over")
    >>> net = rewire.mlp([2, 8, 1], density=0.5, seed=0)
    >>> history = rewire.fit(
    ...     net, *moons(seed=0), total_steps=20, report_every=10, callbacks=[Printed()]
    ... )
    reviving rigl 2-8-1
    a report after step 10
    a report after step 20
    over
    """

    name: ClassVar[str]

    def __init__(
        self,
        folder: str | os.PathLike[str] | None = None,
        *,
        settings: Mapping[str, Any] | None = None,
    ):
        self.folder = None if folder is None else as_path(folder, "folder")
        self.settings = {} if settings is None else dict(of_type(settings, "settings", Mapping))
        self.failure: Exception | None = None
        self._place: Place = {"training": {}, "run": None, "last": {}}
        self._rows = self._rewirings = 0

    # ---------------------------------------------------------------- as a callback of a Training

    def begin(self, training: Training) -> None:
        """Begin a run, or go on with the one of a resumed training.

        Raises
        ------
        ValueError
            If the folder is that of another training.
        ConnectionError
            If the back end fails.
        """
        self.failure, self._rows, self._rewirings = None, 0, 0
        self._place = self._find(training)
        try:
            last = self.start(plain(settings_of(training) | self.settings))
            self._place["last"] = dict(last)
            if not training.step and not training.rewirer.due(0):
                self._write(0, at_start(training.net))
            self._report(training)
        except Exception as error:
            raise ConnectionError(
                advise(
                    f"{self.name} must take the training; it fails with {_in_words(error)}",
                    "train without it",
                )
            ) from error

    def __call__(self, training: Training) -> None:
        """Write what is new since the last report."""
        if self.failure is None:
            self._try(self._report, training)

    def end(self, training: Training, error: BaseException | None = None) -> None:
        """End the run, and say whether the training ended by an error."""
        self._try(self.stop, error)

    def log_result(
        self, step: int, figures: Mapping[str, float], files: Sequence[Path] = ()
    ) -> None:
        """Write what was measured after the training, and keep files where the back end does that.

        Parameters
        ----------
        step : int
            Steps of the whole training.
        figures : mapping of str to float
        files : sequence of path
        """
        if self.failure is None:
            self._try(self._write, step, figures)
            self._try(self.keep, files)

    # ---------------------------------------------------------------------- what a back end does

    @abstractmethod
    def start(self, settings: Mapping[str, bool | int | float | str]) -> Mapping[str, int]:
        """Begin a run, or go on with it; return the last step of each figure that it has."""

    @abstractmethod
    def write(self, step: int, figures: Mapping[str, float]) -> None:
        """Write figures of one step."""

    def keep(self, files: Sequence[Path]) -> None:  # noqa: B027  not all back ends keep files
        """Keep files with the run; by default, nothing is done."""

    @abstractmethod
    def stop(self, error: BaseException | None) -> None:
        """End the run, by an error or well."""

    # ------------------------------------------------------------------------------------- inside

    @property
    def run(self) -> str | None:
        """What the back end knows the run by, once that is remembered."""
        return self._place["run"]

    @property
    def last(self) -> dict[str, int]:
        """The last step of each figure that has been written."""
        return self._place["last"]

    def remember(self, run: str | None = None) -> None:
        """Keep in the folder where the run has got to."""
        self._place["run"] = self.run if run is None else run
        if self.folder is not None:
            write_json(self.folder / f"{self.name}.json", self._place)

    def _find(self, training: Training) -> Place:
        """Return what the folder keeps; refuse that of another training."""
        if self.folder is None:
            return {"training": {}, "run": None, "last": {}}
        prepare_folder(self.folder)
        own, file = dict(training.fingerprint), self.folder / f"{self.name}.json"
        if not file.exists():
            return {"training": own, "run": None, "last": {}}
        place: Place = read_json(file, Place)
        for name, value in own.items():
            if (kept := place["training"].get(name)) != value:
                raise ValueError(
                    advise(
                        "folder must be new, or that of the same training; got "
                        f"{str(self.folder)!r}, of one with {name} = {kept}",
                        "choose another folder (folder=)",
                    )
                )
        return place

    def _report(self, training: Training) -> None:
        history = training.history
        rows, rewirings = history.rows[self._rows :], history.rewirings[self._rewirings :]
        self._rows, self._rewirings = len(history.rows), len(history.rewirings)
        for step, figures in figures_by_step(training.net, rows, rewirings):
            self._write(step, figures)

    def _write(self, step: int, figures: Mapping[str, float]) -> None:
        new = {name: value for name, value in figures.items() if self.last.get(name, -1) < step}
        if new:
            self.last.update(dict.fromkeys(new, step))
            self.write(step, new)

    def _try(self, action: Callable[..., None], *arguments: Any) -> None:
        """Do something that must not end the training if it fails."""
        try:
            action(*arguments)
        except Exception as error:
            if self.failure is None:
                warn(
                    f"{self.name} failed with {_in_words(error)}: the training goes on without it",
                )
                self.failure = error


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
