"""A file's ending is a promise that every writer keeps, or refuses to make."""

import pytest

import rewire
from rewire.data import moons
from rewire.experiment import Predictor, Recipe, RunDirectory, prepare_experiment
from rewire.export import export, registry
from rewire.io import check_ending, prepare_folder
from rewire.report import Recorder, write_animation, write_report
from rewire.train import Training, save_checkpoint

NET = rewire.mlp([2, 3, 1], seed=0)


def recording():
    recorder = Recorder(data="moons")
    net = rewire.mlp([2, 4, 1], density=0.5, seed=0)
    rewire.fit(net, *moons(seed=0), total_steps=20, callbacks=[recorder], seed=0)
    return recorder.recording


WRITERS = {
    "model": (Predictor(NET, "classification", (0, 1)).save, ".safetensors"),
    "checkpoint": (
        lambda path: save_checkpoint(Training(NET.copy(), *moons(seed=0), total_steps=2), path),
        ".safetensors",
    ),
    "recording": (lambda path: recording().save(path), ".safetensors"),
    "report": (lambda path: write_report(recording(), path), ".html"),
    "animation": (lambda path: write_animation(recording(), path, rate=1), ".webp"),
}


@pytest.mark.parametrize("ending", [".onnx", ".txt", ".html", ".onx", ".CSV"])
@pytest.mark.parametrize("name", WRITERS)
def test_no_writer_gives_a_file_another_format_than_its_name_says(name, ending, tmp_path):
    write, own = WRITERS[name]
    if ending == own:
        write(tmp_path / f"a{ending}")
        return
    with pytest.raises(ValueError, match=rf"must end in .*{own}.*; got '.*a{ending}'"):
        write(tmp_path / f"a{ending}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("format", registry)
@pytest.mark.parametrize("ending", [".onnx", ".html", ".json", ".C"])
def test_a_named_format_does_not_take_the_ending_of_another(format, ending, tmp_path):
    path = tmp_path / f"net{ending}"
    if ending.lower() in registry[format].suffixes:
        export(NET, path, format)
        assert path.exists()
        return
    with pytest.raises(ValueError, match=f"as the format '{format}' is written; got '.*{ending}'"):
        export(NET, path, format)
    assert not path.exists()


def test_what_promises_nothing_is_taken():
    check_ending("small", [".csv"], "a table")
    check_ending("small.data", [".csv"], "a table", named=True)
    check_ending("v1.2/SMALL.CSV", [".csv"], "a table")
    with pytest.raises(ValueError, match=r"must end in \.csv or \.csv\.gz, as a table is written"):
        check_ending("small.gz", [".csv", ".csv.gz"], "a table")
    check_ending("small.csv.gz", [".csv", ".csv.gz"], "a table")


@pytest.mark.parametrize("name", ["model.onnx", "run.HTML", "a.csv"])
def test_a_folder_is_not_called_as_a_file(name, tmp_path):
    with pytest.raises(ValueError, match=rf"out must be a folder; got '.*{name}'"):
        RunDirectory(tmp_path / name).begin(prepare_experiment(Recipe("iris", total_steps=2)))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_exists_keeps_its_name_whatever_it_is(tmp_path):
    for folder in (tmp_path / "there.onnx", tmp_path / "release-1.2"):
        if folder.suffix == ".onnx":
            folder.mkdir()
        assert prepare_folder(folder).is_dir()


def test_every_format_that_pictures_and_networks_have_is_a_promise():
    known = {ending for _, one in registry.items() for ending in one.suffixes}
    known |= {f".{kind}" for kind in ("png", "svg", "pdf", "jpg", "webp")}
    for ending in known:
        with pytest.raises(ValueError, match=r"must end in \.nothing"):
            check_ending(f"a{ending}", [".nothing"], "nothing", named=True)
