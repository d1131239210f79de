"""The playground's page in a real browser: by mouse, by keys, as a person would."""

import threading

import pytest

from rewire.playground import ArrayEngine, Session
from rewire.playground.links import link_of_commands
from rewire.playground.player import Player
from rewire.playground.server import PlayServer

from .sessions import bits

pytestmark = pytest.mark.browser

SMALL = (
    {"do": "data", "name": "moons", "samples": 30, "seed": 1},
    {"do": "network", "layers": [6, 5], "density": [1, 0.5, 0.6], "seed": 2},
    {"do": "learning_rate", "value": 0.3},
    {"do": "method", "name": "static", "lane": 0},
    {"do": "method", "name": "rigl", "interval": 4, "until": 200},
)


class Played:
    """A page with the session that it shows."""

    def __init__(self, page, player, refused):
        self.page, self.player = page, player
        self.refused = refused  # commands that the session is expected to refuse

    @property
    def session(self):
        return self.player.session

    @property
    def frame(self):
        return self.player.frame()

    def lane(self, number):
        return self.frame["lanes"][number]

    def pairs(self, lane):
        return {(source, target) for source, target, *_ in self.lane(lane)["connections"]}

    def press(self, text, within=""):
        self.page.click(f"{within} button:has-text('{text}')")

    def step(self, to):
        """Wait until the page shows a step."""
        self.page.wait_for_selector(f".rewire-play[data-step='{to}']")

    def until(self, condition):
        """Wait until the session is as it should be, while the page goes on."""
        for _ in range(400):
            if condition():
                return
            self.page.wait_for_timeout(25)
        raise AssertionError("the session does not get there")

    def middle(self, lane, name):
        """Return where a neuron is on the screen."""
        selector = f".lane-{lane} [data-neuron='{name}'] .body"
        box = self.page.locator(selector).bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def along(self, lane, source, target):
        """Return a place on a connection, a third of its way."""
        path = f".lane-{lane} .connections path[data-source='{source}'][data-target='{target}']"
        return self.page.eval_on_selector(
            path,
            """path => {
                const at = path.getPointAtLength(path.getTotalLength() / 3);
                const place = at.matrixTransform(path.getScreenCTM());
                return [place.x, place.y];
            }""",
        )

    def touch(self, *places):
        """Put a finger down at the first place, move it on to the others and take it away."""
        finger = self.page.context.new_cdp_session(self.page)
        finger.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
        for i, (x, y) in enumerate(places):
            points = {"touchPoints": [{"x": x, "y": y}]}
            finger.send(
                "Input.dispatchTouchEvent", {"type": "touchMove" if i else "touchStart"} | points
            )
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def drag(self, start, end):
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down()
        mouse.move(*end, steps=6)
        mouse.up()


@pytest.fixture
def play(browser):
    """Open sessions in pages; afterwards nothing may have been complained about."""
    complaints, requests, opened, refused = [], [], [], []
    browser.set_offline(False)

    def play_(commands=SMALL, width=1400, scheme="light", fragment="", guide=False):
        player = Player(Session(ArrayEngine(), commands))
        server = PlayServer(player)
        thread = threading.Thread(target=server.run, kwargs={"until_left": False})
        thread.start()
        page = browser.new_page()
        opened.append((page, server, thread))
        page.set_default_timeout(20_000)
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(server.url + fragment)
        page.wait_for_selector("[data-step]")
        if not guide:
            page.click(".guide .leave", timeout=3000) if page.is_visible(".guide") else None
        return Played(page, player, refused)

    yield play_
    for page, server, thread in opened:
        page.close()
        server.end()
        thread.join(10)
    browser.set_offline(True)
    assert [text for text in complaints if "400 (Bad Request)" not in text] == []
    assert len(complaints) == len(refused)
    assert [url for url in requests if not url.startswith(("http://127.0.0.1:", "data:"))] == []


def test_a_link_that_takes_long_to_open_can_be_stopped(play):
    link = link_of_commands([*SMALL, *10 * [{"do": "step", "steps": 100_000}]])
    played = play(fragment=f"#{link}")
    played.refused.append("open")
    played.press("Stop")
    played.page.wait_for_selector("text=open was stopped; the session is as it was")
    played.page.wait_for_selector("button:text-is('▶ Run')")
    played.press("Step")
    played.step(1)


def test_points_are_drawn_by_hand_and_learnt(play):
    played = play()
    played.press("Clear")
    box = played.page.locator(".plane").bounding_box()
    played.page.click(".plane", position={"x": 0.2 * box["width"], "y": 0.25 * box["height"]})
    played.page.click("[aria-label='Class 0']")
    for across in (0.6, 0.7, 0.8):
        played.page.click(".plane", position={"x": across * box["width"], "y": 150})
    played.until(lambda: len(played.frame["data"]["points"]) == 4)
    points = played.frame["data"]["points"]
    assert [label for *_, label in points] == [1, 0, 0, 0]
    assert points[0][0] < points[1][0] < points[2][0] < points[3][0]
    assert points[0][1] > points[1][1] == pytest.approx(points[2][1])
    played.press("Run")
    played.until(lambda: played.frame["step"] >= 30)
    played.press("Pause")
    played.page.wait_for_selector("[data-running=false]")
    stopped = played.frame["step"]
    played.step(stopped)
    assert played.page.inner_text(".lane-1 .score") == "100%"


def test_connections_are_cut_and_drawn_by_mouse_and_undone(play):
    played = play()
    before = played.pairs(0)
    source, target = sorted(pair for pair in before if pair[0] < 2)[0]
    name = f"1_{target - 2}"
    played.page.mouse.click(*played.along(0, "x", name))
    played.until(lambda: played.pairs(0) == before - {(source, target)})
    played.page.wait_for_selector(f".lane-0[data-connections='{len(before) - 1}']")
    played.drag(played.middle(0, name), played.middle(0, "output"))
    played.until(lambda: (target, 13) in played.pairs(0))
    new = [row for row in played.lane(0)["connections"] if row[:2] == [target, 13]]
    assert [row[2:] for row in new] == [[0, 0]]
    assert played.pairs(1) == before
    for _ in range(2):
        played.page.keyboard.press("Control+z")
        played.page.wait_for_timeout(150)
    played.until(lambda: played.pairs(0) == before)


def test_connections_are_cut_and_drawn_by_touch(play):
    played = play(width=390)
    before = played.pairs(0)
    source, target = sorted(pair for pair in before if pair[0] < 2)[0]
    name = f"1_{target - 2}"
    played.page.locator(".lane-0").scroll_into_view_if_needed()
    played.touch(played.along(0, "xy"[source], name))
    played.until(lambda: played.pairs(0) == before - {(source, target)})
    (x, y), (to_x, to_y) = played.middle(0, name), played.middle(0, "output")
    played.touch((x, y), ((x + to_x) / 2, (y + to_y) / 2), (to_x, to_y))
    played.until(lambda: (target, 13) in played.pairs(0))


def test_a_rewinding_goes_on_to_the_same_figures(play):
    played = play()
    for step in range(1, 13):
        played.press("Step")
        played.step(step)
    end, figures = bits(played.session), played.page.inner_text(".lanes")
    played.page.eval_on_selector(
        ".slider",
        "slider => { slider.value = 5; slider.dispatchEvent(new Event('input')); }",
    )
    played.step(5)
    assert played.page.inner_text(".now") == "step 5"
    for step in range(6, 13):
        played.press("Step")
        played.step(step)
    assert bits(played.session) == end
    assert played.page.inner_text(".lanes") == figures


def test_stripping_leaves_the_output_as_it_is(play):
    played = play()
    played.player.send({"do": "prune", "density": 0.3, "lane": 1})
    played.press("Step")
    played.step(1)
    score = played.page.inner_text(".lane-1 .score")
    played.press("Strip", within=".lane-1")
    played.until(lambda: sum(played.lane(1)["ranks"]) < 14)
    neurons = sum(played.lane(1)["ranks"])
    played.page.wait_for_selector(f".lane-1[data-neurons='{neurons}']")
    assert played.page.locator(".lane-1 .neuron").count() == neurons
    assert played.page.inner_text(".lane-1 .score") == score
    assert played.page.locator(".lane-1 .neuron.dead").count() == 0


def test_a_link_opens_the_same_state_again(play):
    played = play()
    played.press("Step")
    played.player.send({"do": "draw", "source": 0, "target": 13, "lane": 0})
    played.page.click("summary:has-text('Share')")
    played.press("Link")
    played.page.wait_for_function("() => location.hash.startsWith('#play1.')")
    fragment = played.page.evaluate("location.hash")
    other = play(fragment=fragment)
    other.until(lambda: other.session.record.done == played.session.record.done)
    assert bits(other.session) == bits(played.session)
    other.step(1)


def test_everything_can_be_done_by_keys(play):
    played = play()
    page, keys, before = played.page, played.page.keyboard, played.pairs(0)
    page.focus(".lane-0 [data-neuron='x']")
    keys.press("ArrowRight")
    first = page.evaluate("document.activeElement.dataset.neuron")
    assert first.startswith("1_")
    keys.press("ArrowDown")
    second = page.evaluate("document.activeElement.dataset.neuron")
    assert second == f"1_{int(first[2:]) + 1}"
    number = 2 + int(second[2:])
    keys.press("c")
    for _ in range(2):
        keys.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.neuron") == "output"
    keys.press("Enter")
    played.until(lambda: played.pairs(0) == before | {(number, 13)})
    page.focus(f".lane-0 [data-neuron='{second}']")
    page.wait_for_selector(f".lane-0[data-connections='{len(before) + 1}']")
    keys.press(",")
    assert page.inner_text(".live").startswith("Connection ")
    keys.press("Delete")
    played.until(lambda: len(played.pairs(0)) == len(before))
    page.focus(f".lane-0 [data-neuron='{second}']")
    keys.press("f")
    played.until(lambda: bool(played.lane(0)["neurons"][number]["frozen"]))
    keys.press("+")
    played.until(lambda: played.lane(0)["ranks"] == [2, 7, 5, 1])
    page.focus(".plane")
    keys.press("ArrowLeft")
    keys.press("Enter")
    played.until(lambda: len(played.frame["data"]["points"]) == 31)
    page.focus(".lane-1 [data-neuron='x']")
    keys.press(" ")
    played.until(lambda: played.frame["step"] > 5)
    keys.press(" ")
    page.wait_for_selector("[data-running=false]")


def test_the_guided_start_leads_where_it_says(play):
    played = play(commands=None, guide=True)
    page = played.page
    page.select_option(".speed", "2000")
    assert page.inner_text(".guide h2") == "Two networks, wired alike"
    page.click(".guide .act")
    played.until(lambda: played.frame["step"] >= 400 and not played.player.running)
    for title in ("Fixed wiring misses the moons", "RigL finds them"):
        page.click(".guide .next")
        page.wait_for_function(
            "title => document.querySelector('.guide h2').textContent === title", arg=title
        )
    static, rigl = played.frame["lanes"]
    assert static["accuracy"] < 0.92
    assert rigl["accuracy"] == 1
    page.click(".guide .next")
    page.wait_for_selector(".lane-0 .ghost >> nth=1")
    for name in ("1_6", "1_7"):
        played.drag(played.middle(0, name), played.middle(0, "2_11"))
        page.wait_for_timeout(100)
    page.wait_for_selector(".lane-0[data-connections='70']")
    page.click(".guide .act")
    played.until(lambda: played.frame["step"] >= 800 and not played.player.running)
    assert played.lane(0)["accuracy"] == 1
    page.click(".guide .next")
    page.click(".guide .act")
    page.wait_for_selector(".lane-0[data-ranks='2-7-4-1']")
    assert "12 neurons are left" in page.inner_text(".guide .text")
    page.click(".guide .next")
    assert not page.is_visible(".guide")


def test_a_setting_out_of_range_is_refused_beside_its_form(play):
    played = play()
    page = played.page
    played.refused.append("layers")
    page.click("summary:has-text('Network')")
    page.fill("[data-do=network] [name=layers]", "6, 0")
    page.press("[data-do=network] [name=layers]", "Tab")
    page.wait_for_function("() => document.querySelector('[data-do=network] .problem').textContent")
    assert "layers must" in page.inner_text("[data-do=network] .problem")
    assert played.lane(0)["ranks"] == [2, 6, 5, 1]
    page.fill("[data-do=network] [name=layers]", "4 3")
    page.press("[data-do=network] [name=layers]", "Tab")
    played.until(lambda: played.lane(0)["ranks"] == [2, 4, 3, 1])


def test_a_large_network_is_shown_by_densities(play):
    played = play([*SMALL[:1], {"do": "network", "layers": [200, 200], "density": 0.2}])
    assert played.page.locator(".lane-1 .densities figure").count() == 3
    drawn = played.page.locator(".lane-1 .connections path").count()
    assert drawn == len(played.lane(1)["connections"]) < 200


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (800, "dark"), (1400, "dark")])
def test_every_width_and_both_themes_show_everything(play, width, scheme):
    page = play(width=width, scheme=scheme).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_attribute(".rewire-play", "data-theme") == scheme
    for part in (".run", ".slider", ".lane-0 .net", ".lane-1 .net", ".output-1 canvas", ".plane"):
        box = page.locator(part).bounding_box()
        assert box["width"] > 40
        assert 0 <= box["x"] <= box["x"] + box["width"] <= width
    page.click(".theme")
    assert page.get_attribute(".rewire-play", "data-theme") != scheme
