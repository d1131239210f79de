"""Trainings from disk: the parts of the data, the same bits again, and what goes with a buffer."""

import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from rewire.experiment import Recipe, RunDirectory, load_dataset, prepare_experiment
from rewire.experiment.assessing import assess_experiment, assess_recipe
from rewire.train.sources import RowSource
from rewire.train.streaming import StreamSamples

from .recipes import finish, short


def flowers(count=400, seed=0):
    random = np.random.default_rng(seed)
    petal, soil = random.normal(size=count), random.choice(["clay", "sand", None], count)
    kind = np.where(petal + (soil == "clay") > 0.5, "rose", "daisy")
    rare = petal + random.normal(size=count) > 2.5
    return pd.DataFrame({"petal": petal, "soil": soil, "kind": np.where(rare, "tulip", kind)})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flowers")
    for number, part in enumerate((flowers(), flowers(3600, seed=1))):
        part.to_parquet(folder / f"{number}.parquet", row_group_size=500)
    return folder


def recipe(folder, **given):
    settings = {"target": "kind", "buffer": "30 kB", "hidden": (12,), "density": 0.8, "epochs": 2}
    return short(str(folder), **settings | {"total_steps": None, "method": "set"} | given)


def weights(experiment):
    net = experiment.training.net
    rows = [row | {"seconds": 0} for row in experiment.training.history.rows]
    return net.connections.weight.tobytes(), net.bias.tobytes(), rows


def test_samples_stay_on_disk(folder):
    experiment = prepare_experiment(recipe(folder))
    streams, training = experiment.streams, experiment.training
    assert isinstance(training.samples, StreamSamples)
    assert (len(streams.train), len(streams.validation)) == (3600, 400)
    assert streams.train.buffer == 30_000 // (4 * streams.train.inputs + 8)
    # 1,000 of 4,000 rows are drawn to understand the columns, and all 400 held out are in memory.
    assert 850 < len(experiment.train.y) < 950
    assert len(experiment.validation.y) == len(training.validation) == 400
    told = f"by what {len(experiment.train.y)} of 3,600 training samples say, drawn by the seed"
    assert any(told in notice for notice in experiment.notices)


def test_what_does_not_fit_is_validated_from_disk(folder):
    experiment = prepare_experiment(recipe(folder, validation=0.4))
    held_out = experiment.training.validation
    assert isinstance(held_out, StreamSamples)
    assert (len(held_out), len(experiment.validation.y)) == (1600, 1000)
    assert "on 1,000 of 1,600 held out" in experiment.notices[-1]
    finish(experiment)
    found = assess_experiment(experiment)
    assert found.main.samples == 1000
    measured = experiment.training.history["validation_accuracy"][-1]
    assert found.main.scores["accuracy"] == pytest.approx(measured, abs=0.05)


@pytest.mark.parametrize("stop", [1, 3])
def test_a_run_goes_on_to_the_same_bits(folder, tmp_path, stop):
    given = recipe(folder, class_weight="balanced", early_stopping=50, epochs=4)
    whole = finish(prepare_experiment(given))
    run = RunDirectory(tmp_path / "run")
    begun = prepare_experiment(given)
    run.begin(begun)
    for _ in range(stop):
        begun.training.advance()
    run.save(begun)
    assert weights(finish(run.open())) == weights(whole)


def test_another_buffer_or_seed_gives_another_training(folder):
    first = weights(finish(prepare_experiment(recipe(folder))))
    assert weights(finish(prepare_experiment(recipe(folder)))) == first
    for change in ({"buffer": "60 kB"}, {"seed": 1}):
        assert weights(finish(prepare_experiment(recipe(folder, **change)))) != first


def test_it_learns_as_well_as_in_memory(folder):
    streamed = finish(prepare_experiment(recipe(folder, epochs=10)))
    whole = finish(prepare_experiment(recipe(folder, epochs=10, buffer=None)))
    assert whole.streams is None
    assert isinstance(streamed.training.samples.source, RowSource)
    scores = [one.training.history["validation_accuracy"][-1] for one in (streamed, whole)]
    assert scores[0] == pytest.approx(scores[1], abs=0.03)
    assert scores[0] > 0.9


def test_rare_classes_count_as_much_as_frequent_ones(folder):
    recalls = []
    for weight in (None, "balanced"):
        given = recipe(folder, class_weight=weight, epochs=3, validation=0)
        experiment = finish(prepare_experiment(given))
        tulips = experiment.train.y == experiment.data.classes.index("tulip")
        answers = experiment.model.predict(experiment.train.X[tulips])
        recalls.append((answers == "tulip").mean())
    assert recalls[1] > recalls[0] + 0.3


def test_classes_that_are_not_held_out_are_counted_in_all_rows(tmp_path):
    frame = flowers(2000)
    frame["kind"] = frame["kind"].where(frame.index != 1999, "orchid")
    frame.to_parquet(tmp_path / "it.parquet", row_group_size=300)
    experiment = prepare_experiment(recipe(tmp_path / "it.parquet"))
    assert any("class orchid is held out" in notice for notice in experiment.notices)


def test_arrays_are_learnt_from_disk(tmp_path):
    random = np.random.default_rng(0)
    X = random.normal(1000, 50, size=(2500, 3))
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", 1e6 + 5000 * X[:, 0] - 3000 * X[:, 1])
    given = short(
        str(tmp_path / "X.npy"),
        target=str(tmp_path / "y.npy"),
        buffer="20 kB",
        hidden=(10,),
        density=1.0,
        total_steps=800,
    )
    experiment = finish(prepare_experiment(given))
    assert experiment.streams.train.sample.name == "X"
    again = assess_recipe(experiment.model, experiment.recipe)
    assert again.main.scores == assess_experiment(experiment).main.scores
    assert again.main.scores["r2"] > 0.95
    whole = load_dataset(replace(given, buffer=None))
    assert whole.X.shape == (2500, 3)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"buffer": "8 bananas"}, "buffer must be a number of samples, or the size"),
        ({"buffer": "4 kB", "batch_size": 500}, "buffer must hold at least a batch"),
        ({"validation": 1.5}, "validation: size must be a share"),
        ({"target": "color"}, "target must name a column"),
    ],
)
def test_what_cannot_be_streamed_is_said(folder, given, message):
    with pytest.raises(ValueError, match=message):
        prepare_experiment(recipe(folder, **given))


@pytest.mark.parametrize("data", ["digits", "houses.csv"])
def test_only_what_is_read_in_pieces_has_a_buffer(data):
    with pytest.raises(ValueError, match="buffer is for data on disk: a Parquet file"):
        prepare_experiment(Recipe(data, buffer="1 MB"))


def test_comparisons_and_searches_have_none(folder):
    with pytest.raises(ValueError, match="buffer must be None where data are loaded as a whole"):
        load_dataset(recipe(folder))


LEARNING = r"""
import re, sys
from rewire.experiment import Recipe, prepare_experiment
from rewire.experiment.assessing import assess_experiment

def learn(path):
    given = {"buffer": "10 MB", "hidden": 4, "epochs": 0.1, "batch_size": 128}
    experiment = prepare_experiment(Recipe(path, target="y", task="regression", **given))
    while not experiment.training.finished:
        experiment.training.advance()
    assess_experiment(experiment)
    # Of this program alone; ru_maxrss begins with that of the process which started it.
    return int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1])

before = learn(sys.argv[1])  # imports and compilation
print(learn(sys.argv[2]) - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_is_bounded_by_the_buffer(tmp_path):
    """One and a half times the buffer and 100 MB, of a table of 160 MB; in memory it takes 1 GB."""
    random = np.random.default_rng(0)
    part = pd.DataFrame(random.integers(0, 90, (50_000, 40)) / 8, columns=map(str, range(40)))
    part["y"] = part["0"] * part["1"]
    (tmp_path / "large").mkdir()
    part[:2000].to_parquet(tmp_path / "small.parquet")
    part.to_parquet(tmp_path / "large" / "0.parquet", row_group_size=10_000)
    for number in range(1, 10):
        shutil.copy(tmp_path / "large" / "0.parquet", tmp_path / "large" / f"{number}.parquet")
    command = [sys.executable, "-c", LEARNING, tmp_path / "small.parquet", tmp_path / "large"]
    grown = int(subprocess.run(command, capture_output=True, check=True).stdout)
    assert grown < 1.5 * 10_000 + 100_000  # kB
