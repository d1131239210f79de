"""The files that a reproduction leaves, and those it leaves alone if something fails."""

import copy
import csv
import json
import xml.etree.ElementTree as ElementTree

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from rewire.io import prepare_folder
from rewire.reproduce import pictures, write_results
from rewire.reproduce.results import summarise

PICTURES = [
    "wiring_static",
    "wiring_rigl",
    "wiring_stripped_once",
    "wiring_stripped",
    "boundaries",
    "losses",
]
FILES = {
    "static.csv",
    "rigl.csv",
    "summary.json",
    *(f"{name}.{kind}" for name in PICTURES for kind in ("svg", "png")),
}


@pytest.fixture(scope="module")
def results(by_array, tmp_path_factory):
    """The whole experiment by the array engine, its folder and the files written."""
    folder = tmp_path_factory.mktemp("results") / "deep" / "er"
    return by_array[0], folder, write_results(by_array[0], folder)


@pytest.fixture(scope="module")
def short_results(short, tmp_path_factory):
    """The folder of a short run's results, and the figures open before and after it."""
    folder, before = tmp_path_factory.mktemp("short"), plt.get_fignums()
    write_results(short, folder)
    return folder, before, plt.get_fignums()


# ---------------------------------------------------------------------------------- the files


def test_all_files_are_written_and_nothing_else(results):
    _, folder, written = results
    assert {path.name for path in folder.iterdir()} == FILES
    assert len(written) == len(FILES)
    assert {path.name for path in written} == FILES
    assert all(path.parent == folder and path.stat().st_size > 0 for path in written)


@pytest.mark.parametrize("method", ["static", "rigl"])
def test_traces_keep_every_bit(results, method):
    reproduction, folder, _ = results
    run = getattr(reproduction, method)
    with (folder / f"{method}.csv").open(newline="") as file:
        heading, *rows = csv.reader(file)
    assert heading == ["step", "loss", "accuracy"]
    assert [int(step) for step, _, _ in rows] == list(range(400))
    assert [float(loss) for _, loss, _ in rows] == run.losses
    assert [float(accuracy) for _, _, accuracy in rows] == run.accuracies


def test_the_summary_file_holds_the_summary(results):
    reproduction, folder, _ = results
    assert json.loads((folder / "summary.json").read_text()) == summarise(reproduction)


def test_summary_of_another_seed_compares_nothing(short_results):
    summary = json.loads((short_results[0] / "summary.json").read_text())
    assert summary["seed"] == 7
    assert "post" not in summary


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_valid_files(results, name):
    _, folder, _ = results
    assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    root = ElementTree.parse(folder / f"{name}.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"


def test_writing_leaves_no_figure_open(short_results):
    _, before, after = short_results
    assert after == before


def test_the_same_experiment_gives_the_same_bytes(short, short_results, tmp_path):
    write_results(short, tmp_path)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (short_results[0] / name).read_bytes(), name


# -------------------------------------------------------------------------------- when it fails


@pytest.fixture
def earlier(tmp_path):
    """A folder in which every file has been written before."""
    for name in FILES:
        (tmp_path / name).write_text(f"earlier {name}")
    return tmp_path


@pytest.fixture
def figures_closed():
    yield
    plt.close("all")


def files_in(folder):
    return {path.name for path in folder.iterdir()}


def test_a_picture_that_breaks_off_leaves_the_earlier_one(
    short, earlier, monkeypatch, figures_closed
):
    save = Figure.savefig

    def break_off(self, path, **options):
        if "boundaries" in str(path):
            path.write_text("half a pic")
            raise OSError(28, "No space left on device")
        save(self, path, **options)

    names = ("wiring_rigl", "boundaries")
    monkeypatch.setattr(pictures, "_figures", lambda _: [(name, plt.figure()) for name in names])
    monkeypatch.setattr(Figure, "savefig", break_off)
    with pytest.raises(OSError, match="No space left"):
        write_results(short, earlier)
    assert files_in(earlier) == FILES
    assert (earlier / "boundaries.svg").read_text() == "earlier boundaries.svg"
    assert (earlier / "wiring_rigl.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_breaks_off_leaves_no_figure_open(
    short, tmp_path, monkeypatch, figures_closed
):
    def break_off(self, path, **options):
        raise OSError(28, "No space left on device")

    before = plt.get_fignums()
    monkeypatch.setattr(Figure, "savefig", break_off)
    with pytest.raises(OSError, match="No space left"):
        write_results(short, tmp_path)
    assert plt.get_fignums() == before


def test_a_trace_that_breaks_off_leaves_the_earlier_one(short, earlier):
    class BreaksOff(Exception):  # noqa: N818
        pass

    class Half(list):
        def __iter__(self):
            yield 0.5
            raise BreaksOff

    broken = copy.copy(short)
    broken.rigl = copy.copy(short.rigl)
    broken.rigl.losses = Half(short.rigl.losses)
    with pytest.raises(BreaksOff):
        write_results(broken, earlier)
    assert files_in(earlier) == FILES
    assert (earlier / "rigl.csv").read_text() == "earlier rigl.csv"


def test_a_summary_that_breaks_off_leaves_the_earlier_one(short, earlier, monkeypatch):
    def fail(*_, **__):
        raise ValueError("not today")

    monkeypatch.setattr(pictures, "_figures", lambda reproduction: [])
    monkeypatch.setattr(json, "dumps", fail)
    with pytest.raises(ValueError, match="not today"):
        write_results(short, earlier)
    assert files_in(earlier) == FILES
    assert (earlier / "summary.json").read_text() == "earlier summary.json"


def test_prepare_folder_creates_what_is_missing_and_leaves_nothing_in_it(tmp_path):
    folder = prepare_folder(str(tmp_path / "a" / "b"))
    assert folder == tmp_path / "a" / "b"
    assert files_in(folder) == set()
    (folder / "mine.txt").write_text("mine")
    prepare_folder(folder)
    assert (folder / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize("below", [(), ("deeper",)])
def test_a_file_in_the_way_is_an_error_that_names_the_folder_and_the_remedy(tmp_path, below):
    (tmp_path / "taken").write_text("mine")
    folder = tmp_path.joinpath("taken", *below)
    with pytest.raises(OSError, match=r"out must be a folder .* choose another") as caught:
        prepare_folder(folder)
    assert str(folder) in str(caught.value)
    assert (tmp_path / "taken").read_text() == "mine"
