"""The command on the page makes the study again: the command line itself takes it apart."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from rewire.cli import comparing
from rewire.cli.app import app
from rewire.compare import StudyConfig, study_config
from rewire.compare.command import command_for
from rewire.compare.seeds import parse_seeds, seeds_as_text
from rewire.compare.study import Study
from rewire.experiment import Recipe


def planned(config, methods=("static", "post rigl"), seeds=(0, 1, 2)):
    return Study(config, methods, seeds, "", "", "accuracy", {})


@pytest.fixture
def asked(monkeypatch):
    """Return what a command would begin: its config, methods, seeds and what is to be reached."""
    found = {}

    class EnoughError(Exception):
        pass

    def study(config, methods, seeds, **_):
        found.update(config=config, methods=methods, seeds=seeds)
        return planned(config)

    def summary_of(study, reach):
        found["reach"] = reach
        raise EnoughError

    monkeypatch.setattr(comparing, "run_study", study)
    monkeypatch.setattr(comparing, "summary_of", summary_of)

    def run(text):
        result = CliRunner().invoke(app, shlex.split(text)[1:])
        assert isinstance(result.exception, EnoughError), result.output
        return found

    return run


SETTINGS = {
    "as it comes": study_config("moons"),
    "other data": study_config("iris"),
    "everything": study_config(
        "moons",
        measure="unseen",
        validation=0.3,
        standardize=True,
        hidden=(20, 5),
        sparsity=(0.5,),
        distribution="erk",
        init=0.1,
        wiring="first",
        every=5,
        fraction=0.2,
        total_steps=77,
        batch_size=32,
        loss="cross_entropy",
        optimizer="sgd",
        lr=0.123456789,
        momentum=0.5,
        schedule="multistep",
        dtype="float32",
    ),
    "epochs for steps": study_config("moons", epochs=2.5),
    "Adam": study_config("iris", optimizer="adam", standardize=False, hidden=()),
    "momentum": study_config("moons", momentum=0.9),
    "by epoch": study_config("iris", every="epoch"),
}


@pytest.mark.parametrize("config", SETTINGS.values(), ids=SETTINGS)
def test_the_command_begins_the_same_study(asked, config):
    text = command_for(planned(config, seeds=(3, 7, 8)), reach=0.875)
    assert asked(text) == {
        "config": config,
        "methods": ["static", "post-rigl"],
        "seeds": (3, 7, 8),
        "reach": 0.875,
    }


def test_it_is_as_short_as_it_can_be():
    found = command_for(planned(study_config("moons")))
    assert found == "rewire compare moons --methods static,post-rigl --seeds 3"
    assert command_for(planned(study_config("moons", total_steps=60)), 0.99).endswith(
        "--reach 0.99 --total-steps 60"
    )


def test_files_are_named_for_the_shell(asked, tmp_path):
    path = tmp_path / "my houses.csv"
    path.write_text("a,price\n" + "".join(f"{n % 7},{n + 0.5}\n" for n in range(20)))
    config = study_config(str(path), target="price")
    assert asked(command_for(planned(config)))["config"] == config


@pytest.mark.parametrize(
    "config",
    [
        study_config("moons", method_options={"scope": "network"}),
        StudyConfig(Recipe("moons")),
    ],
    ids=["without an option", "made by hand"],
)
def test_what_has_no_option_has_no_command(config):
    assert command_for(planned(config)) is None


@given(st.lists(st.integers(0, 30), min_size=1, unique=True))
def test_seeds_are_written_as_they_are_read(seeds):
    assert parse_seeds(seeds_as_text(seeds)) == tuple(seeds)


def test_seeds_are_written_short():
    assert seeds_as_text(range(100)) == "100"
    assert seeds_as_text([5]) == "5-5"
    assert seeds_as_text([1, 2, 3, 9, 4]) == "1-3,9,4"
