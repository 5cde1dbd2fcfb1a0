"""Claims about the small paper of the doubles, with a text of the paper at hand and a run that measured honestly."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from doubles import CLAIM, PAPER, changed, reported

from harness.canonical import sha256
from harness.documents.bounded import Extracted
from harness.loading import Document, LoadedClaim
from harness.records.claim import Claim
from harness.records.paper import Paper
from harness.records.run import RunOutcome, RunRecord, Variation
from harness.records.verdict import Finding
from harness.redteam.interface import Attack, Case, RunView

TEXT = """\
Averaged over the three languages of Corpus, New reaches a mean R@1 of 0.62 with BERT (Table 1). \
New may have a higher R@1 than Old in most languages. New is better by up to 13.4 % in some languages. \
In this setting the model New did not fall behind Old in any way. \
New has a higher R@1 than Old. In our experiments New has a higher R@1 than Old, on average. \
Encoding takes 0.25 s per query. The gain holds on three languages."""

ROWS = [["en", "0.61", "0.50"], ["de", "0.52", "0.41"], ["fr", "0.73", "0.65"]]
CELL = {"table": "table-01", "where": {"language": "mean", "arm": "New"}, "says": "0.62"}


def quote(words: str, says: str = "what it says", **more: str) -> dict[str, str]:
    """A quote locator."""
    return {"quote": words, "says": says, "section": "1", **more}


def make_case(
    loaded: LoadedClaim,
    statement: str = str(CLAIM["statement"]),
    *,
    quotes: Sequence[Mapping[str, str]] = (),
    cells: Sequence[Mapping[str, Any]] = (CELL,),
    texts: Mapping[str, str] | None = None,
    paper: Mapping[str, Any] | None = None,
    observed: Mapping[str, Any] | None = None,
    **places: Any,
) -> Case:
    """A case whose source has the given texts, ``main`` unless given, and whose run reported ``observed``."""
    claim = Claim.model_validate(changed(CLAIM, statement=statement, grounding=[*cells, *quotes], **places))
    texts = {"main": TEXT} if texts is None else texts
    listed = [
        {"name": name, "file": f"{name}.txt", "sha256": sha256(text.encode()), "media_type": "text/plain"}
        for name, text in texts.items()
    ]
    base = Paper.model_validate(
        {**changed(PAPER, **(paper or {})), **({"documents": listed} if listed else {})}
    )
    documents = {name: Document(text.encode(), Extracted(text, "utf-8", "1")) for name, text in texts.items()}
    source = dataclasses.replace(loaded.source, paper=base, base=base, documents=documents)
    record = RunRecord(variation=Variation(name="main"), outcome=RunOutcome.COMPLETED, exit_code=0)
    document = reported(ROWS) if observed is None else observed
    run = RunView(record, json.dumps(document).encode(), claim)
    return Case(dataclasses.replace(loaded, claim=claim, source=source), run)


def judged(attack: Attack, case: Case) -> Finding:
    """What an attack without runs of its own finds. Errors come through."""
    assert attack.plan(case) == ()
    return attack.judge(case, {})


def said(finding: Finding) -> tuple[str, str | None]:
    """Status and effect."""
    return finding.status, finding.effect and str(finding.effect)
