"""Recipe, what they stand for, and the folder that keeps a run."""

import json

import numpy as np
import pandas as pd
import pytest

import rewire
from rewire.data import load
from rewire.experiment import Recipe, RunDirectory, assemble
from rewire.methods import registry as methods


def settings(data="digits", **given):
    return Recipe(data, **{"hidden": (20,), "total_steps": 20, "method_options": {}} | given)


def finish(run):
    while not run.training.finished:
        run.training.advance()
    return run


# ------------------------------------------------------------------------------------- settings


def test_settings_come_back_from_json():
    given = settings(
        sparsity=(0.9, 0.5), method="rigl", method_options={"every": 5}, drop_at=(0.25,), lr=0.3
    )
    assert Recipe.from_dict(json.loads(json.dumps(given.to_dict()))) == given


def test_settings_unknown_to_this_version_are_refused():
    with pytest.raises(ValueError, match=r"settings must be among activation, .*; got quantum"):
        Recipe.from_dict({**settings().to_dict(), "quantum": 1})


@pytest.mark.parametrize(
    ("given", "sparse"),
    [({}, 0.9), ({"sparsity": (0.5,)}, 0.5), ({"density": (0.25, 1.0)}, None)],
)
def test_the_network_is_as_sparse_as_said(given, sparse):
    net = settings(**given).make_network(64, 10)
    expected = {"sparsity": sparse} if sparse else {"density": [0.25, 1.0]}
    twin = rewire.mlp([64, 20, 10], **expected, seed=0)
    np.testing.assert_array_equal(net.connections.weight, twin.connections.weight)


@pytest.mark.parametrize("given", [{}, {"density": (0.2,)}, {"sparsity": (0.7, 0.4)}])
@pytest.mark.parametrize("method", ["gmp", "snip"])
def test_what_begins_dense_ends_as_sparse_as_said(method, given):
    every = {} if method == "snip" else {"every": 5}
    run = assemble(settings(method=method, method_options=every, **given))
    assert run.training.net.density == 1
    finish(run)
    counts = len(settings(**given).make_network(64, 10).connections)
    assert len(run.training.net.connections) == counts


def test_optimizers_have_their_own_defaults():
    classes, numbers = rewire.losses.CrossEntropy(), rewire.losses.MeanSquaredError()
    for loss in classes, numbers:
        for given, expected in (
            ({"optimizer": "sgd"}, rewire.optimizers.SGD(0.1, 0.9, True)),
            ({"optimizer": "sgd", "momentum": 0}, rewire.optimizers.SGD(0.1)),
            ({"optimizer": "adam"}, rewire.optimizers.Adam()),
            ({"optimizer": "adamw"}, rewire.optimizers.AdamW()),
            (
                {"optimizer": "adamw", "lr": 1, "weight_decay": 0},
                rewire.optimizers.AdamW(1, weight_decay=0),
            ),
        ):
            assert settings(**given).make_optimizer(loss) == expected
    assert settings().make_optimizer(classes) == rewire.optimizers.SGD(0.1, 0.9, True)
    assert settings(lr=0.5, momentum=0).make_optimizer(classes) == rewire.optimizers.SGD(0.5)
    assert settings().make_optimizer(numbers) == rewire.optimizers.Adam(0.01)
    assert settings(lr=0.5).make_optimizer(numbers) == rewire.optimizers.Adam(0.5)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"optimizer": "rmsprop"}, "optimizer must be one of sgd, adam, adamw; got 'rmsprop'"),
        ({"schedule": "random"}, "schedule must be one of constant, .*; got 'random'"),
        ({"method": "rigel"}, "method must be one of.*did you mean 'rigl'"),
        ({"method": "static", "method_options": {"every": 3}}, "'static' are: none; got every"),
        ({"method": "snip", "method_options": {"every": 3}}, "'snip' are: density; got every"),
        ({"sparsity": (0.5,), "density": (0.5,)}, "sparsity and density|either"),
        ({"sparsity": (1.2,)}, "sparsity"),
        ({"loss": "mean_squared_error"}, "loss must be one of cross_entropy, .* classification"),
        ({"loss": "hinge"}, "loss must be 'cross_entropy' for 10 classes; got 'hinge'"),
        ({"data": "diabetes", "loss": "hinge"}, "mean_squared_error for a regression; got 'hinge'"),
        ({"validation": -1}, "validation: size must be a share"),
        ({"epochs": 3}, "either epochs or steps"),
        ({"task": "regression"}, "task is for files"),
        ({"data": "digit"}, "did you mean 'digits'"),
    ],
)
def test_what_cannot_be_done_is_said(given, message):
    with pytest.raises(ValueError, match=message):
        assemble(settings(**{"data": "digits"} | given))


def test_parts_of_a_method_are_options_too():
    given = settings(method="rigl", method_options={"every": 5, "scope": "network"})
    assert given.make_method() == methods["rigl"](every=5, scope="network")


# ----------------------------------------------------------------------------------- assembling


def test_numbers_of_any_unit_are_learnt(tmp_path):
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(1000, 50, size=(200, 3)), columns=["a", "b", "c"])
    frame["y"] = 1e6 + 5000 * frame["a"] - 3000 * frame["b"]
    frame.to_csv(tmp_path / "table.csv", index=False)
    run = assemble(
        Recipe(
            str(tmp_path / "table.csv"), target="y", hidden=(10,), density=(1.0,), method="static"
        )
    )
    finish(run)
    assert run.model.standardizer is not None
    difference = run.model.predict(run.train.X) - run.train.y
    assert difference.var() < 0.05 * run.train.y.var()


def test_only_training_samples_decide_how_inputs_are_scaled():
    run = assemble(settings("wine", standardize=True, validation=0.25, method="static"))
    np.testing.assert_allclose(
        run.model.standardizer.mean, np.asarray(run.train.X, float).mean(axis=0), rtol=1e-6
    )
    assert len(run.train.y) + len(run.validation.y) == len(load("wine").y)


@pytest.mark.parametrize("loss", ["hinge", "binary_cross_entropy"])
def test_two_classes_and_one_output(loss):
    run = assemble(
        Recipe("moons", loss=loss, hidden=(16,), density=(1.0,), method="static", epochs=300)
    )
    finish(run)
    assert run.training.net.ranks == (2, 16, 1)
    numbers = run.model.class_numbers(run.model.outputs(run.train.X))
    assert (numbers == run.train.y).mean() > 0.9
    assert run.model.loss == loss
    assert run.model.predict(run.train.X).tolist() == [run.data.classes[n] for n in numbers]


# --------------------------------------------------------------------------------------- folder


def test_a_folder_keeps_a_run(tmp_path):
    folder = RunDirectory(tmp_path / "new" / "run")
    run = assemble(settings(method="set"))
    folder.begin(run)
    assert [file.name for file in folder.path.iterdir()] == ["settings.json"]
    assert folder.open().training.step == 0  # nothing but settings yet
    run.training.advance()
    folder.save(run)
    again = folder.open()
    assert again.training.step == run.training.step
    assert again.training.history.rows == run.training.history.rows
    table = pd.read_csv(folder.history)
    assert table["step"].tolist() == run.training.history["step"]
    assert table["loss"].tolist() == run.training.history["loss"]


@pytest.mark.parametrize("name", ["settings.json", "model.safetensors", "checkpoint.safetensors"])
def test_what_lies_in_a_folder_is_not_lost_unasked(name, tmp_path):
    (tmp_path / name).write_text("precious")
    run = assemble(settings(method="static"))
    with pytest.raises(FileExistsError, match="holds a run already: go on with it"):
        RunDirectory(tmp_path).begin(run)
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "precious"
    (tmp_path / "notes.txt").write_text("mine")
    RunDirectory(tmp_path).begin(run, overwrite=True)
    assert {file.name for file in tmp_path.iterdir()} == {"settings.json", "notes.txt"}


def test_leftovers_of_a_killed_writer_go_when_it_is_opened(tmp_path):
    folder = RunDirectory(tmp_path)
    folder.begin(assemble(settings(method="static")))
    (tmp_path / ".checkpoint.safetensors.00ff00ff.partial").write_text("half")
    folder.open()
    assert [file.name for file in tmp_path.iterdir()] == ["settings.json"]


def test_folders_without_a_run_and_damaged_settings_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holds no run: there is no settings.json in it"):
        RunDirectory(tmp_path).open()
    (tmp_path / "settings.json").write_text('{"data": "dig')
    with pytest.raises(ValueError, match=r"cannot read '.*settings.json'"):
        RunDirectory(tmp_path).open()
    (tmp_path / "settings.json").write_text("{}")
    with pytest.raises(ValueError, match=r"cannot read '.*settings.json'.*data"):
        RunDirectory(tmp_path).open()
