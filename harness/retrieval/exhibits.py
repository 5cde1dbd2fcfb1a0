"""What the scripts of experiment claims attach beside their measurements: pictures, and how the base was calibrated.

Attachments decide nothing. They are made by the claim's own run alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harness.retrieval import embedded, pictures
from harness.retrieval.evaluation import Evaluation, Setting
from harness.retrieval.measures import AP, RANK_DISTANCE, Measure
from harness.retrieval.study import Study, Tried
from harness.retrieval.types import Floats

Arms = Mapping[str, Sequence[Tried]]
"""Name of each arm to its trainings, in one order."""
ATTACHMENTS = Path("attachments")
"""Where a script leaves files beside its observations."""
CALIBRATED = (
    "The base is pretrained to rank translations of names. How long decides how well languages are aligned before "
    "fine-tuning, and so how much hybrid batches can win: that was chosen. What this shows is the mechanism, and no "
    "evidence about other encoders."
)


def keep(files: Mapping[str, bytes], folder: Path = ATTACHMENTS) -> None:
    """Attach files by name."""
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


def by_topic(tried: Sequence[Tried], setting: Setting, measure: Measure, topics: Sequence[str]) -> Floats:
    """[trainings, topics]: a measure of one arm, topics in the order of their names."""
    return np.array([list(one.evaluation.by_topic(setting, measure, topics).values()) for one in tried])


def of_arms(study: Study, arms: Arms) -> dict[str, bytes]:
    """Pictures of several arms: MAP by pair of languages, rank distance of the questions, losses."""
    maps = {"before fine-tuning": study.evaluated(study.base).by_pair(AP)}
    maps |= {
        arm: np.mean([one.evaluation.by_pair(AP) for one in tried], axis=0) for arm, tried in arms.items()
    }
    return {
        "map-by-language-pair.svg": pictures.heat_maps(maps, study.test.layout.languages, "MAP"),
        "rank-distance.svg": pictures.distributions(
            {arm: _distances(tried) for arm, tried in arms.items()}, "rank distance"
        ),
        "learning-curves.svg": pictures.learning_curves(
            {arm: np.array([one.losses for one in tried]) for arm, tried in arms.items()}
        ),
    }


def gains(
    study: Study, treatment: Sequence[Tried], control: Sequence[Tried], margins: Mapping[Setting, float]
) -> dict[str, bytes]:
    """Picture of what a treatment wins over a control, with the intervals that the rule judges by.

    Args:
        study: what they were tested on.
        treatment: trainings of the one arm.
        control: trainings of the other, in the same order.
        margins: border of MAP in each setting that is shown.
    """

    def gain(setting: Setting, measure: Measure, margin: float, sign: int = 1) -> pictures.Difference:
        ours, theirs = (by_topic(tried, setting, measure, study.topics) for tried in (treatment, control))
        return pictures.difference(setting.value, sign * (ours - theirs), margin)

    return {
        "differences.svg": pictures.differences(
            {
                "gain in MAP": [gain(setting, AP, margin) for setting, margin in margins.items()],
                "gain in rank distance": [gain(Setting.MULTILINGUAL, RANK_DISTANCE, 0.0, -1)],
            }
        )
    }


def shares(tried: Mapping[float, Sequence[Tried]]) -> dict[str, bytes]:
    """Picture of MAP in each setting against alpha; ``tried`` is alpha to its trainings, in one order."""
    alphas = sorted(tried)
    curves = {
        setting.value: np.array(
            [[one.evaluation.macro(setting, AP) for one in tried[alpha]] for alpha in alphas]
        ).T
        for setting in Setting
    }
    return {"alpha.svg": pictures.trade_off(alphas, curves, "MAP")}


def means(study: Study, arms: Arms) -> dict[str, bytes]:
    """What the base could do before fine-tuning, and what each training of each arm gave, as means over languages."""
    found: dict[str, Any] = {"before fine-tuning": macros(study.evaluated(study.base))}
    found |= {arm: [macros(one.evaluation) for one in tried] for arm, tried in arms.items()}
    return {"means.json": json.dumps(found, indent=1, sort_keys=True).encode()}


def calibration(
    study: Study,
    weak: Study,
    arms: Arms,
    training: int,
    try_arms: Callable[[Study, int], Mapping[str, Tried]],
) -> dict[str, bytes]:
    """What the base could do before fine-tuning, and what the same arms give from a weaker base.

    Args:
        study: with the shipped base.
        weak: with the weak base.
        arms: what was tried from the shipped base.
        training: number of the training that is made from the weak base.
        try_arms: makes one training of each arm.
    """
    found = {
        "why": CALIBRATED,
        "steps of pretraining": {"base": embedded.BASE_STEPS, "weak base": embedded.WEAK_STEPS},
        "base": macros(study.evaluated(study.base)),
        "from the base": {arm: [macros(one.evaluation) for one in tried] for arm, tried in arms.items()},
        "weak base": macros(weak.evaluated(weak.base)),
        "from the weak base": {arm: macros(one.evaluation) for arm, one in try_arms(weak, training).items()},
    }
    return {"calibration.json": json.dumps(found, indent=1, sort_keys=True).encode()}


def macros(evaluation: Evaluation) -> dict[str, Any]:
    """Means over languages as the tables of the paper print them, and the median of rank distance."""
    found: dict[str, Any] = {f"{setting} MAP": evaluation.macro(setting, AP) for setting in Setting}
    distances = _distances([Tried(evaluation, ())])
    return {
        **found,
        "rank distance": evaluation.rank_distance(),
        "median rank distance": float(np.median(distances)),
    }


def _distances(tried: Sequence[Tried]) -> Floats:
    """Rank distance of every question in every training."""
    return np.concatenate(
        [
            scores.per_query.values
            for one in tried
            for scores in one.evaluation.scores(Setting.MULTILINGUAL, RANK_DISTANCE)
        ]
    )
