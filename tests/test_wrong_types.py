"""Every public function says which of its parameters is wrong, whatever it is given.

Each is called as it should be, and again with one argument after the other replaced by something
that it cannot be. It may take it; but an error must name the parameter, and not come from inside.
"""

import inspect
import re
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

import rewire
from rewire import (
    activations,
    assess,
    compare,
    connectivity,
    data,
    experiment,
    export,
    graph,
    kernels,
    losses,
    methods,
    optimizers,
    plot,
    report,
    schedules,
    tables,
    topology,
    tracking,
    train,
    tune,
)
from rewire.report import Recorder
from rewire.sklearn import SparseMLPClassifier


def raw_table():
    return tables.read_raw({"a": ["1.5", "2"], "b": ["x", "y"]})


class Silent(tracking.Tracker):
    """A tracker that writes nothing."""

    name = "silent"

    def start(self, settings):
        return {}

    def write(self, step, figures):
        pass

    def stop(self, error):
        pass


class Nothing:
    """An object that is good for nothing."""

    def __repr__(self):
        return "Nothing()"


X = np.random.default_rng(0).normal(size=(24, 2)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int64)
WRONG = {
    "None": None,
    "an object": Nothing(),
    "a text": "nonsense",
    "a fraction": -3.7,
    "a list of objects": [Nothing(), Nothing()],
    "a dict": {"nonsense": Nothing()},
    "an estimator": SparseMLPClassifier(),
}


def net(outputs=2):
    return rewire.mlp([2, 3, outputs], density=0.7, seed=0)


def training():
    return train.Training(net(), X, Y, total_steps=2)


def recording():
    recorder = Recorder(data="moons")
    rewire.fit(net(), X, Y, total_steps=10, callbacks=[recorder], seed=0)
    return recorder.recording


def folder():
    return Path(tempfile.mkdtemp())


def config():
    return compare.study_config("iris", total_steps=2, hidden=2)


def study_folder():
    path = folder()
    compare.run_study(config(), ["static"], [0], out=path)
    return path


def trials():
    return [
        compare.Trial(method, seed, 0.1 * seed, 0.8 + 0.01 * seed, 3, 4, 0.5)
        for method in ("static", "set")
        for seed in range(3)
    ]


def stream():
    return data.Stream.from_arrays(X, Y, buffer=8)


def written(kind):
    if kind == "parquet":
        path = folder() / "file.parquet"
        frame = pd.DataFrame({"a": [1.5, 2.0, 3.0], "b": ["x", "y", "x"]})
        frame.to_parquet(path)
        return path
    path = folder() / "file.safetensors"
    if kind == "network":
        net().save(path)
    elif kind == "model":
        experiment.Predictor(net(), "classification", (0, 1)).save(path)
    elif kind == "recording":
        recording().save(path)
    else:
        train.save_checkpoint(training(), path)
    return path


TRAINING = {
    "method": "set",
    "loss": "cross_entropy",
    "optimizer": "sgd",
    "epochs": None,
    "total_steps": 2,
    "batch_size": 8,
    "schedule": "cosine",
    "validation_data": (X, Y),
    "early_stopping": 3,
    "report_every": 1,
    "input_dropout": 0.1,
    "seed": 0,
}
MLP = {
    "sizes": [2, 3, 1],
    "sparsity": None,
    "density": 0.5,
    "distribution": "erk",
    "activation": "relu",
    "init": 0.1,
    "wiring": "random",
    "dtype": "float32",
    "seed": 0,
    "backend": None,
}

# How each is called: what makes its arguments.
CALLS = {
    rewire.mlp: lambda: dict(MLP),
    rewire.fit: lambda: {
        "net": net(),
        "X": X,
        "y": Y,
        **TRAINING,
        "callbacks": (),
        "checkpoint": None,
        "progress": False,
    },
    rewire.evaluate: lambda: {"net": net(), "X": X, "y": Y, "loss": "cross_entropy"},
    rewire.load: lambda: {"path": written("network"), "format": None},
    rewire.EarlyStopping: lambda: {"patience": 3, "min_delta": 0.0},
    rewire.Trainer: lambda: {"net": net(), "loss": "cross_entropy", "optimizer": "sgd"},
    rewire.set_num_threads: lambda: {"number": kernels.get_num_threads()},
    activations.get: lambda: {"activation": "relu"},
    assess.score: lambda: {"y": Y, "answers": np.eye(2)[Y], "task": "classification"},
    assess.input_strengths: lambda: {"net": net()},
    assess.permutation_importance: lambda: {"quality": len, "X": X, "repeats": 2, "seed": 0},
    assess.assess: lambda: {
        "answers": lambda inputs: np.full((len(inputs), 2), 0.5),
        "parts": {"test": (X, Y)},
        "task": "classification",
        "seed": 0,
    },
    tracking.get: lambda: {"tracker": Silent()},
    Silent: lambda: {"folder": folder(), "settings": {"hidden": 3}},
    tune.tune: lambda: {
        "recipe": experiment.Recipe("iris", total_steps=2, validation=0.2),
        "out": folder() / "search",
        "trials": 1,
        "fixed": ["lr"],
        "seed": 0,
    },
    compare.study_config: lambda: {
        "data": "iris",
        "measure": "training",
        "imports": (),
        "vary": {"lr": [0.1]},
        "choose": 0.1,
    },
    compare.StudyConfig: lambda: {
        "recipe": experiment.Recipe("iris"),
        "measure": "unseen",
        "vary": {"lr": [0.1]},
        "choose": 0.1,
    },
    compare.merge_studies: lambda: {
        "folders": [study_folder()],
        "out": folder() / "merged",
        "imports": (),
    },
    compare.run_study: lambda: {
        "config": config(),
        "methods": ["static"],
        "seeds": [0],
        "jobs": 1,
        "executor": None,
        "shard": None,
        "out": folder() / "new",
        "overwrite": False,
    },
    compare.pairwise: lambda: {"runs": trials(), "measure": "accuracy"},
    compare.rank_methods: lambda: {"runs": trials(), "measure": "accuracy"},
    compare.summarise: lambda: {"runs": trials(), "measure": "accuracy", "baseline": "set"},
    compare.write_comparison: lambda: {
        "study": compare.run_study(config(), ["static", "set"], [0]),
        "folder": folder(),
        "reach": 0.5,
    },
    connectivity.densities: lambda: {
        "shapes": [(2, 3), (3, 1)],
        "sparsity": None,
        "density": 0.5,
        "distribution": "erk",
    },
    connectivity.Candidates: lambda: {"model": net(), "scope": "layer", "skip_connections": False},
    data.load: lambda: {
        "source": "iris",
        "target": None,
        "data_dir": None,
        "seed": 0,
        "task": None,
        "ignore": (),
        "dtype": "float32",
    },
    data.moons: lambda: {"n_samples": 10, "noise": 0.1, "seed": 0},
    data.Dataset.from_arrays: lambda: {
        "X": X,
        "y": Y,
        "X_test": X,
        "y_test": Y,
        "task": "classification",
        "dtype": "float32",
        "feature_names": ["a", "b"],
        "image_shape": (1, 2),
        "name": "it",
    },
    data.Stream.from_arrays: lambda: {"X": X, "y": Y, "buffer": 8},
    data.Stream.from_parquet: lambda: {
        "path": written("parquet"),
        "target": "b",
        "buffer": 8,
        "task": "classification",
        "ignore": (),
        "missing": "impute",
        "seed": 0,
    },
    stream().labelled: lambda: {"task": "classification", "seed": 0},
    stream().split: lambda: {"size": 0.5, "seed": 0, "stratify": True},
    data.Standardizer.fit: lambda: {"X": X},
    experiment.Recipe: lambda: (
        {
            one: default.default
            for one, default in inspect.signature(experiment.Recipe).parameters.items()
            if one not in ("data", "method_options", "method", "activation", "schedule")
        }
        | {"data": "iris", "method": "set", "activation": "relu", "schedule": "cosine"}
    ),
    experiment.load_dataset: lambda: {"recipe": experiment.Recipe("iris"), "data_dir": None},
    experiment.prepare_experiment: lambda: {
        "recipe": experiment.Recipe("iris", total_steps=2),
        "data_dir": None,
    },
    experiment.RunDirectory: lambda: {"path": folder() / "run"},
    experiment.Predictor.load: lambda: {"path": written("model")},
    export.export: lambda: {"net": net(), "path": folder() / "net.npz", "format": None},
    export.blocks: lambda: {"net": net()},
    export.state_dict: lambda: {"net": net()},
    export.to_c: lambda: {"net": net(), "name": "it", "strip": True},
    export.to_networkx: lambda: {"net": net()},
    export.to_onnx: lambda: {"net": net(), "sparse": False},
    export.to_python: lambda: {"net": net(), "strip": True, "name": "it"},
    export.to_scalar: lambda: {"net": net()},
    export.to_scipy: lambda: {"net": net()},
    export.from_scalar: lambda: {"model": export.to_scalar(net())},
    export.from_networkx: lambda: {"graph": export.to_networkx(net()), "activations": ()},
    export.from_state_dict: lambda: {
        "state": export.state_dict(net()),
        "activation": "relu",
    },
    graph.Network.from_connections: lambda: {
        "ranks": [2, 1],
        "source": [0, 1],
        "target": [2, 2],
        "weight": [1.0, 2.0],
        "bias": [0, 0, 0.5],
        "activation": "relu",
        "dtype": "float32",
    },
    kernels.get_backend: lambda: {"name": None},
    losses.get: lambda: {"loss": "hinge"},
    methods.get: lambda: {"method": "set"},
    optimizers.get: lambda: {"optimizer": "sgd"},
    optimizers.SGD: lambda: {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
    optimizers.Adam: lambda: {"lr": 0.1, "betas": (0.9, 0.99), "eps": 1e-8, "weight_decay": 0},
    optimizers.AdamW: lambda: {"lr": 0.1, "betas": (0.9, 0.99), "eps": 1e-8, "weight_decay": 0},
    plot.boundary: lambda: {"model": net(), "X": X, "y": Y, "title": None, "step": 0.5},
    plot.draw_topology: lambda: {"model": net(), "format": "svg", "rankdir": "LR"},
    plot.plot_topology: lambda: {"model": net(), "rankdir": "TB", "title": None},
    plot.plot_critical_difference: lambda: {
        "ranks": {"a": 1.0, "b": 2.0},
        "cliques": [["a", "b"]],
        "critical_difference": 0.5,
        "title": None,
    },
    plot.plot_history: lambda: {"columns": {"step": [1, 2], "loss": [2.0, 1.0]}, "rewirings": [1]},
    plot.plot_losses: lambda: {"losses": {"a": [2.0, 1.0]}, "rewirings": [1], "title": None},
    plot.plot_tradeoff: lambda: {
        "curves": {"a": [(0.1, 0.5, 0.4, 0.6), (0.2, 0.6, 0.5, 0.7)]},
        "cost": "density",
        "measure": "accuracy",
        "title": None,
    },
    plot.plot_runs: lambda: {
        "values": {"a": [0.5, 0.6], "b": [0.7, 0.8]},
        "measure": "accuracy",
        "reach": 0.9,
    },
    rewire.play: lambda: (
        {"net": net(), "X": X, "y": Y, "loss": "cross_entropy"}
        | {"inputs": ["across", "up"], "classes": ["no", "yes"]}
    ),
    report.Recorder: lambda: {"name": None, "data": "moons", "feature_names": None, "classes": ()},
    report.read_recording: lambda: {"path": written("recording")},
    report.write_animation: lambda: {
        "recording": recording(),
        "path": folder() / "a.webp",
        "seconds": 1,
        "rate": 1,
        "width": 200,
    },
    report.write_report: lambda: {"runs": recording(), "path": folder() / "a.html"},
    schedules.get: lambda: {"schedule": "cosine"},
    topology.Rewirer: lambda: (
        {"method": "set", "model": net(), "total_steps": 20, "seed": 0}
        | {"steps_per_epoch": 5, "optimizer": optimizers.SGD()}
    ),
    tables.read_raw: lambda: {"source": {"a": ["1", "2"]}},
    tables.understand: lambda: {"raw": raw_table()},
    tables.parse: lambda: {"raw": raw_table(), "schema": tables.understand(raw_table())},
    train.Training: lambda: {"net": net(), "X": X, "y": Y, **TRAINING},
    train.load_checkpoint: lambda: {"training": training(), "path": written("checkpoint")},
    train.read_history: lambda: {"path": written("checkpoint")},
    train.save_checkpoint: lambda: {"training": training(), "path": folder() / "a.safetensors"},
}


# What is not called here: layers for PyTorch, which tests/torch calls; records and protocols, which
# hold what they are given; schedules, methods and their parts, whose arguments tests/topology
# checks; and decorators, which take functions.
OTHERS = {
    *("Format", "from_arrays", "register", "available", "settings_table", "read_features"),
    *("read_samples", "get_num_threads", "drop_criterion", "grow_criterion", "neuron_rule"),
    *("redistribution", "to_torch", "parameter_distributions"),
}
# Parameters that messages call by another name, which says more.
CALLED = {("get_backend", "name"): "backend", ("study_config", "data"): "(?:data|source)"}
CALLED |= {("load", "source"): "(?:source|table|target)", ("read_raw", "source"): "table"}
FILES = ("path", "checkpoint", "runs")


def test_every_public_function_is_called():
    called = {function.__name__ for function in CALLS} | OTHERS
    for name in rewire.__all__:
        module = getattr(rewire, name)
        if inspect.ismodule(module) and name not in ("methods", "scalar", "reproduce", "torch"):
            public = {one for one in module.__all__ if inspect.isroutine(getattr(module, one))}
            assert {getattr(module, one).__name__ for one in public} <= called, name


PARAMETERS = [
    pytest.param(function, parameter, id=f"{function.__qualname__}-{parameter}")
    for function in CALLS
    for parameter in inspect.signature(function).parameters
]


@pytest.mark.parametrize(("function", "parameter"), PARAMETERS)
@pytest.mark.filterwarnings("ignore")
def test_a_wrong_argument_is_named(function, parameter, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    name = CALLED.get((function.__name__, parameter), parameter)
    for wrong in WRONG.values():
        arguments = CALLS[function]() | {parameter: wrong}
        try:
            function(**arguments)
        except NotFittedError:
            pass  # of an estimator, which says so itself
        except (ValueError, TypeError, OSError, ImportError) as error:
            said = str(error)
            file = parameter in FILES and isinstance(wrong, (str, dict)) and "nonsense" in said
            assert re.search(rf"\b{name}\b", said) or file, (wrong, said)


@pytest.mark.filterwarnings("ignore")
def test_an_estimator_in_place_of_its_network_is_answered_with_the_way_there():
    model = SparseMLPClassifier(hidden_layer_sizes=(4,), max_iter=1).fit(X, Y)
    for call in (
        lambda: export.to_onnx(model),
        lambda: rewire.fit(model, X, Y),
        lambda: plot.plot_topology(model),
    ):
        with pytest.raises(TypeError, match=r"got .*SparseMLPClassifier: give its network_$"):
            call()


def test_methods_of_a_study_are_named():
    with pytest.raises(TypeError, match=r"methods must be names; got .*registry\.add"):
        compare.run_study(config(), [methods.RigL()], [0])
    with pytest.raises(TypeError, match="methods must be a sequence of names of methods"):
        compare.run_study(config(), "rigl", [0])
    with pytest.raises(ValueError, match=r"seeds must be a whole number, at least 0; got 0\.5"):
        compare.run_study(config(), ["rigl"], [0.5])
