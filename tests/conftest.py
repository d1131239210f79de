"""What the tests share: their order, headless matplotlib, seeded Hypothesis, data, a browser."""

import gc
import os
import random
import shutil
from collections import Counter
from pathlib import Path

import matplotlib as mpl
import pytest
from hypothesis import settings

mpl.use("Agg")

# Nothing that is imported before the first test is garbage; see ``pytest_collection_finish``.
gc.disable()

# Tests run side by side: a second thread of one would wait for a processor that another uses. Those
# that are about threads ask for them, and PyTorch's sleep while they are idle.
for name, value in {
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "passive",
    "REWIRE_THREADS": "1",
}.items():
    os.environ.setdefault(name, value)

# The one without windows, where it is installed, starts faster and takes less.
if shell := shutil.which("chromium-headless-shell"):
    os.environ.setdefault("REWIRE_CHROMIUM", shell)

settings.register_profile("rewire", deadline=None, derandomize=True, max_examples=100)
settings.load_profile("rewire")


def pytest_configure(config):
    """Let pytest-xdist hand out files in the order below, not by their number of tests."""
    config.option.loadscopereorder = False


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """Have one more than there are processors: tests wait for disks, browsers and processes."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(wrapper=True)
def pytest_collect_file():
    """Run the examples in the package's docstrings alone: to look for some in tests takes a second.

    What looks for them is a subclass of ``pytest.Module``.
    """
    found = yield
    return [one for one in found if type(one) is pytest.Module]


def pytest_collection_modifyitems(items):
    """Begin with the files that have slow tests, then the large ones: workers end together."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    n_tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path not in slow, -n_tests[item.path], item.path))


def pytest_collection_finish():
    """Spare the garbage collector what stays: the imported modules and the tests themselves.

    By default it looks at all of them again whenever a scalar network has made some hundred
    thousand Values, which takes half of the time of the post's trainings.
    """
    gc.freeze()
    gc.enable()
    gc.set_threshold(100_000, 10, 10)


@pytest.fixture(autouse=True)
def seeded_random():
    """Seed the module-level generator, which is the library's default, for every test."""
    random.seed(0)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of the stored data sets."""
    folder = os.environ.get("REWIRE_DATA_DIR")
    if not folder:
        pytest.skip("REWIRE_DATA_DIR is not set: it names the folder of the stored data sets")
    return Path(folder)


@pytest.fixture(scope="session")
def post_dir(data_dir: Path) -> Path:
    """The folder of the post's text and of the trace of its experiment."""
    folder = data_dir.parent / "post"
    if not folder.is_dir():
        pytest.skip("there is no folder 'post' beside REWIRE_DATA_DIR: it holds the post's figures")
    return folder


# ------------------------------------------------------------------- a browser without a screen

CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium, driven by Playwright (``apt-get install chromium``, or name it in an environment).

    Tests that need it are skipped where one of the two is missing.
    """
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    chromium = os.environ.get("REWIRE_CHROMIUM") or shutil.which("chromium")
    if not chromium:
        pytest.skip("Chromium is not installed: REWIRE_CHROMIUM names another one")
    with sync_api.sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=chromium,
            args=CHROMIUM_ARGUMENTS,
            offline=True,
            viewport={"width": 1400, "height": 900},
        )
        yield context
        context.close()


@pytest.fixture
def visit(browser):
    """Open pages; afterwards nothing may have been complained about or asked from outside."""
    complaints, requests, pages = [], [], []

    def visit_(path, width=1400, scheme="light", motion="no-preference"):
        page = browser.new_page()
        pages.append(page)
        page.set_default_timeout(20_000)
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion=motion)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_function("() => performance.getEntriesByName('rendered').length === 1")
        return page

    yield visit_
    for page in pages:
        page.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
