"""Readers of published formats on small made files, facts from CLDR, and fetching from a server on this machine."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness.errors import CannotRun, InputError
from harness.retrieval.data.lareqa import read_lareqa
from harness.retrieval.data.miracl import read_miracl
from harness.retrieval.data.publishers import PUBLICATIONS, Publication, RemoteFile, publication
from harness.retrieval.data.pull import check_folder, pull, read_sums

BYTES = bytes(range(256)) * 5000


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves BYTES under every path; ``cut`` ends an answer after so many bytes, ``ranges`` says if it can resume."""

    cut: int | None = None
    ranges = True
    requests: list[str | None]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        asked = self.headers.get("Range")
        server.requests.append(asked)
        if "missing" in self.path:
            self.send_error(404)
            return
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and server.ranges else 0
        if start >= len(BYTES):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(BYTES) - start))
        self.end_headers()
        self.wfile.write(BYTES[start:][: server.cut])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    serving = Server(("127.0.0.1", 0), Handler)
    serving.requests = []
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield serving
    serving.shutdown()
    thread.join()
    serving.server_close()


def offered(server: Server, sha256: str | None, path: str = "file.bin") -> Publication:
    url = f"http://127.0.0.1:{server.server_port}/{path}"
    return Publication("made", "CC0", "nobody", (RemoteFile("part/file.bin", url, sha256),))


def test_pull_fetches_checks_and_keeps(server: Server, tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []
    for _ in range(2):
        pull(offered(server, digest(BYTES)), tmp_path, notice=lambda *what: told.append(what))
    assert (tmp_path / "part/file.bin").read_bytes() == BYTES
    assert told == [("part/file.bin", "fetched"), ("part/file.bin", "kept")]
    assert len(server.requests) == 1
    assert read_sums(tmp_path) == {"part/file.bin": digest(BYTES)}


@pytest.mark.parametrize("ranges", [True, False])
def test_pull_goes_on_where_it_was_cut_off(server: Server, tmp_path: Path, ranges: bool) -> None:
    server.cut, server.ranges = 1000, ranges
    with pytest.raises(CannotRun, match="try again"):
        pull(offered(server, digest(BYTES)), tmp_path)
    assert not (tmp_path / "part/file.bin").exists()
    server.cut = None
    told: list[str] = []
    pull(offered(server, digest(BYTES)), tmp_path, notice=lambda name, outcome: told.append(outcome))
    assert (tmp_path / "part/file.bin").read_bytes() == BYTES
    assert server.requests == [None, "bytes=1000-"]
    assert told == ["resumed" if ranges else "fetched"]


def test_a_part_that_was_complete_already_is_taken(server: Server, tmp_path: Path) -> None:
    (tmp_path / "part").mkdir()
    (tmp_path / "part/file.bin.part").write_bytes(BYTES)
    pull(offered(server, digest(BYTES)), tmp_path)
    assert (tmp_path / "part/file.bin").read_bytes() == BYTES


def test_wrong_bytes_are_refused_and_not_kept(server: Server, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not the published file"):
        pull(offered(server, "0" * 64), tmp_path)
    assert list((tmp_path / "part").iterdir()) == []


def test_a_file_without_a_pinned_digest_is_held_to_what_came_first(server: Server, tmp_path: Path) -> None:
    made = offered(server, None)
    pull(made, tmp_path)
    check_folder(made, tmp_path)
    (tmp_path / "part/file.bin").write_bytes(b"changed")
    with pytest.raises(InputError, match="not the published file"):
        check_folder(made, tmp_path)
    with pytest.raises(InputError, match="not the published file"):
        pull(made, tmp_path)


def test_what_is_not_there_and_what_is_not_https_is_said(server: Server, tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="404"):
        pull(offered(server, None, "missing"), tmp_path)
    with pytest.raises(InputError, match="only https"):
        pull(Publication("made", "", "", (RemoteFile("x", "file:///etc/passwd", None),)), tmp_path)
    with pytest.raises(InputError, match="missing"):
        check_folder(publication("xquad-r"), tmp_path)


def test_publications_are_https_and_xquad_r_is_pinned() -> None:
    for known in PUBLICATIONS.values():
        assert all(file.url.startswith("https://") for file in known.files)
        assert len({file.name for file in known.files}) == len(known.files)
    assert all(len(file.sha256 or "") == 64 for file in publication("xquad-r").files)
    assert len(publication("xquad-r").files) == 11
    with pytest.raises(InputError, match="xquad-r"):
        publication("squad")


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
