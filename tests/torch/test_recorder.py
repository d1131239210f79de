"""The recorder of PyTorch models against dense weights, plain loops and hand-worked cases."""

import json
import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import rewire.torch as rt
from rewire.report import (
    Recorder,
    following,
    layer_features,
    read_recording,
    taking,
    write_animation,
    write_report,
)
from rewire.report.chain_features import chain_graph
from rewire.report.strongest_paths import strongest_paths
from rewire.torch.anatomy import Anatomy
from rewire.torch.conversion.chains import longest_chain

X = torch.randn(32, 2, 6, 6, generator=torch.Generator().manual_seed(0))
Y = torch.arange(32) % 3


def convolutions():
    torch.manual_seed(0)
    return nn.Sequential(
        rt.Conv2d(2, 8, 3, density=0.4, seed=0),
        nn.ReLU(),
        rt.Conv2d(8, 6, (2, 3), groups=2, density=0.3, seed=1),
        nn.Flatten(),
        rt.Linear(6 * 6, 10, density=0.2, seed=2),
        nn.ReLU(),
        nn.Linear(10, 3),
    )


class Residual(nn.Module):
    """A model that joins its layers itself."""

    def __init__(self):
        super().__init__()
        self.first = rt.Linear(72, 16, density=0.3, seed=0)
        self.second = rt.Linear(16, 16, density=0.3, seed=1)
        self.third = rt.Linear(16, 3, density=0.5, seed=2)

    def forward(self, x):
        x = self.first(x.flatten(1))
        return self.third(x + self.second(x.relu()))


def rewirer_of(model, method="rigl", steps=40, **options):
    options = {"seed": 0} | options
    if method != "static":
        options = {"every": 5} | options
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    return rt.Rewirer(model, optimizer, method, steps=steps, **options), optimizer


def train(model, rewirer, optimizer, steps, log=None):
    for _ in range(steps):
        loss = F.cross_entropy(model(X), Y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rewirer.step()
        if log:
            log(loss)


@pytest.fixture
def all_frames(monkeypatch):
    """Take every frame, however long it takes."""
    monkeypatch.setattr(taking, "MAX_SHARE", np.inf)


@pytest.fixture
def recorded(all_frames):
    """Return a function that trains a model and returns its recorder."""

    def recorded_(model, *, steps=40, method="rigl", **about):
        rewirer, optimizer = rewirer_of(model, method, steps)
        recorder = Recorder(**about).follow(rewirer)
        train(model, rewirer, optimizer, steps, lambda loss: recorder.log(loss=loss))
        return recorder

    return recorded_


def page_data(path):
    text = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'<script id="data"[^>]*>(.*?)</script>', text, re.S)[1])


# ------------------------------------------------------------------------------- what is in a frame


def test_wires_are_the_dense_weight_of_each_layer():
    model = convolutions()
    rewirer, optimizer = rewirer_of(model)
    train(model, rewirer, optimizer, 12)
    anatomy = Anatomy(rewirer)
    anatomy.refresh()
    for number, name in enumerate(["0", "2", "4", "6"]):
        module = model.get_submodule(name)
        weight = module.dense_weight() if hasattr(module, "dense_weight") else module.weight
        weight = weight.detach().flatten(2 if weight.dim() > 2 else 1).numpy()
        layer, wires = anatomy.layers[number], anatomy.wires(number)
        dense = np.zeros((layer.targets, layer.channels, layer.positions), np.float32)
        dense[wires.target, wires.channel, wires.position] = wires.weight
        if name == "2":  # in two groups, each of which reads its own half of the channels
            assert not dense[:3, 4:].any()
            assert not dense[3:, :4].any()
            dense = np.concatenate([dense[:3, :4], dense[3:, 4:]])
        np.testing.assert_array_equal(dense.reshape(weight.shape), weight)


def test_features_of_a_convolution_are_those_of_its_dense_weight(recorded):
    model = convolutions()
    arrays = recorded(model).recording.frames[-1].arrays
    weight = model[0].dense_weight().detach().numpy()
    exists = np.zeros(weight.size, bool)
    rows = np.repeat(np.arange(8), np.diff(model[0].indptr))
    exists[rows * 18 + model[0].source.numpy()] = True
    exists = exists.reshape(weight.shape)
    np.testing.assert_allclose(arrays["heat 0"], exists.mean(axis=(2, 3)), rtol=1e-6)
    np.testing.assert_allclose(arrays["where 0"], exists.mean(axis=(0, 1)), rtol=1e-6)
    assert len(arrays["kernels 0"]) == exists.any(axis=(2, 3)).sum()
    for (target, channel), kernel in zip(arrays["pairs 0"], arrays["kernels 0"], strict=True):
        there = exists[target, channel].ravel()
        np.testing.assert_array_equal(np.isfinite(kernel), there)
        np.testing.assert_array_equal(kernel[there], weight[target, channel].ravel()[there])
    counts = arrays["layers"].tolist()
    assert counts[0] == [exists.sum(), 2, exists.any(axis=(1, 2, 3)).sum()]
    assert counts[3] == [30, 10, 3]
    assert arrays["totals"][0] == sum(count[0] for count in counts)
    assert arrays["totals"][1] == 8 * 18 + 6 * 24 + 360 + 30
    fan_ins = dict(arrays["fan_ins"].tolist())
    assert sum(fan_ins.values()) == 8 + 6 + 10  # of sparse layers
    assert sum(value * count for value, count in fan_ins.items()) == sum(c[0] for c in counts[:3])


def test_of_many_kernels_the_largest_are_kept(monkeypatch):
    monkeypatch.setattr(layer_features, "MAX_KERNELS", 3)
    model = convolutions()
    rewirer, _ = rewirer_of(model)
    arrays = layer_features.layer_features(Anatomy(rewirer))
    size = model[0].dense_weight().detach().abs().sum((2, 3))
    largest = size.flatten().topk(3).indices.sort().values
    assert (arrays["pairs 0"] @ [2, 1]).tolist() == largest.tolist()


def test_the_chain_is_a_graph_of_channels_in_which_the_largest_weight_counts():
    model = convolutions()
    rewirer, _ = rewirer_of(model)
    graph = chain_graph(Anatomy(rewirer))
    assert graph.ranks == (18, 8, 6, 10, 3)
    linear = model[4].dense_weight().detach().numpy().reshape(10, 6, 6)
    strongest = np.take_along_axis(linear, np.abs(linear).argmax(2)[:, :, None], 2)[:, :, 0]
    table, start = graph.connections, graph.rank_start
    found = np.zeros((10, 6), np.float32)
    for target in range(10):
        rows = slice(*table.indptr[start[3] + target : start[3] + target + 2])
        found[target, table.source[rows] - start[2]] = table.weight[rows]
    np.testing.assert_array_equal(found, strongest)
    assert table["count"].sum() == sum(
        len(m.weight) if isinstance(m, rt.Linear | rt.Conv2d) else m.weight.numel()
        for m in model
        if hasattr(m, "weight")
    )


def test_the_strongest_path_is_the_one_of_the_greatest_product():
    wiring = [0, 1, 2], [0, 1]
    model = nn.Sequential(
        rt.Linear(2, 2, wiring=wiring), nn.ReLU(), rt.Linear(2, 1, wiring=([0, 2], [0, 1]))
    )
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([2.0, 1.0]))
        model[2].weight.copy_(torch.tensor([3.0, -4.0]))
    rewirer, _ = rewirer_of(model, "static")
    graph = chain_graph(Anatomy(rewirer))
    assert graph.connections.weight.tolist() == [2, 1, 3, -4]
    assert strongest_paths(graph, count=1).tolist() == [0, 2]


def test_dead_neurons_are_those_that_stripping_removes(recorded):
    model = nn.Sequential(
        nn.Flatten(),
        rt.Linear(72, 30, density=0.02, seed=0),
        nn.ReLU(),
        rt.Linear(30, 3, density=0.2, seed=1),
    )
    totals = recorded(model, method="static").recording.frames[-1].arrays["totals"].tolist()
    hidden = rt.strip(model.eval())[1].out_features
    assert totals[2:4] == [30, 30 - hidden]
    assert totals[3] > 0
    assert totals[4] == hidden + 3
    net = rt.to_network(model, X).strip()
    assert totals[5] == len(net.connections)


@pytest.mark.parametrize("channels", [1, 2])
def test_the_input_map_has_the_fan_out_of_each_pixel(recorded, channels):
    model = nn.Sequential(nn.Flatten(), rt.Linear(72, 30, density=0.2, seed=0), nn.Linear(30, 3))
    arrays = recorded(model, image_shape=(72 // channels // 6, 6)).recording.frames[-1].arrays
    fan_out = np.bincount(model[1].source, minlength=72).reshape(channels, -1, 6).sum(axis=0)
    np.testing.assert_array_equal(arrays["input_map"], fan_out)


@pytest.mark.parametrize("method", ["gmp", "reviving rigl"])
def test_layers_may_gain_and_lose_connections(recorded, method):
    model = nn.Sequential(
        nn.Flatten(),
        rt.Linear(72, 20, density=0.3, seed=0, slack=2.0),
        nn.ReLU(),
        rt.Linear(20, 3, density=0.5, seed=1, slack=2.0),
    )
    recording = recorded(model, method=method).recording
    first, last = (
        frame.arrays["layers"][:, 0] for frame in recording.frames[:: len(recording.frames) - 1]
    )
    assert last.tolist() == [model[1].n_connections, model[3].n_connections]
    assert first.tolist() != last.tolist()
    assert last.sum() == recording.frames[-1].arrays["totals"][0]
    assert (last.sum() < first.sum()) == (method == "gmp")


# ------------------------------------------------------------------------------------------ chains


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Residual(), []),
        (nn.Sequential(nn.Linear(4, 4)), []),
        (nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4)), ["0", "1"]),
        (nn.Sequential(nn.Linear(4, 4), Residual(), nn.Linear(4, 4), nn.Linear(4, 1)), ["2", "3"]),
        (nn.Sequential(nn.Linear(4, 4), nn.Linear(6, 2), nn.Tanh(), nn.Linear(2, 2)), ["1", "3"]),
        (
            nn.ModuleDict({"a": nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2)))}),
            ["a.0", "a.1.0"],
        ),
    ],
)
def test_layers_follow_each_other_in_sequential_alone(model, expected):
    assert longest_chain(model) == expected


def test_a_sequential_with_a_forward_of_its_own_is_no_chain():
    class Twice(nn.Sequential):
        def forward(self, x):
            return self[1](self[0](x)) + x

    assert longest_chain(Twice(nn.Linear(2, 2), nn.Linear(2, 2))) == []


# ------------------------------------------------------------------------------------- which frames


def test_every_rewiring_and_both_ends_have_a_frame(recorded):
    recorder = recorded(convolutions())
    recording = recorder.recording
    kinds = [(frame.step, frame.kind) for frame in recording.frames]
    assert kinds[0] == (0, "start")
    assert kinds[-1][0] == 40
    assert [step for step, kind in kinds if kind == "rewiring"] == [5, 10, 15, 20, 25]
    assert [record["step"] for record in recording.rewirings] == [5, 10, 15, 20, 25]
    assert recording.about["total_steps"] == 40
    assert 0 < recorder.seconds < 60


def test_rewirings_between_two_logs_are_in_the_next_frame(all_frames):
    model = convolutions()
    rewirer, optimizer = rewirer_of(model, steps=1000, every=5)
    recorder = Recorder().follow(rewirer)
    train(model, rewirer, optimizer, 12)
    recorder.log(loss=1.0)
    frames = recorder.recording.frames
    assert [(frame.step, frame.kind) for frame in frames] == [(0, "start"), (12, "rewiring")]
    assert [record["step"] for record in recorder.recording.rewirings] == [5, 10]


def test_frames_that_take_too_long_are_left_out(monkeypatch):
    monkeypatch.setattr(taking, "MAX_SHARE", 0.0)
    monkeypatch.setattr(following, "FREE", 0.0)
    model = convolutions()
    rewirer, optimizer = rewirer_of(model)
    recorder = Recorder().follow(rewirer)
    train(model, rewirer, optimizer, 40, lambda loss: recorder.log(loss=loss))
    kinds = [frame.kind for frame in recorder.recording.frames]
    assert (kinds[0], kinds[-1]) == ("start", "end")
    assert len(kinds) <= 3


def test_recording_changes_nothing_of_the_training(recorded):
    watched, plain = convolutions(), convolutions()
    recorded(watched)
    rewirer, optimizer = rewirer_of(plain)
    train(plain, rewirer, optimizer, 40)
    for name, value in plain.state_dict().items():
        assert torch.equal(watched.state_dict()[name], value), name


def test_measures_of_one_step_are_one_row_and_many_rows_are_thinned(monkeypatch, all_frames):
    monkeypatch.setattr(following, "MAX_ROWS", 16)
    model = convolutions()
    rewirer, optimizer = rewirer_of(model)
    recorder = Recorder().follow(rewirer)

    def log(loss):
        recorder.log(loss=loss)
        if rewirer.steps_made % 10 == 0:
            recorder.log(validation_loss=2.0, validation_accuracy=torch.tensor(0.25))

    train(model, rewirer, optimizer, 40, log)
    rows = recorder.recording.rows
    assert len(rows) <= 16
    assert [row["step"] for row in rows if "validation_loss" in row] == [10, 20, 30, 40]
    assert all(row["loss"] > 0 and row["seconds"] > 0 for row in rows)
    assert rows[-1]["step"] == 40


def test_a_resumed_training_has_its_whole_recording(all_frames, tmp_path):
    def run(steps, resume=None):
        model = convolutions()
        rewirer, optimizer = rewirer_of(model)
        for part, state in zip((model, optimizer, rewirer), resume or (), strict=False):
            part.load_state_dict(state)
        path = tmp_path / "it.safetensors"
        recorder = Recorder().follow(rewirer, resumed_from=path if resume else None)
        train(model, rewirer, optimizer, steps, lambda loss: recorder.log(loss=loss))
        return recorder, [part.state_dict() for part in (model, optimizer, rewirer)]

    whole, _ = run(40)
    killed, state = run(17)
    killed.save(tmp_path / "it.safetensors")
    again, _ = run(23, state)
    a, b = whole.recording, again.recording
    assert json.dumps(a.rewirings) == json.dumps(b.rewirings)
    assert [row["loss"] for row in a.rows] == [row["loss"] for row in b.rows]
    assert [(f.step, f.kind) for f in a.frames] == [(f.step, f.kind) for f in b.frames]
    for one, other in zip(a.frames, b.frames, strict=True):
        for name in one.arrays.keys() - {"birth", "next_birth"}:
            np.testing.assert_array_equal(one.arrays[name], other.arrays[name], err_msg=name)


# ----------------------------------------------------------------------------------------- the page


def test_the_page_tells_of_the_model(recorded, tmp_path):
    recorder = recorded(convolutions(), data="images")
    recorder.save(tmp_path / "it.safetensors")
    recording = read_recording(tmp_path / "it.safetensors")
    assert repr(recording).startswith("<Recording of 'rigl' on 'images', 4 layers, steps 0 to 40")
    data = page_data(write_report(recording, tmp_path / "it.html"))
    moved = sum(sum(record["grown"]) for record in recording.rewirings)
    share = recording.frames[-1].arrays["totals"]
    assert data["title"].startswith(f"RigL, moving connections {moved} times, ends at loss ")
    assert data["title"].endswith(f"{100 * share[0] / share[1]:.1f}% of the possible connections")
    (run,) = data["runs"]
    assert run["layers"]["chain"] == ["0", "2", "4", "6"]
    assert sum(row["moved"] or 0 for row in run["frames"][-1]["layers"]) == moved
    assert "hidden channels are dead" in run["frames"][-1]["caption"]


def test_the_page_tells_nothing_of_paths_where_they_are_not_known(recorded, tmp_path):
    recorder = recorded(Residual())
    data = page_data(write_report(recorder.recording, tmp_path / "it.html"))
    (run,) = data["runs"]
    assert run["layers"]["chain"] == []
    assert "dead" not in run["frames"][-1]["caption"]


def test_a_model_that_diverged_has_a_report_that_says_so(all_frames, tmp_path):
    model = convolutions()
    rewirer, _ = rewirer_of(model, "static")
    recorder = Recorder().follow(rewirer)
    with torch.no_grad():
        model[4].weight.fill_(torch.inf)
        model[0].bias.fill_(torch.nan)
    rewirer.step()
    recorder.log(loss=float("nan"))
    recorder.finish()
    text = write_report(recorder.recording, tmp_path / "it.html").read_text()
    assert "the training has diverged" in text


@pytest.mark.browser
def test_what_is_drawn_is_the_model(recorded, visit, tmp_path):
    recording = recorded(convolutions()).recording
    page = visit(write_report(recording, tmp_path / "it.html"))
    arrays = recording.frames[-1].arrays

    def values(selector):
        return page.eval_on_selector_all(selector, "all => all.map(one => +one.dataset.value)")

    for number in (0, 1, 2):
        shares = values(f'[data-name="heat {number}"] rect.cell')
        np.testing.assert_allclose(shares, arrays[f"heat {number}"].ravel(), rtol=1e-6)
    for number in (0, 1):
        kernels = arrays[f"kernels {number}"]
        weights = values(f'[data-name="kernels {number}"] rect.weight')
        np.testing.assert_allclose(weights, kernels[np.isfinite(kernels)], rtol=1e-6)
    assert page.locator('[data-name="kernels 3"], [data-name="heat 3"]').count() == 0
    cells = page.locator(".layers tbody tr").first.locator("th, td").all_inner_texts()
    connections, channels, targets = arrays["layers"][0].tolist()
    assert cells[:4] == ["0", "Conv2d", "8 × 2 × 3 × 3", str(connections)]
    assert cells[6:] == [str(channels), str(targets)]
    assert page.locator(".wiring path.connection").count() == len(arrays["source"])
    page.hover(".wiring .neuron >> nth=0")
    assert "connections in" in page.locator(".details").inner_text()
    page.keyboard.press("Home")
    np.testing.assert_allclose(
        values('[data-name="heat 0"] rect.cell'),
        recording.frames[0].arrays["heat 0"].ravel(),
        rtol=1e-6,
    )


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_model_without_a_chain_is_drawn_without_paths(recorded, visit, tmp_path, theme):
    recording = recorded(Residual()).recording
    page = visit(write_report(recording, tmp_path / "it.html"), scheme=theme)
    assert "No paths are drawn" in page.locator("[data-note=layers]").inner_text()
    assert not page.locator("svg.wiring").is_visible()
    assert page.locator(".layer").count() == 3
    text = page.locator("#summary").inner_text()
    assert "dead" not in text
    assert "FLOPs" not in text


# ---------------------------------------------------------------------------------- what goes wrong


def test_mistakes_are_told(recorded, tmp_path):
    with pytest.raises(ValueError, match=r"call follow\(rewirer\) first"):
        Recorder().log(loss=1.0)
    with pytest.raises(TypeError, match=r"rewirer must be a rewire.torch.Rewirer; got 3"):
        Recorder().follow(3)
    rewirer, _ = rewirer_of(Residual())
    with pytest.raises(
        ValueError, match=r"image_shape .* 72 inputs of layer 'first'; got \[5, 5\]"
    ):
        Recorder(image_shape=(5, 5)).follow(rewirer)
    recorder = recorded(Residual())
    with pytest.raises(TypeError, match=r"loss must be a number or a scalar tensor; got 'high'"):
        recorder.log(loss="high")
    with pytest.raises(ValueError, match=r"small enough to be drawn"):
        write_animation(recorder.recording, tmp_path / "it.webp")
