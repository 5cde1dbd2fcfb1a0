"""``all_of`` and ``any_of``: three-valued logic over the outcomes of the parts."""

from __future__ import annotations

from collections.abc import Sequence

from harness.records.rules import Answer, RuleOutcome
from harness.rules.outcomes import undecided


def all_of(parts: Sequence[RuleOutcome]) -> RuleOutcome:
    """MET when every part is, REFUTED when some part is, otherwise UNDECIDED."""
    return _combined("all_of", parts, decisive=Answer.REFUTED, otherwise=Answer.MET)


def any_of(parts: Sequence[RuleOutcome]) -> RuleOutcome:
    """MET when some part is, REFUTED when every part is, otherwise UNDECIDED."""
    return _combined("any_of", parts, decisive=Answer.MET, otherwise=Answer.REFUTED)


def _combined(rule: str, parts: Sequence[RuleOutcome], *, decisive: Answer, otherwise: Answer) -> RuleOutcome:
    """``decisive`` when one part answers it, ``otherwise`` when all parts answer that, else UNDECIDED."""
    if not parts:
        return undecided(rule, "There are no parts.", settles="At least one part.", incomplete=True)
    answers = [part.answer for part in parts]
    if decisive in answers:
        answer = decisive
    else:
        answer = otherwise if all(a is otherwise for a in answers) else Answer.UNDECIDED
    open_parts = [part for part in parts if part.answer is Answer.UNDECIDED]
    counts = ", ".join(f"{answers.count(a)} {a.value}" for a in Answer if a in answers)
    deciding = next((i for i, a in enumerate(answers, 1) if a is answer), 0)
    why = f"; part {deciding}: {parts[deciding - 1].summary}" if answer is decisive else "."
    left = answer is Answer.UNDECIDED
    return RuleOutcome(
        rule=rule,
        answer=answer,
        summary=f"Of {len(parts)} parts: {counts}{why}",
        settles=" ".join(dict.fromkeys(part.settles for part in open_parts if part.settles)) if left else "",
        incomplete=left and any(part.incomplete for part in open_parts),
        parts=tuple(parts),
    )
