"""The engines of the command line: where trainings run, by what a person types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from rewire.io import advise, import_optional

__all__ = ["ENGINES", "engine"]

EXTRA = "cluster"


def engine(
    on: str, jobs: int | None = None, folder: str | Path = "."
) -> AbstractContextManager[Any]:
    """Return what opens an executor, and closes it at the end.

    Parameters
    ----------
    on : str
        ``dask://host:port``, the address of a scheduler; ``mpi``; or ``slurm``, with options for
        submitit behind a colon, such as ``slurm:partition=cpu,time=240,mem_gb=8``.
    jobs : int, optional
        How many jobs of SLURM there are at a time.
    folder : path, default "."
        Where SLURM's own files go; all its nodes must see it.

    Raises
    ------
    ValueError
        For another engine.
    ImportError
        Naming the extra, where what it needs is not installed.
    """
    name, _, rest = on.partition(":")
    if name not in ENGINES:
        raise ValueError(
            advise(
                f"on must be dask://host:port, mpi, or slurm with its options; got {on!r}",
                "leave it out for processes on this computer (jobs=)",
            )
        )
    return ENGINES[name](rest, jobs, Path(folder))


@contextmanager
def _dask(rest: str, jobs: int | None, folder: Path) -> Iterator[Any]:
    if not rest.startswith("//") or not rest.strip("/"):
        raise ValueError(f"on must name Dask's scheduler, as dask://host:port; got 'dask:{rest}'")
    distributed = import_optional("distributed", EXTRA)
    try:
        client = distributed.Client(f"tcp:{rest}", timeout="10s")
    except OSError as error:
        raise ConnectionError(
            f"on must be the address of a scheduler that answers; got 'dask:{rest}' ({error})"
        ) from error
    with client:
        yield client.get_executor(pure=False)


@contextmanager
def _mpi(rest: str, jobs: int | None, folder: Path) -> Iterator[Any]:
    futures = import_optional("mpi4py.futures", "mpi")
    with futures.MPIPoolExecutor() as executor:
        if not executor.num_workers:
            raise ValueError(
                "on must be mpi where MPI has begun several processes; got one: "
                "begin the command with 'mpiexec -n 9 python -m mpi4py.futures -m rewire'"
            )
        yield executor


@contextmanager
def _slurm(rest: str, jobs: int | None, folder: Path) -> Iterator[Any]:
    from .slurm import SlurmExecutor

    options = dict(_option(part) for part in rest.split(",") if part)
    cluster = options.pop("cluster", None)
    with SlurmExecutor(folder, jobs, cluster=cluster, **options) as executor:
        yield executor


def _option(text: str) -> tuple[str, Any]:
    name, is_option, value = text.partition("=")
    if not is_option or not name.strip():
        raise ValueError(
            f"on must have a value for each option, behind an equals sign; got {text!r}"
        )
    return name.strip(), int(value) if value.strip().isdecimal() else value.strip()


# A function that opens an engine from what stands behind its name.
Opener = Callable[[str, int | None, Path], AbstractContextManager[Any]]
ENGINES: Mapping[str, Opener] = {"dask": _dask, "mpi": _mpi, "slurm": _slurm}
