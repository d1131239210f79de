"""The page of a comparison in a real browser: what is drawn is what the runs and statistics say."""

import csv
import itertools
import json
import math

import numpy as np
import pytest

from rewire.compare import (
    Failure,
    pairwise,
    rank_methods,
    run_study,
    study_config,
    write_comparison,
)

from .studies import made_up

RANDOM = np.random.default_rng(0)
WINS = {
    "static": RANDOM.uniform(0.5, 0.9, 12).tolist(),
    "set": RANDOM.uniform(0.8, 0.99, 12).tolist(),
    "dsr": RANDOM.uniform(0.8, 0.99, 12).tolist(),
    "rigl": [1.0] * 9 + [0.99, 0.98, 0.97],
}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a real comparison, and the study."""
    folder = tmp_path_factory.mktemp("moons")
    methods = ["static", "set", "rigl"]
    done = run_study(study_config("moons", total_steps=100), methods, range(6), out=folder)
    write_comparison(done, folder, reach=0.9)
    return folder, done


@pytest.fixture
def opened(visit, tmp_path):
    """Open the page of a study made up."""

    def open_(values, measure="accuracy", reach=None, failures=(), **look):
        made = made_up(values, measure, failures)
        write_comparison(made, tmp_path, reach)
        return visit(tmp_path / "report.html", **look)

    return open_


def dots(page):
    """Return for each run where its dot stands, by method and seed."""
    rows = page.eval_on_selector_all(
        ".swarm .dot",
        "all => all.map(d => [d.dataset.method, +d.dataset.seed, +d.getAttribute('cx'), "
        "+d.getAttribute('cy'), d.dataset.value])",
    )
    return {(method, seed): (x, y, value) for method, seed, x, y, value in rows}


def texts(page, selector):
    return page.locator(selector).all_text_contents()


def test_every_run_is_a_dot_at_its_figure(visit, trained):
    folder, _ = trained
    found = dots(visit(folder / "report.html"))
    with (folder / "runs.csv").open(newline="") as file:
        runs = {(row["method"], int(row["seed"])): row for row in csv.DictReader(file)}
    assert set(found) == set(runs)
    assert len(found) == 18
    values = np.array([float(runs[key]["accuracy"]) for key in found])
    x, y, shown = (list(column) for column in zip(*found.values(), strict=True))
    assert [float(value) for value in shown] == values.tolist()
    # One straight line from accuracies to places, the larger the further to the right.
    slope, start = np.polyfit(values, x, 1)
    assert slope > 0
    np.testing.assert_allclose(x, start + slope * values, atol=0.01)
    rows = {}
    for (method, _), height in zip(found, y, strict=True):
        rows.setdefault(method, []).append(height)
    assert list(rows) == ["static", "set", "rigl"]
    for above, below in itertools.pairwise(rows.values()):
        assert max(above) < min(below)
    assert len({(a, b) for a, b in zip(x, y, strict=True)}) == 18  # none hides another


def test_a_dot_that_is_pointed_at_says_what_it_is(visit, trained):
    folder, done = trained
    page = visit(folder / "report.html")
    run = next(run for run in done.runs if (run.method, run.seed) == ("rigl", 4))
    page.hover('.dot[data-method="rigl"][data-seed="4"]')
    details = page.locator("#details").inner_text()
    assert f"rigl, seed 4: accuracy {run.accuracy:.1%}, loss" in details
    assert "68 connections" in details
    marked = page.eval_on_selector_all(
        ".mark", "all => all.map(m => [m.dataset.method, m.classList.contains('chosen')])"
    )
    assert marked == [["static", False], ["set", False], ["rigl", True]]
    # The same seed of all methods, each with its own figures.
    rows = page.eval_on_selector_all(
        "#details tbody tr", "rows => rows.map(r => [...r.children].map(c => c.textContent))"
    )
    assert [row[:2] for row in rows] == [
        [one.method, f"{one.accuracy:.1%}"] for one in done.runs if one.seed == 4
    ]
    for row, one in zip(rows, (one for one in done.runs if one.seed == 4), strict=True):
        assert float(row[2]) == pytest.approx(one.loss, rel=1e-3)
        assert float(row[4]) == pytest.approx(one.seconds, rel=0.05)
    page.mouse.move(2, 2)
    assert page.locator(".mark").count() == 0


def test_a_dot_that_is_clicked_stays_chosen(visit, trained):
    page = visit(trained[0] / "report.html")
    page.click('.dot[data-method="set"][data-seed="2"]')
    page.mouse.move(2, 2)
    assert "set, seed 2:" in page.locator("#details").inner_text()
    page.set_viewport_size({"width": 700, "height": 900})
    page.wait_for_function("() => document.querySelector('.swarm').viewBox.baseVal.width < 700")
    assert "set, seed 2:" in page.locator("#details").inner_text()
    at = dots(page)["set", 2]
    mark = page.locator(".mark.chosen")
    assert [float(mark.get_attribute(name)) for name in ("cx", "cy")] == list(at[:2])


def test_dots_are_walked_with_the_keys(opened):
    page = opened(WINS)
    order = sorted(range(12), key=lambda seed: (WINS["set"][seed], seed))

    def focused():
        return page.evaluate("[document.activeElement.dataset.method, "
                             "+document.activeElement.dataset.seed]")  # fmt: skip

    assert page.locator('.dot[tabindex="0"]').count() == 1
    page.focus('.dot[data-method="set"][data-seed="5"]')
    here = order.index(5)
    for key, expected in [
        ("ArrowRight", ["set", order[here + 1]]),
        ("ArrowLeft", ["set", 5]),
        ("ArrowUp", ["static", 5]),
        ("ArrowDown", ["set", 5]),
        ("ArrowDown", ["dsr", 5]),
        ("ArrowUp", ["set", 5]),
        ("End", ["set", order[-1]]),
        ("ArrowRight", ["set", order[-1]]),
        ("Home", ["set", order[0]]),
    ]:
        page.keyboard.press(key)
        assert focused() == expected
        name, seed = expected
        assert f"{name}, seed {seed}: accuracy {WINS[name][seed]:.1%}" in (
            page.locator("#details").inner_text()
        )
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement === document.body")
    assert page.locator(".mark").count() == 0


def test_quartiles_means_and_what_is_to_be_reached_stand_where_they_are(opened):
    page = opened(WINS, reach=0.9)
    found = dots(page)
    values = np.array([float(value) for *_, value in found.values()])
    slope, start = np.polyfit(values, [x for x, *_ in found.values()], 1)

    def numbers(selector, *names):
        return page.eval_on_selector_all(
            f".swarm {selector}",
            "(all, names) => all.map(e => names.map(n => +e.getAttribute(n)))",
            list(names),
        )

    boxes, medians = numbers(".box", "x", "width"), numbers(".median", "x1", "x2")
    diamonds = page.eval_on_selector_all(
        ".diamond", "all => all.map(e => e.transform.baseVal[0].matrix.e)"
    )
    for own, (x, width), median, mean in zip(WINS.values(), boxes, medians, diamonds, strict=True):
        low, middle, high = np.quantile(own, [0.25, 0.5, 0.75]) * slope + start
        assert (x, x + width) == pytest.approx((low, high), abs=0.01)
        assert median == pytest.approx([middle, middle], abs=0.01)
        assert mean == pytest.approx(np.mean(own) * slope + start, abs=0.01)
    [[reach, _]] = numbers(".reach", "x1", "x2")
    assert reach == pytest.approx(0.9 * slope + start, abs=0.01)


def test_the_tables_show_the_summary(opened, tmp_path):
    page = opened(WINS, reach=0.9)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert page.title() == summary["headline"] == page.locator("h1").inner_text()
    heads = texts(page, "#figures th[scope=col]")
    for method, own in summary["methods"].items():
        cells = texts(page, f'#figures tr[data-method="{method}"] > *')
        row = dict(zip(heads, cells, strict=True))
        low, high = 100 * own["interval"]["low"], 100 * own["interval"]["high"]
        assert row["mean accuracy (95%)"] == f"{own['mean']:.1%} ({low:.1f}–{high:.1f})"
        assert row["≥ 90% (95%)"].startswith(f"{own['reached']['share']:.0%} (")
        assert row["connections"] == "68"
        if method != "static":
            change = own["difference"]["mean"]
            assert row["less static (95%)"].startswith(f"{100 * change:+.1f} (")


def test_the_matrix_shows_every_pair_from_both_sides(opened):
    page = opened(WINS)
    cells = page.eval_on_selector_all(
        "#pairs tbody tr",
        "rows => rows.map(r => [...r.querySelectorAll('td')].map("
        "c => [c.className, c.dataset.change, c.dataset.p, c.textContent]))",
    )
    names = list(WINS)
    assert [cells[n][n] for n in range(4)] == [["", None, None, ""]] * 4
    for pair in pairwise(made_up(WINS).runs):
        i, j = names.index(pair.method), names.index(pair.other)
        for row, column, sign in ((i, j, 1), (j, i, -1)):
            kind, change, p, text = cells[row][column]
            assert float(change) == pytest.approx(sign * pair.difference.mean)
            assert float(p) == pytest.approx(pair.corrected)
            better = "better" if sign * pair.difference.mean > 0 else "worse"
            assert kind == (better if pair.apart else "alike")
            more, less = (pair.more, pair.less)[::sign]
            assert text.endswith(f"{more} better, {less} worse")


def test_of_losses_less_is_better(opened):
    losses = {"low": [1.0] * 8, "high": RANDOM.uniform(2, 3, 8).tolist()}
    page = opened(losses, "loss", reach=1.5)
    assert page.locator("h1").inner_text().startswith("low has the lowest mean loss, 1 over 8")
    row = page.locator("#pairs tbody tr").first
    assert row.locator("td").nth(1).get_attribute("class") == "better"
    assert row.inner_text().endswith("8 better, 0 worse")
    assert "≤ 1.5 (95%)" in texts(page, "#figures th[scope=col]")
    page.focus(".dot")
    assert "accuracy" not in page.locator("#details").inner_text()


def test_ranks_and_cliques_are_those_of_the_statistics(opened):
    page, ranking = opened(WINS), rank_methods(made_up(WINS).runs)
    places = page.eval_on_selector_all(
        ".ranks .place", "all => all.map(p => [p.dataset.method, +p.dataset.rank, "
        "p.querySelector('path').getAttribute('d'), p.textContent])",
    )  # fmt: skip
    assert {name: rank for name, rank, *_ in places} == pytest.approx(dict(ranking.ranks))
    ticks = page.eval_on_selector_all(
        ".ranks .tick", "all => all.map(t => [+t.textContent, t.transform.baseVal[0].matrix.e])"
    )
    assert [number for number, _ in ticks] == [1, 2, 3, 4]
    unit, start = np.polyfit(*zip(*ticks, strict=True), 1)
    for _, rank, path, text in places:
        assert float(path[1:].split(",")[0]) == pytest.approx(start + unit * rank, abs=1)
        assert f"{rank:.2f}" in text
    assert [set(clique) for clique in ranking.cliques] == [{"set", "dsr"}]
    bars = page.eval_on_selector_all(
        ".ranks .clique",
        "all => all.map(c => [c.dataset.methods, +c.children[0].getAttribute('x1'), "
        "+c.children[0].getAttribute('x2'), "
        "[...c.querySelectorAll('circle')].map(e => +e.getAttribute('cx'))])",
    )
    assert [tuple(methods.split("|")) for methods, *_ in bars] == list(ranking.cliques)
    for methods, first, last, marks in bars:
        at = [start + unit * ranking.ranks[name] for name in methods.split("|")]
        assert (first, last) == pytest.approx((min(at), max(at)), abs=1)
        assert marks == pytest.approx(at, abs=1)
    box = page.locator(".ranks .ruler").evaluate("e => e.getBBox().width")
    assert box == pytest.approx(unit * ranking.critical_difference, abs=1)
    assert "Friedman's test of the ranks over 12 seeds" in page.locator("#ranks").inner_text()


@pytest.mark.parametrize("values", [{"a": [0.5] * 8, "b": [0.7] * 8}, {n: [0.5] for n in "abc"}])
def test_what_cannot_be_ranked_is_not_drawn_but_said(opened, values):
    page = opened(values)
    assert page.locator(".ranks").count() == 0
    assert "Not shown: runs must be of at least 3 methods" in page.locator("#ranks").inner_text()


def test_one_method_is_shown_without_pairs(opened):
    page = opened({"rigl": [0.5, 0.75]})
    assert page.locator("#pairs table").count() == 0
    assert len(dots(page)) == 2


def test_runs_that_diverged_stand_apart_and_runs_that_failed_are_named(opened):
    values = {"a": [1.0, 2.0, math.inf], "b": [3.0, math.nan, None], "c": [math.nan] * 3}
    page = opened(values, "loss", failures=[Failure("b", 2, "it </script> broke")])
    found = dots(page)
    assert len(found) == 8
    lost = {x for x, _, value in found.values() if value is None}
    assert len(lost) == 1
    assert lost.pop() > max(x for x, _, value in found.values() if value is not None)
    assert texts(page, ".lost") == ["not finite"]
    assert "b, seed 2\nit </script> broke" in page.locator("#settings").inner_text()


def test_how_it_was_made_is_told(visit, trained):
    folder, _ = trained
    page = visit(folder / "report.html")
    assert page.locator("#command").inner_text() == (
        "rewire compare moons --methods static,set,rigl --seeds 6 --reach 0.9 --total-steps 100"
    )
    assert not page.locator("#settings dl").first.is_visible()
    page.click("text=How each method is composed")
    assert "grow=<GrowCriterion 'gradient'>" in page.locator("#settings").inner_text()
    page.click("text=All settings")
    assert "0.0, 0.9, 0.8" in page.locator("#settings").inner_text()


def test_light_and_dark_follow_the_system_and_the_button(opened):
    def paper(page):
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    light, dark = "rgb(255, 255, 255)", "rgb(18, 22, 29)"
    page = opened(WINS, scheme="dark")
    assert paper(page) == dark
    page.click("#theme")
    assert paper(page) == light
    assert paper(opened(WINS)) == light


@pytest.mark.parametrize("methods", [4, 16])
@pytest.mark.parametrize("width", [1400, 900, 400])
def test_no_screen_is_scrolled_sideways(opened, methods, width):
    names = (f"{name} {n}" for n in range(4) for name in WINS)
    values = dict(zip(itertools.islice(names, methods), itertools.cycle(WINS.values())))
    page = opened(values, width=width)
    page.focus(".dot")
    assert page.evaluate("document.documentElement.scrollWidth") == width

    def ends(selector):
        return page.eval_on_selector_all(
            selector, "all => all.map(t => t.getBoundingClientRect()).map(b => [b.left, b.right])"
        )

    assert min(left for left, _ in ends(".ranks text")) >= 0
    assert max(right for _, right in ends(".ranks text")) <= width
    for one, following in itertools.pairwise(ends(".ranks .tick text")):
        assert one[1] < following[0]


def test_everything_that_can_be_used_has_a_name(opened):
    page = opened(WINS)
    nameless = page.eval_on_selector_all(
        "button, [role=img], [role=group], [role=region], section, nav",
        "all => all.filter(e => !e.getAttribute('aria-label')).map(e => e.outerHTML.slice(0, 80))",
    )
    assert nameless == []


def test_very_many_runs_are_all_there(opened):
    values = {
        name: RANDOM.uniform(0, 1, 1000).round(2).tolist() for name in ("a", "b", "c", "d", "e")
    }
    assert len(dots(opened(values))) == 5000


# ---------------------------------------------------------------------- which inputs are kept


def test_shares_of_kept_inputs_are_bars_or_left_out(opened, visit, tmp_path):
    page = opened(WINS)
    assert page.locator("#inputs").count() == 0  # nothing was recorded
    study = made_up({"set": [0.5, 0.6, 0.7, 0.8]})
    study.inputs = ("area", "town", "<b>rooms</b>")
    kept = ["0", "0,2", "0,2", "0-2"]
    study.runs = [run._replace(inputs=own) for run, own in zip(study.runs, kept, strict=True)]
    write_comparison(study, tmp_path)
    page = visit(tmp_path / "report.html")
    shares = page.eval_on_selector_all(
        "#inputs [data-input]", "all => all.map(d => [d.dataset.input, +d.dataset.share])"
    )
    assert shares == [["area", 1], ["<b>rooms</b>", 0.75], ["town", 0.25]]
    assert "set keeps 2 of 3 inputs; stability" in page.locator("#inputs .note").first.inner_text()


def test_shares_of_kept_pixels_are_a_map(visit, tmp_path):
    study = made_up({"set": [0.5, 0.6]})
    study.inputs, study.image_shape = tuple("abcdef"), (2, 3)
    study.runs = [run._replace(inputs=f"0,{run.seed}") for run in study.runs]
    write_comparison(study, tmp_path)
    page = visit(tmp_path / "report.html")
    cells = page.eval_on_selector_all("#inputs .cell", "all => all.map(d => +d.dataset.share)")
    assert cells == [1, 0.5, 0, 0, 0, 0]
