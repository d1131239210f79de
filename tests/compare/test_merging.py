"""Shards of a study, put together: equal to the whole, or refused."""

import json

import pytest

from rewire.compare import StudyConfig, merge_studies, run_study, study_config
from rewire.compare.records import read_runs
from rewire.experiment import Recipe

METHODS, SEEDS = ("static", "rigl"), range(5)


def figures(study):
    return [run._replace(seconds=0.0) for run in study.runs]


@pytest.fixture(scope="module", params=["a grid", "made by hand"])
def whole(request):
    """A study made in one piece."""
    if request.param == "a grid":
        config = study_config("moons", total_steps=60, vary={"lr": [0.5, 1.0]})
    else:
        config = StudyConfig(Recipe("iris", hidden=(5,), epochs=2, every=1, lr=0.1, validation=0.2))
    return run_study(config, METHODS, SEEDS)


@pytest.fixture
def shards(whole, tmp_path):
    """The folders of its three shards."""
    folders = [tmp_path / f"shard-{k}-of-3" for k in (1, 2, 3)]
    for k, folder in enumerate(folders, start=1):
        part = run_study(whole.config, METHODS, SEEDS, shard=(k, 3), out=folder)
        assert len(part.runs) == part.total
    return folders


def test_shards_are_parts_that_do_not_overlap(whole, shards):
    parts = [read_runs(folder / "runs.csv", whole.config.vary) for folder in shards]
    sizes = [len(part) for part in parts]
    assert sum(sizes) == whole.total
    assert max(sizes) - min(sizes) <= 1
    keys = {(run.method, run.seed, run.settings) for part in parts for run in part}
    assert len(keys) == whole.total


def test_merged_they_equal_the_whole(whole, shards, tmp_path):
    merged = merge_studies(shards, tmp_path)
    assert figures(merged) == figures(whole)
    assert not merged.missing
    assert merged.machines.keys() == whole.machines.keys()
    assert (merged.description, merged.measured_on) == (whole.description, whole.measured_on)
    # The folder is one that goes on as any other.
    trained = []
    run_study(whole.config, METHODS, SEEDS, out=tmp_path, on_run=trained.append)
    assert not trained


def test_what_is_missing_is_told_and_comes_later(whole, shards, tmp_path):
    merged = merge_studies([shards[0], shards[2]], tmp_path)
    others = read_runs(shards[1] / "runs.csv", whole.config.vary)
    lacking = {(run.method, run.seed, run.settings) for run in others}
    assert set(merged.missing) == lacking
    assert not merge_studies([shards[1]], tmp_path).missing


def test_other_studies_are_refused(whole, shards, tmp_path):
    plan = json.loads((shards[1] / "plan.json").read_text())
    (shards[1] / "plan.json").write_text(json.dumps({**plan, "seeds": "6"}))
    with pytest.raises(ValueError, match=r"folders must be of one study; .*seeds='5'.*seeds='6'"):
        merge_studies(shards, tmp_path)
    settings = json.loads((shards[2] / "settings.json").read_text())
    (shards[2] / "settings.json").write_text(json.dumps({**settings, "l2": 0.5}))
    with pytest.raises(ValueError, match=r"folders must be of one study; .*l2=0.5"):
        merge_studies([shards[0], shards[2]], tmp_path)
    assert not (tmp_path / "runs.csv").exists()


def test_another_version_or_other_data_are_refused(shards, tmp_path):
    for folder in shards:
        settings = json.loads((folder / "settings.json").read_text())
        (folder / "settings.json").write_text(json.dumps({**settings, "source": "01234567"}))
    with pytest.raises(ValueError, match=r"source='01234567'.*the data that it was made with"):
        merge_studies(shards, tmp_path)


@pytest.mark.parametrize(
    ("shard", "message"),
    [((0, 3), "k of n"), ((4, 3), "k of n"), ((1,), "k of n"), ("1/3", "k of n"), ((1, True), "k")],
)
def test_parts_that_there_are_none_of_are_refused(whole, shard, message):
    with pytest.raises(ValueError, match=message):
        run_study(whole.config, METHODS, SEEDS, shard=shard)


def test_what_is_no_study_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"folders must be those of studies; .* no plan.json"):
        merge_studies([tmp_path], tmp_path / "out")
    with pytest.raises(ValueError, match=r"folders must be at least one"):
        merge_studies([], tmp_path / "out")


def test_modules_that_only_a_folder_names_are_not_imported(shards, tmp_path):
    ran, module = tmp_path / "ran", tmp_path / "mine.py"
    module.write_text(f"open({str(ran)!r}, 'w').close()\n")
    for folder in shards:
        plan = json.loads((folder / "plan.json").read_text())
        (folder / "plan.json").write_text(json.dumps(plan | {"imports": [str(module)]}))
    with pytest.raises(
        ValueError, match=r"imports must be those of the study, .*mine\.py; got none"
    ):
        merge_studies(shards, tmp_path / "out")
    assert not ran.exists()


def test_other_imports_than_the_studys_are_refused(shards, tmp_path):
    with pytest.raises(ValueError, match="imports must be those of the study, none; got json"):
        merge_studies(shards, tmp_path / "out", imports=["json"])
