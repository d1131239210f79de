"""Runs as MLflow's own client reads them from its store on this computer."""

from collections import Counter

import pytest

from rewire.tracking import MLflow

from .trainings import REPORTS, Killed, KilledAt, expected, train

# MLflow uses what newer versions of SQLAlchemy will take away.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def mlflow():
    """The package, which takes seconds to import."""
    pytest.importorskip("alembic", reason="MLflow's own store needs alembic: the extra mlflow")
    return pytest.importorskip("mlflow", reason="MLflow is not installed: the extra mlflow")


@pytest.fixture(scope="module")
def store(mlflow, tmp_path_factory):
    """The address of a store, which takes seconds to make."""
    folder = tmp_path_factory.mktemp("mlflow")
    uri = f"sqlite:///{folder}/mlflow.db"
    client = mlflow.MlflowClient(uri)
    client.create_experiment("of the tests", artifact_location=f"file://{folder}/artifacts")
    return uri


@pytest.fixture
def tracker(store, tmp_path):
    """A function that makes a tracker of this store, always for the same training."""
    return lambda **options: MLflow(
        tmp_path / "log", tracking_uri=store, experiment="of the tests", **options
    )


def names_and_steps(mlflow, tracker):
    client = mlflow.MlflowClient(tracker.tracking_uri)
    names = client.get_run(tracker.run).data.metrics
    return Counter(
        (name, one.step) for name in names for one in client.get_metric_history(tracker.run, name)
    )


def test_mlflow_reads_every_figure_and_setting(mlflow, tracker):
    made = tracker(run_name="small", settings={"hidden": (8, 8)})
    history = train(made)
    assert names_and_steps(mlflow, made) == expected(history)
    run = mlflow.MlflowClient(made.tracking_uri).get_run(made.run)
    assert (run.info.run_name, run.info.status) == ("small", "FINISHED")
    assert run.data.metrics["loss"] == history["loss"][-1]
    assert (run.data.params["hidden"], run.data.params["method"]) == ("8,8", "rigl")
    assert mlflow.active_run() is None


def test_a_killed_training_goes_on_without_a_step_twice(mlflow, tracker, tmp_path):
    options = {"checkpoint": tmp_path / "run.safetensors"}
    with pytest.raises(Killed):
        train(killed := tracker(), KilledAt(REPORTS[2]), **options)
    history = train(again := tracker(), **options)
    assert again.run == killed.run
    assert names_and_steps(mlflow, again) == expected(history)


def test_files_become_artifacts(mlflow, tracker, tmp_path):
    (tmp_path / "result.json").write_text("{}")
    train(made := tracker())
    made.log_result(40, {"final/test/accuracy": 0.9}, [tmp_path / "result.json"])
    client = mlflow.MlflowClient(made.tracking_uri)
    assert [one.path for one in client.list_artifacts(made.run)] == ["result.json"]
    assert client.get_run(made.run).data.metrics["final/test/accuracy"] == 0.9


def test_a_run_says_how_the_training_ended(mlflow, tracker):
    def fail(training):
        raise ValueError("diverged")

    with pytest.raises(ValueError, match="diverged"):
        train(made := tracker(), fail)
    assert mlflow.MlflowClient(made.tracking_uri).get_run(made.run).info.status == "FAILED"
