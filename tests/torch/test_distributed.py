"""Several processes rewire one model: against one process, and when something goes wrong."""

import contextlib
import io
import itertools
import json
import os
import re
import runpy
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.distributed.launcher.api import LaunchConfig, elastic_launch
from torch.nn.parallel import DistributedDataParallel

import rewire.torch as rt
from rewire import methods
from rewire.topology import drop_criteria, drop_criterion
from rewire.topology.amounts import Threshold
from rewire.topology.changes import Change
from rewire.topology.growth import NewConnections
from rewire.torch.distributed.local_passes import LocalPasses
from rewire.torch.distributed.packing import PackedChange, pack, unpack
from rewire.torch.distributed.shards import add_in_pairs
from tests.torch.forked import preload, run

DOUBLE = torch.float64
ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.fork


def perceptron(seed=0, slack=0.0):
    return nn.Sequential(
        rt.Linear(12, 10, density=0.3, seed=seed, slack=slack, dtype=DOUBLE),
        nn.ReLU(),
        rt.Linear(10, 4, density=0.4, seed=seed + 1, slack=slack, dtype=DOUBLE),
    )


def convolutions(seed=0):
    torch.manual_seed(0)
    return nn.Sequential(
        rt.Conv2d(4, 8, 3, density=0.3, seed=seed, padding=1, groups=2),
        nn.GroupNorm(2, 8),
        nn.ReLU(),
        nn.Dropout(0.2),
        rt.Conv2d(8, 6, 2, stride=2, density=0.3, seed=seed + 1),
        nn.Flatten(),
        nn.Linear(54, 4),
    )


def batches(steps, rows, *shape, dtype=DOUBLE):
    generator = torch.Generator().manual_seed(0)
    for _ in range(steps):
        x = torch.randn(rows, *shape, generator=generator, dtype=dtype)
        yield x, torch.randint(4, (rows,), generator=generator)


def part_of(rank, size, *tensors):
    return [tensor.tensor_split(size)[rank] for tensor in tensors]


def everything(model, optimizer):
    """All numbers of a model and its optimiser, as bytes."""
    tensors = dict(model.state_dict())
    for i, state in enumerate(optimizer.state.values()):
        tensors |= {f"{i} {name}": torch.as_tensor(value) for name, value in state.items()}
    return {name: tensor.numpy().tobytes() for name, tensor in tensors.items()}


def wiring(model):
    layers = [m for m in model.modules() if hasattr(m, "indptr")]
    return [(layer.indptr.tolist(), layer.source.tolist()) for layer in layers]


# ------------------------------------------------------------------- against a single process

# The others say themselves when they rewire.
OPTIONS = {name: {"every": 4, "batches": 2} for name in methods.registry}
OPTIONS |= {"static": {}, "snip": {}, "lottery ticket": {}}
OPTIONS["dsr"] |= {"fraction": Threshold(0.2, start=0.1)}


def trained(rank, size, name, wrap, seed=0, steps=16):
    """Train a perceptron on this process's part of each batch."""
    model = perceptron(seed, slack=2.0)
    wrapped = DistributedDataParallel(model) if wrap == "before" else model
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    rewirer = rt.Rewirer(wrapped, optimizer, name, steps=steps, seed=3 + rank, **OPTIONS[name])
    if wrap == "after":
        wrapped = DistributedDataParallel(model)
    for x, y in batches(steps, 12, 12):
        x_part, y_part = part_of(rank, size, x, y)

        def last_samples(inputs=x_part, classes=y_part):
            rows = range(5, len(inputs), 6)  # the last of each half; two processes have one each
            nn.functional.cross_entropy(model(inputs[rows]), classes[rows]).backward()

        optimizer.zero_grad()
        nn.functional.cross_entropy(wrapped(x_part), y_part).backward()
        optimizer.step()
        rewirer.step(last_samples if rewirer.method.growth_samples == "last" else None)
    return everything(model, optimizer), wiring(model), model.state_dict(), rewirer.history


def trained_by_all_methods(rank, size):
    found = {}
    for number, name in enumerate(sorted(methods.registry)):
        wrap = ("before", "after")[number % 2] if size > 1 else "no"
        found[name] = trained(rank, size, name, wrap, seed=rank)
    return found


def test_every_method_moves_the_same_connections_as_on_one_process():
    ours, theirs = run(2, trained_by_all_methods)
    alone = trained_by_all_methods(0, 1)
    for name, (_, connections, state, history) in alone.items():
        numbers, found, own_state, own_history = ours[name]
        assert numbers == theirs[name][0]
        assert own_history == theirs[name][3] == history
        assert found == connections
        for key, value in state.items():
            torch.testing.assert_close(own_state[key], value, rtol=1e-9, atol=1e-12)
        changed = sum(sum(record.grown + record.dropped) for record in history)
        assert (changed > 0) == (name != "static")


def test_products_are_added_where_rows_would_be_more():
    ours, theirs = run(2, by_products)
    alone = by_products(0, 1)
    for name, (connections, moved, traffic) in ours.items():
        assert connections == theirs[name][0] == alone[name][0]
        assert moved == alone[name][1] > 0
        assert traffic == theirs[name][2]
    images, pixels = 8, 8 * 8
    rows = images * pixels * 4 * (4 + 8)  # float32, both ends of the first layer
    assert max(ours["rigl"][2]) < rows / 4
    assert min(ours["rows"][2]) > rows  # a criterion that asks for the rows themselves


def by_products(rank, size):
    """Rewire convolutions over many pixels, by methods that ask for products, and for rows."""

    @drop_criterion("least signal", needs=["signals"])
    def least_signal(ctx):
        strength = ctx.activation.reduce(lambda rows: abs(rows).mean(axis=1))
        return abs(ctx.weight) * strength[ctx.source]

    options = {
        "rigl": {},
        "mest": {},
        "snfs": {"batches": 2, "redistribute": None},
        "rows": {"drop": "least signal"},
    }
    found = {}
    for name, parts in options.items():
        model = convolutions()[:1]
        wrapped = DistributedDataParallel(model) if size > 1 else model
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        method = methods.get(name.replace("rows", "rigl"), every=2, **parts)
        rewirer = rt.Rewirer(wrapped, optimizer, method, steps=8, seed=0)
        for x, _ in batches(8, 16, 4, 8, 8, dtype=torch.float32):
            (inputs,) = part_of(rank, size, x)
            optimizer.zero_grad()
            (wrapped(inputs) - 1).square().mean().backward()
            optimizer.step()
            rewirer.step()
        moved = sum(record.moved for record in rewirer.history)
        found[name] = wiring(model), moved, rewirer.traffic
    drop_criteria.remove("least signal")
    return found


def test_the_first_process_gives_the_others_its_model_and_tables_are_left_alone():
    for rank, (buffers, same) in enumerate(run(2, wrapped_in_both_orders)):
        assert buffers == [["1.running_mean", "1.running_var", "1.num_batches_tracked"]] * 2
        assert same == ([True, True] if rank == 0 else [False, False])


def wrapped_in_both_orders(rank, size):
    buffers, same = [], []
    for before in (True, False):
        model = nn.Sequential(rt.Linear(6, 5, density=0.5, seed=rank), nn.BatchNorm1d(5))
        own = wiring(model)
        wrapped = DistributedDataParallel(model) if before else model
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        rt.Rewirer(wrapped, optimizer, "static", steps=1)
        wrapped = wrapped if before else DistributedDataParallel(model)
        wrapped(torch.ones(3, 6))
        buffers.append(list(wrapped.named_module_buffers))
        same.append(wiring(model) == own)
    return buffers, same


# ------------------------------------------------------------------------------ what goes wrong


def test_processes_that_differ_are_told_the_layer():
    for rank, found in enumerate(run(2, differing)):
        weights, connections, steps, shapes = found
        assert "2: all processes must have the same weights; those of rank 1 differ" in weights
        assert "0: all processes must have the same connections; those of rank 1" in connections
        assert "rank 1 is after step 4, rank 0 after step 2" in steps
        assert "0: all processes must have the same layers; got 36 connections on rank 0" in shapes
        assert all(text.startswith("rank 0: ") == (rank == 1) for text in found)


def differing(rank, size):
    def change_weights(model, rewirer):
        model[2].bias.data[1] += 1e-12

    def change_wiring(model, rewirer):
        source = torch.arange(model[0].source[0] + 1, dtype=torch.int32)
        model[0].source[: model[0].indptr[1]] = source[: model[0].indptr[1]]

    def miss_steps(model, rewirer):
        for _ in range(2):
            rewirer.steps_made += 1

    found = []
    for change in (change_weights, change_wiring, miss_steps):
        model = perceptron()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        rewirer = rt.Rewirer(model, optimizer, "set", every=2, steps=9, seed=0)
        if rank == 1:
            change(model, rewirer)
        rewirer.step()
        with pytest.raises(RuntimeError) as error:
            rewirer.step()
        found.append(str(error.value))
    model = nn.Sequential(rt.Linear(12, 10, density=0.3 + rank / 10, seed=0))
    with pytest.raises((RuntimeError, ValueError)) as error:
        rt.Rewirer(model, torch.optim.SGD(model.parameters(), lr=0.1), "set", steps=9)
    return [*found, str(error.value)]


FAILING = {"closure": 0, "another closure": 1, "criterion": 0, "answer": 1}


def test_an_error_of_one_process_ends_all_of_them():
    for rank, found in enumerate(run(3, failing_in_turn)):
        for where, failing in FAILING.items():
            own = f"ZeroDivisionError: no {where}"
            assert found[where] == (
                own if rank == failing else f"ProcessFailedError: rank {failing}: {own}"
            )


def failing_in_turn(rank, size):
    def fail(where):
        raise ZeroDivisionError(f"no {where}")

    drop_criterion("fails", needs=["signals"])(lambda ctx: fail("criterion"))
    found = {}
    for where, failing in FAILING.items():
        model = perceptron()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        drop = "fails" if where == "criterion" else "magnitude"
        rewirer = rt.Rewirer(model, optimizer, "rigl", every=1, drop=drop, steps=9, seed=0)

        def closure(rank=rank, where=where, failing=failing, model=model):
            if "closure" in where and rank == failing:
                fail(where)
            model(torch.ones(2, 12, dtype=DOUBLE)).sum().backward()

        with pytest.MonkeyPatch.context() as patch:
            if where == "answer" and rank == failing:
                patch.setattr(LocalPasses, "answer", lambda *_: fail("answer"))
            with pytest.raises((ZeroDivisionError, RuntimeError)) as error:
                rewirer.step(closure)
        found[where] = f"{error.type.__name__}: {error.value}"
    return found


@pytest.mark.parametrize("killed", [0, 2])
@pytest.mark.parametrize("where", ["rewiring", "shards"])
def test_a_killed_process_ends_the_others(killed, where):
    size = 3 if where == "rewiring" else 4
    results = run(size, killed_at, killed, where)
    assert results.pop(killed) is None
    task = "the rewiring after step 2" if where == "rewiring" else "the sum of gradients of step 2"
    for error in results:
        assert isinstance(error, ConnectionError)
        assert str(error).startswith(f"rank {killed} has ended during {task}")


def killed_at(rank, size, killed, where):
    model = perceptron()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    options = {"deterministic": where == "shards", "every": 2, "steps": 9, "seed": 0}
    rewirer = rt.Rewirer(model, optimizer, "rigl", **options)
    for step in range(3):
        if rank == killed and step == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        x = torch.ones(4, 12, dtype=DOUBLE)
        for (shard,) in rewirer.shards(x) if where == "shards" else [(x,)]:
            model(shard).sum().backward()
        rewirer.step()


def test_a_process_that_does_not_answer_is_named_after_a_time():
    waiting, stopped = run(2, stopped_in_a_rewiring)
    assert stopped is None
    assert isinstance(waiting, ConnectionError)
    assert re.match(
        r"rank 1 has not answered for 0\.5 seconds during the rewiring after step 2: .* or let it "
        r"have more time \(timeout=\)",
        str(waiting),
    )


def stopped_in_a_rewiring(rank, size):
    model = perceptron()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    rewirer = rt.Rewirer(model, optimizer, "set", every=2, steps=9, timeout=0.5)
    rewirer.step()
    if rank == 1:  # is busy until the other one has given up
        dist.recv(torch.empty(1), 0)
        return None
    try:
        return rewirer.step()
    except ConnectionError as error:
        dist.send(torch.ones(1), 1)
        return error


def test_a_process_killed_in_training_ends_the_others():
    alive, killed = run(2, killed_in_training)
    assert killed is None
    assert isinstance(alive, RuntimeError)  # of DistributedDataParallel, from backward()
    assert "peer" in str(alive)


def killed_in_training(rank, size):
    model = perceptron()
    wrapped = DistributedDataParallel(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    rewirer = rt.Rewirer(wrapped, optimizer, "set", every=2, steps=9)
    for step in range(9):
        if (rank, step) == (1, 3):
            os.kill(os.getpid(), signal.SIGKILL)
        wrapped(torch.ones(4, 12, dtype=DOUBLE)).sum().backward()
        rewirer.step()


@pytest.mark.parametrize("name", ["FSDPModule", "FullyShardedDataParallel"])
def test_models_that_are_divided_among_processes_are_refused(name):
    # Stands for the module that fully_shard() makes, or the wrapper; both want an accelerator.
    divided = type(name, (nn.Linear,), {})
    model = nn.Sequential(rt.Linear(4, 4, density=0.5, seed=0), divided(4, 4))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    match = rf"whole parameters on every process; got {name} \(1\).*DistributedDataParallel"
    with pytest.raises(ValueError, match=match):
        rt.Rewirer(model, optimizer, steps=200)


def test_fully_sharded_modules_are_refused():
    assert all("got FSDPModule (1)" in found for found in run(2, fully_sharded))


def fully_sharded(rank, size):
    # Here, as it takes most of a second.
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    model = nn.Sequential(rt.Linear(4, 4, density=0.5, seed=0), nn.Linear(4, 4))
    fully_shard(model[1], mesh=init_device_mesh("cpu", (size,)))
    with pytest.raises(ValueError, match="whole parameters") as error:
        rt.Rewirer(model, torch.optim.SGD(model.parameters(), lr=0.1), steps=200)
    return str(error.value)


# ---------------------------------------------------------------------------------- resumption


@pytest.mark.parametrize("deterministic", [False, True])
def test_the_first_processs_state_resumes_all_to_the_same_bits(deterministic):
    whole = run(2, in_parts, deterministic, [0, 12], None)
    assert whole[0][0] == whole[1][0]
    (_, saved), _ = run(2, in_parts, deterministic, [0, 7], None)
    sizes = (2, 4) if deterministic else (2,)  # another number of processes may go on
    for size in sizes:
        for numbers, _ in run(size, in_parts, deterministic, [7, 12], [saved]):
            assert numbers == whole[0][0]


def in_parts(rank, size, deterministic, steps, saved):
    """Train from one step to another, from what was saved: one state for all, or one for each."""
    torch.manual_seed(0)
    model = nn.Sequential(*perceptron(seed=rank), nn.Dropout(0.2 if deterministic else 0.0))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.05)
    wrapped = model if deterministic else DistributedDataParallel(model)
    parts = {"deterministic": deterministic, "every": 5, "batches": 2}
    rewirer = rt.Rewirer(wrapped, optimizer, "rigl", steps=20, seed=rank + steps[0], **parts)
    if saved is not None:
        for own, state in zip((model, optimizer, rewirer), saved[rank % len(saved)], strict=True):
            own.load_state_dict(state)
    for x, y in itertools.islice(batches(steps[1], 8, 12), *steps):
        x_part, y_part = part_of(rank, size, x, y)
        optimizer.zero_grad()
        shards = rewirer.shards(x_part, y_part) if deterministic else [(x_part, y_part)]
        for inputs, classes in shards:
            nn.functional.cross_entropy(wrapped(inputs), classes).backward()
        optimizer.step()
        rewirer.step()
    state = [own.state_dict() for own in (model, optimizer, rewirer)]
    return everything(model, optimizer), state


def test_batches_that_a_process_holds_are_for_itself_alone():
    whole = run(2, in_parts, False, [0, 10], None)
    saved = [state for _, state in run(2, in_parts, False, [0, 9], None)]  # one batch is held
    refused = run(2, in_parts, False, [9, 10], [saved[0]] * 2)
    assert "state must be that of rank 1 here; got that of rank 0" in str(refused[1])
    resumed = run(2, in_parts, False, [9, 10], saved)
    assert [numbers for numbers, _ in resumed] == [numbers for numbers, _ in whole]


# ------------------------------------------------------------------- the same bits on 1, 2 and 4


def test_shards_give_the_same_bits_on_one_two_and_four_processes():
    alone, two, four = (run(size, in_shards) for size in (1, 2, 4))
    for results in (two, four):
        assert all(result == alone[0] for result in results)
    for numbers, moved in alone[0].values():
        assert moved > 3
        assert len(numbers) > 10


def in_shards(rank, size):
    found = {}
    for name in ("rigl", "set", "mest"):
        torch.manual_seed(rank)  # of no consequence
        model = convolutions(seed=rank)
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
        options = {"every": 3, "steps": 12, "seed": 5 + rank, "deterministic": True}
        rewirer = rt.Rewirer(model, optimizer, name, **options)
        for x, y in batches(9, 24, 4, 6, 6, dtype=torch.float32):
            optimizer.zero_grad()
            for inputs, classes in rewirer.shards(*part_of(rank, size, x, y)):
                nn.functional.cross_entropy(model(inputs), classes).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.1)
            optimizer.step()
            rewirer.step()
        moved = sum(record.moved for record in rewirer.history)
        found[name] = everything(model, optimizer), moved
    return found


def test_gradients_of_shards_are_those_of_the_batch():
    model, dense = perceptron(), perceptron()
    unused = nn.Parameter(torch.ones(1))
    model.register_parameter("unused", unused)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    rewirer = rt.Rewirer(model, optimizer, steps=200, deterministic=True, shards=8)
    ((x, y),) = batches(1, 24, 12)
    for _ in range(2):  # they add up, as those of backward() do
        for inputs, classes in rewirer.shards(x, y):
            nn.functional.cross_entropy(model(inputs), classes).backward()
        nn.functional.cross_entropy(dense(x), y).backward()
    for own, other in zip(model[::2].parameters(), dense.parameters(), strict=True):
        torch.testing.assert_close(own.grad, other.grad, rtol=1e-12, atol=1e-14)
    assert unused.grad is None


@settings(max_examples=30)
@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=8, max_size=8), st.sampled_from([1, 2, 4]))
def test_sums_in_pairs_are_the_same_however_they_are_divided(numbers, processes):
    def total(values):
        sums = []
        for value in values:
            add_in_pairs(sums, [value])
        return sums[0][1][0]

    values = [torch.tensor(number) for number in numbers]
    size = len(values) // processes
    parts = [total(values[i : i + size]) for i in range(0, len(values), size)]
    assert torch.equal(total(parts), total(values))


def test_what_would_differ_between_numbers_of_processes_is_refused():
    def made(model, method="rigl", **options):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        options = {"steps": 10, "every": 5, "deterministic": True} | options
        return rt.Rewirer(model, optimizer, method, **options)

    x = torch.ones(8, 12, dtype=DOUBLE)
    with pytest.raises(ValueError, match=r"'post rigl' looks at the last sample .* cannot be det"):
        made(perceptron(), "post rigl")
    with pytest.raises(
        ValueError, match=r"shards must be a power of two .* got 6 with 1 processes"
    ):
        made(perceptron(), shards=6)
    with pytest.raises(ValueError, match=r"multiple of the 4 shards of this process; got \[6\]"):
        next(made(perceptron()).shards(x[:6]))
    with pytest.raises(ValueError, match="closure must be None for a deterministic rewirer"):
        made(perceptron()).step(lambda: None)
    with pytest.raises(ValueError, match=r"needs gradients from a loop over rewirer\.shards"):
        made(perceptron()).step()
    with pytest.raises(ValueError, match="make it with deterministic=True"):
        made(perceptron(), deterministic=False).shards(x)
    model = nn.Sequential(*perceptron()[:1], nn.BatchNorm1d(10, dtype=DOUBLE))
    shards = made(model).shards(x)
    model(*next(shards))
    with pytest.raises(ValueError, match=r"buffers must stay .* got '1.num_batches_tracked'"):
        next(shards)


def test_a_loop_over_shards_that_is_left_ends_the_others():
    for rank, found in enumerate(run(2, leaving_early)):
        if rank == 0:
            assert found == "OverflowError: too much"
        else:
            assert found.startswith(
                "ProcessFailedError: rank 0: RuntimeError: the loop over the sh"
            )


def leaving_early(rank, size):
    model = perceptron()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    rewirer = rt.Rewirer(model, optimizer, steps=200, deterministic=True)
    try:
        for (shard,) in rewirer.shards(torch.ones(4, 12, dtype=DOUBLE)):
            model(shard).sum().backward()
            if rank == 0:
                raise OverflowError("too much")
    except Exception as error:
        return f"{type(error).__name__}: {error}"


# -------------------------------------------------------------------------------- what is sent


@given(
    st.sampled_from(["float32", "float64", "bfloat16", "float16", "int64", "bool"]),
    st.sampled_from([(0,), (1,), (3, 5), (2, 40, 3)]),
    st.floats(0, 1),
    st.randoms(use_true_random=False),
)
@settings(max_examples=60, deadline=None)
def test_what_is_sent_comes_as_the_same_bits(kind, shape, zeros, random):
    generator = torch.Generator().manual_seed(random.randrange(1 << 30))
    tensor = torch.randn(shape, generator=generator)
    tensor[torch.rand(shape, generator=generator) < zeros] = 0
    tensor = (-tensor).to(getattr(torch, kind))  # with zeros of both signs
    kind, parts = pack(tensor)
    found = unpack(kind, parts)
    assert (found.dtype, found.shape) == (tensor.dtype, tensor.shape)
    assert found.reshape(-1).view(torch.uint8).equal(tensor.reshape(-1).view(torch.uint8))
    assert sum(kind.parts) == sum(part.nbytes for part in parts) <= tensor.nbytes


def test_nothing_is_sent_as_nothing():
    empty = torch.from_numpy(np.empty((0, 2), np.int64)[:, 0])
    kind, parts = pack(empty)
    assert (kind.parts, unpack(kind, parts).tolist()) == ((0,), [])


@pytest.mark.parametrize(("every", "units"), [(2, 300), (40, 300), (2, 1 << 17)])
def test_a_change_is_packed_and_comes_back(every, units):
    random = np.random.default_rng(0)
    source, target = random.integers(units, size=(2, 50))
    drop = random.permutation(np.arange(0, 1000, every))
    grow = NewConnections(source, target)
    change = Change(7, drop, grow, 1, 2, 3, 4, {"state": 5}, 1000, 6)
    packed = PackedChange.of(change, units)
    found = packed.change()
    assert sorted(found.drop) == sorted(drop)
    assert found.grow.source.tolist() == source.tolist()
    assert found.grow.target.tolist() == target.tolist()
    for name in ("step", "shortfall", "below", "flops", "revived", "generator", "connections"):
        assert getattr(found, name) == getattr(change, name)
    assert packed.drop.nbytes <= 125
    assert packed.grow.nbytes == 50 * (4 if units < 1 << 16 else 8)


# ------------------------------------------------------------------------------------- torchrun


def printed_by(example):
    """What an example prints."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        runpy.run_path(str(example), run_name="__main__")
    return output.getvalue()


@pytest.mark.slow
def test_the_example_runs_under_torchrun():
    """By what torchrun itself calls, on processes that are forked with PyTorch loaded."""
    preload()
    config = LaunchConfig(
        1, 1, 2, rdzv_backend="c10d", rdzv_endpoint="localhost:0", start_method="forkserver"
    )
    printed = elastic_launch(config, printed_by)(ROOT / "examples" / "data_parallel.py")
    assert re.search(r"2 processes: 9\d\.\d% of the test digits right", printed[0])
    assert printed[1] == ""


def test_the_page_has_the_table_of_the_figures():
    page = (ROOT / "docs" / "torch-distributed.md").read_text(encoding="utf-8")
    figures = json.loads((ROOT / "benchmarks" / "torch_traffic.json").read_text(encoding="utf-8"))
    for name, row in figures.items():
        keys = ("dense step", "sparse step", "masks", "rewiring", "busiest, masks", "busiest")
        numbers = (row[key] / 1e6 for key in keys)
        assert f"| {name}, {row['rows']} rows | " + " | ".join(f"{n:.2f}" for n in numbers) in page
        assert row["sparse step"] < 0.12 * row["dense step"]
