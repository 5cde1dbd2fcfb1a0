"""JSON Schemas (draft 2020-12), generated from the records, committed in ``schemas/`` and checked for drift."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from harness.records.base import Record
from harness.records.claim import Claim
from harness.records.forensics import ForensicReport
from harness.records.gauntlet import GauntletReport, Truth
from harness.records.manifest import (
    SCHEMA_BASE,
    GateVerdict,
    Manifest,
    PaperDocument,
    Summary,
    VerificationLevels,
)
from harness.records.observations import PROTOCOL, Observations
from harness.records.paper import Paper
from harness.records.suggestion import Suggestions

RECORDS: dict[str, type[Record]] = {
    "claim-v1": Claim,
    "paper-v1": Paper,
    "observations-v1": Observations,
    "claim-manifest-v1": Manifest,
    "gate-verdict-v1": GateVerdict,
    "verification-levels-v1": VerificationLevels,
    "paper-manifest-v1.1": PaperDocument,
    "summary-v1": Summary,
    "forensics-v1": ForensicReport,
    "suggestions-v1": Suggestions,
    "truth-v1": Truth,
    "gauntlet-v1": GauntletReport,
}
"""Every record that crosses a boundary, by the name of its schema."""


@cache
def schema_of(name: str) -> dict[str, Any]:
    """The schema of one record."""
    schema = RECORDS[name].model_json_schema(by_alias=True)
    if name == "observations-v1":
        # The file also names its protocol; the record holds what was reported.
        schema["properties"]["protocol"] = {"const": PROTOCOL, "description": "Name of the script protocol."}
        schema["required"] = ["protocol", *schema["required"]]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_BASE + name, **schema}


@cache
def _validator(name: str) -> Draft202012Validator:
    schema = schema_of(name)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def violations(name: str, document: Any) -> list[str]:
    """Sentences on every place where a document breaks its schema; at most 20."""
    found = []
    for error in _validator(name).iter_errors(document):
        place = "/".join(str(part) for part in error.absolute_path) or "the document"
        found.append(f"{place}: {error.message[:200]}")
        if len(found) == 20:
            break
    return found


def schema_text(name: str) -> str:
    """The schema as it is committed."""
    return json.dumps(schema_of(name), indent=2, ensure_ascii=False) + "\n"


def write_schemas(folder: Path) -> list[Path]:
    """Write every schema; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name in RECORDS:
        path = folder / f"{name}.schema.json"
        path.write_text(schema_text(name), encoding="utf-8")
        paths.append(path)
    return paths


def drift(folder: Path) -> list[str]:
    """Names of schemas that are missing in a folder or differ from the records."""
    wrong = []
    for name in RECORDS:
        path = folder / f"{name}.schema.json"
        if not path.is_file() or path.read_text(encoding="utf-8") != schema_text(name):
            wrong.append(path.name)
    return wrong
