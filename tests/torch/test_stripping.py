"""Stripped chains: smaller modules, the same outputs."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import rewire.torch as rt

DOUBLE = torch.float64


def fully_used(norm):
    """Give a batch norm statistics and an affine map that are not trivial."""
    for tensor, low, high in (
        (norm.running_mean, -1, 1),
        (norm.running_var, 0.5, 2),
        (norm.weight, -1, 1),
        (norm.bias, -1, 1),
    ):
        nn.init.uniform_(tensor, low, high)
    return norm


def check(model, x):
    """Strip, compare, and return the smaller chain."""
    model = model.double().eval()
    small = rt.strip(model)
    with torch.no_grad():
        torch.testing.assert_close(small(x), model(x), rtol=1e-10, atol=1e-10)
    return small


def test_neurons_without_inputs_are_folded_into_the_next_biases():
    """Neuron 1 is relu(0.5), a constant."""
    model = nn.Sequential(
        rt.Linear(2, 2, wiring=([0, 1, 1], [0])),
        nn.ReLU(),
        rt.Linear(2, 1, wiring=([0, 2], [0, 1])),
    )
    with torch.no_grad():
        model[0].bias.copy_(torch.tensor([0.0, 0.5]))
        model[2].weight.copy_(torch.tensor([1.0, 4.0]))
        model[2].bias.fill_(1)
    small = check(model, torch.randn(5, 2, dtype=DOUBLE))
    assert small[0].out_features == 1
    assert small[2].bias.item() == 3.0


def test_removing_one_neuron_frees_others():
    """Only a path through neuron 0 of each layer leads to the output."""
    model = nn.Sequential(
        rt.Linear(3, 3, wiring=([0, 1, 2, 3], [0, 1, 2])),
        nn.ReLU(),
        rt.Linear(3, 3, wiring=([0, 1, 2, 3], [0, 1, 2])),
        nn.ReLU(),
        rt.Linear(3, 1, wiring=([0, 1], [0])),
    )
    small = check(model, torch.randn(5, 3, dtype=DOUBLE))
    assert [small[i].out_features for i in (0, 2, 4)] == [1, 1, 1]
    assert small[0].in_features == 3


def test_a_constant_beside_padding_stays_unless_it_is_zero():
    def chain(shift, padding):
        # channel 0 has no inputs; after the norm it is relu(shift)
        first = rt.Conv2d(1, 2, 1, bias=False, wiring=([0, 0, 1], [0]))
        last = rt.Conv2d(2, 1, 3, padding=padding, wiring=([0, 18], range(18)))
        norm = fully_used(nn.BatchNorm2d(2))
        with torch.no_grad():
            norm.weight.zero_()
            norm.bias.fill_(shift)
            norm.weight[1] = 1
        return nn.Sequential(first, norm, nn.ReLU(), last)

    torch.manual_seed(0)
    x = torch.randn(2, 1, 5, 5, dtype=DOUBLE)
    assert check(chain(0.7, 1), x)[0].out_channels == 2
    assert check(chain(-0.7, 1), x)[0].out_channels == 1
    assert check(chain(0.7, 0), x)[0].out_channels == 1


@st.composite
def chains(draw):
    torch.manual_seed(draw(st.integers(0, 10**6)))
    seeds, density = st.integers(0, 999), draw(st.sampled_from((0.05, 0.1, 0.3)))
    channels, pad = draw(st.integers(2, 6)), draw(st.sampled_from((0, 1)))
    options = {"density": density, "bias": draw(st.booleans())}
    pool = draw(st.sampled_from((nn.MaxPool2d(2), nn.AvgPool2d(2, padding=1), nn.Identity())))
    first = rt.Conv2d(2, channels, 3, padding=1, seed=draw(seeds), **options)
    second = rt.Conv2d(channels, 5, 3, padding=pad, seed=draw(seeds), **options)
    x = torch.randn(3, 2, 6, 6, dtype=DOUBLE)
    chain = [first, fully_used(nn.BatchNorm2d(channels)), nn.ReLU(), pool, second, nn.Tanh()]
    chain.append(nn.Flatten())
    with torch.no_grad():
        features = nn.Sequential(*chain).double()(x).shape[1]
    last = rt.Linear(features, 7, seed=draw(seeds), **options)
    dense = nn.Linear(7, 3)
    return nn.Sequential(nn.Sequential(*chain), last, nn.GELU(), dense), x


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:density:UserWarning")
@settings(max_examples=60)
@given(chains())
def test_any_chain_computes_the_same(case):
    model, x = case
    weights = [
        sum(m.weight.numel() for m in chain.modules() if isinstance(m, (rt.Conv2d, rt.Linear)))
        for chain in (check(model, x), model)
    ]
    assert weights[0] <= weights[1]


def test_grouped_convolutions_keep_their_channels():
    model = nn.Sequential(
        rt.Conv1d(2, 4, 3, density=0.2, seed=0),
        nn.ReLU(),
        rt.Conv1d(4, 4, 3, groups=2, density=0.3, seed=1),
        nn.ReLU(),
        rt.Conv1d(4, 2, 1, density=0.3, seed=2),
    )
    small = check(model, torch.randn(2, 2, 9, dtype=DOUBLE))
    assert small[2].groups == 2


def test_bad_models_are_refused_by_name():
    with pytest.raises(ValueError, match=r"model must be an nn.Sequential; got Linear"):
        rt.strip(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="model must be in evaluation mode"):
        rt.strip(nn.Sequential(nn.Linear(2, 2)))
    with pytest.raises(ValueError, match="got LayerNorm"):
        rt.strip(nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2)).eval())
    flat = nn.Sequential(nn.Conv1d(1, 2, 1), nn.Flatten(), nn.BatchNorm1d(6), nn.Linear(6, 1))
    with pytest.raises(ValueError, match=r"a feature for each of the 2 channels .* got 6"):
        rt.strip(flat.eval())
    with pytest.raises(ValueError, match="must have a Linear or convolution layer"):
        rt.strip(nn.Sequential(nn.ReLU()).eval())
