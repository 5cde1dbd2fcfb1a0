"""From short definitions to the folders of a paper: records, truths, scripts and data, all pinned."""

from __future__ import annotations

import copy
import csv
import hashlib
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML


def csv_text(columns: list[str], rows: list[list[Any]], separator: str = ",") -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows([columns, *rows])
    return out.getvalue()


def yaml_text(value: dict[str, Any]) -> str:
    out = io.StringIO()
    writer = YAML(typ="safe")
    writer.default_flow_style = None
    writer.sort_base_mapping_type_on_output = False
    writer.width = 100
    # Through JSON, so that what two fields share does not become an anchor.
    writer.dump(json.loads(json.dumps(value)), out)
    return out.getvalue()


@dataclass
class Made:
    """One claim with its truth, script and data files."""

    record: dict[str, Any]
    script: str
    truth: dict[str, Any]
    data: dict[str, str] = field(default_factory=dict)


@dataclass
class PaperFolder:
    """One paper with its claims."""

    paper: dict[str, Any]
    tables: dict[str, str]
    claims: dict[str, Made] = field(default_factory=dict)

    def honest(
        self,
        name: str,
        truly: str,
        why: str,
        script: str,
        codes: tuple[str, ...] = (),
        data: dict[str, str] | None = None,
        **record: Any,
    ) -> None:
        """An honest claim. ``truly`` is true, false, underpowered or out-of-reach."""
        status = {"true": "VERIFIED", "false": "FALSIFIED"}.get(truly, "UNVERIFIED")
        default = {"true": "RULE_MET", "false": "RULE_REFUTED", "underpowered": "UNDERPOWERED"}
        known = {
            "record": "truth-v1",
            "class": f"honest-{truly}",
            "status": status,
            "reason_codes": list(codes or (default[truly],)),
            "why": why,
        }
        self.claims[name] = Made(
            {"record": "claim-v1", "id": name, **record}, script, known, dict(data or {})
        )

    def cheat(
        self,
        name: str,
        twin: str,
        by: str,
        why: str,
        *changes: tuple[str, str],
        codes: tuple[str, ...] = ("VACUOUS_EVIDENCE",),
        broken_by: str | None = None,
        data: dict[str, str] | None = None,
        script: str | None = None,
        status: str = "UNVERIFIED",
        **record: Any,
    ) -> None:
        """A copy of an honest twin with pieces of its script exchanged, and fields of its record replaced."""
        made = copy.deepcopy(self.claims[twin])
        text = made.script if script is None else script
        for old, new in changes:
            assert old in text, (name, old)
            text = text.replace(old, new)
        truth = {
            "record": "truth-v1",
            "class": by,
            "status": status,
            "reason_codes": list(codes),
            "why": why,
            "twin": twin,
        }
        if broken_by is not None:
            truth["broken_by"] = broken_by
        whole = {**made.record, "id": name, **record}
        self.claims[name] = Made(whole, text, truth, {**made.data, **(data or {})})

    def files(self) -> dict[str, str]:
        """Every file of the paper by its path below the claims folder."""
        root = self.paper["id"]
        found = {f"{root}/tables/{name}.csv": text for name, text in self.tables.items()}
        for table in self.paper["tables"]:
            table["sha256"] = _digest(self.tables[table["name"]])
        found[f"{root}/paper.yaml"] = yaml_text(self.paper)
        for name, made in self.claims.items():
            record = copy.deepcopy(made.record)
            if made.data:
                record["reproduction"]["files"] = [
                    {"name": file.rsplit(".", 1)[0], "path": file, "sha256": _digest(text)}
                    for file, text in made.data.items()
                ]
            script = record["reproduction"].get("script", "reproduce.py")
            found |= {f"{root}/{name}/{file}": text for file, text in made.data.items()}
            found[f"{root}/{name}/claim.yaml"] = yaml_text(record)
            found[f"{root}/{name}/truth.yaml"] = yaml_text(made.truth)
            found[f"{root}/{name}/{script}"] = made.script.lstrip("\n")
        return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def write(folders: list[PaperFolder], root: Path) -> None:
    for folder in folders:
        for name, text in folder.files().items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def json_lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def number(name: str, what: str, unit: str, **measures: list[str]) -> dict[str, Any]:
    return {"name": name, "what": what, "type": "number", "unit": unit, "measures": measures}


def table(name: str, what: str, columns: dict[str, str], **measures: list[str]) -> dict[str, Any]:
    """Columns are ``label``, or type and unit in one word: ``printed fraction``."""
    kinds = {
        column: {"type": kind.split()[0], **({"unit": kind.split()[1]} if " " in kind else {})}
        for column, kind in columns.items()
    }
    return {"name": name, "what": what, "type": "table", "columns": kinds, "measures": measures}
