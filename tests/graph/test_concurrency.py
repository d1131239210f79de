"""Networks in several threads, after a fork, in worker processes, beside PyTorch, and Ctrl-C."""

import copy
import multiprocessing
import pickle
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
import torch

import rewire
from rewire import Trainer, kernels
from rewire.kernels import threads

from ..backends import needs_numba
from ..forked import forks, in_a_fork

# Python 3.12 warns of every fork of a process that has threads; that this works is the point here.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning"),
    needs_numba,  # NumPy's kernels have no threads
]


@pytest.fixture(autouse=True)
def two_threads():
    before = threads._number
    kernels.set_num_threads(2)
    yield
    threads._number = before


def large(seed=0):
    """A network and a batch for which two threads are used."""
    net = rewire.mlp([200, 400, 400, 10], density=0.15, seed=seed)
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((128, 200)).astype(np.float32), rng.integers(0, 10, 128)
    assert net.program()._threads(len(X)) == threads.get_num_threads()
    return net, X, y


def trained(seed=0, steps=6):
    """Losses, weights and outputs after some steps, one call each, so that threads take turns."""
    net, X, y = large(seed)
    trainer = Trainer(net)
    losses = [trainer.step(X, y) for _ in range(steps)]
    net.check()
    return np.array(losses), net.connections.weight, net.bias, net.predict(X)


def same(found, expected):
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("backend", ["numba", "numpy"])
@pytest.mark.parametrize("batch", [1, 7, 300])
def test_several_threads_predict_with_one_network_at_once(backend, batch):
    net = rewire.mlp([50, 150, 150, 5], density=0.3, seed=0, backend=backend)
    rng = np.random.default_rng(0)
    batches = [rng.standard_normal((batch, 50)).astype(np.float32) for _ in range(8)]
    expected = [net.predict(X) for X in batches]
    start = threading.Barrier(4)

    def predict(worker):
        start.wait(timeout=60)
        return [
            (i, net.predict(batches[i]))
            for _ in range(2 if backend == "numpy" else 20)
            for i in (worker, worker + 4)
        ]

    with ThreadPoolExecutor(4) as workers:
        for results in workers.map(predict, range(4)):
            for i, out in results:
                np.testing.assert_array_equal(out, expected[i])


def test_several_threads_use_a_network_for_the_first_time_at_once():
    for seed in range(5):
        net, X, _ = large(seed)
        expected, start = net.copy().predict(X), threading.Barrier(4)
        net = net.copy()  # without a plan

        def predict(_, net=net, X=X, start=start):
            start.wait(timeout=60)
            return net.predict(X)

        with ThreadPoolExecutor(4) as workers:
            for out in workers.map(predict, range(4)):
                np.testing.assert_array_equal(out, expected)


def test_several_threads_compute_gradients_of_one_network_at_once():
    net, X, y = large()
    expected = net.gradients(X, y)
    with ThreadPoolExecutor(4) as workers:
        for found in workers.map(lambda _: net.gradients(X, y), range(16)):
            same(found, expected)


def test_several_threads_train_their_own_networks_to_the_same_bits():
    expected = [trained(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as workers:
        for number, found in enumerate(workers.map(trained, [*range(4)] * 3)):
            same(found, expected[number % 4])


@pytest.mark.fork
@forks
def test_a_forked_child_predicts_and_trains_with_two_threads():
    expected = trained()  # starts a helper, which the child does not have

    def work():
        assert threads._helpers == 0
        found = trained()
        return threads._helpers, found

    helpers, found = in_a_fork(work)
    assert helpers == 1
    same(found, expected)
    same(trained(), expected)  # and the parent goes on


@pytest.mark.fork
@forks
def test_a_forked_child_uses_the_network_it_inherits():
    net, X, _ = large()
    expected = net.predict(X)
    np.testing.assert_array_equal(in_a_fork(lambda: net.predict(X)), expected)


@pytest.mark.fork
@forks
def test_a_child_of_a_child_works():
    expected = trained()

    def work():
        trained()
        multiprocessing.current_process()._config["daemon"] = False  # may have a child itself
        return in_a_fork(trained)

    same(in_a_fork(work), expected)


@pytest.mark.fork
@forks
def test_a_fork_while_another_thread_trains():
    expected, stop = trained(), threading.Event()

    def train():
        net, X, y = large(seed=9)
        while not stop.is_set():
            Trainer(net).step(X, y)

    busy = threading.Thread(target=train)
    busy.start()
    try:
        for _ in range(5):
            same(in_a_fork(trained), expected)
    finally:
        stop.set()
        busy.join()


def job():
    """A function that travels to any process by its value."""

    def train(seed, net=None, X=None, y=None):
        import numpy as np

        import rewire

        rewire.set_num_threads(2)
        if net is None:
            rng = np.random.default_rng(seed)
            net = rewire.mlp([200, 400, 400, 10], density=0.15, seed=seed)
            X, y = rng.standard_normal((128, 200)).astype(np.float32), rng.integers(0, 10, 128)
        before = net.predict(X)
        trainer = rewire.Trainer(net)
        losses = np.array([trainer.step(X, y) for _ in range(4)])
        net.check()
        return before, losses, net.connections.weight, net.bias, net.predict(X)

    return train


@pytest.fixture(scope="module")
def loky():
    """Two worker processes, ended after the last test."""
    yield lambda: joblib.Parallel(n_jobs=2, backend="loky", max_nbytes="1M")
    joblib.externals.loky.get_reusable_executor().shutdown(wait=True)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_networks_train_inside_joblib(backend, loky):
    train = job()
    expected = [train(seed) for seed in range(2)]
    parallel = loky() if backend == "loky" else joblib.Parallel(n_jobs=2, backend="threading")
    for number, found in enumerate(parallel(joblib.delayed(train)(s) for s in [0, 1, 0, 1])):
        same(found, expected[number % 2])


@pytest.mark.parametrize("loss", ["cross_entropy", "mean_squared_error"])
def test_large_networks_train_inside_joblib(loss, loky):
    """Arrays above a megabyte arrive as read-only memory maps."""
    net = rewire.mlp([1100, 1100, 900], density=0.3, seed=0)
    assert net.connections.weight.nbytes > 2**20
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 1100)).astype(np.float32)
    y = rng.integers(0, 900, 300)
    if loss == "mean_squared_error":
        y = rng.standard_normal((300, 900)).astype(np.float32)
        assert y.nbytes > 2**20
    assert X.nbytes > 2**20
    before = net.connections.weight.copy()

    def train(net, X, y, loss=loss):
        read_only = not X.flags.writeable
        out = net.predict(X)
        learned = rewire.Trainer(net, loss).steps(X, y, 2)
        net.disconnect("0_5", "1_" + str(int(net["0_5"].targets[0]) - 1100))
        net.check()
        adam = rewire.Trainer(net, loss, rewire.optimizers.Adam()).step(X, y)
        signatures = net.program().kernels.train.signatures
        arrays = [kind for row in signatures for kind in row if type(kind).__name__ == "Array"]
        compiled_again = any(not kind.mutable for kind in arrays)
        return read_only, compiled_again, (out, learned.losses, adam, net.connections.weight)

    read_only, _, expected = train(net.copy(), X, y)
    assert not read_only
    for read_only, compiled_again, found in loky()(
        joblib.delayed(train)(net, X, y) for _ in range(2)
    ):
        assert read_only
        same(found, expected)
        assert not compiled_again, "the kernels were compiled again, for read-only arrays"
    np.testing.assert_array_equal(net.connections.weight, before)


@pytest.mark.parametrize("loss", ["hinge", "binary_cross_entropy", "mean_squared_error"])
def test_targets_that_are_read_only_do_not_need_kernels_of_their_own(loss):
    net = rewire.mlp([3, 4, 2], seed=0)
    X, y = np.ones((5, 3), np.float32), np.ones((5, 2), np.float32)
    X.flags.writeable = y.flags.writeable = False
    Trainer(net, loss).step(X, y)
    signatures = net.program().kernels.train.signatures
    assert all(kind.mutable for row in signatures for kind in row if type(kind).__name__ == "Array")


def test_networks_train_beside_pytorch():
    expected, stop = trained(), threading.Event()
    before, found = torch.get_num_threads(), []
    torch.set_num_threads(2)

    def multiply():
        matrix = torch.eye(600)
        while not stop.is_set():
            found.append(float((matrix @ matrix).sum()))

    busy = threading.Thread(target=multiply)
    busy.start()
    try:
        for _ in range(5):
            same(trained(), expected)
    finally:
        stop.set()
        busy.join()
        torch.set_num_threads(before)
    assert set(found) == {600.0}


def test_pytorch_and_a_network_take_turns():
    expected, before = trained(), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        for _ in range(3):
            assert float((torch.eye(600) @ torch.eye(600)).sum()) == 600
            same(trained(), expected)
    finally:
        torch.set_num_threads(before)


INTERRUPTED = """
import threading
import numpy as np
import rewire

rewire.set_num_threads(2)
net = rewire.mlp({sizes}, density=0.5, seed=0)
rng = np.random.default_rng(0)
X, y = rng.standard_normal(({batch}, {sizes}[0])).astype(np.float32), rng.integers(0, 3, {batch})
first = net.connections.weight.copy()

def tell():
    while np.array_equal(net.connections.weight, first):
        pass
    print("training", flush=True)

threading.Thread(target=tell, daemon=True).start()
try:
    rewire.Trainer(net, optimizer={optimizer}).steps(X, y, 1_000_000)
except KeyboardInterrupt:
    net.check()
    assert np.isfinite(net.predict(X)).all()
    loss = rewire.Trainer(net, optimizer={optimizer}).step(X, y)
    print("interrupted", np.isfinite(loss), flush=True)
    raise
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
@pytest.mark.parametrize(
    ("sizes", "batch", "optimizer"),
    [
        ([20, 64, 3], 64, "rewire.optimizers.SGD(lr=1e-3)"),
        ([300, 600, 3], 128, "rewire.optimizers.SGD(lr=1e-3)"),
        ([20, 64, 3], 64, "rewire.optimizers.Adam(lr=1e-3)"),
    ],
    ids=["small", "two threads", "Adam"],
)
def test_ctrl_c_ends_training_and_leaves_the_network_whole(sizes, batch, optimizer):
    code = INTERRUPTED.format(sizes=sizes, batch=batch, optimizer=optimizer)
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "training\n"
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert out == "interrupted True\n"
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert process.returncode == -signal.SIGINT


@pytest.mark.parametrize("number", [0, -1, True, 1.5, 2.0, "2", None])
def test_a_number_of_threads_that_is_none_is_refused(number):
    with pytest.raises(ValueError, match="number must be a whole number of threads") as refusal:
        rewire.set_num_threads(number)
    assert repr(number) in str(refusal.value)
    assert rewire.get_num_threads() == 2


def test_the_number_of_threads_is_what_was_set():
    for number in (1, 5, 2):
        rewire.set_num_threads(number)
        assert rewire.get_num_threads() == number


def test_the_environment_says_how_many_threads_until_someone_does(monkeypatch):
    monkeypatch.setattr(threads, "_number", None)
    monkeypatch.setenv("REWIRE_THREADS", "3")
    assert rewire.get_num_threads() == 3
    rewire.set_num_threads(1)
    assert rewire.get_num_threads() == 1


@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5", "²"])
def test_a_number_of_threads_in_the_environment_that_is_none_is_refused(monkeypatch, given):
    monkeypatch.setattr(threads, "_number", None)
    monkeypatch.setenv("REWIRE_THREADS", given)
    with pytest.raises(ValueError, match="REWIRE_THREADS must be a whole number from 1 on; got"):
        rewire.get_num_threads()


def test_by_default_there_are_as_many_threads_as_processors(monkeypatch):
    monkeypatch.setattr(threads, "_number", None)
    monkeypatch.delenv("REWIRE_THREADS", raising=False)
    assert rewire.get_num_threads() >= 1


def test_more_threads_than_processors_work():
    expected = trained()
    rewire.set_num_threads(8)
    same(trained(), expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_network_survives_pickling(protocol, dtype):
    net = rewire.mlp([5, 9, 3], density=0.5, activation="tanh", dtype=dtype, seed=0)
    X, y = np.random.default_rng(0).standard_normal((20, 5)), np.arange(20) % 3
    Trainer(net, optimizer=rewire.optimizers.Adam()).step(X, y)
    again = pickle.loads(pickle.dumps(net, protocol))
    again.check()
    assert again.ranks == net.ranks
    assert again.activations == net.activations
    for name, column in net.connections.data.items():
        np.testing.assert_array_equal(again.connections[name], column)
    for one in (net, again, copy.deepcopy(net)):
        Trainer(one, optimizer=rewire.optimizers.Adam()).step(X, y)
    np.testing.assert_array_equal(again.predict(X), net.predict(X))


def test_a_pickled_network_does_not_carry_its_scratch_memory():
    net, X, y = large()
    before = len(pickle.dumps(net))
    Trainer(net).step(X, y)
    assert len(pickle.dumps(net)) == before
