"""The jobs that are killed: everything that leaves files behind, as small as it can be."""

from __future__ import annotations

import csv
import json
import multiprocessing
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import distributed
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

import rewire
import rewire.cli.live
import rewire.cli.training
import rewire.torch as rt
from rewire.cli.app import app
from rewire.compare import run_study, study_config
from rewire.compare.report.writing import write_comparison
from rewire.data import load
from rewire.io import atomic_write
from rewire.io.tensors import read_tensors
from rewire.train import fitting, throttle

CHECKPOINT = "run.safetensors"
FORMATS = ("a.json", "a.npz", "a.c", "a.py", "a.onnx", "a.graphml", "a.safetensors")


def jobs(folder: Path) -> dict[str, tuple[Any, ...]]:
    """Prepare all jobs: by name, what to do in a folder, and what there is to compare in it.

    Of those with a third entry, True, it is a process that works for them that is killed.
    """
    rewire.set_num_threads(1)
    torch.set_num_threads(1)
    often = partial(throttle.Throttle, seconds=0, share=1)
    fitting.Throttle = sys.modules["rewire.cli.live"].Throttle = often
    run = folder / "run"
    _train(run)
    # Import what is needed, which each child would do anew. No gradients are computed: PyTorch
    # would not let a forked process compute any.
    _export(run, folder)
    torch.optim.Adam([torch.zeros(1, requires_grad=True)]).step()
    return {
        "train": (lambda where: _train(where / "run"), _run_contents),
        "fit": (_fit, _checkpoint_contents),
        "compare": (_compare, _study_contents),
        "compare --jobs 2": (partial(_compare, jobs=2), _study_contents),
        "its workers": (partial(_compare, jobs=2), _study_contents, True),
        "workers of Dask": (_compare_by_dask, _study_contents, True),
        "tune --jobs 2": (_tune, _search_contents),
        "report": (partial(_report, run), _bytes),
        "export": (partial(_export, run), _bytes),
        "strip": (partial(_strip, run), _bytes),
        "torch": (_torch, _torch_contents),
        "ranks of torch": (_ranks, _torch_contents, True),
    }


def _command(*words: Any) -> None:
    app([str(word) for word in words], standalone_mode=False)


def _train(run: Path) -> None:
    if (run / "settings.json").exists():
        _command("train", "--resume", run)
        return
    settings = "--hidden 12 --sparsity 0.8,0.5 --method rigl --every 5 --total-steps 40"
    _command("train", "moons", *settings.split(), "--out", run)


def _run_contents(folder: Path) -> Any:
    run = folder / "run"
    result = json.loads((run / "result.json").read_text()) | {"seconds": 0, "choosing_seconds": 0}
    return (
        _checkpoint(run / "checkpoint.safetensors"),
        result,
        (run / "model.safetensors").read_bytes(),
    )


def _fit(folder: Path) -> None:
    data = load("digits")
    net = rewire.mlp([64, 20, 10], sparsity=[0.8, 0.5], seed=0)
    method = rewire.methods.get("rigl", every=3)
    rewire.fit(
        net,
        data.X[:200],
        data.y[:200],
        method=method,
        total_steps=60,
        report_every=2,
        batch_size=32,
        checkpoint=folder / CHECKPOINT,
    )


def _checkpoint_contents(folder: Path) -> Any:
    return _checkpoint(folder / CHECKPOINT)


def _checkpoint(path: Path) -> Any:
    """Everything in a checkpoint but the time it took."""
    tensors, header = read_tensors(path, kind="checkpoint")
    for row in (header["totals"], *header["rows"]):
        row["seconds"] = None
    return {name: array.tobytes() for name, array in tensors.items()}, header


def _compare(folder: Path, **by: Any) -> None:
    config = study_config("moons", total_steps=200)
    write_comparison(run_study(config, ["static", "rigl"], range(3), out=folder, **by), folder)


def _compare_by_dask(folder: Path) -> None:
    with (
        distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        _compare(folder, executor=client.get_executor(pure=False))


def _study_contents(folder: Path) -> Any:
    with (folder / "runs.csv").open() as file:
        runs = sorted(
            ({**row, "seconds": ""} for row in csv.DictReader(file)),
            key=lambda row: (row["method"], row["seed"]),
        )
    return runs, sorted(file.name for file in folder.iterdir())


def _tune(folder: Path) -> None:
    settings = "--hidden 8 --total-steps 40 --validation 0.2 --trials 4 --jobs 2"
    _command("tune", "moons", *settings.split(), "--out", folder / "search")


def _search_contents(folder: Path) -> Any:
    """What does not depend on which trials were lost, as others are tried in their place."""
    search = folder / "search"
    about = json.loads((search / "search.json").read_text())
    complete = '"state":1,'  # as Optuna writes it
    trials = sum(complete in line for line in (search / "trials.log").open())
    return about, trials, sorted(str(file.relative_to(search)) for file in search.rglob("*"))


def _report(run: Path, folder: Path) -> None:
    _command("report", run, "--out", folder / "report.html")


def _export(run: Path, folder: Path) -> None:
    for name in FORMATS:
        _command("export", run, folder / name)


def _strip(run: Path, folder: Path) -> None:
    _command("strip", run, "--out", folder / "small.safetensors")


def _bytes(folder: Path) -> Any:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def _torch(folder: Path, rank: int = 0, size: int = 1, steps: int = 60) -> None:
    """Train a PyTorch model in a loop of one's own, with a state saved after every second step."""
    path = folder / "state.pt"
    torch.manual_seed(0)
    X, y = torch.randn(64, 20).chunk(size)[rank], torch.randint(0, 4, (64,)).chunk(size)[rank]
    model = torch.nn.Sequential(
        rt.Linear(20, 30, density=0.2, seed=0),
        torch.nn.ReLU(),
        rt.Linear(30, 4, density=0.5, seed=1),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    parallel = DistributedDataParallel(model) if size > 1 else model
    rewirer = rt.Rewirer(parallel, optimizer, steps=steps, every=3, seed=0)
    parts, first = {"model": model, "optimizer": optimizer, "rewirer": rewirer}, 0
    if path.exists():
        state = torch.load(path, weights_only=False)
        first = state.pop("step")
        for name, part in state.items():
            parts[name].load_state_dict(part)
    for step in range(first + 1, steps + 1):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(parallel(X), y).backward()
        optimizer.step()
        rewirer.step()
        if step % 2 == 0 and rank == 0:
            with atomic_write(path) as temporary:
                saved = {name: part.state_dict() for name, part in parts.items()}
                torch.save({"step": step, **saved}, temporary)


def _ranks(folder: Path) -> None:
    """The same by two processes, begun anew when one has died and the other has ended by itself."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["kill_jobs"])
    statuses = [1]
    while any(statuses):
        with tempfile.TemporaryDirectory() as meeting:
            ranks = [
                context.Process(target=_rank, args=(folder, f"file://{meeting}/all", rank))
                for rank in range(2)
            ]
            for one in ranks:
                one.start()
            for one in ranks:
                one.join()
            statuses = [one.exitcode for one in ranks]


def _rank(folder: Path, meeting: str, rank: int) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=2)
    _torch(folder, rank, 2, steps=300)
    dist.destroy_process_group()


def _torch_contents(folder: Path) -> Any:
    state = torch.load(folder / "state.pt", weights_only=False)
    return {name: tensor.numpy().tobytes() for name, tensor in state["model"].items()}
