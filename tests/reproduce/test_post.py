"""The post's experiment: its figures, its networks and its recordings."""

import numpy as np
import pytest

from rewire.reproduce import compare_with_post, post, reproduce_post
from rewire.reproduce.post import fan_ins, layer_sizes
from rewire.reproduce.results import summarise


def to_1e_12(values):
    return pytest.approx(values, rel=0, abs=1e-12)


# -------------------------------------------------------------------------------- the figures


@pytest.mark.parametrize("method", ["static", "rigl"])
def test_every_step_has_the_loss_and_the_accuracy_of_the_post(whole, trace, method):
    run = getattr(whole, method)
    assert len(run.losses) == len(run.accuracies) == len(trace[method]) == 400
    assert run.losses == to_1e_12([row["loss"] for row in trace[method]])
    assert run.accuracies == [row["accuracy"] for row in trace[method]]


def test_every_printed_figure_agrees(whole):
    comparison = compare_with_post(whole)
    assert len([row for row in comparison.rows if row.method == "static"]) == 21
    assert len([row for row in comparison.rows if row.method == "rigl"]) == 20
    assert [row for row in comparison.rows if not row.agrees] == []
    assert comparison.largest_difference <= 1e-12
    assert comparison.stripped_once_agrees
    assert comparison.stripped_agrees
    assert comparison.agrees


def test_the_final_wiring_is_that_of_the_post_in_the_same_order(whole, trace):
    ours = [[n.w for n in layer.neurons] for layer in whole.rigl.model.layers]
    for neurons, theirs in zip(ours, trace["rigl_final_connections"], strict=True):
        assert [list(w) for w in neurons] == [list(map(int, w)) for w in theirs]
        for w, weights in zip(neurons, theirs, strict=True):
            assert [p.data for p in w.values()] == to_1e_12(list(weights.values()))


def test_the_data_are_those_of_the_post(whole, trace):
    assert whole.X.tolist() == trace["X"]
    assert whole.y.tolist() == trace["y"]


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


# In this file, as the teaching core's run takes long: no other needs one of its own.
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
            last = run.recorder.recording.rows[-1]  # after the last step, as in the report
            assert (part["final_loss"], part["final_accuracy"]) == (last["loss"], last["accuracy"])
            assert part["seconds"] == pytest.approx(run.seconds, abs=1e-3)
    assert summary["post"] == {
        "agrees": True,
        "largest_loss_difference": compare_with_post(whole).largest_difference,
        "figures_compared": 82,
        "stripped_once_agrees": True,
        "stripped_agrees": True,
    }


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
