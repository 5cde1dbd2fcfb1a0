"""``forall``: a relation holds in every row of a table; the refutation lists every violating row."""

from __future__ import annotations

from harness.records.observations import Observations
from harness.records.rules import Answer, Comparison, ForAll, RuleOutcome
from harness.rules.outcomes import listed, row_as_reported
from harness.rules.reading import UnreadableError, read_table
from harness.rules.relation import split


def decide(rule: ForAll, observations: Observations) -> RuleOutcome:
    """MET when the relation holds in all chosen rows, REFUTED when not in some; another number of rows than
    the rule states, or too few chosen ones, is UNDECIDED, because then nothing universal was shown."""
    table = read_table(observations, rule.table)
    if rule.rows is not None and len(table.rows) != rule.rows:
        raise UnreadableError(
            f"Table {rule.table!r} has {len(table.rows)} rows, the rule is about {rule.rows}."
        )
    chosen = table.rows if rule.when is None else split(table, table.rows, rule.when)[0]
    if len(chosen) < rule.at_least:
        raise UnreadableError(
            f"{len(chosen)} rows of table {rule.table!r} are what the rule is about, "
            f"it needs at least {rule.at_least}."
        )
    _, violating = split(table, chosen, rule.holds)
    answer = Answer.REFUTED if violating else Answer.MET
    found = f"{rule.holds} holds in {len(chosen) - len(violating)} of {len(chosen)} rows"
    where = f"; it fails in {listed(table.row_name(row) for row in violating)}" if violating else ""
    numbers = {"rows": len(table.rows), "chosen": len(chosen), "violating": len(violating)}
    return RuleOutcome(
        rule=rule.rule,
        answer=answer,
        summary=f"{found}{where}.",
        comparisons=(Comparison(name="rows", answer=answer, numbers=numbers),),
        violations=tuple(row_as_reported(row) for row in violating),
    )
