"""The report of runs in a real browser."""

from dataclasses import replace

import numpy as np
import pytest

import rewire
from rewire import methods
from rewire.assess import assess
from rewire.data import load, moons
from rewire.experiment import Recipe, prepare_experiment
from rewire.experiment.assessing import assess_experiment
from rewire.report import Recorder, network_frames, taking, write_report
from rewire.report.frame_features import extract_features
from rewire.report.snapshots import restore

pytestmark = pytest.mark.browser

X, y = moons(seed=0)


def small(method):
    """Return the recording of a training on two moons, and its recorder's networks."""
    net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    chosen = methods.get(method, **({} if method == "static" else {"every": 20}))
    recorder = Recorder(data="moons")
    rewire.fit(
        net, X, y, loss="hinge", method=chosen, total_steps=400, seed=0, callbacks=[recorder]
    )
    return recorder.recording


@pytest.fixture(scope="module")
def rigl():
    return small("rigl")


@pytest.fixture(scope="module")
def static():
    return small("static")


@pytest.fixture(scope="module")
def large():
    digits = load("digits")
    net = rewire.mlp([64, 200, 10], sparsity=[0.7, 0.5], seed=0)
    assert len(net.connections) > network_frames.MAX_DRAWN
    recorder = Recorder(image_shape=digits.image_shape, data="digits", classes=digits.classes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taking, "MAX_SHARE", np.inf)
        rewire.fit(net, digits.X, digits.y, total_steps=400, seed=0, callbacks=[recorder])
    return recorder.recording


@pytest.fixture
def opened(visit, tmp_path):
    """Open the report of some recordings."""

    def open_(*recordings, **look):
        return visit(write_report(list(recordings), tmp_path / "report.html"), **look)

    return open_


def go_to(page, moment):
    """Move the slider as a hand would, by its events."""
    page.eval_on_selector(
        "#slider",
        "(slider, at) => { slider.value = at; slider.dispatchEvent(new Event('input')); }",
        moment,
    )
    assert page.evaluate("document.body.dataset.moment") == str(moment)


def drawn(page, column=1):
    """Return the lines of a run's wiring as (source, target) to their weight and class."""
    rows = page.eval_on_selector_all(
        f".run:nth-child({column}) .wiring path.connection",
        "paths => paths.map(p => [p.dataset.source, p.dataset.target, +p.dataset.weight, "
        "p.getAttribute('class'), p.getAttribute('d')])",
    )
    lines, gone = {}, {}
    for source, target, weight, kind, shape in rows:
        assert shape.startswith("M")
        place = gone if "dropped" in kind else lines
        assert (source, target) not in place
        place[source, target] = (weight, set(kind.split()))
    return lines, gone


def wiring_of(net):
    table = net.connections
    return {
        (net.label(int(s)), net.label(int(t))): float(w)
        for s, t, w in zip(table.source, table.target, table.weight, strict=True)
    }


def moments_of(*recordings):
    return sorted({frame.step for one in recordings for frame in one.frames})


def networks_of(recording):
    activations = recording.about["activations"]
    return {frame.step: restore(frame.arrays, activations) for frame in recording.frames}


def test_what_is_drawn_is_the_run_at_every_moment(opened, rigl):
    page, nets = opened(rigl), networks_of(rigl)
    before, moved = None, 0
    for moment, step in enumerate(moments_of(rigl)):
        go_to(page, moment)
        lines, gone = drawn(page)
        wiring = wiring_of(nets[step])
        assert {pair: weight for pair, (weight, _) in lines.items()} == wiring
        for weight, kind in lines.values():
            assert ("negative" in kind) == (weight < 0)
            assert ("positive" in kind) == (weight >= 0)
        grown = {pair for pair, (_, kind) in lines.items() if "grown" in kind}
        if before is not None:
            assert grown == set(wiring) - set(before)
            assert set(gone) == set(before) - set(wiring)
            moved += len(grown)
        before = wiring
        cursor = page.eval_on_selector(".chart .cursor", "line => +line.dataset.step")
        assert cursor == step
    assert moved == sum(sum(record["grown"]) for record in rigl.rewirings) > 10


def test_dead_neurons_are_marked_and_fold_away_when_stripped(opened, rigl):
    page, nets = opened(rigl, motion="reduce"), networks_of(rigl)
    net = nets[400]
    stripped = net.strip()
    assert stripped.size < net.size

    def neurons(kind):
        return page.locator(f".wiring .neuron{kind}").count()

    assert (neurons(""), neurons(".dead")) == (net.size, net.size - stripped.size)
    page.check("#strip")
    assert (neurons(""), neurons(".dead")) == (stripped.size, 0)
    lines, _ = drawn(page)
    assert len(lines) == len(stripped.connections)
    page.keyboard.press("s")
    assert neurons("") == net.size


def test_the_table_says_what_the_network_is(opened, rigl):
    page, nets = opened(rigl), networks_of(rigl)
    for moment in (0, 5, len(rigl.frames) - 1):
        go_to(page, moment)
        net = nets[moments_of(rigl)[moment]]
        summary = net.summary()
        rows = dict(
            page.eval_on_selector_all(
                "#summary tbody tr",
                "rows => rows.map(r => [...r.children].map(c => c.textContent))",
            )
        )
        dense = summary.dense_flops
        assert rows["Connections, of all possible ones (density)"].startswith(
            f"{summary.connections} of {summary.possible} ("
        )
        assert rows["Dead hidden neurons"].startswith(f"{summary.dead} of 32 (")
        flops = rows["FLOPs per prediction, of those of a dense network"]
        assert flops.startswith(f"{summary.flops} of {dense} (")
        assert rows["Connections left when stripped"] == str(len(net.strip().connections))


def test_pointing_at_a_neuron_shows_its_connections_weights_and_history(opened, rigl):
    page, net = opened(rigl), networks_of(rigl)[400]
    number = int(np.argmax(net.connections.fan_out[2:18])) + 2
    name = net.label(number)
    page.hover(f'[data-neuron="{name}"]')
    details = page.locator(".details")
    n_in, n_out = (int(f[number]) for f in (net.connections.fan_in, net.connections.fan_out))
    assert f"Neuron {name}: {n_in} connections in, {n_out} out" in details.inner_text()
    for (source, target), weight in wiring_of(net).items():
        if name in (source, target) and n_out <= 12:
            other = target if source == name else source
            assert f"{other} {'−' if weight < 0 else '+'}" in details.inner_text()
    assert page.locator("path.connection.near:not(.dropped)").count() == n_in + n_out
    assert page.locator(".details svg.history path").count() == 3
    page.mouse.move(2, 2)
    assert page.locator("path.connection.near").count() == 0
    assert page.locator(".details svg.history").count() == 0


def test_what_happened_to_the_whole_network_is_drawn_until_a_neuron_is_looked_at(opened, rigl):
    page = opened(rigl)
    for moment, (before, frame) in enumerate(zip(rigl.frames, rigl.frames[1:], strict=False), 1):
        go_to(page, moment)
        old, new = (set(one.arrays["birth"].tolist()) for one in (before, frame))
        for name, moved in (("up", new - old), ("down", old - new)):
            bars = page.eval_on_selector_all(
                f".story rect.{name}",
                "bars => bars.map(bar => +bar.dataset.count)",
            )
            assert len(bars) == len(rigl.frames)
            assert bars[moment] == len(moved)
        totals = dict(zip(("hidden", "dead"), _hidden(rigl, moment), strict=True))
        text = page.locator(".story").text_content()
        assert f"{len(new - old)} grown" in text
        assert f"{totals['hidden'] - totals['dead']} of {totals['hidden']} hidden neurons" in text
    page.hover('[data-neuron="0_0"]')
    assert page.locator(".story").count() == 0


def _hidden(recording, moment):
    net = networks_of(recording)[moments_of(recording)[moment]]
    return net.size - net.ranks[0] - net.ranks[-1], net.summary().dead


def test_what_has_just_grown_is_solid_and_what_is_gone_dashed_wherever_it_leads(opened, rigl):
    page = opened(rigl)
    seen = 0
    for moment in range(1, len(rigl.frames)):
        go_to(page, moment)
        dashes = page.eval_on_selector_all(
            ".wiring path.connection.grown, .wiring path.connection.dropped",
            "paths => paths.map(p => [p.classList.contains('dropped'), "
            "p.classList.contains('idle'), getComputedStyle(p).strokeDasharray])",
        )
        for dropped, idle, dash in dashes:
            assert (dash != "none") == dropped
            seen += idle
    assert seen  # the case that would be mistaken for the other


def test_ranks_are_named_and_say_how_many_are_left(opened, rigl, large):
    page = opened(rigl)

    def lines():
        return [
            rank.locator("tspan").all_text_contents()
            for rank in page.locator(".wiring .rank").all()
        ]

    layers = [["Layer 1:", "16 neurons"], ["Layer 2:", "16 neurons"]]
    assert lines() == [["2 inputs"], *layers, ["1 output"]]
    page.check("#strip")
    ranks = networks_of(rigl)[400].strip().ranks
    assert [int(rank[-1].split()[0]) for rank in lines()] == list(ranks)
    page = opened(large)
    drawn = [int(rank[-1].removesuffix(" drawn")) for rank in lines()]
    assert sum(drawn) == len(large.frames[-1].arrays["neuron"])
    assert lines()[0][0] == "64 pixels"
    page.hover('[data-neuron="2_3"]')
    assert "Output 2_3 (3)" in page.locator(".details").inner_text()


@pytest.fixture(scope="module")
def assessed():
    """A recording of a training on iris, with its assessment."""
    experiment = prepare_experiment(Recipe("iris", hidden=(12,), total_steps=200))
    data = experiment.data
    recorder = Recorder(data="iris", feature_names=data.feature_names, classes=data.classes)
    recorder.begin(experiment.training)
    while not experiment.training.finished:
        experiment.training.advance()
        recorder(experiment.training)
    found = assess_experiment(experiment).to_dict()
    recorder.recording.about["assessment"] = found
    return recorder.recording, found


def overlaps(page, selector):
    """Return how many pairs of elements lie over each other."""
    return page.evaluate(
        """selector => {
            const all = [...document.querySelectorAll(selector)];
            const boxes = all.map(d => d.getBoundingClientRect());
            const over = (a, b) => a.left < b.right && b.left < a.right
                && a.top < b.bottom && b.top < a.bottom;
            return boxes.flatMap((a, i) => boxes.slice(i + 1).filter(b => over(a, b))).length;
        }""",
        selector,
    )


@pytest.mark.parametrize("width", [420, 1100])
def test_captions_lie_over_nothing(opened, assessed, width):
    page = opened(assessed[0], width=width)
    assert page.locator(".wiring .rank").count() == 3
    assert overlaps(page, ".wiring .rank, .wiring .neuron") == 0
    right = page.eval_on_selector_all(
        ".wiring .rank", "all => Math.max(...all.map(d => d.getBoundingClientRect().right))"
    )
    left = page.eval_on_selector_all(
        ".wiring .connection", "all => Math.min(...all.map(d => d.getBoundingClientRect().left))"
    )
    assert right <= left
    within = page.locator(".run").bounding_box()
    names = page.locator(".wiring .end").all()
    assert all(
        within["x"] <= box["x"] and box["x"] + box["width"] <= within["x"] + within["width"]
        for box in (name.bounding_box() for name in names)
    )


def test_inputs_and_classes_stand_beside_their_neurons(opened, assessed):
    page = opened(assessed[0], width=1100)
    names = page.locator(".wiring .end").all_text_contents()
    assert names[:4] == list(assessed[0].about["feature_names"])
    assert names[4:] == ["setosa", "versicolor", "virginica"]


def test_scores_stand_beside_simpler_models(opened, assessed):
    recording, found = assessed
    page = opened(recording)
    validation = found["parts"]["validation"]
    assert page.locator("#assessment h2").all_text_contents() == ["How good is it", "Which inputs"]
    assert page.locator(".verdict").inner_text() == found["verdict"]
    table = page.locator(".assessed table").first
    assert table.locator("thead th").all_text_contents()[:3] == ["", "training", "validation"]
    cells = table.locator("tbody tr").first.locator("th,td").all_text_contents()
    assert cells[0] == "accuracy"
    assert float(cells[2].rstrip("%")) == pytest.approx(
        100 * validation["scores"]["accuracy"], abs=0.06
    )
    counts = page.eval_on_selector_all(".confusion rect", "all => all.map(d => +d.dataset.count)")
    assert counts == [n for row in validation["confusion"] for n in row]
    assert page.locator(".calibration circle").count() == len(validation["calibration"]["samples"])
    shown = page.eval_on_selector_all(
        ".inputs [data-input]", "all => all.map(d => [d.dataset.input, +d.dataset.importance])"
    )
    expected = [[row["column"], row["importance"]] for row in found["inputs"] if row["kept"]]
    assert shown == [[name, pytest.approx(value)] for name, value in expected]
    assert "on validation data" in page.title()


def test_text_is_as_large_as_text(opened, assessed):
    """Pictures are not blown up: their letters are no larger than those of the page."""
    page = opened(assessed[0], width=1400)
    heights = page.eval_on_selector_all(
        ".panels svg text, .assessed svg text",
        "all => all.filter(d => d.textContent).map(d => d.getBoundingClientRect().height)",
    )
    assert max(heights) < 24


def test_text_can_be_read_on_a_phone(opened, assessed):
    page = opened(assessed[0], width=390)
    heights = page.eval_on_selector_all(
        ".panels svg text, .assessed svg text, #curves svg text",
        "all => all.filter(d => d.textContent).map(d => d.getBoundingClientRect().height)",
    )
    assert min(heights) > 10
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_uneven_classes_come_before_the_accuracy(opened, assessed):
    recording, found = assessed
    about = recording.about
    uneven = found | {"uneven": True, "notices": ["The classes are uneven: <b>look</b>."]}
    page = opened(replace(recording, about=about | {"assessment": uneven}))
    captions = page.locator(".assessed caption").all_text_contents()
    assert captions == ["Class by class", "Scores"]
    assert page.locator(".assessed .warning").all_text_contents() == uneven["notices"]


def test_residuals_of_a_regression(opened, assessed):
    recording, _ = assessed
    X = np.random.default_rng(0).normal(size=(60, 2))
    parts = {"training": (X[:30], X[:30, 0]), "test": (X[30:], X[30:, 0])}
    found = assess(lambda X: X[:, 0] + 0.5, parts, "regression").to_dict()
    page = opened(replace(recording, about=recording.about | {"assessment": found}))
    assert page.locator(".residuals circle").count() == 30
    assert page.locator(".confusion").count() == 0
    assert "Half of them are between +0.5 and +0.5" in page.locator(".assessed").inner_text()


def test_recordings_without_an_assessment_have_no_such_section(opened, rigl):
    page = opened(rigl)
    assert page.locator("#assessment").inner_html() == ""


def test_a_chosen_neuron_stays_chosen_while_time_moves(opened, rigl):
    page, nets = opened(rigl), networks_of(rigl)
    page.click('[data-neuron="1_3"]')
    page.mouse.move(2, 2)
    for moment in (0, 7):
        go_to(page, moment)
        net = nets[moments_of(rigl)[moment]]
        fan_in = int(net.connections.fan_in[5])
        assert f"1_3{'' if _alive(net, 5) else ', dead'}: {fan_in} conn" in (
            page.locator(".details").inner_text()
        )


def _alive(net, number):
    return bool(extract_features(net, X[:2], "hinge", whole=True)["alive"][number])


def test_play_runs_to_the_end_and_stops(opened, rigl):
    page = opened(rigl)
    last = len(moments_of(rigl)) - 1
    go_to(page, last - 2)
    page.click("#play")
    assert page.get_attribute("#play", "aria-label") == "Pause"
    page.wait_for_function(f"() => document.body.dataset.moment === '{last}'")
    page.wait_for_function("() => document.getElementById('play').ariaLabel === 'Play'")
    page.click("#play")  # from the end it begins anew
    page.wait_for_function("() => +document.body.dataset.moment < 5")
    page.click("#play")
    assert page.get_attribute("#play", "aria-label") == "Play"


def test_keys_play_step_and_jump(opened, rigl):
    page = opened(rigl)
    last = len(moments_of(rigl)) - 1

    def moment():
        return int(page.evaluate("document.body.dataset.moment"))

    assert moment() == last
    for key, expected in [
        ("Home", 0),
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
        ("End", last),
        ("ArrowRight", last),
    ]:
        page.keyboard.press(key)
        assert moment() == expected
    page.keyboard.press("Home")
    page.keyboard.press(" ")
    assert page.get_attribute("#play", "aria-label") == "Pause"
    page.wait_for_function("() => +document.body.dataset.moment > 0")
    page.keyboard.press(" ")
    assert page.get_attribute("#play", "aria-label") == "Play"
    page.focus("#slider")
    at = moment()
    page.keyboard.press("ArrowRight")
    assert moment() == at + 1


def test_neurons_are_walked_with_the_keys(opened, rigl):
    page = opened(rigl)

    def focused():
        return page.evaluate("document.activeElement.dataset.neuron")

    assert page.locator('.neuron[tabindex="0"]').count() == 1
    page.focus('.neuron[tabindex="0"]')
    walked = [focused()]
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
        walked.append(focused())
    assert walked[:2] == ["0_0", "0_1"]
    assert [name[0] for name in walked] == ["0", "0", "1", "1", "0"]
    assert page.evaluate("document.body.dataset.moment") == str(len(moments_of(rigl)) - 1)
    assert f"Input {walked[-1]}" in page.locator(".details").inner_text()
    page.keyboard.press("Escape")
    assert focused() is None


def test_two_runs_share_one_slider(opened, static, rigl):
    page = opened(static, rigl)
    both = [networks_of(one) for one in (static, rigl)]
    total_steps = moments_of(static, rigl)
    assert page.get_attribute("#slider", "max") == str(len(total_steps) - 1)
    for moment in (0, len(total_steps) // 3, len(total_steps) - 1):
        go_to(page, moment)
        for column, nets in enumerate(both, start=1):
            at = max(step for step in nets if step <= total_steps[moment])
            lines, _ = drawn(page, column)
            assert {pair: weight for pair, (weight, _) in lines.items()} == wiring_of(nets[at])
    assert page.locator("#summary thead th").all_inner_texts() == ["", "Static wiring", "RigL"]
    boxes = [page.locator(".run").nth(k).bounding_box() for k in (0, 1)]
    assert boxes[0]["y"] == boxes[1]["y"]


def test_the_decision_boundary_follows_the_network(opened, rigl):
    page, nets = opened(rigl), networks_of(rigl)
    for moment in (0, len(rigl.frames) // 2, len(rigl.frames) - 1):
        go_to(page, moment)
        shown = extract_features(nets[moments_of(rigl)[moment]], rigl.X, "hinge", whole=True)[
            "boundary"
        ]
        assert int(page.get_attribute(".boundary", "data-positive")) == (shown > 0).sum()
    assert page.locator(".boundary path.zero").count() == 1


def test_light_and_dark_follow_the_system_and_the_button(opened, rigl):
    def paper(page):
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    light, dark = "rgb(255, 255, 255)", "rgb(18, 22, 29)"
    page = opened(rigl, scheme="dark")
    assert paper(page) == dark
    page.click("#theme")
    assert paper(page) == light
    assert paper(opened(rigl)) == light


@pytest.mark.parametrize("which", ["small", "large"])
def test_a_small_screen_is_not_scrolled_sideways(opened, static, rigl, large, which):
    page = opened(*([static, rigl] if which == "small" else [large]), width=400)
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    tops = [box["y"] for box in (one.bounding_box() for one in page.locator(".run").all())]
    assert tops == sorted(set(tops))  # one below the other
    for control in page.locator("#controls button").all():
        assert control.bounding_box()["height"] >= 40


def test_a_large_network_is_shown_by_paths_densities_and_distributions(opened, large):
    page = opened(large)
    note = page.locator("[data-note=large]").inner_text()
    assert f"has {large.frames[0].arrays['totals'][0]:,} connections, too many to draw" in note
    for moment in (0, len(large.frames) - 1):
        go_to(page, moment)
        arrays = large.frames[moment].arrays
        lines, gone = drawn(page)
        assert len(lines) == len(arrays["source"]) > 40
        assert not gone
        assert sorted(weight for weight, _ in lines.values()) == pytest.approx(
            sorted(arrays["weight"].tolist())
        )
        cells = page.eval_on_selector_all(
            ".input-map .cell", "cells => cells.map(c => +c.dataset.value)"
        )
        assert cells == arrays["input_map"].ravel().tolist()
        for name in ("density 0 1", "density 1 2"):
            cells = page.eval_on_selector_all(
                f'[data-name="{name}"] .cell', "cells => cells.map(c => +c.dataset.value)"
            )
            assert cells == pytest.approx(arrays[name].ravel().tolist())
        most = max(frame.arrays["input_map"].max() for frame in large.frames)
        assert (
            f"up to {most} connections" in page.locator(".panel:has(.input-map) .note").inner_text()
        )
        for name in ("fan_ins", "fan_outs"):
            bars = page.eval_on_selector_all(f".{name} .bar", "b => b.map(x => +x.dataset.count)")
            assert sum(bars) == arrays[name][:, 1].sum()


def test_clicking_a_curve_goes_there(opened, rigl):
    page = opened(rigl)
    page.locator(".chart .seek").first.click(position={"x": 1, "y": 40})
    assert page.evaluate("document.body.dataset.moment") == "0"


def test_everything_that_can_be_used_has_a_name(opened, static, rigl):
    page = opened(static, rigl)
    nameless = page.eval_on_selector_all(
        "button, input, [role=img], [role=group], section",
        """all => all.filter(e => !(e.ariaLabel || e.getAttribute('aria-label')
            || (e.labels && e.labels.length))).map(e => e.outerHTML.slice(0, 80))""",
    )
    assert nameless == []


def test_how_long_it_takes_to_open_is_known(opened, static, rigl, record_property):
    page = opened(static, rigl)
    record_property(
        "milliseconds until rendered",
        page.evaluate("performance.getEntriesByName('rendered')[0].startTime"),
    )
    assert page.locator(".run").count() == 2
