"""Attention with sparse projections, against nn.MultiheadAttention."""

import pytest
import torch
from torch import nn

import rewire.torch as rt


def pair(batch_first=True, bias=True, **sizes):
    sparse = rt.MultiheadAttention(
        16, 4, bias=bias, batch_first=batch_first, density=0.5, seed=0, dtype=torch.float64, **sizes
    )
    return sparse, sparse.to_dense()


def x(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("need_weights", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("mask", ["none", "boolean", "float", "per head"])
@pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask:UserWarning")
def test_it_agrees_with_pytorchs(need_weights, batch_first, mask):
    sparse, dense = pair(batch_first)
    query, key = x(3, 5, 16), x(3, 7, 16)
    if not batch_first:
        query, key = query.transpose(0, 1), key.transpose(0, 1)
    padding = torch.zeros(3, 7, dtype=torch.bool)
    padding[1, 4:] = True
    masks = {
        "none": None,
        "boolean": torch.ones(5, 7, dtype=torch.bool).triu(3),
        "float": x(5, 7),
        "per head": x(12, 5, 7),
    }
    options = {"attn_mask": masks[mask], "key_padding_mask": padding, "need_weights": need_weights}
    for average in (True, False):
        ours = sparse(query, key, key, average_attn_weights=average, **options)
        theirs = dense(query, key, key, average_attn_weights=average, **options)
        torch.testing.assert_close(ours[0], theirs[0])
        if need_weights:
            torch.testing.assert_close(ours[1], theirs[1])
        else:
            assert ours[1] is None


@pytest.mark.parametrize("batch_first", [False, True])
def test_it_takes_one_sequence_without_a_batch(batch_first):
    sparse, dense = pair(batch_first)
    for ours, theirs in zip(sparse(*[x(5, 16)] * 3), dense(*[x(5, 16)] * 3), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_keys_and_values_of_other_sizes_and_no_bias():
    sparse, dense = pair(bias=False, kdim=12, vdim=10)
    inputs = x(2, 5, 16), x(2, 7, 12), x(2, 7, 10)
    torch.testing.assert_close(sparse(*inputs)[0], dense(*inputs)[0])


@pytest.mark.parametrize("sizes", [{}, {"kdim": 12, "vdim": 10}])
def test_it_loads_the_state_of_pytorchs(sizes):
    sparse, _ = pair(**sizes)
    dense = nn.MultiheadAttention(16, 4, batch_first=True, dtype=torch.float64, **sizes)
    sparse.load_state_dict(dense.state_dict())
    exists = sparse.v_proj.dense_weight() != 0
    weight = dense.in_proj_weight[32:] if not sizes else dense.v_proj_weight
    assert torch.equal(sparse.v_proj.weight, weight[exists])
    assert torch.equal(sparse.k_proj.bias, dense.in_proj_bias[16:32])


def test_dropout_is_for_training():
    attention = rt.MultiheadAttention(16, 4, dropout=1.0, batch_first=True, density=0.5, seed=0)
    x = torch.ones(1, 3, 16)
    bias = attention.out_proj.bias
    for need_weights in (False, True):
        out = attention.train()(x, x, x, need_weights=need_weights)[0]
        torch.testing.assert_close(out, bias.expand_as(out))
        out = attention.eval()(x, x, x, need_weights=need_weights)[0]
        assert not torch.allclose(out, bias.expand_as(out))


def test_bad_arguments_are_refused_by_name():
    with pytest.raises(ValueError, match="num_heads must divide embed_dim; got embed_dim=16"):
        rt.MultiheadAttention(16, 3, density=0.5)
    with pytest.raises(ValueError, match=r"dropout must be in \[0, 1\]; got 2"):
        rt.MultiheadAttention(16, 4, dropout=2, density=0.5)
    attention = rt.MultiheadAttention(16, 4, density=0.5, seed=0)
    with pytest.raises(ValueError, match="attn_mask must be given where is_causal is True"):
        attention(*[torch.ones(3, 1, 16)] * 3, is_causal=True)
