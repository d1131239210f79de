"""Every reader of files, with small files that it reads."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse

import rewire
from rewire.compare import merge_studies, records, run_study, study_config
from rewire.data.madelon import _table as read_madelon
from rewire.data.mnist import read_idx
from rewire.executors.machines import Machine
from rewire.experiment import Predictor, Recipe, prepare_experiment
from rewire.experiment.run_directory import RunDirectory
from rewire.tables import read_raw
from rewire.tables.overrides import read_specification
from rewire.train import Training, load_checkpoint, read_history, save_checkpoint

from .playing import playing
from .reader import FEWER, Reader
from .recordings import recordings
from .states import states

__all__ = ["readers"]


def readers() -> list[Reader]:
    """Return all of them; the seeds are made anew."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return [
            *_networks(folder),
            *_runs(folder),
            *recordings(folder),
            *_studies(folder),
            *_tables(folder),
            *_data(),
            *states(),
            *playing(),
        ]


def _written(folder: Path, name: str, write: Callable[[Path], Any]) -> bytes:
    path = folder / name
    write(path)
    return path.read_bytes()


def _networks(folder: Path) -> Iterable[Reader]:
    net = rewire.mlp([2, 5, 4, 1], sparsity=[0, 0.5, 0], seed=0)
    small = rewire.Network.from_connections([2, 1, 1], [0, 1, 2, 1], [2, 2, 3, 3], [1, -1, 2, 0.5])
    for ending, format in (
        (".safetensors", None),
        (".json", None),
        (".npz", None),
        (".graphml", None),
        (".pt", None),
        (".safetensors", "state_dict"),
    ):
        ways: dict[str, Any] = {"format": format} if format else {}
        layered = format == "state_dict" or ending == ".pt"
        found = tuple(
            _written(folder, f"net{ending}", partial(one.save, **ways))
            for one in ((net,) if layered else (net, small))
        )
        name = f"network {format or ''}{ending}"
        yield Reader(name, f"net{ending}", found, partial(rewire.load, **ways), _answer)


def _answer(net: rewire.Network) -> None:
    net.predict(np.ones((3, net.ranks[0])))
    net.strip()


def _training() -> Training:
    X, y = rewire.data.moons(n_samples=20, seed=0)
    net = rewire.mlp([2, 5, 4, 1], sparsity=[0, 0.5, 0], seed=0)
    method = rewire.methods.RigL(every=5)
    return Training(net, X, y, method=method, total_steps=20, report_every=10, seed=0)


def _resume(path: Path) -> Training:
    """Read a checkpoint; a training that refuses it must be as it was."""
    training = _training()
    before = _bits(training)
    try:
        load_checkpoint(training, path)
    except BaseException:
        assert _bits(training) == before, "the refused checkpoint changed the training"
        raise
    return training


def _go_on(training: Training) -> None:
    while not training.finished:
        training.advance()


def _bits(training: Training) -> str:
    net = training.net
    arrays = [array.tobytes() for array in (*net.connections.data.values(), net.bias)]
    state = training.rewirer.state_dict()
    optimizer = training.trainer.optimizer.state_dict()
    return repr((arrays, state, optimizer, training.step, training.history.rows))


def _runs(folder: Path) -> Iterable[Reader]:
    training = _training()
    training.advance()
    checkpoint = _written(folder, "run.safetensors", partial(save_checkpoint, training))
    yield Reader("checkpoint", "run.safetensors", (checkpoint,), _resume, _go_on, files=FEWER)
    yield Reader("history of a checkpoint", "run.safetensors", (checkpoint,), read_history)

    table = folder / "houses.csv"
    table.write_text("area,town,sold,price\n" + "".join(_houses(24)))
    experiment = prepare_experiment(
        Recipe(data=str(table), target="price", method="static", epochs=1, hidden=(3,))
    )
    experiment.training.advance()
    model = _written(folder, "model.safetensors", experiment.model.save)
    yield Reader(
        "model of a table", "model.safetensors", (model,), Predictor.load, _predict, files=FEWER
    )
    settings = json.dumps(Recipe(data="moons").to_dict()).encode()
    yield Reader("settings.json of a run", "settings.json", (settings,), _recipe)


def _studies(folder: Path) -> Iterable[Reader]:
    config = study_config("moons", total_steps=20)
    records.open_folder(folder / "study", config, overwrite=False)
    study, path = (folder / "study" / "settings.json").read_bytes(), folder / "study"
    for seed, method in enumerate(("rigl", "set")):
        records.append(path, records.Trial(method, seed, 0.25, 0.9, 20, 25, 1.5, "2"))
    runs = (path / "runs.csv").read_bytes()
    yield Reader("runs.csv of a study", "runs.csv", (runs,), records.read_runs)
    records.note_machine(path, Machine("one", "a processor", "avx2", "a machine"))
    machines = (path / "machines.json").read_bytes()
    yield Reader("machines.json of a study", "machines.json", (machines,), _read_machines)
    yield Reader(
        "settings.json of a study",
        "settings.json",
        (study,),
        partial(_open_study, config),
        named=("holds a study",),
    )
    run_study(config, ["static"], [0], out=folder / "plan")
    whole = {one.name: one.read_bytes() for one in (folder / "plan").iterdir()}
    yield Reader(
        "plan.json of a study",
        "plan.json",
        (whole["plan.json"],),
        partial(_merge, whole),
        named=(
            "folders must be of one study",
            "imports must be those",
            "holds a study",
            "File name too long",  # of the data, which it names
        ),
        files=FEWER,
    )


def _read_machines(path: Path) -> Any:
    return records.read_machines(path.parent)


def _open_study(config: Any, path: Path) -> None:
    for beside in ("runs.csv", "machines.json"):
        path.with_name(beside).unlink(missing_ok=True)
    records.open_folder(path.parent, config, overwrite=False)


def _merge(whole: dict[str, bytes], path: Path) -> None:
    with tempfile.TemporaryDirectory() as out:
        for name in ("settings.json", "runs.csv"):
            path.with_name(name).write_bytes(whole[name])
        merge_studies([path.parent], out)


def _predict(model: Predictor) -> None:
    model.predict({"area": ["50", "x"], "town": ["A", "?"], "sold": ["2024-01-02", ""]})


def _recipe(path: Path) -> Any:
    return RunDirectory(path.parent).read_recipe()


def _houses(rows: int) -> Iterable[str]:
    for i in range(rows):
        yield f"{50 + 7 * i % 40},{'ABC'[i % 3]},2024-01-{1 + i:02},{100 + 13 * i % 57}\n"


def _tables(folder: Path) -> Iterable[Reader]:
    import pandas

    text = "area,town,sold,price\n" + "".join(_houses(6))
    frame = pandas.read_csv(io.StringIO(text))
    lines = frame.to_json(orient="records", lines=True).encode()
    quoted = b'a;b\n1,5;"x\ny"\n2,5;"z""q"\n'
    for name, seeds in {
        "houses.csv": (text.encode(), quoted, text.encode("utf-16")),
        "houses.csv.gz": (gzip.compress(text.encode(), mtime=0),),
        "houses.json": (frame.to_json(orient="records").encode(), frame.to_json().encode()),
        "houses.jsonl": (lines,),
        "houses.xlsx": (_written(folder, "t.xlsx", partial(frame.to_excel, index=False)),),
        "houses.parquet": (_written(folder, "t.parquet", frame.to_parquet),),
        "houses.feather": (_written(folder, "t.feather", frame.to_feather),),
    }.items():
        ending = name.partition(".")[2]
        files = {"files": FEWER} if ending == "xlsx" else {}
        yield Reader(f"table .{ending}", name, seeds, read_raw, **files)
    said = {"area": "number", "price": {"kind": "number", "number": {"decimal": ","}}}
    said |= {"sold": {"date": {"pattern": "%Y-%m-%d"}}, "town": {"na": ["?"], "role": "input"}}
    toml = b'area = "number"\n[price]\nkind = "number"\nna = ["?"]\n[sold.date]\npattern = "%Y"\n'
    given = json.dumps(said).encode()
    yield Reader("columns .json", "columns.json", (given,), read_specification)
    yield Reader("columns .toml", "columns.toml", (toml,), read_specification)


def _data() -> Iterable[Reader]:
    X, y = np.arange(8.0).reshape(4, 2), np.array([0, 1, 1, 0])
    dense, compressed, matrix, labels = (io.BytesIO() for _ in range(4))
    np.savez(dense, X=X, y=y)
    np.savez_compressed(compressed, X=X, y=y, X_test=X, y_test=y)
    load = partial(rewire.data.load, task="classification")
    yield Reader("data .npz", "data.npz", (dense.getvalue(), compressed.getvalue()), load)
    scipy.sparse.save_npz(matrix, scipy.sparse.csr_array(X))
    np.save(labels, y)
    sparse = matrix.getvalue(), _with_targets(matrix.getvalue(), y)
    yield Reader("sparse data .npz", "data.npz", sparse[1:], load)
    yield Reader("targets .npy", "y.npy", (labels.getvalue(),), partial(_targets, dense.getvalue()))
    idx = b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in (2, 3, 3)) + bytes(range(18))
    yield Reader("MNIST's idx", "images", (idx,), read_idx)
    yield Reader("MNIST's idx .gz", "images.gz", (gzip.compress(idx, mtime=0),), read_idx)
    table = b"485 477 537\n483 458 460\n"
    yield Reader("Madelon's text", "train.data", (table,), partial(read_madelon, dtype="float32"))


def _with_targets(archive: bytes, y: np.ndarray) -> bytes:
    import zipfile

    file, array = io.BytesIO(archive), io.BytesIO()
    np.save(array, y)
    with zipfile.ZipFile(file, "a") as members:
        members.writestr("y.npy", array.getvalue())
    return file.getvalue()


def _targets(data: bytes, path: Path) -> Any:
    beside = path.with_name("data.npz")
    beside.write_bytes(data)
    return rewire.data.load(beside, target=str(path), task="classification")
