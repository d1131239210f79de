"""Every method on PyTorch models: as the array engine, with spare entries, pruned and compacted."""

import copy
import io
import re

import numpy as np
import pytest
import torch
from torch import nn

import rewire.torch as rt
from rewire import Trainer, methods, mlp
from rewire.connectivity.protocol import check_model
from rewire.methods import DSR, GMP, LotteryTicket, RigL
from rewire.optimizers import SGD
from rewire.topology import Rewirer as ArrayRewirer
from rewire.torch.conversion.linear_chains import find_linear_chains
from rewire.torch.layers.recording import Recording
from rewire.torch.rewiring.layered_model import LayeredModel
from rewire.torch.rewiring.optimizer_state import OptimizerState
from tests.torch.twins import (
    DOUBLE,
    batch,
    connections,
    network_connections,
    small_model,
    torch_twin,
)

STEPS = 40
OPTIONS = {
    "snip": {"density": 0.2},
    "lottery ticket": {"density": 0.2, "rounds": 4},
    "gmp": {"density": 0.2, "every": 5},
    "granet": {"density": 0.2, "every": 5},
    "chtss": {"density": 0.2, "every": 5},
    "static": {},
}


def task():
    random = np.random.default_rng(0)
    return random.normal(size=(80, 12)), random.integers(4, size=80)


@pytest.mark.parametrize("name", methods.registry)
def test_every_method_moves_the_same_connections_as_the_array_engine(name):
    """Also where some hidden units are idle, with one batch for each rewiring."""
    net = mlp([12, 16, 9, 4], density=0.4, seed=0, dtype="float64")
    net.bias[[13, 14, 29]] = -100
    model, (X, y) = torch_twin(net, slack=2.0), task()
    options = OPTIONS.get(name, {"every": 5})
    options |= {} if name == "static" else {"batches": 1, "growth_samples": "all"}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    rewirer = rt.Rewirer(model, optimizer, name, steps=STEPS, seed=3, **options)
    sgd = SGD(0.1, momentum=0.9)
    trainer = Trainer(net, "cross_entropy", sgd)
    array = ArrayRewirer(
        methods.get(name, **options), net, total_steps=STEPS, optimizer=sgd, seed=3
    )
    inputs, classes = torch.from_numpy(X), torch.from_numpy(y)

    def backward():
        nn.functional.cross_entropy(model(inputs), classes).backward()

    for step in range(STEPS + 1):
        if step:
            optimizer.zero_grad()
            backward()
            optimizer.step()
            rewirer.step(backward)
            trainer.step(X, y)
        if array.due(step):
            array.rewire(step, lambda: [net.signals(X, y)], learning_rate=0.1)
    ours, theirs = connections(model), network_connections(net)
    if name == "snip":  # its first step is made by the gradients of all connections
        assert set(ours) == set(theirs)
    else:
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12)
    changed = sum(record.moved + sum(record.dropped) for record in rewirer.history)
    assert changed > 10 or name == "static"
    assert len(rewirer.history) == len(array.history)
    for one, other in zip(rewirer.history, array.history, strict=True):
        assert (one.step, one.dropped, one.grown) == (other.step, other.dropped, other.grown)
        assert (one.connections, one.shortfall) == (other.connections, other.shortfall)
        assert (one.age, one.explored, one.dead) == (other.age, other.explored, other.dead)
        assert one.revived == other.revived
    if name == "reviving rigl":
        assert sum(record.revived for record in rewirer.history) >= 3
    for layer in model[::2]:
        assert (layer.weight[layer.n_connections :] == 0).all()


# -------------------------------------------------------------------------------- spare entries

SPARE = {
    "linear": lambda slack: (rt.Linear(9, 7, density=0.3, seed=0, slack=slack), (5, 9)),
    "convolution": lambda slack: (
        rt.Conv2d(4, 6, 3, density=0.2, seed=0, groups=2, padding=1, slack=slack),
        (2, 4, 5, 5),
    ),
    "axis": lambda slack: (rt.Conv1d(4, 6, 3, density=0.2, seed=0, slack=slack), (2, 4, 8)),
}


@pytest.mark.parametrize("backend", ["sparse", "dense"])
@pytest.mark.parametrize("kind", SPARE)
def test_spare_entries_are_nothing_but_room(kind, backend):
    """Outputs, gradients, norms and steps are those of the layer without them."""
    (spare, shape), (exact, _) = SPARE[kind](0.5), SPARE[kind](0.0)
    spare.backend = exact.backend = backend
    live, x = exact.n_connections, torch.randn(shape, generator=torch.Generator().manual_seed(0))
    assert len(spare.weight) == len(spare.source) == live + -(-live // 2)
    optimizers = [
        torch.optim.AdamW(layer.parameters(), lr=0.1, weight_decay=0.3) for layer in (spare, exact)
    ]
    for _ in range(3):
        outputs = []
        for layer, optimizer in zip((spare, exact), optimizers, strict=True):
            optimizer.zero_grad()
            outputs.append(layer(x))
            outputs[-1].pow(3).sum().backward()
            norm = nn.utils.clip_grad_norm_(layer.parameters(), 1.0)
            optimizer.step()
            outputs.append(norm)
        torch.testing.assert_close(outputs[0], outputs[2])
        torch.testing.assert_close(outputs[1], outputs[3])
    torch.testing.assert_close(spare.weight[:live], exact.weight)
    for tensor in (
        spare.weight,
        spare.weight.grad,
        optimizers[0].state[spare.weight]["exp_avg_sq"],
    ):
        assert (tensor[live:] == 0).all()
    with torch.no_grad():
        exact.weight.copy_(spare.weight[:live])
        exact.bias.copy_(spare.bias)
    assert torch.equal(spare.to_dense().weight, exact.to_dense().weight)
    assert repr(spare) == repr(exact)
    compiled = torch.compile(spare, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(x), exact(x))
    spare.compact()
    assert torch.equal(spare(x), exact(x))
    for name, tensor in exact.state_dict().items():
        assert torch.equal(spare.state_dict()[name], tensor)


def test_a_state_with_spare_entries_is_saved_and_loaded():
    def made(seed):
        return rt.Linear(9, 7, density=0.3, seed=seed, slack=1.0)

    layer, other, file = made(0), made(1), io.BytesIO()
    other.set_wiring(np.array([0, 1, 2, 3, 4, 5, 6, 7], np.int32), np.arange(7, dtype=np.int32))
    torch.save(layer.state_dict(), file)
    file.seek(0)
    other.load_state_dict(torch.load(file))
    x = torch.ones(3, 9)
    assert torch.equal(other(x), layer(x))
    assert other.n_connections == layer.n_connections < len(layer.weight)
    dense = nn.Linear(9, 7)
    other.load_state_dict(dense.state_dict())
    exists = other.dense_weight() != 0
    assert torch.equal(other.dense_weight()[exists], dense.weight[exists])
    with pytest.raises(RuntimeError, match="build the model with the density and slack"):
        rt.Linear(9, 7, density=0.3, seed=0).load_state_dict(layer.state_dict())


def test_there_is_never_more_room_than_possible_connections():
    assert len(rt.Linear(4, 5, density=0.5, seed=0, slack=99).weight) == 20
    with pytest.raises(ValueError, match=r"slack must be at least 0.*got -0.1"):
        rt.Linear(4, 5, density=0.5, slack=-0.1)


def test_an_overflow_changes_nothing_and_says_which_slack_would_do():
    model = small_model(slack=0.1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    rewirer = rt.Rewirer(model, optimizer, RigL(0.9, every=1, scope="network"), steps=10, seed=0)
    with torch.no_grad():
        model[2].weight *= 100  # so that the first layer's connections go, and come back here
    before = connections(model)
    model(batch(8, 12)).square().mean().backward()
    with pytest.raises(
        ValueError, match=r"\w: a layer must have room .* got \d+ entries.*slack="
    ) as e:
        rewirer.step()
    assert connections(model) == before
    needed = float(re.search(r"slack=([\d.]+)", str(e.value))[1])
    model = small_model(slack=needed)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    rewirer = rt.Rewirer(model, optimizer, RigL(0.9, every=1, scope="network"), steps=10, seed=0)
    with torch.no_grad():
        model[2].weight *= 100
    model(batch(8, 12)).square().mean().backward()
    assert rewirer.step().moved


# ----------------------------------------------------------------------- pruning and its remains


def test_pruned_layers_are_compacted_with_their_optimizer():
    model, x = small_model(), batch(16, 12)
    optimizer = torch.optim.AdamW(rt.parameter_groups(model, weight_decay=0.1), lr=1e-2)
    rewirer = rt.Rewirer(model, optimizer, GMP(0.1, every=2), steps=8, seed=0)
    average = torch.optim.swa_utils.AveragedModel(model)
    rewirer.follow(average)

    def step(model, optimizer):
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()

    for _ in range(8):
        step(model, optimizer)
        rewirer.step()
    counts = [layer.n_connections for layer in model[::2]]
    assert counts == [12, 4]
    assert rewirer.history[-1].connections == (12, 4)
    assert [row.connections for row in rt.summary(model)] == counts
    other = copy.deepcopy(model)
    twin = torch.optim.AdamW(rt.parameter_groups(other, weight_decay=0.1), lr=1e-2)
    twin.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    rewirer.compact()
    assert [len(layer.weight) for layer in model[::2]] == counts
    assert [len(layer.weight) for layer in average.module[::2]] == counts
    for _ in range(3):
        step(model, optimizer)
        step(other, twin)
    assert connections(model) == connections(other)
    check_model(rewirer._model)
    dense = rt.densify(copy.deepcopy(model))
    torch.testing.assert_close(dense(x), model(x))


def test_a_lottery_ticket_rewinds_everything():
    model = nn.Sequential(
        rt.Linear(12, 10, density=0.6, seed=0), nn.BatchNorm1d(10), nn.ReLU(), nn.Linear(10, 3)
    )
    first = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    optimizer = torch.optim.Adagrad(model.parameters(), lr=0.1, initial_accumulator_value=0.5)
    start = connections(model)
    rewirer = rt.Rewirer(model, optimizer, LotteryTicket(0.2, rounds=2), steps=6, seed=0)
    x = torch.randn(16, 12, generator=torch.Generator().manual_seed(0))
    states = []
    for step in range(6):
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()
        if rewirer.step():
            states.append(step + 1)
            assert (optimizer.state[model[0].weight]["sum"][: model[0].n_connections] == 0.5).all()
            assert optimizer.state[model[0].weight]["step"] == 0
            break
        copied = copy.deepcopy(rewirer.state_dict())
        rewirer.load_state_dict(copied)
    assert len(connections(model)) < len(start)
    assert all(start[key] == weight for key, weight in connections(model).items())
    for name, tensor in model.state_dict().items():
        if not name.startswith("0.") or name == "0.bias":
            assert torch.equal(tensor, first[name])


def test_snip_prunes_inside_the_first_step():
    model, x = small_model(), batch(16, 12)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    rewirer = rt.Rewirer(model, optimizer, "snip", density=0.1, steps=5)
    model(x).square().mean().backward()
    full = torch.cat([(layer.weight * layer.weight.grad).abs() for layer in model[::2]])
    optimizer.step()
    kept = [layer.n_connections for layer in model[::2]]
    assert [record.step for record in rewirer.history] == [0]
    assert sum(kept) == 16
    assert kept[0] == int((full[:36] >= full.sort().values[-16]).sum())
    rewirer.step()
    optimizer.step()
    assert len(rewirer.history) == rewirer.steps_made == 1


# ------------------------------------------------------------------------------------ idle units


def linear(seed=0, bias=True):
    return rt.Linear(12, 12, density=0.5, seed=seed, bias=bias, slack=1.0, dtype=DOUBLE)


class Forward(nn.Module):
    """Two layers that feed each other, and two that are read twice or have no bias."""

    def __init__(self):
        super().__init__()
        self.d, self.c, self.b, self.a = linear(3), linear(2), linear(1), linear()
        self.e = linear(bias=False)

    def forward(self, x):
        y = nn.functional.leaky_relu(self.a(x))
        y = self.b(nn.functional.dropout(y, 0.0)).relu()
        z = self.c(y)
        return self.e(self.d(z).tanh()) + z


class Untraceable(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(linear(), nn.ReLU(), nn.Dropout(0.0), linear(1))

    def forward(self, x):
        return self.body(x) if x.sum() > 0 else self.body(2 * x)


def test_chains_are_found_by_forward_or_in_sequences():
    model = Forward()
    ((layers, activations),) = find_linear_chains(model, list(model.modules()))
    assert [id(layer) for layer in layers] == [id(model.a), id(model.b), id(model.c)]
    assert activations == ["leaky_relu", "relu"]
    assert find_linear_chains(model, list(model.modules()), trace=False) == []
    assert [c.activations for c in find_linear_chains(model, [model.b, model.c])] == [["relu"]]
    model = Untraceable()
    assert [c.activations for c in find_linear_chains(model, list(model.modules()))] == [["relu"]]
    twice = nn.Sequential(layer := linear(), nn.ReLU(), linear(1), nn.ReLU(), layer)
    assert find_linear_chains(twice, list(twice)) == []


@pytest.mark.parametrize("make", [Forward, Untraceable])
def test_revived_units_leave_the_function_and_learn(make):
    torch.manual_seed(0)
    model, x = make(), batch(70, 12)
    layer, reader = (model.b, model.c) if make is Forward else (model.body[0], model.body[3])
    layer.bias.data[:5] = -50
    layer.weight.data[: layer.indptr[5]] *= 1e-3
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-9)
    rewirer = rt.Rewirer(model, optimizer, "reviving rigl", every=2, steps=4, fraction=1e-3, seed=0)
    model(x).square().mean().backward()
    optimizer.step()
    before = model(x).detach()
    assert rewirer.step().revived >= 5
    torch.testing.assert_close(model(x), before, rtol=0, atol=1e-9)
    state = optimizer.state[layer.bias]["exp_avg"]
    assert (state[:5] == 0).all()
    assert (state[5:] != 0).any()
    assert not reader.dense_weight()[:, :5].any()
    seen = nn.functional.leaky_relu(model.a(x)) if make is Forward else x
    assert (layer(seen)[:, :5].max(0).values > 0).all()


def test_another_process_is_told_what_was_revived():
    models = [small_model(), small_model()]
    optimizers = [torch.optim.AdamW(model.parameters(), lr=1e-2) for model in models]
    adapters = []
    for model, optimizer in zip(models, optimizers, strict=True):
        model[0].bias.data[:3] = -50
        layers = {"0": model[0], "2": model[2]}
        chains = find_linear_chains(model, [model[0], model[2]])
        adapters.append(LayeredModel(layers, OptimizerState(optimizer), chains=chains))
        recording = Recording([model[0], model[2]])
        recording.start()
        model(batch(70, 12)).square().mean().backward()
        passes = recording.stop()
        optimizer.step()
    leader, follower = adapters
    before = connections(models[0])
    signals = [leader.signals(passes)]
    revived = leader.revive(signals, np.random.default_rng(0), tries=4, samples=64)
    assert len(revived.units) >= 3
    assert connections(models[0]) != before == connections(models[1])
    follower.renew(leader.renewals)
    for ours, theirs in zip(models[0].parameters(), models[1].parameters(), strict=True):
        assert torch.equal(ours, theirs)
        for name, value in optimizers[0].state[ours].items():
            assert torch.equal(value, optimizers[1].state[theirs][name])


# -------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize("name", ["snfs", "dsr", "reviving rigl"])
def test_methods_that_need_room_are_refused_by_name_where_there_is_none(name):
    model = small_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    with pytest.raises(ValueError, match=rf"method '{name}' moves connections .*slack=1.0"):
        rt.Rewirer(model, optimizer, name, steps=1000, steps_per_epoch=10)


def test_revival_is_refused_where_no_layers_are_known_to_feed_each_other():
    model = nn.Sequential(rt.Conv2d(3, 4, 3, density=0.5, seed=0, slack=1.0), nn.ReLU())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match=r"method 'reviving rigl' revives .*'rigl' with scope="):
        rt.Rewirer(model, optimizer, "reviving rigl", steps=1000)
    with pytest.raises(ValueError, match="method 'set' grows connections across layers"):
        rt.Rewirer(model, optimizer, "set", steps=1000, skip_connections=True)


def test_dsr_moves_connections_between_layers():
    model = small_model(slack=3.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    rewirer = rt.Rewirer(model, optimizer, DSR(every=1), steps=6, seed=0)
    with torch.no_grad():
        model[2].weight.mul_(1e-6)
    for _ in range(5):
        rewirer.step()
    assert model[2].n_connections < 16
    assert model[0].n_connections + model[2].n_connections == 52
