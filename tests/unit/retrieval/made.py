"""Small collections and slow definitions that the tests of retrieval share."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from harness.retrieval.ranks import TieRule
from harness.retrieval.types import Collection, Judgement, Layout, Passage, Query, Vectors, collect


def parallel(languages: tuple[str, ...], items: int, extra: int = 0) -> Collection:
    """Each question in each language, one relevant passage in each; ``extra`` passages that answer nothing."""
    return collect(
        "made",
        [
            Query(f"{i:03}", lang, f"{lang} question {i}", f"t{i % 3}")
            for lang in languages
            for i in range(items)
        ],
        [
            Passage(f"{i:03}", lang, f"{lang} passage {i}", f"t{i % 3}")
            for lang in languages
            for i in range(items + extra)
        ],
        [Judgement(f"{i:03}", (lang, f"{i:03}")) for lang in languages for i in range(items)],
    )


def coarse(rng: np.random.Generator, rows: int, dimensions: int = 3) -> Vectors:
    """Vectors of small integers: products are exact, and many of them are equal."""
    return rng.integers(-2, 3, (rows, dimensions)).astype(np.float32)


def slow_ranks(scores: Vectors, layout: Layout, ties: TieRule) -> tuple[list[int], list[int]]:
    """Ranks by sorting all passages for each question, as a person would do it."""
    sign = 1 if ties is TieRule.LOWER_FIRST else -1
    language = np.searchsorted(layout.starts, np.arange(layout.passages), side="right") - 1
    pooled, within = [], []
    for question, row in zip(layout.relevant_queries, layout.relevant, strict=True):
        order = sorted(range(layout.passages), key=lambda p: (-scores[question, p], sign * p))
        pooled.append(order.index(row) + 1)
        within.append([p for p in order if language[p] == language[row]].index(row) + 1)
    return pooled, within


def lareqa_file(language: str) -> str:
    """Twelve articles of two paragraphs of two sentences, each paragraph with one question."""
    articles = [
        {
            "paragraphs": [
                {
                    "sentences": [
                        f"{language} article {article} part {part} line {line}." for line in (0, 1)
                    ],
                    "sentence_breaks": [[0, 25], [25, 50]],
                    "qas": [
                        {
                            "id": f"{article}-{part}",
                            "question": f"{language} which {article} {part}?",
                            "answers": [{"answer_start": 30}],
                        }
                    ],
                }
                for part in (0, 1)
            ]
        }
        for article in range(12)
    ]
    return json.dumps({"data": articles})


def tiny_network(architecture: str, words: int, *, positions: int = 40) -> Any:
    """A random network of three layers: ``BERT`` as LaBSE and E5 have it, or ``XLM-R``."""
    import torch
    from transformers import BertConfig, BertModel, XLMRobertaConfig, XLMRobertaModel

    sizes = {
        "vocab_size": words,
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_attention_heads": 2,
        "num_hidden_layers": 3,
        "max_position_embeddings": positions,
    }
    torch.manual_seed(0)
    torch.set_num_threads(1)
    if architecture == "BERT":
        return BertModel(BertConfig(**sizes), add_pooling_layer=False)
    return XLMRobertaModel(XLMRobertaConfig(**sizes), add_pooling_layer=False)
