"""What a training step costs: beside sentence-transformers with the same network, mask and dropout, and beside its
matrix products alone.

The network is a BERT with random weights of the size of multilingual-e5-small, or smaller; texts have the lengths
that this encoder's tokenizer gives XQuAD-R. Nothing is downloaded. Processor time is given, since the clock of a
shared machine says little; one thread is used. Run it from the root of the repository:
``python -m benchmarks.training``.
"""

from __future__ import annotations

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"  # before numpy and torch are imported, which read them once

import argparse
import copy
import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import torch

from benchmarks.retrieval import seconds
from benchmarks.sandbox import in_turns, ratios
from benchmarks.statistics import Report, sentences
from harness.retrieval.encode import Encoder, Settings, Tokens
from harness.retrieval.sampling import Monolingual, ParallelItems
from harness.retrieval.small import small_tokenizer
from harness.retrieval.training import Optimisation, TrainingTexts, train

LONGEST = 48
"""Tokens that are read of a text, as in the profile ``medium``."""
QUESTIONS, PASSAGES = (3.01, 0.26), (3.70, 0.50)
"""Mean and standard deviation of the logarithm of the number of tokens in XQuAD-R."""
WIDTH, HEADS = 384, 12
TEMPERATURE = 0.05


STEPS = 2
"""Steps in one timing."""


def made(layers: int, batch: int) -> tuple[Encoder, TrainingTexts]:
    """An encoder of the medium profile's width, and as many pairs of texts as a few batches need."""
    from transformers import BertConfig, BertModel  # heavy: importing it takes seconds

    rng = np.random.default_rng(0)
    tokenizer = small_tokenizer(["a few words to learn a tokenizer from, which is not asked"], 60)
    torch.manual_seed(0)
    network = BertModel(
        BertConfig(
            vocab_size=8000,
            hidden_size=WIDTH,
            num_hidden_layers=layers,
            num_attention_heads=HEADS,
            intermediate_size=4 * WIDTH,
        ),
        add_pooling_layer=False,
    )

    def drawn(mean: float, spread: float) -> Tokens:
        lengths = np.clip(np.exp(rng.normal(mean, spread, 4 * batch)).round(), 4, LONGEST).astype(int)
        return Tokens(tuple(tuple(rng.integers(4, 8000, length).tolist()) for length in lengths))

    rows = np.arange(4 * batch)
    items = ParallelItems(("en",), rows[:, None], rows[:, None], rows)
    return Encoder(network, tokenizer, Settings(max_length=LONGEST)), TrainingTexts(
        items, drawn(*QUESTIONS), drawn(*PASSAGES)
    )


def our_steps(encoder: Encoder, texts: TrainingTexts, batch: int, packed: bool) -> Callable[[], object]:
    """Some steps of this library."""
    plan = Optimisation(steps=STEPS, learning_rate=5e-5, temperature=TEMPERATURE, packed=packed)
    return lambda: train(encoder, texts, Monolingual(batch, 0), plan)


def their_steps(encoder: Encoder, texts: TrainingTexts, batch: int) -> Callable[[], object]:
    """The same steps by sentence-transformers: its modules, its loss, the same optimiser and batches.

    Raises:
        ImportError: it is not installed.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import losses, modules

    with tempfile.TemporaryDirectory() as folder:
        encoder.model.save_pretrained(folder)
        encoder.tokenizer.save_pretrained(folder)
        network = modules.Transformer(folder, max_seq_length=LONGEST)
        model = SentenceTransformer(
            modules=[network, modules.Pooling(WIDTH, "mean"), modules.Normalize()], device="cpu"
        )
    loss = losses.MultipleNegativesRankingLoss(model, scale=1 / TEMPERATURE)
    model.train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-5)
    sampler = Monolingual(batch, 0)

    def padded(tokens: Tokens, rows: list[int]) -> dict[str, Any]:
        ids, mask = tokens.padded(rows, 0, torch.device("cpu"))
        return {"input_ids": ids, "attention_mask": mask}

    def steps() -> None:
        for step in range(STEPS):
            questions, passages = texts.rows(sampler.batch(texts.items, step))
            optimiser.zero_grad(set_to_none=True)
            found = loss([padded(texts.queries, questions), padded(texts.passages, passages)], None)
            found.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()

    return steps


def products(texts: TrainingTexts, layers: int, batch: int) -> Callable[[], object]:
    """The matrix products of the same steps alone: those of each layer with its weights, for the tokens that are there.

    Forward, to the inputs, and to the weights. Products among tokens, which attention makes, are left out.
    """
    sampler = Monolingual(batch, 0)
    shapes = [(WIDTH, 3 * WIDTH), (WIDTH, WIDTH), (WIDTH, 4 * WIDTH), (4 * WIDTH, WIDTH)]
    counts = []
    for step in range(STEPS):
        rows = texts.rows(sampler.batch(texts.items, step))
        for tokens, chosen in zip((texts.queries, texts.passages), rows, strict=True):
            counts.append(sum(len(tokens.ids[row]) for row in chosen))
    weights = {shape: torch.randn(shape) for shape in shapes}
    inputs = {(count, width): torch.randn(count, width) for count in counts for width in (WIDTH, 4 * WIDTH)}
    outputs = {(count, out): torch.randn(count, out) for count in counts for _, out in shapes}

    def made() -> None:
        for count in counts:
            for _ in range(layers):
                for shape in shapes:
                    given, weight, back = inputs[count, shape[0]], weights[shape], outputs[count, shape[1]]
                    given @ weight
                    back @ weight.T
                    given.T @ back

    return made


def measure(report: Report, rounds: int, layers: int, batch: int) -> None:
    """One size: ours without padding and with it, theirs, and the products."""
    encoder, texts = made(layers, batch)

    def fresh() -> Encoder:
        return replace(encoder, model=copy.deepcopy(encoder.model))

    actions = {
        "ours": seconds(our_steps(fresh(), texts, batch, packed=True)),
        "ours, with padding": seconds(our_steps(fresh(), texts, batch, packed=False)),
        "products": seconds(products(texts, layers, batch)),
    }
    try:
        actions["sentence-transformers"] = seconds(their_steps(encoder, texts, batch))
    except ImportError:
        report.notes.append("sentence-transformers is not installed, so it was not measured.")
    for action in actions.values():
        action()  # what is done once only
    measured = in_turns(rounds, actions)
    for name, values in measured.items():
        report.add(f"{STEPS} steps, {name}", "s", values)
    if "sentence-transformers" in measured:
        faster = report.add(
            "sentence-transformers / ours", "x", ratios(measured["sentence-transformers"], measured["ours"])
        )
        report.judge("sentence-transformers / ours", faster, 1.3, at_least=True)
    share = report.add("products / ours", "x", ratios(measured["products"], measured["ours"]))
    report.judge("products / ours", share, 0.7, at_least=True)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each comparison")
    parser.add_argument("--layers", type=int, default=12, help="layers of the network")
    parser.add_argument("--batch", type=int, default=32, help="pairs of texts in a batch")
    return parser.parse_args()


def main() -> None:
    """Measure and print. The exit code is 0 whatever was measured: a benchmark is no test."""
    given = arguments()
    report = Report()
    measure(report, max(1, given.rounds), given.layers, given.batch)
    print(json.dumps(asdict(report), indent=2) if given.json else sentences(report))


if __name__ == "__main__":
    main()
