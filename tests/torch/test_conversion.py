"""Whole models made sparse and dense again."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

import rewire.torch as rt
from rewire.connectivity import densities
from rewire.torch.layers.layer import SparseLayer

KEEP = {"min_weights": 0, "min_sources": 0}


def perceptron():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(60, 50), nn.ReLU(), nn.Linear(50, 40), nn.ReLU(), nn.Linear(40, 4)
    )


def sparse_layers(model):
    return {name: m for name, m in model.named_modules() if isinstance(m, SparseLayer)}


def connections(model):
    return sum(len(layer.weight) for layer in sparse_layers(model).values())


# ------------------------------------------------------------------------------------- which layers


def test_a_model_is_converted_in_place_and_keeps_its_density():
    model = perceptron()
    assert rt.sparsify(model, density=0.2, distribution="er", seed=0, **KEEP) is model
    assert isinstance(model[4], nn.Linear)  # dense by the distribution
    assert abs(connections(model) + 40 * 4 - 0.2 * (60 * 50 + 50 * 40 + 40 * 4)) <= 2


@pytest.mark.parametrize("distribution", ["uniform", "er", "erk"])
def test_a_density_is_spread_as_it_is_over_networks(distribution):
    model, shapes = perceptron(), [(60, 50), (50, 40), (40, 4)]
    rt.sparsify(model, sparsity=0.9, distribution=distribution, seed=0, **KEEP)
    expected = densities(shapes, density=1 - 0.9, distribution=distribution)
    found = [layer.density for layer in sparse_layers(model).values()]
    np.testing.assert_allclose(found, expected[: len(found)], atol=0.01)


def test_globs_choose_layers_and_densities():
    model = rt.sparsify(perceptron(), distribution={"0": 0.1, "2": 0.3}, exclude=("4",), seed=0)
    assert {name: round(m.density, 3) for name, m in sparse_layers(model).items()} == {
        "0": 0.1,
        "2": 0.3,
    }
    model = rt.sparsify(perceptron(), distribution={"0": 0.1}, seed=0, **KEEP)
    assert list(sparse_layers(model)) == ["0"]
    notes = {row.name: row.note for row in rt.summary(model)}
    assert notes == {"0": "", "2": "not named by distribution", "4": "not named by distribution"}
    model = rt.sparsify(perceptron(), density=0.1, include=("[02]",), exclude=("2",), seed=0)
    assert list(sparse_layers(model)) == ["0"]


class Odd(nn.Module):
    """A model with everything that stays dense."""

    def __init__(self):
        super().__init__()
        self.fine = nn.Linear(64, 64)
        self.small = nn.Linear(4, 4)
        self.embedding = nn.Embedding(64, 64)
        self.head = nn.Linear(64, 64)
        self.head.weight = self.embedding.weight
        self.normed = parametrizations.weight_norm(nn.Linear(64, 64))
        self.transposed = nn.ConvTranspose2d(64, 64, 3)
        self.depthwise = nn.Conv2d(256, 256, 3, groups=256)
        self.recurrent = nn.GRU(64, 64)
        self.hooked = nn.Linear(64, 64)
        self.hooked.register_forward_hook(lambda *_: None)
        self.left_out = nn.Linear(64, 64)

        class Doubled(nn.Linear):
            def forward(self, x):
                return 2 * super().forward(x)

        self.another = Doubled(64, 64)


def test_what_stays_dense_is_said_with_its_reason():
    model = rt.sparsify(Odd(), density=0.1, exclude=("left*",), seed=0)
    assert list(sparse_layers(model)) == ["fine"]
    assert {row.name: row.note for row in rt.summary(model)} == {
        "fine": "",
        "small": "too small to gain",
        "embedding": "unsupported: Embedding",
        "head": "tied: its weight is used elsewhere too",
        "normed": "parametrised",
        "transposed": "unsupported: ConvTranspose2d",
        "depthwise": "too small to gain",
        "recurrent": "unsupported: GRU",
        "hooked": "it has hooks, which a new layer would lose",
        "left_out": "excluded",
        "another": "unsupported: Doubled, a Linear of another kind",
    }


def test_a_layer_used_twice_is_replaced_once():
    inner = nn.Linear(40, 40)
    model = nn.Sequential(inner, nn.ReLU(), inner)
    rt.sparsify(model, density=0.1, seed=0)
    assert model[0] is model[2]
    assert isinstance(model[0], rt.Linear)


def test_a_single_layer_is_returned_as_a_new_one():
    sparse = rt.sparsify(nn.Linear(40, 40), density=0.1, seed=0)
    assert isinstance(sparse, rt.Linear)
    assert isinstance(rt.densify(sparse), nn.Linear)


# ---------------------------------------------------------------------------------------- weights


def test_random_starts_keep_the_models_own_initialisation():
    """Weights are the dense ones there, times sqrt(inputs / fan-in)."""
    model = perceptron()
    dense = model[0].weight.detach().clone()
    rt.sparsify(model, density=0.25, distribution="uniform", seed=0)
    found = model[0].dense_weight()
    assert (found != 0).sum() == 750
    torch.testing.assert_close(found[found != 0], 2 * dense[found != 0])


def test_magnitude_keeps_the_largest_weights():
    model = perceptron()
    dense, bias = model[0].weight.detach().clone(), model[0].bias.detach().clone()
    rt.sparsify(model, density=0.25, distribution="uniform", start="magnitude", seed=0)
    kept = model[0].dense_weight()
    threshold = dense.abs().flatten().sort(descending=True).values[749]
    torch.testing.assert_close(kept, torch.where(dense.abs() >= threshold, dense, 0.0))
    assert torch.equal(model[0].bias, bias)


def test_zeros_start_at_zero():
    model = rt.sparsify(perceptron(), density=0.25, start="zeros", seed=0)
    assert (model[0].weight == 0).all()


def test_frozen_layers_stay_frozen():
    model = perceptron()
    model[0].weight.requires_grad_(False)
    rt.sparsify(model, density=0.2, seed=0)
    assert not model[0].weight.requires_grad
    assert model[0].bias.requires_grad


def test_densify_goes_back_exactly():
    model = rt.sparsify(perceptron(), density=0.2, seed=0, **KEEP)
    x = torch.randn(9, 60)
    expected, weight = model(x), model[0].dense_weight()
    assert rt.densify(model) is model
    assert [type(m) for m in model] == [type(m) for m in perceptron()]
    assert torch.equal(model[0].weight, weight)
    torch.testing.assert_close(model(x), expected)
    assert all(row.note == "" for row in rt.summary(model))


def test_conversion_is_the_same_for_the_same_seed():
    one, two = (rt.sparsify(perceptron(), density=0.2, seed=3) for _ in range(2))
    for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True):
        assert torch.equal(a, b)


# --------------------------------------------------------------------------------- transformers


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.filterwarnings("ignore:.*nested tensors:UserWarning")
@pytest.mark.filterwarnings("ignore:enable_nested_tensor:UserWarning")
def test_pytorchs_transformer_computes_the_same_at_full_density(training, batch_first):
    torch.manual_seed(0)
    model = nn.Transformer(32, 4, 2, 2, 48, dropout=0.0, batch_first=batch_first).double()
    model.train(training)
    source, target = torch.randn(3, 5, 32).double(), torch.randn(3, 6, 32).double()
    padding = torch.zeros(3, 5, dtype=torch.bool)
    padding[1, 3:] = True
    if not batch_first:
        source, target = source.transpose(0, 1), target.transpose(0, 1)
    causal = nn.Transformer.generate_square_subsequent_mask(6).double()
    options = {"tgt_mask": causal, "src_key_padding_mask": padding}
    options["memory_key_padding_mask"] = padding
    with torch.no_grad():
        expected = model(source, target, **options)
        with pytest.warns(UserWarning, match="dense layers are faster on a CPU"):
            rt.sparsify(model, density=1, distribution="uniform", start="magnitude")
        assert len(sparse_layers(model)) == 2 * 6 + 2 * 10
        torch.testing.assert_close(model(source, target, **options), expected)
        rt.densify(model)
        torch.testing.assert_close(model(source, target, **options), expected)


@pytest.mark.filterwarnings("ignore:.*nested tensors:UserWarning")
def test_encoders_leave_their_fast_path_and_return_to_it():
    layer = nn.TransformerEncoderLayer(32, 4, 48, batch_first=True)
    model, x = nn.TransformerEncoder(layer, 2).eval(), torch.randn(2, 5, 32)
    rt.sparsify(model, density=0.3, exclude=("*self_attn",), distribution="uniform", seed=0)
    padding = torch.tensor([[False] * 5, [False] * 3 + [True] * 2])
    with torch.no_grad():
        expected = model(x, src_key_padding_mask=padding)
        rt.densify(model)
        found = model(x, src_key_padding_mask=padding)
    torch.testing.assert_close(found[0], expected[0])
    assert model.use_nested_tensor
    assert model.layers[0].activation_relu_or_gelu == 1


def test_groups_for_an_optimiser():
    model = rt.sparsify(
        nn.Sequential(nn.Linear(40, 40), nn.LayerNorm(40), nn.Linear(40, 3)), density=0.2, seed=0
    )
    decayed, others = rt.parameter_groups(model, weight_decay=0.1)
    assert decayed["params"][0] is model[0].weight
    assert decayed["params"][1] is model[2].weight
    assert len(decayed["params"]) == 2
    assert len(others["params"]) == 4
    assert (decayed["weight_decay"], others["weight_decay"]) == (0.1, 0.0)
    with pytest.raises(ValueError, match="weight_decay must be at least 0; got -1"):
        rt.parameter_groups(model, weight_decay=-1)


# ---------------------------------------------------------------------------------------- summary


def test_a_summary_counts_what_an_input_costs():
    model = nn.Sequential(
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(32 * 64, 10)
    )
    rt.sparsify(model, density=0.1, distribution="uniform", seed=0)
    rows = rt.summary(model, torch.ones(2, 16, 8, 8))
    assert [row.connections for row in rows] == [461, 2048]
    assert [row.flops for row in rows] == [2 * 461 * 2 * 64, 2 * 2048 * 2]
    assert sum(row.share for row in rows) == pytest.approx(1)
    assert rows[1].bytes == 4 * (2048 * 4 + 10 + 11 + 2049)
    assert "32 × 16 × 3 × 3" in repr(rows)


# --------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give either density or sparsity"),
        ({"density": 0.1, "start": "best"}, "start must be one of 'random', 'magnitude', 'zeros'"),
        ({"density": 0.1, "distribution": "even"}, "distribution must be one of"),
        ({"distribution": {"*": 2}}, r"density must be in \(0, 1\]; got 2"),
        ({"density": 0.1, "include": ("x",)}, "model must have layers.*0: not included"),
    ],
)
def test_bad_options_are_refused_by_name(options, message):
    model = perceptron()
    before = copy.deepcopy(model)
    with pytest.raises(ValueError, match=message):
        rt.sparsify(model, **options)
    assert str(model) == str(before)


def test_a_glob_that_is_a_string_is_refused():
    with pytest.raises(TypeError, match="exclude must be a sequence of globs; got the string"):
        rt.sparsify(perceptron(), density=0.1, exclude="head")


def test_layers_above_the_crossover_are_named():
    with pytest.warns(UserWarning, match=r"dense layers are faster on a CPU .*: 0 \(0.8\)"):
        rt.sparsify(perceptron(), distribution={"0": 0.8})
