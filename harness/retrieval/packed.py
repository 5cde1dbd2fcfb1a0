"""A BERT-like network on texts without padding: all tokens of a batch lie one after the other.

Every part of the network but attention looks at one token at a time, so it need not compute the padding; attention
alone sees the texts side by side. The weights are those of the ``transformers`` network, and the vectors are the same,
apart from rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention

from harness.retrieval.encode import Encoder, Pooling, Tokens

KINDS = ("bert", "roberta", "xlm-roberta")
"""Model types of ``transformers`` whose layers have these parts in this order."""


@dataclass(frozen=True, eq=False)
class _Texts:
    """Where the tokens of texts are when they lie one after the other, N of them, and when they lie side by side."""

    lengths: torch.Tensor
    """[B]: tokens of each text."""
    places: torch.Tensor
    """[N]: place of each token in the flattened [B, longest]."""
    longest: int

    @classmethod
    def of(cls, lengths: Sequence[int], device: torch.device) -> _Texts:
        """Texts of so many tokens."""
        counted = torch.tensor(lengths, device=device)
        owner = torch.arange(len(lengths), device=device).repeat_interleave(counted)
        longest = max(lengths)
        return cls(counted, owner * longest + _positions(lengths).to(device), longest)

    @property
    def owner(self) -> torch.Tensor:
        """[N]: text of each token."""
        return torch.arange(len(self.lengths), device=self.lengths.device).repeat_interleave(self.lengths)

    @property
    def mask(self) -> torch.Tensor:
        """[B, 1, 1, longest]: whether there is a token."""
        steps = torch.arange(self.longest, device=self.lengths.device)
        return (steps < self.lengths[:, None])[:, None, None]


def can_pack(model: Any) -> bool:
    """Whether this module knows how to compute a network without padding."""
    configuration = model.config
    return (
        configuration.model_type in KINDS
        and getattr(configuration, "position_embedding_type", None) in (None, "absolute")
        and not configuration.is_decoder
    )


def embed_packed(encoder: Encoder, parts: list[tuple[Tokens, list[int]]]) -> list[torch.Tensor]:
    """Unit vectors [B_i, d] of the texts of each part, with gradients where they are on, in one pass.

    Dropout falls where the network's own falls, with the same probabilities, on other draws.
    """
    ids = [tokens.ids[row] for tokens, rows in parts for row in rows]
    below = len(encoder.model.encoder.layer)
    vectors = last_layers(encoder, first_layers(encoder, ids, below), [len(text) for text in ids], below)
    return list(torch.split(vectors, [len(rows) for _, rows in parts]))


def first_layers(encoder: Encoder, ids: Sequence[Sequence[int]], number: int) -> torch.Tensor:
    """[N, d]: what the embeddings and so many layers make of texts, all tokens one after the other."""
    lengths = [len(text) for text in ids]
    flat = torch.tensor([token for text in ids for token in text], device=encoder.device)
    hidden = _embeddings(encoder.model, flat, _positions(lengths).to(encoder.device))
    return _through(encoder, encoder.model.encoder.layer[:number], hidden, _Texts.of(lengths, encoder.device))


def last_layers(encoder: Encoder, hidden: torch.Tensor, lengths: Sequence[int], below: int) -> torch.Tensor:
    """[B, d]: unit vectors of texts, from what the embeddings and the first ``below`` layers made of them.

    Args:
        encoder: the network.
        hidden: [N, d] as ``first_layers`` gives it.
        lengths: tokens of each text.
        below: layers that are done.
    """
    texts = _Texts.of(lengths, encoder.device)
    hidden = _through(encoder, encoder.model.encoder.layer[below:], hidden, texts)
    if encoder.settings.pooling is Pooling.CLS:
        pooled = hidden[_positions(lengths).to(encoder.device) == 0]
    else:
        sums = hidden.new_zeros(len(lengths), hidden.shape[1]).index_add(0, texts.owner, hidden)
        pooled = sums / texts.lengths[:, None].to(hidden.dtype)
    return torch.nn.functional.normalize(pooled.float(), dim=-1)


def _positions(lengths: Sequence[int]) -> torch.Tensor:
    """[N]: place of each token in its text."""
    return torch.cat([torch.arange(length) for length in lengths])


def _through(encoder: Encoder, layers: Any, hidden: torch.Tensor, texts: _Texts) -> torch.Tensor:
    """[N, d]: what some layers make of hidden states."""
    for layer in layers:
        hidden = _layer(layer, hidden, texts, encoder.model.config.num_attention_heads)
    return hidden


def _embeddings(model: Any, flat: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """[N, d]: vectors of tokens with their positions."""
    found = model.embeddings
    # RoBERTa counts positions from the one after that of padding.
    first = 0 if model.config.model_type == "bert" else model.config.pad_token_id + 1
    hidden = found.word_embeddings(flat) + found.position_embeddings(steps + first)
    hidden = hidden + found.token_type_embeddings.weight[0]
    vectors: torch.Tensor = found.dropout(found.LayerNorm(hidden))
    return vectors


def _layer(layer: Any, hidden: torch.Tensor, texts: _Texts, heads: int) -> torch.Tensor:
    """[N, d]: one layer; its output parts add what went in, and normalise."""
    own = layer.attention.self
    dropout = own.dropout.p if layer.training else 0.0
    queries, keys, values = (
        _side_by_side(part(hidden), texts, heads) for part in (own.query, own.key, own.value)
    )
    attended = scaled_dot_product_attention(queries, keys, values, attn_mask=texts.mask, dropout_p=dropout)
    flat = attended.transpose(1, 2).reshape(-1, hidden.shape[1])[texts.places]  # [N, d]
    hidden = layer.attention.output(flat, hidden)
    after: torch.Tensor = layer.output(layer.intermediate(hidden), hidden)
    return after


def _side_by_side(flat: torch.Tensor, texts: _Texts, heads: int) -> torch.Tensor:
    """[B, heads, longest, d / heads]: the tokens of each text, zero where there is none."""
    rows, width = len(texts.lengths), flat.shape[1]
    padded = flat.new_zeros(rows * texts.longest, width).index_copy(0, texts.places, flat)
    return padded.view(rows, texts.longest, heads, width // heads).transpose(1, 2)
