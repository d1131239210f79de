"""Characters from the GPT of torch_study.py, one at a time."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from torch_models import GPT


class Generator:
    """Gives the scores of the next character, one character at a time.

    Keys and values of the characters before are kept, so that a token costs one row of each layer.
    """

    def __init__(self, model: GPT):
        self.model, self.past = model, []

    @torch.no_grad()
    def __call__(self, token: int) -> Tensor:
        """Return the scores after one more character."""
        place = self.past[0][0].shape[2] if self.past else 0
        x = self.model.token.weight[token] + self.model.place[place]
        x, present = x[None, None], []
        for number, block in enumerate(self.model.blocks):
            norm, shift = block.norm1
            normed = norm(x)
            mixed = shift(normed, self.past[number][2] if self.past else None)
            query, *kept = block.qkv(mixed).view(1, 1, 3, block.heads, -1).permute(2, 0, 3, 1, 4)
            if self.past:
                kept = [
                    torch.cat(pair, 2) for pair in zip(self.past[number][:2], kept, strict=True)
                ]
            present.append((*kept, normed))
            out = F.scaled_dot_product_attention(query, *kept)
            x = x + block.proj(out.transpose(1, 2).reshape(1, 1, -1))
            x = x + block.mlp(block.norm2(x))
        self.past = present
        return self.model.head(x)[0, 0]
