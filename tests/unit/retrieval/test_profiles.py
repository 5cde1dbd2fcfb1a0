"""The three sizes of the experiment run from end to end; the large ones on tiny networks of both architectures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

for package in ("torch", "transformers", "tokenizers", "babel"):
    pytest.importorskip(package, reason=f"{package} is not installed: pip install '.[retrieval]'")

import torch
from transformers import BertConfig, BertModel, XLMRobertaConfig, XLMRobertaModel

from harness.public_data.pull import digest_of, read_sums
from harness.retrieval import profiles
from harness.retrieval.data.lareqa import read_lareqa
from harness.retrieval.embedded import SHIPPED, embedded_facts, shipped_base
from harness.retrieval.evaluation import Setting
from harness.retrieval.measures import AP, RANK_DISTANCE
from harness.retrieval.profiles import ARMS, BASE, PROFILES, Outcome, Profile, macro, run_profile
from harness.retrieval.small import small_tokenizer
from harness.retrieval.study import split_by_topic

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_the_shipped_base_is_whole_and_small() -> None:
    sums = read_sums(SHIPPED)
    assert set(sums) == {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    assert {name: digest_of(SHIPPED / name) for name in sums} == sums
    assert sum((SHIPPED / name).stat().st_size for name in sums) < 2_500_000
    assert sum(weight.numel() for weight in shipped_base().model.parameters()) < 600_000


def test_the_split_shares_no_topic() -> None:
    training, test = split_by_topic(embedded_facts())
    one, other = ({query.topic for query in part.queries} for part in (training, test))
    assert one and other and not one & other
    assert len(training.queries) + len(test.queries) == len(embedded_facts().queries)


def test_embedded_profile_measures_every_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two steps on a part of the facts; the full size is that of the claims."""
    known = embedded_facts()
    few = sorted({query.topic for query in known.queries})[::8]
    monkeypatch.setattr(profiles.embedded, "embedded_facts", lambda: known.of_topics(few))

    def shorter(profile: Profile) -> Profile:
        return replace(profile, batch=16, optimisation=replace(profile.optimisation, steps=2))

    outcome, again = (run_profile("embedded", 1, arms=[BASE, "Hybrid"], changed=shorter) for _ in range(2))
    assert outcome == again
    tested = {query.topic for query in split_by_topic(known.of_topics(few))[1].queries}
    rows = [
        row for row in outcome.topics if (row.arm, row.setting, row.measure) == (BASE, "multilingual", "AP")
    ]
    assert [row.topic for row in rows] == sorted(tested)
    assert macro(outcome, BASE, Setting.MULTILINGUAL, AP) != macro(
        outcome, "Hybrid", Setting.MULTILINGUAL, AP
    )


def xquad_like(folder: Path) -> list[str]:
    """Twelve articles of three sentences in each of three languages, one question each."""
    said = []
    for language in ("aa", "bb", "cc"):
        articles = []
        for article in range(12):
            sentences = [f"{language} article {article} sentence {s}." for s in range(3)]
            question = {
                "id": str(article),
                "question": f"{language} which {article}?",
                "answers": [{"answer_start": 30}],
            }
            breaks = [[0, 25], [25, 50], [50, 75]]
            articles.append(
                {"paragraphs": [{"sentences": sentences, "sentence_breaks": breaks, "qas": [question]}]}
            )
            said += [*sentences, question["question"]]
        folder.joinpath(f"{language}.json").write_text(json.dumps({"data": articles}), encoding="utf-8")
    return [str(text) for text in said]


@pytest.mark.parametrize("architecture", ["XLM-R", "LaBSE"])
@pytest.mark.parametrize("name", ["medium", "full"])
def test_large_profiles_run_on_tiny_networks(
    name: str, architecture: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random networks of the two architectures of the paper, in folders as the hub would lay them out."""
    data, model = tmp_path / "data", tmp_path / "model"
    data.mkdir()
    tokenizer = small_tokenizer(xquad_like(data), 150)
    sizes = dict.fromkeys(("hidden_size", "intermediate_size"), 16) | dict.fromkeys(
        ("num_hidden_layers", "num_attention_heads"), 2
    )
    torch.manual_seed(0)
    if architecture == "XLM-R":
        network = XLMRobertaModel(XLMRobertaConfig(vocab_size=len(tokenizer), **sizes))
    else:
        network = BertModel(BertConfig(vocab_size=len(tokenizer), **sizes))
    network.save_pretrained(model)
    tokenizer.save_pretrained(model)
    monkeypatch.setattr(profiles, "read_lareqa", lambda name, folder: read_lareqa(name, folder, check=False))

    def smaller(profile: Profile) -> Profile:
        fewer = replace(profile.optimisation, steps=2, chunk=profile.optimisation.chunk and 2)
        return replace(profile, batch=3, optimisation=fewer, trained_layers=1 if name == "medium" else None)

    outcome: Outcome = run_profile(name, 0, data=data, encoder=model, changed=smaller)
    assert {row.arm for row in outcome.languages} == {BASE, *ARMS}
    assert {row.language for row in outcome.languages} == {"aa", "bb", "cc"}
    for arm in ARMS:
        assert 0 < macro(outcome, arm, Setting.CROSS_LINGUAL, AP) <= 1
        assert macro(outcome, arm, Setting.MULTILINGUAL, RANK_DISTANCE) >= 2


def test_full_profile_has_the_settings_of_the_paper() -> None:
    """Section 3.1: batch 100, AdamW with 3e-5 and weight decay 1e-2; section 2.1: the prefixes."""
    full = PROFILES["full"]
    assert (full.batch, full.optimisation.learning_rate, full.optimisation.weight_decay) == (100, 3e-5, 1e-2)
    assert full.settings.query_prefix.strip() == "Query:"
    assert full.settings.passage_prefix.strip() == "Passage:"
