"""Real interfaces in memory: a sandbox whose script is a Python function, a fixed clock, a small paper."""

from __future__ import annotations

import copy
import csv
import hashlib
import io
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness import companions
from harness.loading import LoadedClaim, load_claims
from harness.pipeline import World
from harness.records.observations import PROTOCOL
from harness.records.run import BackendHost, Isolation, IsolationLabel, RunOutcome, Usage
from harness.sandbox.interface import Execution, Job
from harness.store import Store

MOMENT = datetime(2024, 2, 29, 12, 30, 15, 250_000, tzinfo=UTC)
PAPER_ID, CLAIM_ID = "tiny-2020", "new-beats-old"

# Three languages, two arms; the printed means follow from the cells:
# (0.61+0.52+0.73)/3 = 0.62, (0.50+0.41+0.65)/3 = 0.52.
TABLE = """\
language,arm,kind,value
en,New,cell,0.61
en,Old,cell,0.50
de,New,cell,0.52
de,Old,cell,0.41
fr,New,cell,0.73
fr,Old,cell,0.65
mean,New,printed_mean,0.62
mean,Old,printed_mean,0.52
"""

SCRIPT = b"""\
import claim_script

claim = claim_script.begin()
pairs = {}
for row in claim.table("table-01"):
    if row["kind"] == "cell":
        pairs.setdefault(row["language"], {})[row["arm"]] = row["value"]
rows = [{"language": name, "new": pair["New"], "old": pair["Old"]} for name, pair in pairs.items()]
claim.table_out("pairs", {"language": None, "new": "fraction", "old": "fraction"}, rows)
claim.finish()
"""

PAPER: dict[str, Any] = {
    "record": "paper-v1",
    "id": PAPER_ID,
    "title": "A small paper",
    "authors": ["A. Author"],
    "year": 2020,
    "licence": "CC-BY-4.0",
    "sections": ["1", "4.2.2"],
    "facts": {
        "complete": ["models", "datasets", "metrics", "arms"],
        "models": [
            {"name": "BERT", "at": {"section": "1"}},
            {"name": "mBERT", "role": "mentioned", "at": {"section": "1"}},
        ],
        "datasets": [{"name": "Corpus", "at": {"section": "1"}}],
        "metrics": [
            {
                "name": "R@1",
                "aliases": ["Recall@1"],
                "at": {"table": "table-01"},
                "unit": "fraction",
                "better": "higher",
            }
        ],
        "arms": [{"name": "New", "at": {"section": "1"}}, {"name": "Old", "at": {"section": "1"}}],
        "numbers": [{"value": "13.4", "at": {"section": "4.2.2"}, "describes": "a number in running text"}],
    },
    "tables": [
        {
            "name": "table-01",
            "number": 1,
            "file": "tables/table-01.csv",
            "sha256": hashlib.sha256(TABLE.encode()).hexdigest(),
            "title": "R@1 by language",
            "roles": {"value": "value", "arm": "arm", "unit": "language", "kind": "kind"},
        }
    ],
}

CLAIM: dict[str, Any] = {
    "record": "claim-v1",
    "id": CLAIM_ID,
    "statement": "New has a higher R@1 than Old for BERT in all 3 languages of Table 1.",
    "kind": "reported",
    "grounding": [{"table": "table-01", "where": {"language": "mean", "arm": "New"}, "says": "0.62"}],
    "subject": {
        "models": ["BERT"],
        "datasets": ["Corpus"],
        "metrics": ["R@1"],
        "arms": {"treatment": "New", "controls": ["Old"]},
    },
    "reproduction": {"inputs": ["table-01"], "parameters": {"depth": 1}, "fidelity": "reported"},
    "observes": [
        {
            "name": "pairs",
            "what": "R@1 of both methods by language",
            "type": "table",
            "columns": {
                "language": {"type": "label"},
                "new": {"type": "printed", "unit": "fraction"},
                "old": {"type": "printed", "unit": "fraction"},
            },
            "measures": {
                "models": ["BERT"],
                "datasets": ["Corpus"],
                "metrics": ["R@1"],
                "arms": ["New", "Old"],
            },
        }
    ],
    "decision": {"rule": "forall", "table": "pairs", "holds": "new > old", "rows": 3},
    "controls": [
        {
            "name": "old-doubled",
            "expect": "refuted",
            "transforms": [{"do": "scale", "column": "value", "number": "1.4", "where": {"arm": ["Old"]}}],
            "why": "Old then leads in every language.",
        }
    ],
    "requires": {"fidelity": "reported"},
}


def changed(record: Mapping[str, Any], **places: Any) -> dict[str, Any]:
    """A deep copy of a record with fields replaced; ``decision__rows=2`` reaches inside, ``None`` deletes."""
    result = copy.deepcopy(dict(record))
    for place, value in places.items():
        *parents, last = place.split("__")
        target: Any = result
        for part in parents:
            target = target[int(part) if isinstance(target, list) else part]
        if value is None:
            del target[last]
        else:
            target[int(last) if isinstance(target, list) else last] = value
    return result


def write_claims(
    root: Path,
    *claims: Mapping[str, Any],
    paper: Mapping[str, Any] = PAPER,
    table: str = TABLE,
    script: bytes = SCRIPT,
) -> Path:
    """Write a claims folder with one paper and return it. JSON with line breaks is YAML too."""
    folder = root / paper["id"]
    (folder / "tables").mkdir(parents=True)
    (folder / "tables" / "table-01.csv").write_text(table)
    if table != TABLE:
        paper = changed(paper, tables__0__sha256=hashlib.sha256(table.encode()).hexdigest())
    (folder / "paper.yaml").write_text(json.dumps(paper, indent=2))
    for claim in claims or (CLAIM,):
        own = folder / str(claim["id"])
        own.mkdir()
        (own / "claim.yaml").write_text(json.dumps(claim, indent=2))
        (own / "reproduce.py").write_bytes(script)
    return root


def load_one(root: Path, *claims: Mapping[str, Any], **more: Any) -> LoadedClaim:
    """Write and load a folder with one claim."""
    return load_claims(write_claims(root, *claims, **more))[0]


class ScriptFailure(Exception):
    """Raised inside a scripted function to end its run with any outcome."""

    def __init__(self, outcome: RunOutcome, detail: str = "made to fail") -> None:
        self.outcome, self.detail = outcome, detail
        super().__init__(detail)


@dataclass
class Call:
    """What a script sees of one run."""

    job: Job
    """The job as the harness gave it."""
    opened: set[str] = field(default_factory=set)
    """Names of inputs read so far."""

    @property
    def request(self) -> dict[str, Any]:
        """The request file."""
        value: dict[str, Any] = json.loads(self.job.request)
        return value

    def read(self, name: str) -> bytes:
        """Bytes of an input file; raises ``KeyError`` for one that is not there."""
        data = self.job.files[name].read_bytes() if name in self.job.files else self.job.inputs[name]
        self.opened.add(name)
        return data

    def table(self, name: str) -> list[dict[str, str]]:
        """Rows of an input table."""
        return list(csv.DictReader(io.StringIO(self.read(f"{name}.csv").decode(), newline="")))


Script = Callable[[Call], Any]


def honest(call: Call) -> dict[str, Any]:
    """What ``SCRIPT`` does: both arms of every language, as printed."""
    pairs: dict[str, dict[str, str]] = {}
    for row in call.table("table-01"):
        if row["kind"] == "cell":
            pairs.setdefault(row["language"], {})[row["arm"]] = row["value"]
    return reported([[language, pair["New"], pair["Old"]] for language, pair in pairs.items()])


def reported(rows: list[list[Any]]) -> dict[str, Any]:
    """An observations document that ``CLAIM`` declares."""
    columns = [
        {"name": "language", "unit": None},
        *({"name": name, "unit": "fraction"} for name in ("new", "old")),
    ]
    return {
        "protocol": PROTOCOL,
        "quantities": {},
        "tables": {"pairs": {"columns": columns, "rows": rows}},
    }


class ScriptedSandbox:
    """A sandbox in memory. The claim's script is a Python function; companions hand their input on as always."""

    def __init__(self, script: Script = honest, *, label: IsolationLabel = "L3-namespaces") -> None:
        self._script, self._label = script, label
        self._lock = threading.Lock()
        self.jobs: list[Job] = []

    @property
    def label(self) -> IsolationLabel:
        """Isolation label that every run gets."""
        return self._label

    def run(self, job: Job) -> Execution:
        """Run the function; whatever it raises becomes an outcome, as in a real sandbox."""
        with self._lock:
            self.jobs.append(job)
        call = Call(job)
        try:
            if job.script == companions.SCRIPT:
                written = call.read(companions.INPUT)
            else:
                value = self._script(call)
                written = value if isinstance(value, bytes) else json.dumps(value).encode()
        except ScriptFailure as failure:
            return self._end(call, failure.outcome, failure.detail, None, None)
        except (LookupError, ValueError, ArithmeticError) as error:
            return self._end(call, RunOutcome.SCRIPT_FAILED, f"exit status 1: {error!r}", 1, None)
        return self._end(call, RunOutcome.COMPLETED, "", 0, written)

    def _end(
        self, call: Call, outcome: RunOutcome, detail: str, exit_code: int | None, written: bytes | None
    ) -> Execution:
        return Execution(
            outcome=outcome,
            detail=detail,
            exit_code=exit_code,
            observations=written,
            attachments={},
            rejected=(),
            opened=tuple(sorted(call.opened)),
            denied=(),
            stdout=b"measured\n",
            stderr=b"",
            dropped_stream_bytes=0,
            usage=Usage(),
            isolation=Isolation(label=self._label, network="none", known_gaps=(), limits=()),
            backend=BackendHost(path="/memory", version="0", sha256="0" * 64, kernel="none", uid_mode="user"),
        )


def make_world(artifacts: Path, script: Script = honest, **more: Any) -> World:
    """A world with a scripted sandbox and a fixed clock."""
    return World(ScriptedSandbox(script, **more), Store(artifacts), lambda: MOMENT, threading.Event())


def always(outcome: RunOutcome) -> Script:
    """A script whose every run ends with one outcome."""

    def script(call: Call) -> Any:
        raise ScriptFailure(outcome)

    return script
