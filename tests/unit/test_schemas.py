"""Schemas are generated from the records, describe every field, and say what the records say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from doubles import CLAIM, PAPER, changed, reported
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from harness.loading import load_claims
from harness.records.base import Record
from harness.records.claim import Claim
from harness.runner import run_claims
from harness.schemas import RECORDS, drift, schema_of, violations, write_schemas
from harness.yaml_input import parse_yaml

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((ROOT / "claims").rglob("*.yaml"))


def all_records(kind: type[Record] = Record) -> Iterator[type[Record]]:
    for child in kind.__subclasses__():
        if child.__module__.startswith("harness."):
            yield child
        yield from all_records(child)


def test_committed_schemas_are_those_of_the_records() -> None:
    assert drift(ROOT / "schemas") == []


def test_drift_is_noticed(tmp_path: Path) -> None:
    assert len(write_schemas(tmp_path)) == len(RECORDS)
    assert drift(tmp_path) == []
    path = tmp_path / "claim-v1.schema.json"
    path.write_text(path.read_text().replace("Known", "known").replace("statement", "Statement"))
    (tmp_path / "paper-v1.schema.json").unlink()
    assert drift(tmp_path) == ["claim-v1.schema.json", "paper-v1.schema.json"]


@pytest.mark.parametrize("name", RECORDS)
def test_schema_is_valid_and_closed(name: str) -> None:
    schema = schema_of(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    objects = [schema, *schema.get("$defs", {}).values()]
    loose = [
        item["title"]
        for item in objects
        if item.get("type") == "object" and item.get("additionalProperties") is not False
    ]
    assert loose == []


@pytest.mark.parametrize(
    "record", sorted(set(all_records()), key=lambda item: item.__name__), ids=lambda item: item.__name__
)
def test_every_field_of_every_record_is_described(record: type[Record]) -> None:
    assert (record.__doc__ or "").strip()
    assert [
        name for name, field in record.model_fields.items() if not (field.description or "").strip()
    ] == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: "/".join(path.parts[-3:-1]))
def test_shipped_records_fit_their_schemas(path: Path) -> None:
    value = parse_yaml(path.read_bytes(), file=str(path)).value
    assert violations(value["record"], value) == []


def test_there_are_shipped_records() -> None:
    assert len(SHIPPED) > 5


def test_records_of_the_doubles_fit() -> None:
    assert violations("claim-v1", CLAIM) == []
    assert violations("paper-v1", PAPER) == []
    assert violations("observations-v1", reported([["en", "0.61", "0.50"]])) == []


@pytest.mark.parametrize(
    "places",
    [
        {"colour": "red"},
        {"subject__colour": "red"},
        {"decision__colour": "red"},
        {"observes__0__measures__colour": ["red"]},
        {"grounding__0__colour": "red"},
        {"statement": ""},
        {"statement": None},
        {"kind": "guess"},
        {"grounding": []},
        {"decision__rule": "for_all"},
        {"decision__rows": 0},
        {"decision__rows": "3"},
        {"grounding__0__says": 0.62},
        {"grounding__0__says": "about 0.6"},
        {"observes__0__columns__new__unit": "furlongs"},
        {"id": "Upper"},
        {"reproduction__seeds": []},
        {"reproduction__limits": {"wall_seconds": 0}},
    ],
    ids=lambda places: "-".join(f"{key}={value}" for key, value in places.items()),
)
def test_schema_and_record_refuse_the_same(places: dict[str, Any]) -> None:
    document = changed(CLAIM, **places)
    with pytest.raises(ValidationError):
        Claim.model_validate_json(json.dumps(document), strict=True)
    assert violations("claim-v1", document)


def test_everything_that_is_emitted_fits_its_schema(claims: Path, world: Any) -> None:
    run_claims(load_claims(claims), world, jobs=1, done=lambda loaded, manifest: None)
    root = world.store.root
    manifest, paper, summary = (
        json.loads(next(root.glob(pattern)).read_text())
        for pattern in ("*/*/manifest.json", "*/paper.json", "summary.json")
    )
    assert violations("claim-manifest-v1", manifest) == []
    assert violations("gate-verdict-v1", manifest["gate_verdict"]) == []
    assert violations("summary-v1", summary) == []
    assert violations("verification-levels-v1", paper["levels"]) == []


def test_emitted_paper_document_fits_its_schema(claims: Path, world: Any) -> None:
    run_claims(load_claims(claims), world, jobs=1, done=lambda loaded, manifest: None)
    paper = json.loads(next(world.store.root.glob("*/paper.json")).read_text())
    assert violations("paper-manifest-v1.1", paper) == []


def test_violations_are_limited_and_name_the_place() -> None:
    document = changed(CLAIM, **{f"extra{number}": 1 for number in range(3)}, decision__rows=0)
    found = violations("claim-v1", document)
    assert any(item.startswith("decision") for item in found)
    assert len(violations("summary-v1", {"claims": [{}] * 100})) == 20
