"""MIRACL: one language at a time, topics as ``qid<TAB>query``, judgements in TREC format, a corpus in JSON lines.

Source: Zhang et al. 2023, arXiv 2210.09984; the publisher's pages describe the files. A corpus has up to tens of
millions of passages, so it is read as a stream; ``read_miracl`` puts it into memory and is meant for the small ones.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from harness.errors import InputError
from harness.retrieval.types import Collection, Judgement, Passage, Query, collect


def read_topics(path: Path, language: str) -> tuple[Query, ...]:
    """Questions of one language.

    Raises:
        InputError: a line is not ``qid<TAB>query``.
    """
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        identity, tab, text = line.partition("\t")
        if not (identity and tab and text):
            raise InputError(f"{path}:{number}: wanted a question id, a tab and the question.")
        found.append(Query(identity, language, text, identity))
    return tuple(found)


def read_judgements(path: Path, language: str) -> tuple[Judgement, ...]:
    """What is relevant; lines of grade 0 say what is not, and are left out.

    Raises:
        InputError: a line is not ``qid Q0 docid relevance``.
    """
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        fields = line.split()
        if len(fields) != 4 or not fields[3].isdecimal():
            raise InputError(f"{path}:{number}: wanted qid, Q0, docid and a relevance from 0.")
        if int(fields[3]) > 0:
            found.append(Judgement(fields[0], (language, fields[2]), int(fields[3]), language))
    return tuple(found)


def read_corpus(folder: Path, language: str) -> Iterator[Passage]:
    """Passages of all parts ``docs-<n>.jsonl.gz`` in the order of their numbers: title, a newline, text.

    Raises:
        InputError: there is no part, or a line is not as published.
    """
    parts = sorted(folder.glob("docs-*.jsonl.gz"), key=lambda path: int(path.name[5:-9]))
    if not parts:
        raise InputError(f"{folder}: no file named docs-<n>.jsonl.gz.")
    for path in parts:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    record = json.loads(line)
                    identity, title, text = record["docid"], record["title"], record["text"]
                except (KeyError, TypeError, ValueError) as error:
                    raise InputError(f"{path}:{number}: wanted docid, title and text: {error!r}.") from error
                # An article and its passages: docid is <article>#<passage>.
                yield Passage(identity, language, f"{title}\n{text}", identity.partition("#")[0])


def read_miracl(folder: Path, language: str, part: str = "dev") -> Collection:
    """Questions, judgements and the whole corpus of one language, from a folder laid out as published.

    Raises:
        InputError: a file is missing or not as published.
    """
    base = f"miracl-v1.0-{language}"
    topics = folder / base / "topics" / f"topics.{base}-{part}.tsv"
    judged = folder / base / "qrels" / f"qrels.{base}-{part}.tsv"
    for path in (topics, judged):
        if not path.is_file():
            raise InputError(f"{path}: missing.")
    passages = read_corpus(folder / f"miracl-corpus-v1.0-{language}", language)
    return collect(
        f"miracl-{language}", read_topics(topics, language), passages, read_judgements(judged, language)
    )
