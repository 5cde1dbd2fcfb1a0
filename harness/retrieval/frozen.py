"""Training the topmost layers alone: the layers below never change, so what they make of a text is computed once.

Frozen layers have no dropout either. So vectors from kept states are those of the whole network, apart from rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from harness.errors import InputError
from harness.retrieval.encode import Encoder, Tokens
from harness.retrieval.packed import can_pack, first_layers, last_layers
from harness.retrieval.types import Vectors


@dataclass(frozen=True, eq=False)
class LowerStates:
    """What the frozen layers make of some texts."""

    below: int
    """Layers that are done."""
    batches: tuple[tuple[list[int], list[int], torch.Tensor], ...]
    """Texts of similar length: which ones, their lengths, and their hidden states [N, d]."""

    @classmethod
    def of(cls, encoder: Encoder, tokens: Tokens, trained_layers: int, batch: int = 128) -> LowerStates:
        """States below the trained layers. They need 4 d bytes for each token, 1.5 KB at d = 384.

        Raises:
            InputError: this network cannot be computed layer by layer here, or has not so many layers.
        """
        if not can_pack(encoder.model):
            raise InputError(f"Networks of type {encoder.model.config.model_type!r} cannot be cached.")
        below = layers_below(encoder.model, trained_layers)
        order = sorted(range(len(tokens.ids)), key=lambda row: (len(tokens.ids[row]), row))
        found = []
        encoder.model.eval()
        with torch.inference_mode():
            for start in range(0, len(order), batch):
                rows = order[start : start + batch]
                ids = [tokens.ids[row] for row in rows]
                found.append((rows, [len(text) for text in ids], first_layers(encoder, ids, below)))
        return cls(below, tuple(found))

    def encode(self, encoder: Encoder) -> Vectors:
        """Unit vectors [n, d] of the texts, float32, by an encoder with the same frozen layers."""
        texts = sum(len(rows) for rows, _, _ in self.batches)
        vectors = np.empty((texts, encoder.model.config.hidden_size), np.float32)
        encoder.model.eval()
        with torch.inference_mode():
            for rows, lengths, hidden in self.batches:
                vectors[rows] = last_layers(encoder, hidden, lengths, self.below).cpu().numpy()
        return vectors


def layers_below(model: Any, trained_layers: int) -> int:
    """Number of layers below the trained ones.

    Raises:
        InputError: the network has not so many layers.
    """
    layers = len(model.encoder.layer)
    if not 1 <= trained_layers <= layers:
        raise InputError(f"This network has {layers} layers; {trained_layers} cannot be trained.")
    return layers - trained_layers


def freeze_below(model: Any, trained_layers: int) -> None:
    """Train the topmost layers only: no gradient is made below them."""
    kept = set(model.encoder.layer[layers_below(model, trained_layers) :].parameters())
    for weight in model.parameters():
        weight.requires_grad_(weight in kept)


def training_mode(model: Any) -> None:
    """Dropout on, but for layers and embeddings that are frozen."""
    model.train()
    for part in model.modules():
        weights = list(part.parameters())
        if weights and not any(weight.requires_grad for weight in weights):
            part.eval()
