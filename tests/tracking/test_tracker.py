"""What every tracker does: all figures, each once, also of resumed trainings, and no harm."""

import pytest

from rewire.tracking import Tracker, get, registry
from rewire.tracking.figures import plain

from .trainings import REPORTS, Killed, KilledAt, expected, train


class Kept(Tracker):
    """A back end whose runs outlive it, as those of a server do; it may fail at a step."""

    name = "kept"
    runs: dict = {}  # noqa: RUF012  a new one for every test

    def __init__(self, folder=None, fails=None, **options):
        super().__init__(folder, **options)
        self.fails = fails

    def start(self, settings):
        if self.fails == "start":
            raise OSError("no route to host")
        if self.run is None:
            self.remember(run=f"run {len(self.runs)}")
            self.runs[self.run] = {"settings": settings, "written": [], "ended": None}
        steps = {}
        for name, step, _ in self.runs[self.run]["written"]:
            steps[name] = max(step, steps.get(name, -1))
        return steps

    def write(self, step, figures):
        if self.fails == step:
            raise OSError("no space left")
        self.runs[self.run]["written"] += [(name, step, v) for name, v in figures.items()]

    def stop(self, error):
        self.runs[self.run]["ended"] = type(error)


@pytest.fixture(autouse=True)
def runs(monkeypatch):
    monkeypatch.setattr(Kept, "runs", {})
    return Kept.runs


def names_and_steps(run):
    return [(name, step) for name, step, _ in run["written"]]


def test_every_figure_of_a_training_is_written_once(runs):
    history = train(Kept())
    (run,) = runs.values()
    assert sorted(names_and_steps(run)) == sorted(expected(history).elements())
    losses = [value for name, _, value in run["written"] if name == "loss"]
    assert losses == history["loss"]
    assert run["ended"] is type(None)


def test_densities_are_those_of_each_rewiring(runs):
    history = train(Kept())
    (run,) = runs.values()
    found = {(name, step): value for name, step, value in run["written"]}
    possible = (16, 64, 8)
    for record in history.rewirings:
        for layer in range(3):
            density = record.connections[layer] / possible[layer]
            assert found[f"density/layer_{layer + 1}", record.step] == density
            assert found[f"grown/layer_{layer + 1}", record.step] == record.grown[layer]


def test_a_method_that_prunes_before_the_first_step_shows_what_is_left(runs):
    train(Kept(), method="snip")
    (run,) = runs.values()
    first = {name: value for name, step, value in run["written"] if step == 0}
    assert first["density/layer_2"] < 0.5


def test_settings_are_plain_and_those_given_come_first(runs):
    train(Kept(settings={"lr": 7, "hidden": (8, 8), "target": None}))
    (run,) = runs.values()
    assert run["settings"] == {
        "network": "2-8-8-1",
        "density": pytest.approx(52 / 88),
        "method": "rigl",
        "loss": "hinge",
        "optimizer": "adam",
        "lr": 7,
        "batch_size": 100,
        "total_steps": 40,
        "input_dropout": 0.0,
        "seed": 0,
        "hidden": "8,8",
    }


@pytest.mark.parametrize("killed", REPORTS[:3])
def test_steps_done_again_are_not_written_twice(runs, tmp_path, killed):
    """The checkpoint is the one of the beginning: none is written before the kill."""
    options = {"checkpoint": tmp_path / "run.safetensors"}
    with pytest.raises(Killed):
        train(Kept(tmp_path / "kept"), KilledAt(killed), **options)
    history = train(Kept(tmp_path / "kept"), **options)
    (run,) = runs.values()
    assert sorted(names_and_steps(run)) == sorted(expected(history).elements())


def test_what_was_not_written_before_is_made_up_for(runs, tmp_path):
    checkpoint = tmp_path / "run.safetensors"
    train(checkpoint=checkpoint)
    history = train(Kept(), checkpoint=checkpoint)
    (run,) = runs.values()
    of_start = {(f"density/layer_{layer}", 0) for layer in (1, 2, 3)}  # no longer known
    assert set(names_and_steps(run)) == set(expected(history)) - of_start


def test_without_a_folder_a_resumed_training_has_a_new_run(runs, tmp_path):
    for _ in range(2):
        train(Kept(), checkpoint=tmp_path / "run.safetensors")
    assert len(runs) == 2


def test_a_folder_of_another_training_is_refused(runs, tmp_path):
    train(Kept(tmp_path))
    train(Kept(tmp_path))  # the same one: nothing is new
    with pytest.raises(ValueError, match=r"folder must be new.*seed = 0.*folder="):
        train(Kept(tmp_path), seed=1)
    assert len(runs) == 1


def test_a_back_end_that_fails_costs_a_warning_and_not_the_training(runs):
    other = Kept()
    with pytest.warns(UserWarning, match="kept failed with OSError: no space left") as warned:
        history = train(Kept(fails=20), other)
    assert len(warned) == 1
    assert history["step"] == REPORTS
    failed, whole = runs.values()
    assert max(step for _, step, _ in failed["written"]) == 16
    assert failed["ended"] is type(None)  # it is told all the same
    assert sorted(names_and_steps(whole)) == sorted(expected(history).elements())


def test_a_back_end_that_cannot_begin_is_said_before_the_first_step(runs):
    steps, first = [], Kept()
    with pytest.raises(ConnectionError, match="kept must take the training; it fails with OSError"):
        train(first, Kept(fails="start"), steps.append)
    assert not steps
    assert runs["run 0"]["ended"] is ConnectionError  # what has begun is ended


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_it_is_told_how_the_training_ended(runs, error):
    def fail(training):
        raise error

    with pytest.raises(error):
        train(Kept(), fail)
    (run,) = runs.values()
    assert run["ended"] is error


def test_names_stand_for_trackers():
    assert list(registry) == ["tensorboard", "mlflow", "wandb"]
    with pytest.raises(ValueError, match="tracker must be one of mlflow, tensorboard, wandb; got"):
        get("tensorbord")
    kept = Kept()
    assert get(kept) is kept


def test_settings_are_numbers_and_texts():
    assert plain({"a": None, "b": (0.5, 2), "c": {"x": 1}, "d": True}) == {
        "b": "0.5,2",
        "c": '{"x": 1}',
        "d": True,
    }
