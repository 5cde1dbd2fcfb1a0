"""Fine-tuning with InfoNCE: AdamW, mixed precision, gradient caching, checkpoints that resume.

Source of the paper's settings: arXiv 2408.10536, section 3.1 (AdamW, 3e-5, weight decay 1e-2, batch 100). What it
does not state (temperature, schedule, number of steps) is a field here, and no default is called the paper's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from harness.errors import InputError
from harness.retrieval.encode import Encoder, Tokens
from harness.retrieval.frozen import training_mode
from harness.retrieval.loss import info_nce
from harness.retrieval.packed import can_pack, embed_packed
from harness.retrieval.sampling import Batch, ParallelItems, Sampler

Part = tuple[Tokens, list[int]]
"""Texts, and which of them."""
Embed = Callable[[list[Part]], list[torch.Tensor]]
"""Unit vectors [B_i, d] of the texts of each part."""


@dataclass(frozen=True)
class Optimisation:
    """How an encoder is trained."""

    steps: int
    learning_rate: float
    weight_decay: float = 1e-2
    temperature: float = 0.05
    warmup: int = 0
    """Steps over which the learning rate rises from zero; it is constant afterwards."""
    clip: float = 1.0
    """Largest norm of the gradient."""
    chunk: int | None = None
    """Texts that are encoded at a time with gradients; ``None`` for the whole batch. Memory grows with it, and the
    gradient is the same (gradient caching, Gao et al. 2021, arXiv 2101.06983), apart from rounding."""
    packed: bool = False
    """Compute no padding (``packed.py``); the loss is the same, apart from rounding and from where dropout falls."""
    mixed_precision: bool = False
    """Encode in bfloat16 where the device can; weights, loss and optimiser stay in float32."""


@dataclass(frozen=True, eq=False)
class TrainingTexts:
    """Token ids of a collection's questions and passages, and the items that they belong to."""

    items: ParallelItems
    queries: Tokens
    passages: Tokens

    def rows(self, batch: Batch) -> tuple[list[int], list[int]]:
        """Places of the questions and of the passages of a batch."""
        return (
            self.items.questions[batch.items, batch.query_languages].tolist(),
            self.items.passages[batch.items, batch.passage_languages].tolist(),
        )


def train(
    encoder: Encoder,
    texts: TrainingTexts,
    sampler: Sampler,
    optimisation: Optimisation,
    *,
    checkpoint: Path | None = None,
    checkpoint_every: int = 100,
    stop_after: int | None = None,
) -> list[float]:
    """Train the encoder in place.

    The same encoder, texts, sampler and settings give the same weights on the same machine with the same number of
    threads. Dropout is drawn from the sampler's seed and the step, so a run that resumes goes on as if it had not
    stopped.

    Args:
        encoder: what is trained.
        texts: what it is trained on.
        sampler: which texts meet in a batch.
        optimisation: how.
        checkpoint: where weights, optimiser and step are kept; a file that is there is resumed from.
        checkpoint_every: steps between two checkpoints.
        stop_after: stop before the end, having made so many steps in all (to be resumed).

    Returns:
        Loss of each step made by this call.

    Raises:
        InputError: the checkpoint is of other settings.
    """
    optimiser = torch.optim.AdamW(
        _weight_groups(encoder.model, optimisation.weight_decay), lr=optimisation.learning_rate
    )
    described = repr((sampler, optimisation))
    start = _resume(checkpoint, encoder, optimiser, described)
    end = optimisation.steps if stop_after is None else min(stop_after, optimisation.steps)
    losses = []
    training_mode(encoder.model)
    for step in range(start, end):
        rate = optimisation.learning_rate * min(1.0, (step + 1) / max(1, optimisation.warmup))
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.zero_grad(set_to_none=True)
        torch.manual_seed((sampler.seed + 1) * 1_000_003 + step)
        losses.append(_backward(encoder, texts, sampler.batch(texts.items, step), optimisation))
        torch.nn.utils.clip_grad_norm_(encoder.model.parameters(), optimisation.clip)
        optimiser.step()
        if checkpoint and ((step + 1) % checkpoint_every == 0 or step + 1 == end):
            _save(checkpoint, encoder, optimiser, step + 1, described)
    encoder.model.eval()
    return losses


def _weight_groups(model: Any, decay: float) -> list[dict[str, Any]]:
    """Matrices decay; biases and norms, which are vectors, do not."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    return [
        {"params": [weight for weight in weights if weight.ndim > 1], "weight_decay": decay},
        {"params": [weight for weight in weights if weight.ndim <= 1], "weight_decay": 0.0},
    ]


def _backward(encoder: Encoder, texts: TrainingTexts, batch: Batch, optimisation: Optimisation) -> float:
    queries, passages = texts.rows(batch)
    embed = _embedder(encoder, optimisation)
    if optimisation.chunk is None:
        asked, answers = embed([(texts.queries, queries), (texts.passages, passages)])
        loss = info_nce(asked, answers, optimisation.temperature)
        loss.backward()
        return float(loss.detach())
    return _cached_backward(
        [
            *((texts.queries, rows) for rows in _chunks(queries, optimisation.chunk)),
            *((texts.passages, rows) for rows in _chunks(passages, optimisation.chunk)),
        ],
        embed,
        lambda vectors: info_nce(vectors[: len(queries)], vectors[len(queries) :], optimisation.temperature),
    )


def _chunks(rows: list[int], size: int) -> Iterator[list[int]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _embedder(encoder: Encoder, optimisation: Optimisation) -> Embed:
    if optimisation.packed and not can_pack(encoder.model):
        raise InputError(
            f"Networks of type {encoder.model.config.model_type!r} cannot be computed without padding."
        )

    def embed(parts: list[Part]) -> list[torch.Tensor]:
        with torch.autocast(encoder.device.type, dtype=torch.bfloat16, enabled=optimisation.mixed_precision):
            if optimisation.packed:
                return embed_packed(encoder, parts)
            return [encoder.embed(tokens, rows) for tokens, rows in parts]

    return embed


def _cached_backward(
    parts: list[Part],
    embed: Embed,
    loss_of: Callable[[torch.Tensor], torch.Tensor],
) -> float:
    """The gradient of the whole batch with the activations of one chunk.

    First all vectors without gradients, then the loss and its gradient at the vectors, then each chunk once more,
    with its gradient sent back. Dropout repeats itself because each chunk starts from the state it started from.
    """
    states: list[list[torch.Tensor]] = []
    made: list[torch.Tensor] = []
    with torch.no_grad():
        for part in parts:
            states.append(_random_states())
            made += embed([part])
    vectors = torch.cat(made).requires_grad_()  # [2 B, d]
    loss = loss_of(vectors)
    loss.backward()
    after = _random_states()
    gradients = torch.split(vectors.grad, [len(rows) for _, rows in parts])  # type: ignore[arg-type, unused-ignore]
    for part, state, gradient in zip(parts, states, gradients, strict=True):
        _continue_from(state)
        embed([part])[0].backward(gradient)
    _continue_from(after)
    return float(loss.detach())


def _random_states() -> list[torch.Tensor]:
    """States of every generator that dropout may draw from: the processor's first, then each accelerator's."""
    return [torch.get_rng_state(), *torch.cuda.get_rng_state_all()]


def _continue_from(states: list[torch.Tensor]) -> None:
    torch.set_rng_state(states[0])
    torch.cuda.set_rng_state_all(states[1:])


def _save(path: Path, encoder: Encoder, optimiser: Any, step: int, described: str) -> None:
    state = {
        "model": encoder.model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "step": step,
        "described": described,
    }
    unfinished = path.with_name(path.name + ".part")
    torch.save(state, unfinished)
    unfinished.replace(path)


def _resume(path: Path | None, encoder: Encoder, optimiser: Any, described: str) -> int:
    if path is None or not path.exists():
        return 0
    state = torch.load(path, map_location=encoder.device, weights_only=True)
    if state["described"] != described:
        raise InputError(f"{path}: this checkpoint is of other settings: {state['described']}.")
    encoder.model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"])
