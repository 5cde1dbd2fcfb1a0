"""Texts to unit vectors: any Hugging Face encoder, by hub id with a pinned revision or from a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import torch

from harness.errors import InputError
from harness.retrieval.types import Vectors


class Pooling(StrEnum):
    """How token vectors become one."""

    MEAN = "mean"
    """Their mean over the attention mask."""
    CLS = "cls"
    """That of the first token."""


@dataclass(frozen=True)
class Settings:
    """How an encoder reads texts."""

    pooling: Pooling = Pooling.MEAN
    query_prefix: str = ""
    """Put before each question, such as ``Query: `` in the paper."""
    passage_prefix: str = ""
    """Put before each passage."""
    max_length: int = 128
    """Tokens that are read, special ones included."""


@dataclass(frozen=True, eq=False)
class Tokens:
    """Texts as token ids, of different lengths."""

    ids: tuple[tuple[int, ...], ...]
    """Ids of each text, special tokens included."""

    def padded(
        self, rows: Sequence[int], padding: int, device: torch.device
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids [B, longest] and attention mask [B, longest] of some texts."""
        longest = max(len(self.ids[row]) for row in rows)
        ids = torch.full((len(rows), longest), padding, dtype=torch.long)
        mask = torch.zeros((len(rows), longest), dtype=torch.long)
        for place, row in enumerate(rows):
            length = len(self.ids[row])
            ids[place, :length] = torch.tensor(self.ids[row])
            mask[place, :length] = 1
        return ids.to(device), mask.to(device)


@dataclass(frozen=True, eq=False)
class Encoder:
    """One network for questions and passages, as in section 2.1 of arXiv 2408.10536."""

    model: Any
    """A ``transformers`` encoder; its first output is [B, length, d]."""
    tokenizer: Any
    """Its tokenizer."""
    settings: Settings

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        device: torch.device = next(self.model.parameters()).device
        return device

    def tokenize(self, texts: Sequence[str], prefix: str) -> Tokens:
        """Token ids of texts with a prefix before each."""
        found = self.tokenizer(
            [prefix + text for text in texts], truncation=True, max_length=self.settings.max_length
        )["input_ids"]
        return Tokens(tuple(tuple(ids) for ids in found))

    def queries(self, texts: Sequence[str]) -> Tokens:
        """Token ids of questions."""
        return self.tokenize(texts, self.settings.query_prefix)

    def passages(self, texts: Sequence[str]) -> Tokens:
        """Token ids of passages."""
        return self.tokenize(texts, self.settings.passage_prefix)

    def embed(self, tokens: Tokens, rows: Sequence[int]) -> torch.Tensor:
        """Unit vectors [B, d] of some texts, with gradients where they are on."""
        ids, mask = tokens.padded(rows, self.tokenizer.pad_token_id or 0, self.device)
        hidden = self.model(input_ids=ids, attention_mask=mask)[0]  # [B, length, d]
        return torch.nn.functional.normalize(pool(hidden, mask, self.settings.pooling).float(), dim=-1)

    def encode(self, tokens: Tokens, batch: int = 128) -> Vectors:
        """Unit vectors of all texts, float32 [n, d]; texts of like length go together, which is faster."""
        order = sorted(range(len(tokens.ids)), key=lambda row: len(tokens.ids[row]))
        vectors = np.zeros((len(order), self.model.config.hidden_size), np.float32)
        training = self.model.training
        self.model.eval()
        with torch.inference_mode():
            for start in range(0, len(order), batch):
                rows = order[start : start + batch]
                vectors[rows] = self.embed(tokens, rows).cpu().numpy()
        self.model.train(training)
        return vectors


def pool(hidden: torch.Tensor, mask: torch.Tensor, pooling: Pooling) -> torch.Tensor:
    """One vector [B, d] from token vectors [B, length, d] and their mask [B, length]."""
    if pooling is Pooling.CLS:
        return hidden[:, 0]
    weights = mask.unsqueeze(-1).to(hidden.dtype)  # [B, length, 1]
    return (hidden * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)


def load_encoder(source: str | Path, settings: Settings, revision: str | None = None) -> Encoder:
    """An encoder from a folder, or from the hub at a pinned revision.

    Args:
        source: a folder (``Path``), or the id of a model on the hub (``str``).
        settings: how it reads texts.
        revision: commit of the model on the hub, 40 hexadecimal digits.

    Raises:
        InputError: a hub id without a commit, or nothing that can be loaded.
    """
    from transformers import AutoModel, AutoTokenizer  # heavy: importing it takes seconds
    from transformers.utils import logging

    pinned = revision is not None and len(revision) == 40 and set(revision) <= set("0123456789abcdef")
    if isinstance(source, str) and not pinned:
        raise InputError(f"{source}: a model of the hub needs its commit as revision, 40 hexadecimal digits.")
    options: dict[str, Any] = {} if isinstance(source, Path) else {"revision": revision}
    if isinstance(source, Path) and not (source / "config.json").is_file():
        raise InputError(f"{source}: no model here; config.json is missing.")
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()  # it would report the pooler that is taken away below
    logging.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(source), **options)
        model = AutoModel.from_pretrained(str(source), **options)
    except (OSError, ValueError) as error:
        raise InputError(f"{source}: cannot be loaded: {error}") from error
    finally:
        logging.set_verbosity(verbosity)
    if getattr(model, "pooler", None) is not None:
        model.pooler = (
            None  # not part of any pooling here; where the files lack it, its weights would be random
        )
    return Encoder(model.float(), tokenizer, settings)


def weights_digest(encoder: Encoder) -> str:
    """SHA-256 over the names, shapes and bytes of all weights, in the order of names."""
    sha = hashlib.sha256()
    for name, weight in sorted(encoder.model.state_dict().items()):
        array = weight.detach().cpu().contiguous().numpy()
        sha.update(f"{name} {array.dtype} {array.shape}\n".encode())
        sha.update(array.tobytes())
    return sha.hexdigest()
