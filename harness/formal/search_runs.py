"""Searches with Hypothesis and Z3 as sandboxed runs of a script of the harness.

What such a library finds can differ between its versions, so a search is a recorded run like any other: the point that
it found is evidence, and runner and auditor both compute the predicate there. The script gets the predicate and the
modules that it needs as inputs, and nothing else of the harness.
"""

from __future__ import annotations

import io
import zipfile
from functools import cache
from importlib.resources import files

from harness.canonical import canonical_bytes
from harness.formal.generated import Search
from harness.formal.predicate import read
from harness.formal.searching import SEARCHES, Row, from_rows
from harness.records.claim import Claim
from harness.records.formal import Predicate
from harness.records.observations import Observations

SCRIPT = b"""\
import json
import sys

with open("/claim/request.json", encoding="utf-8") as file:
    request = json.load(file)
sys.path.insert(0, request["inputs"]["modules"])
from harness.formal.searching import search_rows

with open(request["inputs"]["predicate"], "rb") as file:
    predicate = file.read()
columns = [{"name": "what", "unit": None}, {"name": "place", "unit": "count"}, {"name": "value", "unit": None}]
rows = search_rows(request["parameters"]["search"], predicate, request["seed"])
table = {"columns": columns, "rows": rows}
with open(request["output"], "w", encoding="utf-8") as file:
    json.dump({"protocol": request["protocol"], "quantities": {}, "tables": {"search": table}}, file)
"""
"""Does the search that its request names, and writes what it came to."""

MODULES = (
    "records/base.py",
    "records/formal.py",
    "rules/grammar.py",
    "rules/expression.py",
    "stats/rounding.py",
    "formal/predicate.py",
    "formal/points.py",
    "formal/generated.py",
    "formal/solver.py",
    "formal/searching.py",
)
"""What a search needs of this package; packages themselves are empty there."""


def run_name(which: str) -> str:
    """Name of the run of a search."""
    return f"attack/counterexample/{which}/search"


def search_claim(which: str) -> Claim:
    """The record of a search run: what it reports. Its rule decides nothing."""
    return Claim.model_validate(
        {
            "record": "claim-v1",
            "id": f"search-{which}",
            "statement": "A search for a counterexample.",
            "kind": "formal",
            "grounding": [{"section": "search", "says": "what a search came to"}],
            "subject": {"categories": ["search"]},
            "reproduction": {"fidelity": "exact", "parameters": {"search": which}},
            "observes": [
                {
                    "name": "search",
                    "what": "what the search came to",
                    "type": "table",
                    "columns": {
                        "what": {"type": "label"},
                        "place": {"type": "integer", "unit": "count"},
                        "value": {"type": "label"},
                    },
                }
            ],
            "decision": {"rule": "forall", "table": "search", "holds": "place >= 0"},
            "requires": {"fidelity": "exact"},
        }
    )


def search_inputs(predicate: Predicate) -> dict[str, bytes]:
    """Input files of a search run."""
    return {"modules.zip": _modules(), "predicate.json": canonical_bytes(predicate)}


def search_runs(claim: Claim) -> dict[str, str]:
    """Name of every search run of a claim to the search; none without a predicate."""
    return {} if claim.predicate is None else {run_name(which): which for which in SEARCHES}


def recorded(observations: Observations, predicate: Predicate) -> Search:
    """What a search run recorded. Raises ``ValueError`` for observations that record no search."""
    rows: list[Row] = [
        (str(row["what"]), int(row["place"]), str(row["value"]))
        for row in observations.tables["search"].records()
    ]
    return from_rows(rows, read(predicate))


@cache
def _modules() -> bytes:
    """An archive of ``MODULES``, the same bytes whenever it is made."""
    folder, buffer = files("harness"), io.BytesIO()
    packages = sorted({path.partition("/")[0] for path in MODULES})
    content = {"harness/__init__.py": b""} | {f"harness/{name}/__init__.py": b"" for name in packages}
    content |= {f"harness/{path}": folder.joinpath(path).read_bytes() for path in MODULES}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()
