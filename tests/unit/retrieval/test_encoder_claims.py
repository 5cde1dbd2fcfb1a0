"""The two claims about a published encoder: what their records fix, and their scripts sealed, at both sizes."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from harness.loading import LoadedClaim, load_claims, sized
from harness.observing import read_observations
from harness.records.claim import Fidelity
from harness.records.observations import Observations
from harness.records.run import RunOutcome, Variation
from harness.rehearsing import rehearsed, spared
from harness.requests import request_bytes
from harness.rules.leaves import leaves
from harness.sandbox.interface import Job
from harness.sandbox.select import find_sandbox
from harness.script_modules import library_files

PAPER = Path(__file__).parents[3] / "claims" / "hybrid-batch-2408.10536"
NAMES = ("hybrid-on-xquad-r", "own-language-first")
ENCODER = "multilingual-e5-small-trimmed"


@cache
def claim(name: str, size: str = "embedded") -> LoadedClaim:
    return sized(load_claims(PAPER / name)[0], size)


@pytest.mark.parametrize("name", NAMES)
def test_only_the_run_on_xquad_r_may_decide(name: str) -> None:
    small, medium = (claim(name, size).claim for size in ("embedded", "medium"))
    assert small.requires.fidelity is medium.requires.fidelity is Fidelity.DATASET
    assert (small.reproduction.fidelity, medium.reproduction.fidelity) == (Fidelity.ANALOG, Fidelity.DATASET)
    assert spared(small) and not spared(medium)
    assert (small.reproduction.resources, medium.reproduction.resources) == (None, ("xquad-r", ENCODER))
    assert small.decision == medium.decision and small.controls == medium.controls
    assert "XQuAD-R" in small.statement and "none of the source's" in small.statement
    assert not small.subject.models
    # Questions about one article are alike: articles are the units.
    assert {leaf.unit for leaf in leaves(small.decision)} == {"topic"}  # type: ignore[union-attr]


def test_the_rule_is_that_of_the_mechanism_and_five_trainings_are_a_sample() -> None:
    mechanism, medium = claim("mechanism").claim, claim("hybrid-on-xquad-r", "medium").claim
    assert medium.decision == mechanism.decision
    assert len(set(medium.reproduction.parameters["trainings"])) >= 5  # type: ignore[arg-type]


def test_the_encoder_is_pinned_as_what_it_is() -> None:
    resource = next(item for item in claim(NAMES[0]).source.base.resources or () if item.name == ENCODER)
    assert resource.kind == "model" and not resource.urls
    assert "Not the files of the hub" in (resource.note or "")
    assert {file.path for file in resource.files} >= {"config.json", "model.safetensors", "tokenizer.json"}


def sealed(loaded: LoadedClaim, files: dict[str, Path], **changed: Any) -> Observations:
    """What a script reports sealed, with the least to do."""
    record = loaded.claim
    variation = rehearsed(record, Variation(name="main", parameters=changed))
    execution = find_sandbox().run(
        Job(
            script_name="reproduce.py",
            script=loaded.script,
            inputs={},
            files=files,
            request=request_bytes(record, variation, files),
            limits=record.reproduction.limits,
            imports=library_files("retrieval"),
        )
    )
    assert execution.outcome is RunOutcome.COMPLETED, (execution.detail, execution.stderr[-2000:])
    assert execution.observations is not None and set(files) <= set(execution.opened or ())
    assert not any(attempt.violation for attempt in execution.denied)
    return read_observations(execution.observations, record)


@pytest.fixture(scope="module", params=["BERT", "XLM-R"])
def resources(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files in the places of XQuAD-R and of the encoder: a made collection, and a tiny random network."""
    for package in ("torch", "transformers", "tokenizers", "babel", "matplotlib"):
        pytest.importorskip(package, reason=f"{package} is not installed: pip install '.[retrieval]'")
    from made import lareqa_file, tiny_network

    from harness.retrieval.small import small_tokenizer

    data, model = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("model")
    texts = {language: lareqa_file(language) for language in ("aa", "bb", "cc")}
    for language, text in texts.items():
        (data / f"{language}.json").write_text(text, encoding="utf-8")
    tokenizer = small_tokenizer(texts.values(), 150)
    tiny_network(request.param, len(tokenizer), positions=60).save_pretrained(model)
    tokenizer.save_pretrained(model)
    return {
        f"{resource}/{path.name}": path
        for resource, folder in (("xquad-r", data), (ENCODER, model))
        for path in folder.iterdir()
    }


@pytest.mark.sandbox
def test_training_runs_from_the_pinned_folders(resources: dict[str, Path]) -> None:
    loaded = claim("hybrid-on-xquad-r", "medium")
    least = {"steps": 2, "batch": 2, "topics": 3, "trainings": (0, 1), "alpha": 1.0}
    rows = sealed(loaded, resources, **least).tables["topics"].records()
    assert {row["training"] for row in rows} == {"0", "1"} and len({row["topic"] for row in rows}) == 3
    # With every batch monolingual both methods are the same.
    for quantity in ("rank_distance", "multilingual_map", "monolingual_map"):
        assert [row[f"{quantity}_hybrid"] for row in rows] == [row[f"{quantity}_x_x_mono"] for row in rows]


@pytest.mark.sandbox
@pytest.mark.parametrize("resources", ["XLM-R"], indirect=True)
def test_a_topic_alone_reports_what_it_reports_among_others(resources: dict[str, Path]) -> None:
    loaded = claim("own-language-first", "medium")
    most, alone = (
        sealed(loaded, resources, topics=topics, pool=3, paragraphs=0).tables["topics"].records()
        for topics in ((0, 1, 2), (2,))
    )
    assert most[2:] == alone and len(most) == 3
    assert all(0 < row["reciprocal_rank_own"] <= 1 for row in most)


@pytest.mark.data
@pytest.mark.sandbox
@pytest.mark.parametrize("name", NAMES)
def test_rehearsals_run_on_the_real_data_and_encoder(name: str) -> None:
    folder = Path(os.environ.get("HARNESS_DATA") or "/nowhere")
    if not (folder / ENCODER / "config.json").is_file():
        pytest.skip(f"HARNESS_DATA names no folder with xquad-r and {ENCODER}")
    loaded = claim(name, "medium")
    files = {key: folder / file.resource / file.path for key, file in loaded.resources.items()}
    rows = sealed(loaded, files).tables["topics"].records()
    assert len({row["topic"] for row in rows}) >= 4
