"""What is said to wandb, by a run that remembers it, and a run kept on this computer."""

from collections import Counter

import pytest

from rewire.tracking import WandB

from .trainings import REPORTS, Killed, KilledAt, expected, train


@pytest.fixture
def wandb():
    """Return the package, imported where it is used: it takes most of a second."""
    return pytest.importorskip("wandb", reason="wandb is not installed: the extra wandb")


class Run:
    """What wandb.init returns, as far as it is used."""

    def __init__(self, **given):
        self.given = given
        self.id = given.get("id", "made-up")
        self.logged, self.artifacts, self.exit_code = [], [], None

    def log(self, figures, step):
        assert step >= max((step for step, _ in self.logged), default=0)  # others are ignored
        self.logged.append((step, figures))

    def log_artifact(self, artifact):
        self.artifacts.append(artifact)

    def finish(self, exit_code):
        self.exit_code = exit_code


@pytest.fixture
def runs(monkeypatch, wandb):
    """The runs that are made, instead of real ones."""
    made = []

    def init(**given):
        made.append(Run(**given))
        return made[-1]

    monkeypatch.setattr(wandb, "init", init)
    return made


def names_and_steps(*runs):
    return Counter((name, step) for run in runs for step, logged in run.logged for name in logged)


def test_wandb_is_told_every_figure_and_setting(runs):
    history = train(WandB(project="tests", settings={"hidden": (8, 8)}))
    (run,) = runs
    assert names_and_steps(run) == expected(history)
    assert run.given["project"] == "tests"
    assert run.given["config"]["hidden"] == "8,8"
    assert run.exit_code == 0


def test_a_killed_training_goes_on_without_a_step_twice(runs, tmp_path):
    options = {"checkpoint": tmp_path / "run.safetensors"}
    with pytest.raises(Killed):
        train(WandB(tmp_path / "log"), KilledAt(REPORTS[2]), **options)
    history = train(WandB(tmp_path / "log"), **options)
    assert runs[1].given["id"] == runs[0].id
    assert names_and_steps(*runs) == expected(history)


def test_files_become_an_artifact(runs, tmp_path):
    (tmp_path / "result.json").write_text("{}")
    train(tracker := WandB())
    tracker.log_result(40, {}, [tmp_path / "result.json"])
    (artifact,) = runs[0].artifacts
    assert list(artifact.manifest.entries) == ["result.json"]


def test_a_run_says_that_the_training_failed(runs):
    def fail(training):
        raise ValueError("diverged")

    with pytest.raises(ValueError, match="diverged"):
        train(WandB(), fail)
    assert runs[0].exit_code == 1


@pytest.mark.slow
@pytest.mark.fork
@pytest.mark.filterwarnings("ignore")  # of wandb's own process
def test_a_run_is_kept_on_this_computer(tmp_path, monkeypatch, wandb):
    for name, value in {"MODE": "offline", "DIR": str(tmp_path), "SILENT": "true"}.items():
        monkeypatch.setenv(f"WANDB_{name}", value)
    history = train(tracker := WandB())
    wandb.teardown()  # its process has written everything once it has ended
    (kept,) = (tmp_path / "wandb").glob(f"offline-run-*/run-{tracker.run}.wandb")
    written = kept.read_bytes()
    for name in ("loss", "density/layer_2", "explored"):
        assert name.encode() in written
    for loss in history["loss"]:
        assert repr(loss).encode() in written
