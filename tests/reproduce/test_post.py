"""The post's experiment, whole: its figures, its networks and the files it leaves."""

import copy
import csv
import json
import xml.etree.ElementTree as ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from rewire.io import prepare_folder
from rewire.reproduce import (
    POST_SEED,
    compare_with_post,
    fan_ins,
    layer_sizes,
    pictures,
    post,
    reproduce_post,
    write_results,
)
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


def reproduce_and_watch(engine):
    """Run the whole experiment with the post's seed; also return what was reported by step."""
    seen = []
    return reproduce_post(POST_SEED, engine, on_step=lambda *step: seen.append(step)), seen


@pytest.fixture(scope="module")
def by_array():
    return reproduce_and_watch("array")


@pytest.fixture(scope="module")
def by_scalar():
    return reproduce_and_watch("scalar")


@pytest.fixture(params=["array", pytest.param("scalar", marks=pytest.mark.slow)])
def engine(request):
    return request.param


@pytest.fixture
def whole(engine, request):
    """The whole experiment with the post's seed, run once by each engine."""
    return request.getfixturevalue(f"by_{engine}")[0]


@pytest.fixture
def seen(engine, request):
    """What the whole run reported step by step."""
    return request.getfixturevalue(f"by_{engine}")[1]


@pytest.fixture(scope="module")
def short():
    """The first steps of the experiment with another seed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(post, "STEPS", 25)
        return reproduce_post(seed=7)


@pytest.fixture(scope="module")
def short_by_both():
    """The first steps with another seed, by the teaching core and by the array engine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(post, "STEPS", 45)
        return reproduce_post(seed=7, engine="scalar"), reproduce_post(seed=7)


@pytest.fixture(scope="module")
def trace(post_dir):
    return json.loads((post_dir / "trace_seed1337.json").read_text())


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


def to_1e_12(values):
    return pytest.approx(values, rel=0, abs=1e-12)


# -------------------------------------------------------------------------------- the figures


@pytest.mark.parametrize("method", ["static", "rigl"])
def test_every_step_has_the_loss_and_the_accuracy_of_the_post(whole, trace, method):
    run = getattr(whole, method)
    assert len(run.losses) == len(run.accuracies) == len(trace[method]) == 400
    assert run.losses == to_1e_12([row["loss"] for row in trace[method]])
    assert run.accuracies == [row["accuracy"] for row in trace[method]]


def test_the_final_wiring_is_that_of_the_post_in_the_same_order(whole, trace):
    ours = [[n.w for n in layer.neurons] for layer in whole.rigl.model.layers]
    for neurons, theirs in zip(ours, trace["rigl_final_connections"], strict=True):
        assert [list(w) for w in neurons] == [list(map(int, w)) for w in theirs]
        for w, weights in zip(neurons, theirs, strict=True):
            assert [p.data for p in w.values()] == to_1e_12(list(weights.values()))


def test_the_data_are_those_of_the_post(whole, trace):
    assert whole.X.tolist() == trace["X"]
    assert whole.y.tolist() == trace["y"]


def test_every_printed_figure_agrees(whole):
    comparison = compare_with_post(whole)
    assert len([row for row in comparison.rows if row.method == "static"]) == 21
    assert len([row for row in comparison.rows if row.method == "rigl"]) == 20
    assert [row for row in comparison.rows if not row.agrees] == []
    assert comparison.largest_difference <= 1e-12
    assert comparison.stripped_once_agrees
    assert comparison.stripped_agrees
    assert comparison.agrees


def test_one_differing_figure_is_noticed(whole):
    for field, change in [("losses", 2e-12), ("accuracies", 0.01)]:
        other = copy.copy(whole)
        other.rigl = copy.copy(whole.rigl)
        values = list(getattr(whole.rigl, field))
        values[380] += change
        setattr(other.rigl, field, values)
        comparison = compare_with_post(other)
        assert not comparison.agrees
        assert [(row.method, row.step) for row in comparison.rows if not row.agrees] == [
            ("rigl", 380)
        ]


@pytest.mark.parametrize("field", ["stripped_once", "stripped"])
def test_differing_stripping_is_noticed(whole, field):
    other = copy.copy(whole)
    setattr(other, field, whole.rigl.model)
    comparison = compare_with_post(other)
    assert not getattr(comparison, f"{field}_agrees")
    assert not comparison.agrees


def test_another_seed_cannot_be_compared(short):
    with pytest.raises(ValueError, match="seed must be 1337 to be compared; got 7"):
        compare_with_post(short)


def test_stripping_gives_the_networks_of_the_post_and_beyond(whole):
    assert layer_sizes(whole.rigl.model) == "16-16-1"
    assert layer_sizes(whole.stripped_once) == "10-4-1"
    assert fan_ins(whole.stripped_once) == [[2] * 10, [5, 1, 7, 1], [4]]
    assert layer_sizes(whole.stripped) == "7-4-1"
    assert fan_ins(whole.stripped) == [[2] * 7, [5, 1, 7, 1], [4]]


def test_stripping_keeps_the_function_on_a_grid(whole):
    grid = [[-2 + 0.25 * i, -2 + 0.25 * j] for i in range(21) for j in range(17)]
    expected = [whole.rigl.model(point).data for point in grid]
    assert [whole.stripped(point).data for point in grid] == to_1e_12(expected)
    assert max(expected) > 1 > -1 > min(expected)


def test_rewiring_conserves_the_connections_of_every_layer(whole):
    for run in (whole.static, whole.rigl):
        assert [sum(layer) for layer in fan_ins(run.model)] == [32, 32, 4]
    assert fan_ins(whole.static.model) == [[2] * 16, [2] * 16, [4]]


def test_rewirings_follow_every_20th_step_but_the_first(whole):
    assert whole.rigl.rewirings == list(range(20, 400, 20))
    assert whole.static.rewirings == []


def test_every_step_is_reported_as_it_happens(whole, seen):
    assert seen == [
        (run.method, step, run.losses[step], run.accuracies[step])
        for run in (whole.static, whole.rigl)
        for step in range(400)
    ]


def test_other_seeds_run_and_the_same_seed_gives_the_same_bits(short, monkeypatch):
    monkeypatch.setattr(post, "STEPS", 25)
    again = reproduce_post(seed=7)
    assert again.rigl.losses == short.rigl.losses
    assert again.static.losses == short.static.losses
    assert reproduce_post(seed=8).static.losses != short.static.losses


def test_unknown_engine_is_an_error():
    with pytest.raises(
        ValueError, match=r"engine must be one of \['array', 'scalar'\]; got 'steam'"
    ):
        reproduce_post(engine="steam")


# ----------------------------------------------------------------------------- the recordings


@pytest.mark.parametrize("method", ["static", "rigl"])
def test_both_engines_record_the_same(short_by_both, method):
    scalar, array = (getattr(one, method).recorder.recording for one in short_by_both)
    assert scalar.about == array.about
    assert [(one.step, one.kind) for one in scalar.frames] == (
        [(one.step, one.kind) for one in array.frames]
    )
    for ours, theirs in zip(scalar.frames, array.frames, strict=True):
        assert ours.arrays["source"].tolist() == theirs.arrays["source"].tolist()
        assert ours.arrays["indptr"].tolist() == theirs.arrays["indptr"].tolist()
        assert ours.arrays["weight"] == pytest.approx(theirs.arrays["weight"], abs=1e-12)
        old = [one.arrays["birth"] < 68 for one in (ours, theirs)]  # there from the beginning
        assert old[0].tolist() == old[1].tolist()
    for key in ("step", "dropped", "grown"):
        assert [list(np.ravel(one[key])) for one in scalar.rewirings] == (
            [list(np.ravel(one[key])) for one in array.rewirings]
        )
    assert len(scalar.rewirings) == (2 if method == "rigl" else 0)


def test_what_moved_between_two_scalar_frames_is_what_was_rewired(short_by_both):
    recording = short_by_both[0].rigl.recorder.recording
    for record in recording.rewirings:
        after = next(k for k, one in enumerate(recording.frames) if one.step == record["step"])
        births = [set(recording.frames[k].arrays["birth"].tolist()) for k in (after - 1, after)]
        assert len(births[0] - births[1]) == sum(record["dropped"]) > 0
        assert len(births[1] - births[0]) == sum(record["grown"])
        assert min(births[1] - births[0]) > max(births[0])


@pytest.mark.parametrize("number", [0, 1])
def test_the_last_figures_of_a_recording_are_those_of_the_trained_network(short_by_both, number):
    done = short_by_both[number]
    last = done.rigl.recorder.recording.rows[-1]
    scores = np.array([done.rigl.model(point).data for point in done.X.tolist()])
    assert last["step"] == 45
    assert last["accuracy"] == np.mean((scores > 0) == (done.y > 0))
    hinge = np.maximum(0, 1 - done.y * scores).mean()
    penalty = 1e-4 * sum(p.data**2 for p in done.rigl.model.parameters())
    assert last["loss"] == pytest.approx(hinge + penalty, abs=1e-12)


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


def test_summary_says_what_happened(whole, engine):
    summary = summarise(whole)
    assert (summary["seed"], summary["engine"]) == (1337, engine)
    for name, model, run in [
        ("static", whole.static.model, whole.static),
        ("rigl", whole.rigl.model, whole.rigl),
        ("stripped_once", whole.stripped_once, None),
        ("stripped", whole.stripped, None),
    ]:
        part = summary[name]
        assert part["layers"] == layer_sizes(model)
        assert part["parameters"] == len(model.parameters())
        assert part["fan_ins"] == fan_ins(model)
        if run is not None:
            assert part["final_loss"] == run.losses[-1]
            assert part["final_accuracy"] == run.accuracies[-1]
            assert part["seconds"] == pytest.approx(run.seconds, abs=1e-3)
    assert summary["post"] == {
        "agrees": True,
        "largest_loss_difference": compare_with_post(whole).largest_difference,
        "figures_compared": 82,
        "stripped_once_agrees": True,
        "stripped_agrees": True,
    }


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
