"""The experiment of the paper in three sizes: the same arms, samplers, loss and evaluation, other models and data.

``embedded`` needs no download; ``medium`` and ``full`` need XQuAD-R and an encoder, each from a folder or from its
publisher. None of them has the paper's training sets, which were translated in house and not published.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from harness.errors import InputError
from harness.retrieval import embedded
from harness.retrieval.data.lareqa import read_lareqa
from harness.retrieval.encode import Encoder, Pooling, Settings, load_encoder
from harness.retrieval.evaluation import Setting
from harness.retrieval.measures import AP, RANK_DISTANCE, Measure, Recall
from harness.retrieval.sampling import CrossLingual, Hybrid, Monolingual, Sampler
from harness.retrieval.study import Study, split_by_topic
from harness.retrieval.training import Optimisation
from harness.retrieval.types import Collection

ARMS: dict[str, Callable[[int, int], Sampler]] = {
    "X-X-mono": lambda size, seed: Monolingual(size, seed),
    "X-Y": lambda size, seed: CrossLingual(size, seed),
    "Hybrid": lambda size, seed: Hybrid(size, seed, alpha=0.5),
}
"""Samplers of the paper by name: (batch size, seed) to sampler."""
BASE = "base"
"""Name of the arm that is not fine-tuned."""
MEASURED: tuple[tuple[Setting, Measure], ...] = (
    (Setting.MONOLINGUAL, AP),
    (Setting.MONOLINGUAL, Recall(1)),
    (Setting.CROSS_LINGUAL, AP),
    (Setting.CROSS_LINGUAL, Recall(1)),
    (Setting.MULTILINGUAL, AP),
    (Setting.MULTILINGUAL, Recall(10)),
    (Setting.MULTILINGUAL, RANK_DISTANCE),
)
"""What the paper prints, section 3.2."""


@dataclass(frozen=True)
class Profile:
    """How large the experiment is."""

    name: str
    batch: int
    optimisation: Optimisation
    settings: Settings
    trained_layers: int | None = None
    """Topmost layers that are trained; ``None`` for all of the network."""


PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile("embedded", 100, Optimisation(steps=100, learning_rate=1e-3, warmup=10), embedded.SETTINGS),
        Profile(
            "embedded-weak", 100, Optimisation(steps=100, learning_rate=1e-3, warmup=10), embedded.SETTINGS
        ),
        Profile(
            "medium",
            32,
            Optimisation(steps=40, learning_rate=5e-5, packed=True),
            Settings(Pooling.MEAN, "query: ", "passage: ", max_length=48),
        ),
        Profile(
            "full",
            100,
            Optimisation(
                steps=1000, learning_rate=3e-5, weight_decay=1e-2, chunk=50, packed=True, mixed_precision=True
            ),
            Settings(Pooling.MEAN, "Query: ", "Passage: ", max_length=256),
        ),
    )
}


@dataclass(frozen=True)
class TopicValue:
    """One measure of one arm in one setting, for the questions of one topic (an article or an entity)."""

    arm: str
    seed: int
    setting: str
    measure: str
    topic: str
    value: float
    """Mean over the questions of the topic, in all languages and pairs of languages of the setting."""


@dataclass(frozen=True)
class LanguageValue:
    """One measure of one arm in one setting, for the questions of one language."""

    arm: str
    seed: int
    setting: str
    measure: str
    language: str
    value: float
    """Mean over questions, then over passage languages."""


@dataclass(frozen=True)
class Outcome:
    """What one seed of a profile measured."""

    profile: str
    seed: int
    topics: tuple[TopicValue, ...]
    languages: tuple[LanguageValue, ...]
    questions: int
    """Questions tested, translations counted."""
    passages: int
    """Passages tested."""


def run_profile(
    name: str,
    seed: int,
    *,
    arms: Sequence[str] = (BASE, *ARMS),
    data: Path | None = None,
    encoder: str | Path | None = None,
    revision: str | None = None,
    changed: Callable[[Profile], Profile] = lambda profile: profile,
) -> Outcome:
    """Fine-tune each arm from the same base with the same seed, and measure every setting on held-out topics.

    Args:
        name: ``embedded``, ``embedded-weak``, ``medium`` or ``full``.
        seed: of batches and dropout, from 0.
        arms: which arms, by name; ``base`` is the encoder before fine-tuning.
        data: folder of XQuAD-R, for ``medium`` and ``full``.
        encoder: folder or hub id of the encoder, for ``medium`` and ``full``.
        revision: commit of the encoder on the hub.
        changed: what is different in this run, such as fewer steps.

    Raises:
        InputError: no such profile or arm, or data or encoder are missing.
    """
    if name not in PROFILES:
        raise InputError(f"{name!r} is no profile; there are {', '.join(PROFILES)}.")
    if unknown := set(arms) - {BASE, *ARMS}:
        raise InputError(f"{sorted(unknown)} are no arms; there are {BASE}, {', '.join(ARMS)}.")
    profile = changed(PROFILES[name])
    study = Study.of(*_prepared(profile, data, encoder, revision), trained_layers=profile.trained_layers)
    base, test = study.base, study.test
    topics: list[TopicValue] = []
    languages: list[LanguageValue] = []
    for arm in arms:
        tuned = base
        if arm != BASE:
            sampler = ARMS[arm](profile.batch, seed)
            tuned = study.fine_tuned(sampler, profile.optimisation).encoder
        evaluation = study.evaluated(tuned)
        for setting, measure in MEASURED:
            by_topic = evaluation.by_topic(setting, measure, study.topics)
            topics += [TopicValue(arm, seed, setting, measure.name, t, v) for t, v in by_topic.items()]
            by_language = evaluation.by_language(setting, measure)
            languages += [
                LanguageValue(arm, seed, setting, measure.name, t, v) for t, v in by_language.items()
            ]
    return Outcome(name, seed, tuple(topics), tuple(languages), len(test.queries), len(test.passages))


def macro(outcome: Outcome, arm: str, setting: Setting, measure: Measure) -> float:
    """Mean over question languages, as Tables 1 and 2 of the paper.

    Raises:
        InputError: the arm was not run.
    """
    wanted = (arm, setting, measure.name)
    values = [row.value for row in outcome.languages if (row.arm, row.setting, row.measure) == wanted]
    if not values:
        raise InputError(f"{measure.name} of {arm} in the {setting} setting was not measured.")
    return float(np.mean(values))


def _prepared(
    profile: Profile, data: Path | None, source: str | Path | None, revision: str | None
) -> tuple[Encoder, Collection, Collection]:
    """The base, and the training and test part of the collection."""
    if profile.name.startswith("embedded"):
        torch.set_num_threads(1)
        weak = profile.name == "embedded-weak"
        base = embedded.build_base(embedded.WEAK_STEPS) if weak else embedded.shipped_base()
        return base, *split_by_topic(embedded.embedded_facts())
    if data is None or source is None:
        raise InputError(f"The profile {profile.name} needs a folder with XQuAD-R and an encoder.")
    base = load_encoder(source, profile.settings, revision)
    if torch.cuda.is_available():
        base.model.cuda()
    return base, *split_by_topic(read_lareqa("xquad-r", data))
