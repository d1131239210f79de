"""Which kernels serve, where compiled code is kept, and what a person hears of it."""

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from rewire import fit, kernels, mlp
from rewire.kernels import backends
from rewire.optimizers import SGD

from ..backends import BACKENDS, needs_numba
from ..forked import forks, in_a_fork


def python(code, **environment):
    """Run code in a process of its own; what it printed."""
    around = {key: value for key, value in os.environ.items() if key != "REWIRE_KERNELS"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**around, **{key: str(value) for key, value in environment.items()}},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done


@needs_numba
def test_kernels_are_chosen_by_argument(monkeypatch):
    monkeypatch.setenv("REWIRE_KERNELS", "numpy")
    assert kernels.get_backend("numba").__name__ == "rewire.kernels.numba"
    monkeypatch.setenv("REWIRE_KERNELS", "numba")
    assert kernels.get_backend("numpy").__name__ == "rewire.kernels.numpy"


@needs_numba
def test_kernels_are_chosen_by_the_environment(monkeypatch):
    monkeypatch.setenv("REWIRE_KERNELS", "numpy")
    assert kernels.get_backend().__name__ == "rewire.kernels.numpy"
    monkeypatch.setenv("REWIRE_KERNELS", "numba")
    assert kernels.get_backend().__name__ == "rewire.kernels.numba"


@needs_numba
@pytest.mark.parametrize("nothing", [None, ""])
def test_numba_serves_where_nothing_is_chosen(monkeypatch, nothing):
    if nothing is None:
        monkeypatch.delenv("REWIRE_KERNELS", raising=False)
    else:
        monkeypatch.setenv("REWIRE_KERNELS", nothing)
    assert kernels.get_backend().__name__ == "rewire.kernels.numba"


def test_unknown_kernels_are_refused(monkeypatch):
    message = r"backend \(or REWIRE_KERNELS\) must be 'numba' or 'numpy'; got 'cuda'"
    with pytest.raises(ValueError, match=message):
        kernels.get_backend("cuda")
    with pytest.raises(ValueError, match=message):
        mlp([2, 3, 1], backend="cuda").predict([[0, 0]])
    monkeypatch.setenv("REWIRE_KERNELS", "cuda")
    with pytest.raises(ValueError, match=message):
        kernels.get_backend()


def test_kernels_are_loaded_once():
    for name in BACKENDS:
        assert kernels.get_backend(name) is kernels.get_backend(name)


@needs_numba
def test_both_backends_offer_the_same_operations():
    compiled, plain = (kernels.get_backend(name).__all__ for name in backends.BACKENDS)
    assert compiled == plain == sorted(compiled)
    assert {"predict", "train", "update_adam", "block_forward"} <= set(compiled)


def test_the_environment_chooses_for_a_whole_process():
    code = """
import sys
import rewire
net = rewire.mlp([2, 4, 3], seed=0)
rewire.Trainer(net).step([[0, 1], [1, 0]], [0, 2])
print(net.program().kernels.__name__, "numba" in sys.modules)
"""
    printed = python(code, REWIRE_KERNELS="numpy").stdout
    assert printed.split() == ["rewire.kernels.numpy", "False"]


WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = sys.modules["llvmlite"] = None
"""
# A finder that finds nothing, in front of all others, would not stop them: take numba away instead.
NOT_FOUND = """
import sys
class Without:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, *rest):
        missing = name.split(".")[0] in ("numba", "llvmlite")
        return None if missing else self.finder.find_spec(name, *rest)
    def __getattr__(self, name):
        return getattr(self.finder, name)
sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
"""
USE = """
import json
import numpy as np
import rewire
net = rewire.mlp([3, 8, 2], density=0.5, dtype="float64", seed=0)
X = np.random.default_rng(0).standard_normal((20, 3))
before = net.predict(X).tolist()
y = np.arange(20) % 2
trainer = rewire.Trainer(net, "cross_entropy", rewire.optimizers.SGD(lr=0.1))
losses = [trainer.step(X, y) for _ in range(3)]
adam = rewire.Trainer(net, "cross_entropy", rewire.optimizers.Adam())
losses += [adam.step(X, y) for _ in range(3)]
print(json.dumps([net.program().kernels.__name__, before, losses]))
"""


@pytest.fixture(scope="module")
def with_numba():
    return json.loads(python(USE).stdout)


@needs_numba
@pytest.mark.parametrize("hide", [WITHOUT_NUMBA, NOT_FOUND], ids=["not importable", "not found"])
def test_numpy_serves_where_numba_is_missing(hide, with_numba):
    module, *plain = json.loads(python(hide + USE).stdout)
    assert module == "rewire.kernels.numpy"
    module, *compiled = with_numba
    assert module == "rewire.kernels.numba"
    for ours, theirs in zip(plain, compiled, strict=True):
        assert ours == [pytest.approx(value, rel=1e-9, abs=1e-12) for value in theirs]


BROKEN = """
import sys
from importlib.machinery import ModuleSpec
class Broken:
    def find_spec(self, name, *rest):
        return ModuleSpec(name, self) if name in ("numba", "llvmlite") else None
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        raise {error}
sys.meta_path.insert(0, Broken())
"""


@pytest.mark.parametrize(
    "error", ["ImportError('needs NumPy 1.22 or less')", "OSError('libllvm is damaged')"]
)
def test_numpy_serves_where_numba_is_broken_and_says_so_once(error):
    done = python(BROKEN.format(error=error) + USE)
    assert json.loads(done.stdout)[0] == "rewire.kernels.numpy"
    assert done.stderr.count("RuntimeWarning: numba is installed but cannot be imported") == 1
    assert error.split("'")[1] in done.stderr
    quiet = python(BROKEN.format(error=error) + USE, REWIRE_KERNELS="numpy")
    assert quiet.stderr == ""
    assert quiet.stdout == done.stdout


@needs_numba
def test_numpy_serves_where_numba_may_not_compile_and_says_so_once():
    done = python(USE, NUMBA_DISABLE_JIT=1)
    assert json.loads(done.stdout)[0] == "rewire.kernels.numpy"
    assert done.stderr.count("RuntimeWarning: NUMBA_DISABLE_JIT is set, so the NumPy kernels") == 1
    assert python(USE, NUMBA_DISABLE_JIT=1, REWIRE_KERNELS="numpy").stderr == ""


def test_a_diverging_training_is_told_of_once_without_numba_too():
    net = mlp([2, 4, 1], density=1.0, seed=0, backend="numpy")
    X = np.array([[1.0, 2.0], [-3.0, 1.0]])
    with pytest.raises(ValueError, match="the training diverged"):  # and no warning of NumPy's
        fit(net, X, [1, -1], loss="mean_squared_error", optimizer=SGD(1e6), total_steps=40)


def test_numba_asked_for_but_missing_is_said():
    code = WITHOUT_NUMBA + "from rewire import kernels\n"
    code += "try:\n kernels.get_backend('numba')\nexcept ImportError as error:\n print(error)"
    assert "numba" in python(code).stdout


UPDATE = """
import numpy as np
from rewire import kernels
update = kernels.get_backend("numba").update_sgd
values = np.ones(3, np.float32)
update(values, values, 0.5, 0.0)
print(values[0], sum(update.stats.cache_hits.values()), sum(update.stats.cache_misses.values()))
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A folder of compiled code."""
    folder = tmp_path_factory.mktemp("cache")
    assert python(UPDATE, NUMBA_CACHE_DIR=folder).stdout.split() == ["0.5", "0", "1"]
    return folder


@needs_numba
@pytest.mark.parametrize(("ending", "kept"), [(".nbi", 60), (".nbc", 0)])
def test_compiled_code_that_was_cut_short_is_compiled_anew(cache, tmp_path, ending, kept):
    shutil.copytree(cache, tmp_path, dirs_exist_ok=True)
    for file in tmp_path.rglob(f"*{ending}"):
        file.write_bytes(file.read_bytes()[:kept])
    done = python(UPDATE, NUMBA_CACHE_DIR=tmp_path)
    assert done.stdout.split() == ["0.5", "0", "1"]
    assert done.stderr.count("are damaged (") == 1
    assert python(UPDATE, NUMBA_CACHE_DIR=tmp_path).stdout.split() == ["0.5", "1", "0"]


@needs_numba
def test_a_full_disk_costs_compiling_again(tmp_path):
    full = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
    done = python(full + UPDATE, NUMBA_CACHE_DIR=tmp_path)
    assert done.stdout.split() == ["0.5", "0", "1"]
    assert done.stderr.count("cannot be kept (File too large); going on without") == 1
    assert {file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()} == {0}  # a lock


@needs_numba
def test_compiled_code_is_found_on_disk_by_the_next_process(cache):
    assert python(UPDATE, NUMBA_CACHE_DIR=cache).stdout.split() == ["0.5", "1", "0"]


def increment(x):
    return x + 1


@pytest.fixture
def compiled(tmp_path, monkeypatch):
    """Return a function that makes a small kernel, kept on disk, and calls it.

    The result, how often it was found on disk, and how often it was compiled.
    """
    monkeypatch.setattr(pytest.importorskip("numba").config, "CACHE_DIR", str(tmp_path))
    from rewire.kernels.numba.compiling import kernel

    def compiled_():
        made = kernel(increment)
        return made(1), *(sum(n.values()) for n in (made.stats.cache_hits, made.stats.cache_misses))

    return compiled_


FORK = multiprocessing.get_context("fork" if hasattr(os, "fork") else None)


@pytest.mark.fork
@forks
def test_processes_that_start_together_compile_once(compiled):
    start, found = FORK.Barrier(3), FORK.SimpleQueue()

    def work():
        start.wait(timeout=60)
        found.put(compiled())

    processes = [FORK.Process(target=work, daemon=True) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert sorted(found.get() for _ in processes) == [(2, 0, 1), (2, 1, 0), (2, 1, 0)]


@pytest.mark.fork
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
@forks
def test_a_process_forked_amid_compiling_can_compile(compiled):
    from numba.core import event

    compiling = threading.Event()

    class Begun(event.Listener):
        def on_start(self, event):
            compiling.set()

        def on_end(self, event):
            pass

    busy = threading.Thread(target=compiled)
    with event.install_listener("numba:compile", Begun()):
        busy.start()
        assert compiling.wait(60)
    result, *_ = in_a_fork(compiled)
    assert result == 2
    busy.join()


@pytest.mark.fork
@forks
@pytest.mark.parametrize("ends", [False, True])
def test_a_process_that_stops_amid_compiling_holds_up_no_other(compiled, monkeypatch, ends):
    """It is killed meanwhile, or another one has waited for long enough."""
    import fcntl

    from rewire.kernels.numba import disk

    held = FORK.Event()
    path = Path(f"{disk.KernelCache(increment)._cache_file._index_path}.lock")

    def hold():
        with path.open("ab") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            held.set()
            signal.pause()

    holder = FORK.Process(target=hold, daemon=True)
    holder.start()
    assert held.wait(60)
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        if ends:
            holder.kill()
            holder.join()

    monkeypatch.setattr(disk, "sleep", sleep)
    monkeypatch.setattr(disk, "monotonic", lambda: disk.PATIENCE / 10 * len(waits))
    assert compiled() == (2, 0, 1)
    assert len(waits) == (1 if ends else 10)
    holder.kill()
    holder.join()


# --------------------------------------------------------------------------------- announcement


class Timer:
    """What threading.Timer is, with a hand on the clock."""

    made: list

    def __init__(self, seconds, function, args=(), kwargs=None):
        self.seconds, self.function, self.args, self.kwargs = seconds, function, args, kwargs or {}
        self.state = "new"
        self.made.append(self)

    def start(self):
        self.state = "running"

    def cancel(self):
        self.state = "cancelled"

    def ring(self):
        self.function(*self.args, **self.kwargs)


@pytest.fixture
def listener(monkeypatch):
    """What listens to Numba's compiling, with clocks that a test turns on."""
    event = pytest.importorskip("numba.core.event")
    registered = {}
    Timer.made = []
    monkeypatch.setattr(event, "register", registered.__setitem__)
    monkeypatch.setattr(backends.threading, "Timer", Timer)
    backends._announce.cache_clear()
    backends._announce_compiling()
    return registered["numba:compile"]


def compiling(module="rewire.kernels.numba.network"):
    """What Numba says of the function that it compiles."""
    function = SimpleNamespace(__module__=module)
    return SimpleNamespace(data={"dispatcher": SimpleNamespace(py_func=function)})


def test_compiling_for_more_than_a_second_is_announced_on_standard_error(listener, capsys):
    listener.on_start(compiling())
    (timer,) = Timer.made
    assert (timer.seconds, timer.state, timer.daemon) == (1.0, "running", True)
    assert capsys.readouterr() == ("", "")
    timer.ring()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("rewire: compiling")
    assert err.count("\n") == 1
    timer.ring()  # another kernel of the same process
    assert capsys.readouterr() == ("", "")


def test_compiling_that_ends_within_a_second_is_not_announced(listener):
    begun = compiling()
    listener.on_start(begun)
    listener.on_end(begun)
    assert [timer.state for timer in Timer.made] == ["cancelled"]


def test_compiling_something_inside_something_is_one_wait(listener):
    outer, inner = compiling(), compiling("rewire.kernels.numba.rows")
    listener.on_start(outer)
    listener.on_start(inner)
    listener.on_end(inner)
    assert [timer.state for timer in Timer.made] == ["running"]
    listener.on_end(outer)
    assert [timer.state for timer in Timer.made] == ["cancelled"]


def test_each_wait_has_its_own_clock(listener):
    for _ in range(2):
        begun = compiling()
        listener.on_start(begun)
        listener.on_end(begun)
    assert [timer.state for timer in Timer.made] == ["cancelled", "cancelled"]


@pytest.mark.parametrize("module", ["elsewhere", "numba.np.linalg", "__main__"])
def test_other_peoples_compiling_is_not_announced(listener, module):
    begun = compiling(module)
    listener.on_start(begun)
    listener.on_end(begun)
    assert Timer.made == []


# -------------------------------------------------------------------------------- what is compiled


@needs_numba
def test_a_part_of_a_kernel_cannot_be_called_by_python():
    from rewire.kernels.numba import losses

    with pytest.raises(TypeError, match="all_finite is compiled into kernels only"):
        losses.all_finite(np.ones(3))


@needs_numba
def test_kernels_on_disk_depend_on_every_source_of_the_package(tmp_path):
    from rewire.kernels.numba.disk import fingerprint

    folder = tmp_path / "numba"
    folder.mkdir()
    for name in ("layout.py", "adjacency.py", "numba/rows.py", "numba/passes.py"):
        (tmp_path / name).write_text("a = 1\n")
    found = {fingerprint.__wrapped__(folder)}
    for name in ("layout.py", "numba/rows.py", "numba/new.py"):
        (tmp_path / name).write_text("a = 2\n")
        found.add(fingerprint.__wrapped__(folder))
    assert len(found) == 4
