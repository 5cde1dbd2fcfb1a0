"""Readers of published formats on small made files, and facts from CLDR."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.retrieval.data.lareqa import read_lareqa
from harness.retrieval.data.miracl import read_miracl


def lareqa_file(folder: Path, language: str, sentences: list[str], starts: dict[str, int]) -> None:
    context = " ".join(sentences)
    breaks, at = [], 0
    for sentence in sentences:
        breaks.append([at, at + len(sentence)])
        at += len(sentence) + 1
    asked = [
        {"id": key, "question": f"{language} {key}", "answers": [{"answer_start": start, "text": "x"}]}
        for key, start in starts.items()
    ]
    paragraph = {"context": context, "qas": asked, "sentence_breaks": breaks, "sentences": sentences}
    folder.joinpath(f"{language}.json").write_text(
        json.dumps({"version": 1.0, "data": [{"title": "T", "paragraphs": [paragraph]}]}), encoding="utf-8"
    )


def test_lareqa_marks_the_sentence_in_which_the_answer_begins(tmp_path: Path) -> None:
    """In en, "Bb." spans 4 to 7; position 3 is the blank before it and belongs to it. hi lacks question q1."""
    lareqa_file(tmp_path, "en", ["Aa.", "Bb.", "Cc."], {"q0": 0, "q1": 3, "q2": 10})
    lareqa_file(tmp_path, "hi", ["Aaaaaa.", "Bb."], {"q0": 9, "q2": 6})
    collection = read_lareqa("mlqa-r", tmp_path, check=False)
    layout = collection.layout
    answers = {
        (query.language, query.id): [
            collection.passages[row].key for row in layout.relevant[layout.indptr[q] : layout.indptr[q + 1]]
        ]
        for q, query in enumerate(collection.queries)
    }
    assert answers["en", "q0"] == answers["hi", "q0"] == [("en", "000-00-00"), ("hi", "000-00-01")]
    assert answers["en", "q1"] == [("en", "000-00-01")]
    assert answers["hi", "q2"] == [("en", "000-00-02"), ("hi", "000-00-00")]
    assert ("hi", "q1") not in answers


def test_lareqa_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        read_lareqa("xquad-r", tmp_path, check=False)
    lareqa_file(tmp_path, "en", ["Aa."], {"q0": 99})
    with pytest.raises(InputError, match=r"en\.json: not in the format"):
        read_lareqa("xquad-r", tmp_path, check=False)
    (tmp_path / "en.json").write_text("[1, 2]")
    with pytest.raises(InputError, match=r"en\.json: not in the format"):
        read_lareqa("xquad-r", tmp_path, check=False)


@pytest.fixture
def miracl(tmp_path: Path) -> Path:
    base = tmp_path / "miracl-v1.0-sw"
    for name, text in {
        "topics/topics.miracl-v1.0-sw-dev.tsv": "1\tNani?\n2\tWapi?\n",
        "qrels/qrels.miracl-v1.0-sw-dev.tsv": "1\tQ0\t7#0\t1\n1\tQ0\t7#1\t0\n2\tQ0\t8#0\t1\n",
    }.items():
        path = base / name
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    corpus = tmp_path / "miracl-corpus-v1.0-sw"
    corpus.mkdir()
    for part, identities in {0: ["7#0", "7#1"], 1: ["8#0"]}.items():
        with gzip.open(corpus / f"docs-{part}.jsonl.gz", "wt", encoding="utf-8") as out:
            out.writelines(
                json.dumps({"docid": identity, "title": "Kichwa", "text": "Maneno"}) + "\n"
                for identity in identities
            )
    return tmp_path


def test_miracl_is_read_as_published(miracl: Path) -> None:
    collection = read_miracl(miracl, "sw")
    assert [query.text for query in collection.queries] == ["Nani?", "Wapi?"]
    assert [(passage.id, passage.topic) for passage in collection.passages] == [
        ("7#0", "7"),
        ("7#1", "7"),
        ("8#0", "8"),
    ]
    assert collection.passages[0].text == "Kichwa\nManeno"
    assert collection.layout.relevant.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("miracl-v1.0-sw/topics/topics.miracl-v1.0-sw-dev.tsv", "1 Nani?\n", ":1: wanted a question id"),
        ("miracl-v1.0-sw/qrels/qrels.miracl-v1.0-sw-dev.tsv", "1\tQ0\t7#0\n", ":1: wanted qid"),
    ],
)
def test_miracl_says_what_is_wrong(miracl: Path, name: str, text: str, message: str) -> None:
    (miracl / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_miracl(miracl, "sw")


def test_facts_of_cldr_are_parallel_and_unambiguous() -> None:
    pytest.importorskip("babel", reason="babel is not installed: pip install '.[retrieval]'")
    from harness.retrieval.data.cldr import LANGUAGES, cldr_facts, facts

    known = {fact.id: fact for fact in facts(40)}
    assert len(known) == 6 * 40
    place = LANGUAGES.index("de")
    andorra = known["currency-territory-AD"]
    assert (andorra.names[place], andorra.values[place]) == ("Andorra", "Euro")
    assert known["script-language-am"].values[LANGUAGES.index("en")] == "Ethiopic"
    collection = cldr_facts(40)
    assert len(collection.queries) == len(collection.passages) == 6 * 40 * 11
    assert len({(passage.language, passage.text) for passage in collection.passages}) == len(
        collection.passages
    )
    assert (collection.layout.indptr[1:] - collection.layout.indptr[:-1] == 11).all()


@pytest.mark.data
def test_xquad_r_has_the_published_numbers() -> None:
    """Table 10 of the paper and the publisher's own page."""
    folder = os.environ.get("HARNESS_DATA")
    if not folder:
        pytest.skip("HARNESS_DATA does not name a folder with xquad-r")
    collection = read_lareqa("xquad-r", Path(folder) / "xquad-r")
    layout = collection.layout
    counts = dict(zip(layout.languages, (layout.starts[1:] - layout.starts[:-1]).tolist(), strict=True))
    assert counts == {
        "ar": 1222,
        "de": 1276,
        "el": 1234,
        "en": 1180,
        "es": 1215,
        "hi": 1244,
        "ru": 1219,
        "th": 852,
        "tr": 1167,
        "vi": 1209,
        "zh": 1196,
    }
    assert len(collection.queries) == 11 * 1190
    assert len({query.topic for query in collection.queries}) == 48
    assert set((layout.indptr[1:] - layout.indptr[:-1]).tolist()) == {11}
