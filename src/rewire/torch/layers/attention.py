"""Attention with several heads whose projections are sparse."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .linear import Linear
from .wiring import generator_from

__all__ = ["MultiheadAttention"]

PROJECTIONS = ("q_proj", "k_proj", "v_proj")


class MultiheadAttention(nn.Module):
    """Attention with several heads: four sparse projections around dense attention.

    It is called as :class:`torch.nn.MultiheadAttention`, and loads a ``state_dict`` of one.

    Parameters
    ----------
    embed_dim, num_heads, dropout, bias, kdim, vdim, batch_first
        As in :class:`torch.nn.MultiheadAttention`.
    density, sparsity, wiring, slack, seed, backend, device, dtype
        Of the projections; see :class:`Linear`.

    Raises
    ------
    ValueError
        If ``num_heads`` does not divide ``embed_dim``, and as :class:`Linear`.

    Examples
    --------
    >>> import torch
    >>> attention = MultiheadAttention(32, 4, batch_first=True, density=0.25, seed=0)
    >>> x = torch.ones(2, 5, 32)
    >>> output, weights = attention(x, x, x)
    >>> output.shape, weights.shape
    (torch.Size([2, 5, 32]), torch.Size([2, 5, 5]))
    """

    # Attributes of nn.MultiheadAttention that nn.TransformerEncoderLayer looks at; these values
    # keep it from its fast path, which reads the weights itself.
    _qkv_same_embed_dim = False
    in_proj_weight = in_proj_bias = None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        *,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        seed: int | np.random.Generator | None = None,
        **options: Any,
    ):
        super().__init__()
        self._set_up(embed_dim, num_heads, dropout, batch_first)
        generator, fixed = generator_from(seed), {"bias": bias, **options}
        self.q_proj = Linear(embed_dim, embed_dim, seed=generator, **fixed)
        self.k_proj = Linear(kdim or embed_dim, embed_dim, seed=generator, **fixed)
        self.v_proj = Linear(vdim or embed_dim, embed_dim, seed=generator, **fixed)
        self.out_proj = Linear(embed_dim, embed_dim, seed=generator, **fixed)

    @classmethod
    def of_projections(
        cls, layers: Sequence[Linear], num_heads: int, dropout: float, batch_first: bool
    ) -> MultiheadAttention:
        """Return an attention made of the projections of queries, keys, values and outputs."""
        attention = cls.__new__(cls)
        nn.Module.__init__(attention)
        attention._set_up(layers[0].out_features, num_heads, dropout, batch_first)
        for name, layer in zip((*PROJECTIONS, "out_proj"), layers, strict=True):
            setattr(attention, name, layer)
        return attention

    def _set_up(self, embed_dim: int, num_heads: int, dropout: float, batch_first: bool) -> None:
        if embed_dim % num_heads:
            raise ValueError(
                f"num_heads must divide embed_dim; got embed_dim={embed_dim}, num_heads={num_heads}"
            )
        if not 0 <= dropout <= 1:
            raise ValueError(f"dropout must be in [0, 1]; got {dropout}")
        self.embed_dim, self.num_heads, self.dropout = embed_dim, num_heads, dropout
        self.batch_first, self.head_dim = batch_first, embed_dim // num_heads

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Return the output and, if wanted, the attention weights.

        Parameters
        ----------
        query, key, value : Tensor, shape (length, batch, channels)
            (batch, length, channels) with ``batch_first``; without a batch two dimensions.
        key_padding_mask : Tensor, shape (batch, keys), optional
            True where a key is to be ignored, or numbers to be added to the scores.
        need_weights : bool, default True
            Without them the attention itself is faster.
        attn_mask : Tensor, shape (queries, keys) or (batch * heads, queries, keys), optional
            True where attention is not allowed, or numbers to be added to the scores.
        average_attn_weights : bool, default True
            Whether weights are averaged over the heads.
        is_causal : bool, default False
            A hint that ``attn_mask`` is causal; it must be given all the same.
        """
        if is_causal and attn_mask is None:
            raise ValueError("attn_mask must be given where is_causal is True; got None")
        batched = query.dim() == 3
        q, k, v = (
            self._heads(projection(x if batched else x.unsqueeze(int(not self.batch_first))))
            for projection, x in zip(
                (self.q_proj, self.k_proj, self.v_proj), (query, key, value), strict=True
            )
        )
        if key_padding_mask is not None and not batched:
            key_padding_mask = key_padding_mask.unsqueeze(0)
        mask = self._mask(attn_mask, key_padding_mask, q)
        dropout, weights = self.dropout if self.training else 0.0, None
        if need_weights:
            scores = q @ k.transpose(-2, -1) / math.sqrt(self.head_dim)
            weights = (scores if mask is None else scores + mask).softmax(-1)
            weights = F.dropout(weights, dropout, self.training)
            out = weights @ v
        else:
            out = F.scaled_dot_product_attention(q, k, v, mask, dropout)
        out = out.transpose(1, 2).flatten(2)
        out = self.out_proj(out if self.batch_first else out.transpose(0, 1))
        if weights is not None and average_attn_weights:
            weights = weights.mean(1)
        if not batched:
            out = out.squeeze(int(not self.batch_first))
            weights = None if weights is None else weights.squeeze(0)
        return out, weights

    def _heads(self, x: Tensor) -> Tensor:
        """Return (batch, heads, length, channels of a head)."""
        x = x if self.batch_first else x.transpose(0, 1)
        return x.unflatten(-1, (self.num_heads, self.head_dim)).transpose(1, 2)

    def _mask(self, attention: Tensor | None, padding: Tensor | None, q: Tensor) -> Tensor | None:
        """Return what to add to the scores, of a shape that fits (batch, heads, queries, keys)."""
        masks = []
        if attention is not None:
            shaped = attention
            if attention.dim() == 3:
                shaped = attention.unflatten(0, (-1, self.num_heads))
            masks.append(shaped)
        if padding is not None:
            masks.append(padding[:, None, None, :])
        added = [
            torch.zeros_like(mask, dtype=q.dtype).masked_fill(mask, -math.inf)
            if mask.dtype == torch.bool
            else mask.to(q.dtype)
            for mask in masks
        ]
        if not added:
            return None
        return added[0] if len(added) == 1 else added[0] + added[1]

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *rest: Any) -> None:
        """Give the names of nn.MultiheadAttention those of the projections."""
        renamed = {f"{name}_weight": f"{name}.weight" for name in PROJECTIONS}
        for old, new in renamed.items():
            if prefix + old in state_dict:
                state_dict[prefix + new] = state_dict.pop(prefix + old)
        for kind in ("weight", "bias"):
            together = state_dict.pop(f"{prefix}in_proj_{kind}", None)
            if together is not None:
                for name, part in zip(PROJECTIONS, together.chunk(3), strict=True):
                    state_dict[f"{prefix}{name}.{kind}"] = part
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def to_dense(self) -> nn.MultiheadAttention:
        """Return an ``nn.MultiheadAttention`` that computes the same."""
        weight = self.out_proj.weight
        dense = nn.MultiheadAttention(
            self.embed_dim,
            self.num_heads,
            self.dropout,
            self.out_proj.bias is not None,
            kdim=self.k_proj.in_features,
            vdim=self.v_proj.in_features,
            batch_first=self.batch_first,
            device=weight.device,
            dtype=weight.dtype,
        )
        projections = [getattr(self, name) for name in PROJECTIONS]
        weights = [projection.dense_weight() for projection in projections]
        state = {"out_proj.weight": self.out_proj.dense_weight()}
        if dense.in_proj_weight is not None:
            state["in_proj_weight"] = torch.cat(weights)
        else:
            state |= {f"{name}_weight": w for name, w in zip(PROJECTIONS, weights, strict=True)}
        if self.out_proj.bias is not None:
            state["in_proj_bias"] = torch.cat([projection.bias for projection in projections])
            state["out_proj.bias"] = self.out_proj.bias
        dense.load_state_dict(state)
        return dense.train(self.training)

    def extra_repr(self) -> str:
        """Show sizes."""
        return f"embed_dim={self.embed_dim}, num_heads={self.num_heads}"
