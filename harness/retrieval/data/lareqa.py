"""XQuAD-R and MLQA-R: question answering turned into sentence retrieval.

Source: Roy et al. 2020, arXiv 2004.05484, section 3.1. Every sentence of every paragraph is a candidate; relevant is
the sentence in which the answer begins, in each language that has the question.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.errors import InputError
from harness.public_data.publishers import publication
from harness.public_data.pull import check_folder
from harness.retrieval.types import Collection, Judgement, Passage, Query, collect


def read_lareqa(name: str, folder: Path, *, check: bool = True) -> Collection:
    """XQuAD-R or MLQA-R from a folder with one ``<language>.json`` each.

    Ids of sentences are article-paragraph-sentence. The topic is the place of the article in its file; in XQuAD-R
    all files have the same articles in the same order, in MLQA-R topics of different languages are not related.

    Args:
        name: ``xquad-r`` or ``mlqa-r``.
        folder: where the files are.
        check: hold the files to the publisher's digests, and want all of them. Without it, every
            ``<language>.json`` in the folder is read as it is.

    Raises:
        InputError: a file is missing, changed, or not in the published format.
    """
    if check:
        check_folder(publication(name), folder)
        paths = [folder / file.name for file in publication(name).files]
    else:
        paths = sorted(folder.glob("*.json"))
    if not paths:
        raise InputError(f"{folder}: no file named <language>.json.")
    queries: list[Query] = []
    passages: list[Passage] = []
    judgements: list[Judgement] = []
    for path in paths:
        for part in _read_file(name, path):
            if isinstance(part, Query):
                queries.append(part)
            elif isinstance(part, Passage):
                passages.append(part)
            else:
                judgements.append(part)
    return collect(name, queries, passages, judgements)


def _read_file(name: str, path: Path) -> Iterator[Query | Passage | Judgement]:
    language = path.stem
    try:
        articles = json.loads(path.read_text(encoding="utf-8"))["data"]
        for number, article in enumerate(articles):
            topic = f"{number:03}" if name == "xquad-r" else f"{language}-{number:03}"
            for place, paragraph in enumerate(article["paragraphs"]):
                prefix = f"{number:03}-{place:02}"
                for sentence, text in enumerate(paragraph["sentences"]):
                    yield Passage(f"{prefix}-{sentence:02}", language, text, topic)
                for question in paragraph["qas"]:
                    yield Query(question["id"], language, question["question"], topic)
                    sentence = _sentence_of(question["answers"][0]["answer_start"], paragraph)
                    yield Judgement(question["id"], (language, f"{prefix}-{sentence:02}"))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise InputError(f"{path}: not in the format of {name}: {error!r}.") from error


def _sentence_of(start: int, paragraph: dict[str, Any]) -> int:
    """Number of the sentence that a position in the paragraph lies in, or that follows it."""
    for sentence, (_, stop) in enumerate(paragraph["sentence_breaks"]):
        if start < stop:
            return sentence
    raise ValueError(f"position {start} lies behind the last sentence")
