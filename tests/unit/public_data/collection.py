"""A small collection in two files, a table that prints their sizes, a claim on both, and scripts as functions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from doubles import CLAIM, PAPER, Call, changed, make_world, write_claims

from harness.loading import LoadedClaim, load_claims
from harness.pipeline import World
from harness.records.observations import PROTOCOL

NAME = "corpus"
TABLE = "language,kind,value\nen,cell,12\nde,cell,9\n"


def records(language: str, count: int) -> bytes:
    """A file as a publisher writes it: one line of JSON, text and numbers."""
    items = [{"id": f"{language}-{n}", "text": f"{language} {n % 5}", "start": 7 * n} for n in range(count)]
    return json.dumps({"version": 1.0, "data": items}).encode()


FILES = {"en.json": records("en", 12), "de.json": records("de", 9)}


def resource(files: Mapping[str, bytes] = FILES, **more: Any) -> dict[str, Any]:
    return {
        "name": NAME,
        "title": "A small collection",
        "kind": "data",
        "urls": ["https://example.org/files"],
        "revision": "first",
        "licence": "CC0-1.0",
        "files": [
            {"path": path, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
            for path, data in files.items()
        ],
        **more,
    }


def paper(*resources: Mapping[str, Any]) -> dict[str, Any]:
    made = changed(PAPER, resources=list(resources) or [resource()])
    made["tables"][0] |= {
        "title": "Records by language",
        "roles": {"value": "value", "unit": "language", "kind": "kind"},
    }
    made["tables"][0]["sha256"] = hashlib.sha256(TABLE.encode()).hexdigest()
    made["facts"] = {"datasets": [{"name": "Corpus", "at": {"section": "1"}}]}
    return made


SIZES: dict[str, Any] = {
    "record": "claim-v1",
    "id": "sizes",
    "statement": "For each of the 2 languages of Corpus, Table 1 prints the number of records in the public data.",
    "kind": "dataset",
    "grounding": [{"table": "table-01"}],
    "subject": {"datasets": ["Corpus"]},
    "reproduction": {"inputs": ["table-01"], "resources": [NAME], "fidelity": "dataset"},
    "observes": [
        {
            "name": "sizes",
            "what": "records counted and printed",
            "type": "table",
            "columns": {
                "language": {"type": "label"},
                "counted": {"type": "integer", "unit": "count"},
                "printed": {"type": "printed", "unit": "count"},
            },
            "measures": {"datasets": ["Corpus"]},
        }
    ],
    "decision": {"rule": "forall", "table": "sizes", "holds": "counted == printed", "rows": 2},
    "requires": {"fidelity": "dataset"},
}
WITHOUT_DATA = changed(
    CLAIM,
    statement="In each of the 2 rows of Table 1 the number of Corpus is above 5.",
    grounding=[{"table": "table-01"}],
    subject={"datasets": ["Corpus"]},
    reproduction={"inputs": ["table-01"], "fidelity": "reported"},
    observes=[
        {
            "name": "printed",
            "what": "printed numbers",
            "type": "table",
            "columns": {"language": {"type": "label"}, "number": {"type": "printed", "unit": "count"}},
            "measures": {"datasets": ["Corpus"]},
        }
    ],
    decision={"rule": "forall", "table": "printed", "holds": "number > 5", "rows": 2},
    controls=None,
)


def data_folder(root: Path, files: Mapping[str, bytes] = FILES) -> Path:
    """A folder of public data that holds the collection."""
    for path, data in files.items():
        (root / NAME / path).parent.mkdir(parents=True, exist_ok=True)
        (root / NAME / path).write_bytes(data)
    return root


def load(root: Path, *claims: Mapping[str, Any], files: Mapping[str, bytes] = FILES) -> list[LoadedClaim]:
    made = write_claims(root, *(claims or (SIZES,)), paper=paper(resource(files)), table=TABLE)
    return load_claims(made)


def counted(call: Call, language: str) -> int:
    return len(json.loads(call.read(f"{NAME}/{language}.json"))["data"])


def printed(call: Call) -> dict[str, str]:
    return {row["language"]: row["value"] for row in call.table("table-01")}


def sizes(rows: Mapping[str, tuple[int, str]]) -> dict[str, Any]:
    columns = [
        {"name": "language", "unit": None},
        {"name": "counted", "unit": "count"},
        {"name": "printed", "unit": "count"},
    ]
    body = [[language, *pair] for language, pair in rows.items()]
    return {"protocol": PROTOCOL, "quantities": {}, "tables": {"sizes": {"columns": columns, "rows": body}}}


def honest(call: Call) -> dict[str, Any]:
    return sizes({language: (counted(call, language), text) for language, text in printed(call).items()})


def world(artifacts: Path, script: Any = honest, data: Path | None = None) -> World:
    made = make_world(artifacts, script)
    made.data = data
    return made
