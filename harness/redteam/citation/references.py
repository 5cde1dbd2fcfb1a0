"""Tables and sections that the statement names."""

from __future__ import annotations

from harness.grounding import referenced_sections, referenced_tables
from harness.records.claim import QuoteLocator, SectionLocator
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.cells import claim_tables
from harness.redteam.interface import Attack, Case, Runs


def _judge(case: Case, runs: Runs) -> Finding:
    claim, source = case.claim, case.loaded.source
    tables, sections = referenced_tables(claim.statement), referenced_sections(claim.statement)
    if not tables and not sections:
        return ATTACK.not_applicable("the statement names no table or section")
    numbers = {table.number for table in source.base.tables}
    missing = [f"Table {number}" for number in tables if number not in numbers]
    missing += [f"section {label}" for label in sections if label not in source.base.sections]
    if missing:
        return ATTACK.broken(
            Effect.VOIDS,
            7.0,
            f"the statement names {missing[0]}, which the source does not have",
            reason=Reason.SOURCE_UNRESOLVED,
            evidence=tuple({"missing": name} for name in missing),
        )
    used = {table.number for table in claim_tables(claim, source)}
    cited = {item.section for item in claim.grounding if isinstance(item, (SectionLocator, QuoteLocator))}
    loose = [f"Table {number}" for number in tables if number not in used]
    loose += [f"section {label}" for label in sections if label not in cited]
    if loose:
        return ATTACK.broken(
            Effect.WEAKENS,
            4.0,
            f"the statement names {loose[0]}, which the record neither cites nor reads",
            evidence=tuple({"not_used": name} for name in loose),
        )
    return ATTACK.held(f"all {len(tables) + len(sections)} tables and sections named are cited or read")


ATTACK = Attack(
    name="citation/references",
    attacker=Attacker.CITATION_AUDITOR,
    threat="the statement points to a place that does not carry it",
    origin="citation integrity checks of editors",
    judge=_judge,
)
