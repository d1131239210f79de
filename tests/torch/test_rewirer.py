"""The rewirer of PyTorch models against the array engine, dense gradients and itself resumed."""

import copy
import inspect
import io
import json
import os
import signal
import subprocess
import sys
import weakref

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

import rewire.torch as rt
from rewire import methods, mlp
from rewire.connectivity.protocol import check_model
from rewire.export import from_scalar
from rewire.methods import PostRigL, RigL
from rewire.reproduce import post
from rewire.schedules import Every
from rewire.topology import (
    Method,
    drop_criteria,
    drop_criterion,
    grow_criteria,
    grow_criterion,
)
from rewire.topology import Rewirer as ArrayRewirer
from rewire.torch.layers.recording import Recording, recorded
from rewire.torch.rewiring.layered_model import LayeredModel
from rewire.torch.rewiring.optimizer_state import OptimizerState
from rewire.torch.rewiring.streaming import Streaming, can_stream
from tests.torch.twins import (
    DOUBLE,
    batch,
    connections,
    network_connections,
    small_model,
    torch_twin,
)

OPTIMIZERS = {
    "SGD": {"lr": 0.01, "momentum": 0.9},
    "Adam": {"amsgrad": True},
    "AdamW": {},
    "NAdam": {},
    "RAdam": {},
    "Adamax": {},
    "Adagrad": {},
    "Adadelta": {},
    "RMSprop": {"momentum": 0.9, "centered": True},
    "Rprop": {},
    "ASGD": {},
    "Adafactor": {},
}


# ------------------------------------------------------------------------------ the array engine


def test_the_posts_rigl_gives_the_posts_losses(post_dir):
    trace = json.loads((post_dir / "trace_seed1337.json").read_text())
    X, y = torch.tensor(trace["X"], dtype=DOUBLE), torch.tensor(trace["y"], dtype=DOUBLE)
    model = torch_twin(from_scalar(post._network(1337)))
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    rewirer = rt.Rewirer(model, optimizer, PostRigL(0.3, 20), steps=400)

    def hinge(rows=slice(None)):
        penalty = sum(p.square().sum() for p in model.parameters())
        return (1 - y[rows] * model(X[rows])[:, 0]).relu().mean() + 1e-4 * penalty

    losses = []
    for step in range(400):
        optimizer.param_groups[0]["lr"] = post.learning_rate_at(step)
        optimizer.zero_grad()
        loss = hinge()
        loss.backward()
        optimizer.step()
        rewirer.step(lambda: hinge(slice(-1, None)).backward())
        losses.append(loss.item())
    expected = [row["loss"] for row in trace["rigl"]]
    assert losses == pytest.approx(expected, rel=0, abs=1e-9)
    assert [record.step for record in rewirer.history] == list(range(21, 401, 20))
    assert any(record.moved for record in rewirer.history)
    for layer, theirs in zip(model[::2], trace["rigl_final_connections"], strict=True):
        ours = np.split(layer.source.numpy(), layer.indptr[1:-1].numpy())
        assert [row.tolist() for row in ours] == [sorted(map(int, w)) for w in theirs]


@pytest.mark.parametrize(("every", "columns"), [(2, [20, 30, 30, 30]), (5, [30, 30])])
def test_a_method_of_several_batches_sees_the_latest_ones(every, columns):
    seen = []

    @grow_criterion("counting", needs=["signals"])
    def counting(ctx, targets, sources):
        if targets.start == 12:  # the first layer's
            seen.append(ctx.activation.columns(range(12)))
        return abs(ctx.sensitivity[targets] @ ctx.activation[sources].T)

    try:
        model = small_model()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        method = RigL(every=every, end=1.0, grow="counting", batches=3)
        rewirer = rt.Rewirer(model, optimizer, method, steps=20)
        for step in range(9 if every == 2 else 11):
            model(batch(10, 12, seed=step)).square().mean().backward()
            rewirer.step()
        assert seen == columns
        assert (
            not rewirer._decider.latest.batches or every == 2
        )  # kept no longer than they are needed
    finally:
        grow_criteria.remove("counting")


def test_a_criterion_written_for_networks_works_unchanged():
    @drop_criterion("least signal", needs=["signals"])
    def least_signal(ctx):
        strength = ctx.activation.reduce(lambda rows: abs(rows).mean(axis=1))
        return abs(ctx.weight) * strength[ctx.source]

    @grow_criterion("strong ends", needs=["signals"])
    def strong_ends(ctx, targets, sources):
        ends = abs(ctx.sensitivity[targets]).sum(axis=1)
        return ends[:, None] * abs(ctx.activation[sources]).sum(axis=1)

    try:
        options = {"when": Every(5), "fraction": 0.3}
        method = Method(name="mine", drop="least signal", grow="strong ends", **options)
        net = mlp([6, 9, 3], density=0.4, seed=0, dtype="float64")
        model, random = torch_twin(net), np.random.default_rng(0)
        X, y = random.normal(size=(20, 6)), random.integers(3, size=20)
        inputs, classes = torch.from_numpy(X), torch.from_numpy(y)
        ArrayRewirer(method, net, total_steps=20).rewire(5, [net.signals(X, y)])
        rewirer = rt.Rewirer(model, torch.optim.SGD(model.parameters(), lr=0.0), method, steps=20)
        for _ in range(5):
            nn.functional.cross_entropy(model(inputs), classes).backward()
            rewirer.step()
        assert rewirer.history[0].moved > 3
        assert connections(model) == network_connections(net)

        convolutional = nn.Sequential(rt.Conv2d(4, 6, 3, density=0.4, seed=0, padding=1))
        optimizer = torch.optim.SGD(convolutional.parameters(), lr=0.1)
        rewirer = rt.Rewirer(convolutional, optimizer, method, steps=20)
        for _ in range(5):
            convolutional(torch.ones(2, 4, 5, 5)).square().sum().backward()
            rewirer.step()
        assert rewirer.history[0].moved == int(0.3 * len(convolutional[0].weight))
    finally:
        drop_criteria.remove("least signal")
        grow_criteria.remove("strong ends")


# ---------------------------------------------------------------------------- gradients, exactly

LAYERS = {
    "linear": lambda: (rt.Linear(6, 5, density=0.4, seed=0, dtype=DOUBLE), (3, 6)),
    "linear over positions": lambda: (
        rt.Linear(6, 5, density=0.4, seed=0, dtype=DOUBLE),
        (2, 3, 6),
    ),
    "one axis": lambda: (
        rt.Conv1d(4, 6, 3, density=0.4, seed=0, padding="same", dilation=2, dtype=DOUBLE),
        (2, 4, 7),
    ),
    "groups and strides": lambda: (
        rt.Conv2d(4, 6, 3, density=0.4, seed=0, stride=2, padding=(1, 2), groups=2, dtype=DOUBLE),
        (2, 4, 5, 4),
    ),
    "reflected": lambda: (
        rt.Conv2d(
            3, 4, (2, 3), density=0.4, seed=0, padding=1, padding_mode="reflect", dtype=DOUBLE
        ),
        (2, 3, 4, 5),
    ),
    "one pixel, groups": lambda: (
        rt.Conv2d(4, 6, 1, density=0.5, seed=0, groups=2, dtype=DOUBLE),
        (2, 4, 3, 3),
    ),
    "one pixel, strides": lambda: (
        rt.Conv2d(4, 6, 1, density=0.5, seed=0, stride=2, padding=1, dtype=DOUBLE),
        (2, 4, 5, 4),
    ),
    "a dense backend": lambda: (
        rt.Conv2d(3, 4, 3, density=0.4, seed=0, backend="dense", dtype=DOUBLE),
        (2, 3, 4, 5),
    ),
}


def layered(model):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    layers = {name: m for name, m in model.named_modules() if hasattr(m, "indptr")}
    return LayeredModel(layers, OptimizerState(optimizer))


def scores(adapter, recorded):
    """The gradients of all connections that the signals say, one matrix for each block."""
    signals = adapter.signals(recorded)
    return [
        signals.sensitivity[slice(b.targets.start, b.targets.stop)]
        @ signals.activation[np.arange(b.sources.start, b.sources.stop)].T
        for b in adapter.blocks()
    ]


@pytest.mark.parametrize("kind", LAYERS)
def test_scores_of_absent_connections_are_a_dense_layers_gradients(kind):
    layer, shape = LAYERS[kind]()
    dense, adapter = layer.to_dense(), layered(layer)
    recording = Recording([layer])
    recording.start()
    for seed in range(2):  # two passes, which add up
        x = batch(*shape[:-1], shape[-1] + (len(shape) == 4) * seed, seed=seed)
        for module in (layer, dense):
            module(x).pow(3).sum().backward()
    found = np.concatenate(scores(adapter, [recording.stop()[0]]))
    expected = dense.weight.grad.numpy().reshape(len(found), -1)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)
    assert (abs(expected) > 0).all()


@pytest.mark.parametrize("reentrant", [True, False])
def test_a_layer_used_twice_checkpointed_or_compiled_is_recorded_once_for_each_use(reentrant):
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = rt.Linear(5, 5, density=0.4, seed=0, dtype=DOUBLE)

        def forward(self, x):
            x = self.layer(x).tanh()
            return checkpoint(lambda inner: self.layer(inner).tanh(), x, use_reentrant=reentrant)

    model, x = Twice(), batch(4, 5)
    dense = copy.deepcopy(model)
    dense.layer = model.layer.to_dense()
    dense(x).square().sum().backward()
    adapter, recording = layered(model), Recording([model.layer])
    runs = [model] if reentrant else [model, torch.compile(model, backend="aot_eager")]
    for run in runs:
        recording.start()
        run(x).square().sum().backward()
        (found,) = scores(adapter, recording.stop())
        np.testing.assert_allclose(found, dense.layer.weight.grad.numpy(), rtol=1e-10, atol=1e-12)
    model(x).sum().backward()
    assert recording.stop() == []


def test_a_training_given_up_is_recorded_no_longer():
    layer = rt.Linear(5, 5, density=0.4, seed=0)
    first, second = Recording([layer]), Recording([layer])
    first.start()
    second.start()  # takes over
    del first
    layer(torch.ones(2, 5)).sum().backward()
    assert [len(passes) for passes in second.stop()] == [1]
    second.start()
    del second
    assert not recorded(layer.source)


def test_what_a_training_loop_overwrites_is_recorded_as_it_was():
    model, x = small_model(), batch(4, 12)
    kept, recording = x.clone(), Recording([model[0], model[2]])
    recording.start()
    model(x).square().sum().backward()
    x.zero_()  # the next batch
    (((found, _),), ((inner, _),)) = recording.stop()
    assert torch.equal(found, kept)
    assert torch.equal(inner, model[:2](kept))


def test_activations_are_not_copied_and_must_stay_as_they_are():
    model = small_model()
    recording = Recording([model[2]])
    recording.start()
    inner = model[:2](batch(4, 12))
    model[2:](inner).square().sum().backward()
    (((found, _),),) = recording.stop()
    assert found.data_ptr() == inner.data_ptr()
    recording.start()
    inner = model[:2](batch(4, 12))
    model[2:](inner).square().sum().backward()
    inner.detach().mul_(2)
    with pytest.raises(RuntimeError, match=r"must stay as they are.*shape .4, .*in place"):
        recording.stop()


def test_rows_of_one_layer_at_a_time_are_held():
    model = small_model()
    adapter, recording = layered(model), Recording(list(model[::2]))
    recording.start()
    model(batch(4, 12)).square().sum().backward()
    signals = adapter.signals(recording.stop())
    (first, A), (_, other) = signals.activation.parts
    rows = weakref.ref(A[:].base)  # what A keeps
    assert rows() is not None
    other[:]
    assert rows() is None
    np.testing.assert_array_equal(A[: len(first)], batch(4, 12).T)


STREAMED = {
    "perceptron": (small_model, (16, 12)),
    "groups and strides": (
        lambda: nn.Sequential(
            rt.Conv2d(4, 6, 3, density=0.4, seed=0, stride=2, padding=1, groups=2, dtype=DOUBLE),
            nn.ReLU(),
            rt.Conv2d(6, 4, 1, density=0.5, seed=1, dtype=DOUBLE),
        ),
        (3, 4, 6, 6),
    ),
}


@pytest.mark.parametrize("kind", STREAMED)
@pytest.mark.parametrize("every", [1, 3])
def test_growth_inside_backward_passes_moves_the_same_connections(kind, every, monkeypatch):
    make, shape = STREAMED[kind]

    def run():
        model = make()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        rewirer = rt.Rewirer(model, optimizer, "rigl", every=every, end=1.0, steps=9, seed=0)
        for seed in range(9):
            optimizer.zero_grad()
            model(batch(*shape, seed=seed)).square().mean().backward()
            optimizer.step()
            rewirer.step()
        return model, rewirer.history

    streamed = run()
    monkeypatch.setattr(Streaming, "of", lambda *_: None)
    model, history = run()
    assert streamed[1] == history
    assert sum(record.moved for record in history) > 10
    assert exactly(streamed[0].state_dict()) == exactly(model.state_dict())


def test_a_rewiring_waits_for_a_step_that_is_recorded_where_passes_were_missed():
    def run(parts, streams):
        model = small_model()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        rewirer = rt.Rewirer(model, optimizer, RigL(every=3, end=1.0), steps=9, seed=0)
        rewirer._decider._can_stream = streams
        for step in range(8):
            optimizer.zero_grad()
            for x in batch(16, 12, seed=step).chunk(parts[step]):
                model(x).square().sum().backward()
            optimizer.step()
            rewirer.step()
        return connections(model), [record.step for record in rewirer.history]

    once, twice = [1] * 8, [2] * 8
    assert run(twice, streams=True) == run(twice, streams=False)  # two passes before: rows are kept
    assert run([1, 1, 2, 2, 2, 2, 1, 1], streams=True)[1] == [
        4,
        6,
    ]  # the third step came unforeseen
    assert run([2, 2, 1, 1, 1, 1, 1, 1], True) == run([2, 2, 1, 1, 1, 1, 1, 1], False)
    assert run(once, True)[1] == [3, 6]


def test_methods_that_want_more_than_the_strongest_of_a_layer_keep_rows():
    assert can_stream(RigL())
    assert can_stream(methods.get("granet", density=0.1))
    others = [
        {"scope": "network"},
        {"allow_regrowth": True},
        {"growth_candidates": 2.0},
        {"drop": "sensitivity"},
        {"grow": "random"},
        {"redistribute": "surviving"},
    ]
    assert not any(can_stream(RigL(**parts)) for parts in others)
    names = ("set", "snfs", "dsr", "mest", "reviving rigl", "post rigl")
    assert not any(can_stream(methods.get(name)) for name in names)


def test_a_compiled_model_goes_on_without_being_compiled_anew():
    torch._dynamo.reset()  # other tests compile for other types
    model, x = small_model(), batch(16, 12)
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    rewirer = rt.Rewirer(compiled, optimizer, RigL(every=2), steps=20, seed=0)
    eager = copy.deepcopy(model)
    rewired = rt.Rewirer(
        eager, other := torch.optim.AdamW(eager.parameters(), lr=1e-2), RigL(every=2), steps=20
    )
    with torch._dynamo.config.patch(error_on_recompile=True):
        for _ in range(12):
            for run, opt, mover in ((compiled, optimizer, rewirer), (eager, other, rewired)):
                opt.zero_grad()
                run(x).square().mean().backward()
                opt.step()
                mover.step()
    assert sum(record.moved for record in rewirer.history) > 10
    assert connections(model) == connections(eager)


# --------------------------------------------------------------------------- what moves with them


@pytest.mark.parametrize(
    ("name", "mode"),
    [(name, mode) for name in OPTIMIZERS for mode in ("loop", "foreach")]
    + [(name, "fused") for name in ("SGD", "Adam", "AdamW", "Adagrad")],
)
def test_weights_gradients_and_state_move_with_their_connections(name, mode):
    options = (
        OPTIMIZERS[name]
        | {
            "loop": {"foreach": False},
            "foreach": {"foreach": True},
            "fused": {"fused": True},
        }[mode]
    )
    model, x = small_model(), batch(16, 12)
    optimizer = getattr(torch.optim, name)(model.parameters(), **options)
    rewirer = rt.Rewirer(model, optimizer, "set", steps=10, every=4, seed=0)

    def run():
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()

    def dense():
        """Everything of a layer as dense matrices, NaN where there is no connection."""
        found = {}
        for number, layer in enumerate(model[::2]):
            state = optimizer.state[layer.weight]
            moving = {k: v for k, v in state.items() if getattr(v, "shape", ()) != ()}
            row = torch.repeat_interleave(torch.arange(layer.out_features), layer.indptr.diff())
            for key, value in {"weight": layer.weight, "grad": layer.weight.grad, **moving}.items():
                full = torch.full((layer.out_features, layer.in_features), torch.nan, dtype=DOUBLE)
                full[row, layer.source.long()] = value.detach().to(DOUBLE)
                found[number, key] = full
        return found

    for _ in range(3):
        run()
        rewirer.step()
    run()
    before = dense()
    record = rewirer.step()
    after = dense()
    assert record.moved > 5
    assert len(before) >= 4
    for key, old in before.items():
        kept, new = ~old.isnan() & ~after[key].isnan(), old.isnan() & ~after[key].isnan()
        assert torch.equal(after[key][kept], old[kept])
        assert new.sum() > 0
        assert (after[key][new] == 0).all()
    run()  # and training goes on
    assert all(p.isfinite().all() for p in model.parameters())


def test_wiring_that_others_change_is_noticed():
    model, other = small_model(), small_model(seed=5)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    rewirer = rt.Rewirer(model, optimizer, "set", steps=10, every=1, seed=0)
    rewirer.step()
    model.load_state_dict(copy.deepcopy(model.state_dict()))  # as it was: ages stay
    assert rewirer.step().age[2] == 2
    model.load_state_dict(other.state_dict())
    assert rewirer.step().age[2] == 0  # new ones count as grown by this rewiring
    kept = set(connections(model)) & set(connections(other))
    assert len(kept) == len(connections(other)) - rewirer.history[-1].moved
    assert len(connections(model)) == len(connections(other))
    check_model(rewirer._model)


# ------------------------------------------------------------------------------- steps and states


def exactly(state):
    """A state with lists for tensors, which can be compared."""
    if isinstance(state, dict):
        return {key: exactly(value) for key, value in state.items()}
    return state.tolist() if isinstance(state, torch.Tensor) else state


@pytest.mark.parametrize("name", ["mest", "dsr", "granet", "reviving rigl", "lottery ticket"])
def test_the_same_bits_after_a_restart(name):
    options = {"rounds": 6} if name == "lottery ticket" else {"every": 5}

    def start():
        model = small_model(slack=2.0)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
        return model, optimizer, rt.Rewirer(model, optimizer, name, steps=40, seed=0, **options)

    def run(parts, first, last):
        model, optimizer, rewirer = parts
        for step in range(first, last):
            optimizer.zero_grad()
            model(batch(8, 12, seed=step)).square().mean().backward()
            optimizer.step()
            rewirer.step()

    whole, half = start(), start()
    run(whole, 0, 40)
    run(half, 0, 14)
    file = io.BytesIO()
    torch.save([part.state_dict() for part in half], file)
    file.seek(0)
    resumed = start()
    run(resumed, 0, 7)  # whatever was before is replaced
    for part, state in zip(resumed, torch.load(file), strict=True):
        part.load_state_dict(state)
    run(resumed, 14, 40)
    for one, other in zip(whole, resumed, strict=True):
        assert exactly(one.state_dict()) == exactly(other.state_dict())


def train_on_disk(path, killed_at=None):
    """Train from what is kept to the end, keeping each step; have a rewiring kill the process."""
    layers = rt.Linear(12, 10, density=0.3, seed=0), rt.Linear(10, 4, density=0.4, seed=1)
    model = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    rewirer = rt.Rewirer(model, optimizer, "rigl", steps=40, every=5, seed=0)
    parts = model, optimizer, rewirer
    if os.path.exists(path):
        for part, state in zip(parts, torch.load(path), strict=True):
            part.load_state_dict(state)
    if killed_at is not None:
        move = OptimizerState.move

        def move_and_die(self, parameter, index):
            move(self, parameter, index)
            if rewirer.steps_made == killed_at:  # one layer has moved, and its table has not
                os.kill(os.getpid(), signal.SIGKILL)

        OptimizerState.move = move_and_die
    for step in range(rewirer.steps_made, 40):
        x = torch.randn(8, 12, generator=torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()
        rewirer.step()
        torch.save([part.state_dict() for part in parts], path + ".new")
        os.replace(path + ".new", path)


KILLED = """
import os, signal, sys
import torch
import rewire.torch as rt
from rewire.torch.layers import functional
from rewire.torch.rewiring.optimizer_state import OptimizerState

functional.SMALL = 0  # as in this process
{source}
train_on_disk(sys.argv[1], killed_at=15)
"""


@pytest.mark.slow
def test_a_training_killed_amid_a_rewiring_goes_on_to_the_same_bits(tmp_path):
    killed, whole = str(tmp_path / "killed"), str(tmp_path / "whole")
    code = KILLED.format(source=inspect.getsource(train_on_disk))
    command = [sys.executable, "-c", code, killed]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert torch.load(killed)[2]["steps_made"] == 14, "kept before the rewiring"
    for path in (killed, whole):
        train_on_disk(path)
    for one, other in zip(torch.load(killed), torch.load(whole), strict=True):
        assert exactly(one) == exactly(other)


def test_it_steps_with_the_optimizer_where_it_is_attached():
    model = small_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    rewirer = rt.Rewirer(model, optimizer, "rigl", steps=20, every=5, seed=0).attach()
    for _ in range(7):
        optimizer.zero_grad()
        model(batch(8, 12)).square().mean().backward()
        optimizer.step()
    assert (rewirer.steps_made, len(rewirer.history)) == (7, 1)
    rewirer.detach()
    optimizer.step()
    assert rewirer.steps_made == 7


def test_steps_that_a_scaler_skips_do_not_count():
    model, scaler = small_model(), torch.amp.GradScaler("cpu", init_scale=2.0, growth_interval=99)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    rewirer = rt.Rewirer(model, optimizer, "rigl", steps=20, every=3, seed=0).attach()
    for step in range(6):
        optimizer.zero_grad()
        factor = torch.inf if step == 2 else 1.0
        scaler.scale(model(batch(8, 12)).square().mean() * factor).backward()
        scaler.step(optimizer)
        scaler.update()
    assert rewirer.steps_made == 5
    assert [record.step for record in rewirer.history] == [3]
    assert rewirer.history[0].moved > 3


def test_a_copy_that_averages_weights_follows():
    model = small_model()
    model[0].requires_grad_(False)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    rewirer = rt.Rewirer(model, optimizer, "set", steps=10, every=1, seed=0)
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.5)
    )
    with torch.no_grad():
        for p in average.parameters():
            p.requires_grad_(False).mul_(2)
    rewirer.follow(average)
    before = connections(model)
    rewirer.step()
    after = connections(model)
    assert connections(average.module) == {key: 2 * weight for key, weight in after.items()}
    assert set(after) != set(before)
    torch.testing.assert_close(
        average.module[2].dense_weight(), 2 * model[2].dense_weight(), rtol=0, atol=0
    )
    with pytest.raises(ValueError, match="copy must have the model's connections; 2 has others"):
        rewirer.follow(small_model())
    with pytest.raises(ValueError, match="copy must have the model's 2 sparse layers; got 0"):
        rewirer.follow(nn.Linear(2, 2))


def test_a_closure_leaves_the_gradients():
    model = small_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    rewirer = rt.Rewirer(model, optimizer, "rigl", steps=20, every=1, seed=0)
    model(batch(8, 12)).sum().backward()
    bias = model[0].bias.grad.clone()
    rewirer.step(lambda: model(batch(8, 12, seed=1)).square().sum().backward())
    assert torch.equal(model[0].bias.grad, bias)


# -------------------------------------------------------------------------------------- refusals


def refusal(model, optimizer, error, match, method="rigl", **options):
    with pytest.raises(error, match=match):
        rt.Rewirer(model, optimizer, method, steps=400, **options)


def test_what_cannot_follow_is_refused_by_name():
    model = small_model()
    sgd = torch.optim.SGD(model.parameters(), lr=0.1)
    refusal(model, torch.optim.LBFGS(model.parameters()), ValueError, "got LBFGS, which keeps")
    refusal(model, "adam", TypeError, "optimizer must be a torch.optim.Optimizer; got str")
    refusal("model", sgd, TypeError, "model must be a torch.nn.Module; got str")
    refusal(nn.Linear(2, 2), sgd, ValueError, "model must have sparse layers that are trained")
    half = torch.optim.SGD(model[0].parameters(), lr=0.1)
    refusal(model, half, ValueError, "it lacks those of 2: make the optimizer after")
    refusal(model, sgd, ValueError, "replaces steps of the optimiser", skip_update=True)
    refusal(model, sgd, ValueError, "keeps a momentum.*got SGD: give", RigL(grow="momentum"))
    model[2].weight = model[0].weight
    refusal(model, sgd, ValueError, "0 and 2 share one tensor")


def test_steps_without_what_growth_looks_at_are_refused():
    model = small_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    rewirer = rt.Rewirer(model, optimizer, "post rigl", steps=400)
    with pytest.raises(ValueError, match="last sample of a batch alone; give step"):
        rewirer.step()
    with pytest.raises(ValueError, match="cannot be attached"):
        rewirer.attach()
    rewirer = rt.Rewirer(model, optimizer, "rigl", steps=100, every=1)
    before = connections(model)
    with pytest.raises(ValueError, match="0: no backward pass with finite gradients has reached"):
        rewirer.step()
    assert connections(model) == before


def test_a_state_of_another_training_is_refused():
    def rewirer(method, steps, model, **options):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        return rt.Rewirer(model, optimizer, method, steps=steps, every=10, **options)

    model = small_model()
    state = rewirer("rigl", 100, model).state_dict()
    for other, message in [
        (rewirer("rigl", 200, model), "steps must be as in the state, 100; got 200"),
        (rewirer("set", 100, model), "method must be as in the state, rigl; got set"),
        (rewirer("rigl", 100, model, end=0.5), "due_steps must be as in the state"),
        (rewirer("rigl", 100, model[:1]), r"layers must be as in the state, \{'0': 36, '2': 16\}"),
    ]:
        with pytest.raises(ValueError, match=message):
            other.load_state_dict(state)


def test_a_training_too_short_for_its_method_is_named():
    model = small_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.warns(UserWarning, match=r"steps must be more than the method's interval.*every="):
        rt.Rewirer(model, optimizer, "rigl", steps=100)


def test_frozen_layers_stay_as_they_are():
    model = small_model()
    model[0].requires_grad_(False)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    rewirer = rt.Rewirer(model, optimizer, "set", steps=10, every=1, seed=0)
    source = model[0].source.clone()
    rewirer.step()
    assert torch.equal(model[0].source, source)
    assert rewirer.history[0].connections == (len(model[2].weight),)
