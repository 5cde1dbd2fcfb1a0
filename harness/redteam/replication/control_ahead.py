"""One control alone put far ahead: a rule that says that the treatment is ahead must not be met.

Every method gets one number for all its cells, so that gains are alike everywhere and spreads are none: a statement
about where a gain is larger does not hold then, either.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

from harness.grounding import find_entity, spelling_pattern
from harness.records.paper import EntityKind, Table
from harness.records.rules import ForAll, Rank
from harness.records.run import Transform, Variation
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.citation.direction import COMPARED, directions
from harness.redteam.citation.direction_words import DOWN, UP
from harness.redteam.interface import Attack, Case, Runs, unit_of
from harness.redteam.replication.arms_swapped import directional
from harness.redteam.replication.subject_rows import subject_labels
from harness.rules.leaves import leaves, paired_rules
from harness.stats.rounding import exact, exact_text

_TREATMENT = "treatment"
_FAR = 1000
_MORE = re.compile(r"\b(?:exceeds?|above|surpass(?:es)?|more)\b", re.I)
_LESS = re.compile(r"\b(?:below|under|less|fewer|undercuts?)\b", re.I)
_BETTER = re.compile(r"\b(?:better|best|outperforms?|beats?|superior|ahead|improves)\b", re.I)
_UNCLEAR = re.compile(
    r"\b(?:not?|nor|never|none|without|remov\w*|ablat\w*|omit\w*|leav\w*|exclud\w*|replac\w*|instead|at most|within|"
    r"up to|hardly|barely|worse\w*|worst|trail\w*|behind|lag\w*|weak\w*|inferior|los\w+|gaps?|differ\w*|distance|"
    r"second|third|runner\w*|errors?|miss\w*|ranks?|deviat\w*|\w+en by|\w+ed by)\b",
    re.I,
)
"""Words that can turn a statement round, or make it one about something else than who is ahead."""
_CHOICE = re.compile(r"\b(?:or|either|any|some|one of|both|median|although|though|but|while|whereas)\b", re.I)
"""Words of statements that need not hold against every control."""


def _way(case: Case) -> Literal["higher", "lower"] | None:
    """The side on which the statement says the treatment is, where words and rule leave no doubt."""
    facts, arms = case.loaded.source.base.facts, case.claim.subject.arms
    metrics = [find_entity(facts, "metrics", name) for name in case.claim.subject.metrics]
    own = {metric.unit for metric in metrics if metric is not None}
    units = {unit for part in case.main.parts if (unit := unit_of(part, case.claim)) is not None}
    # Of shares, gains and ranks either side may be the better one.
    if arms is None or not arms.controls or len(own) != 1 or units != own or not _ordered(case):
        return None
    text = case.claim.statement
    for metric in metrics:
        for name in (metric.name, *metric.aliases) if metric else ():
            text = spelling_pattern(name).sub(" ", text)
    if _UNCLEAR.search(text) or not _leads(case):
        return None
    ways: set[str | None] = set(directions(case.claim.decision))
    if UP.search(text) or _MORE.search(text):
        ways.add("higher")
    if DOWN.search(text) or _LESS.search(text):
        ways.add("lower")
    if _BETTER.search(text):
        ways |= {metric.better for metric in metrics if metric is not None}
    return "higher" if ways == {"higher"} else "lower" if ways == {"lower"} else None


def _ordered(case: Case) -> bool:
    """Whether the rule says that one number is strictly on one side of another."""
    for leaf in leaves(case.claim.decision):
        if isinstance(leaf, Rank) and (leaf.place != 1 or not _is_treatment(leaf.arm, case)):
            return False
        if isinstance(leaf, ForAll) and (leaf.when is not None or "abs(" in leaf.holds):
            return False
    return directional(case.claim.decision)


def _is_treatment(arm: str, case: Case) -> bool:
    facts, arms = case.loaded.source.base.facts, case.claim.subject.arms
    wanted = find_entity(facts, "arms", arms.treatment) if arms else None
    return wanted is not None and find_entity(facts, "arms", arm) == wanted


def _leads(case: Case) -> bool:
    """Whether the statement names the treatment before any control that it is not just compared with."""
    facts, arms, text = case.loaded.source.base.facts, case.claim.subject.arms, case.claim.statement
    if arms is None:
        return False
    treatment = find_entity(facts, "arms", arms.treatment)
    first: dict[bool, int] = {}
    for entity in facts.arms:
        own = entity == treatment
        for name in (entity.name, *entity.aliases):
            for match in spelling_pattern(name).finditer(text):
                if own or not COMPARED.search(text[: match.start()]):
                    first[own] = min(first.get(own, len(text)), match.start())
    return True in first and first[True] < first.get(False, len(text))


def _tables(case: Case) -> list[Table]:
    """Declared tables that name methods, and whose rows about the subject hold known measures alone."""
    facts = case.loaded.source.base.facts
    kinds: tuple[EntityKind, ...] = ("models", "datasets", "metrics", "settings", "languages", "categories")
    found = []
    for table in case.loaded.source.base.tables:
        if table.name not in case.claim.reproduction.inputs or table.roles.arm is None:
            continue
        split = subject_labels(table, case)
        sorts = [split[column][0] for column in table.roles.groups]
        # A mean beside its standard deviation and its number of people: not every number is a level.
        if all(
            len(labels) == 1
            or all(any(find_entity(facts, kind, label) for kind in kinds) for label in labels)
            for labels in sorts
        ):
            found.append(table)
    return found


def _levels(case: Case, way: str, others: int) -> tuple[Fraction, Fraction, Fraction] | None:
    """The number of who is ahead, of who follows, and of all others; None where the cells are not positive."""
    cells = [
        exact(row[table.roles.value])
        for table in _tables(case)
        for row in case.loaded.source.tables[table.name].rows
    ]
    if not cells or min(cells) < 0 or max(cells) == 0:
        return None
    # Whole numbers stay whole: a script may count with them. Fractions stay in their range.
    whole = all(cell.denominator == 1 for cell in cells)
    top = max(Fraction(100), max(cells)) * _FAR if whole else max(cells)
    low = top / _FAR
    # So near the others that the mean of one control far ahead and all others lies beyond it.
    share = Fraction(100 - 50 // (others + 1), 100)
    first, second, last = (top, low, low * share) if way == "higher" else (low, top * share, top)
    return (
        (Fraction(math.ceil(first)), Fraction(math.ceil(second)), Fraction(math.floor(last)))
        if whole
        else (first, second, last)
    )


def _transforms(case: Case) -> dict[str, tuple[Transform, ...]]:
    """Who is put ahead (a control, or the treatment) to the changes that do it."""
    arms, way = case.claim.subject.arms, _way(case)
    tables = _tables(case)
    levels = _levels(case, way, len(arms.controls) - 1) if arms and way else None
    if arms is None or levels is None:
        return {}
    first, second, last = levels
    planned = {}
    for ahead in (*arms.controls, arms.treatment):
        numbers = {arms.treatment: second, ahead: first}
        planned[ahead] = tuple(change for table in tables for change in _set(table, case, numbers, last))
    return planned


def _set(table: Table, case: Case, numbers: Mapping[str, Fraction], last: Fraction) -> list[Transform]:
    roles, facts = table.roles, case.loaded.source.base.facts
    rows = case.loaded.source.tables[table.name].rows
    split = subject_labels(table, case)
    about = {column: own for column, (own, other) in split.items() if other and column != roles.arm}
    base = Transform(do="set", inputs=(table.name,), column=roles.value, where=about, number=exact_text(last))
    changes = [base]
    for arm, number in numbers.items():
        wanted = find_entity(facts, "arms", arm)
        labels = {row[str(roles.arm)] for row in rows}
        own = tuple(
            sorted(a for a in labels if a == arm or (wanted and find_entity(facts, "arms", a) == wanted))
        )
        if not own:
            continue
        where = {**about, str(roles.arm): own}
        changes.append(base.model_copy(update={"where": where, "number": exact_text(number)}))
        if roles.unit and paired_rules(case.claim.decision):
            # Without any spread a test says nothing.
            units = sorted({row[roles.unit] for row in rows})[::2]
            near = exact_text(number * Fraction(99, 100))
            changes.append(
                base.model_copy(update={"where": {**where, roles.unit: tuple(units)}, "number": near})
            )
    return changes


def _name(case: Case, ahead: str) -> str:
    arms = case.claim.subject.arms
    return ATTACK.run_name(f"{_TREATMENT if arms and ahead == arms.treatment else 'control'}/{ahead}")


def _plan(case: Case) -> tuple[Variation, ...]:
    if not case.measured:
        return ()
    seed = case.claim.reproduction.seeds[0]
    return tuple(
        Variation(name=_name(case, ahead), seed=seed, transforms=changes)
        for ahead, changes in _transforms(case).items()
    )


def _judge(case: Case, runs: Runs) -> Finding:
    arms = case.claim.subject.arms
    planned = _transforms(case) if case.measured else {}
    if arms is None or not planned:
        return ATTACK.not_applicable("statement and rule do not say that one method is ahead of another")
    names = tuple(_name(case, ahead) for ahead in planned)
    own = runs[_name(case, arms.treatment)]
    met = [control for control in arms.controls if runs[_name(case, control)].answer == "MET"]
    # With several controls a true statement may be about some of them: then the treatment ahead of all breaks it.
    every = len(met) == len(arms.controls)
    plain = own.answer == "MET" and not _CHOICE.search(case.claim.statement)
    if met and (every or plain):
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"the rule that {arms.treatment} is {_way(case)} is met with {met[0]} far ahead of it: the script "
            "compares with something else",
            reason=Reason.VACUOUS_EVIDENCE,
            evidence=({"far_ahead": met},),
            runs=names,
        )
    if case.main.answer == own.answer == "REFUTED" and _bare(case):
        return ATTACK.broken(
            Effect.VOIDS,
            8.5,
            f"the rule that {arms.treatment} is {_way(case)} is refuted with {arms.treatment} far ahead of all as "
            "well: the script compares something else",
            reason=Reason.VACUOUS_EVIDENCE,
            runs=names,
        )
    return ATTACK.held(
        f"with any one of {len(arms.controls)} controls far ahead the rule is not met", runs=names
    )


def _bare(case: Case) -> bool:
    """Whether the rule asks for nothing but the order, so that it must hold with the treatment far ahead."""
    rule = case.claim.decision
    if isinstance(rule, ForAll):
        return re.fullmatch(r"\s*\w+\s*[<>]\s*\w+\s*", rule.holds) is not None
    return isinstance(rule, Rank)


ATTACK = Attack(
    name="replication/control-ahead",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script compares with a weaker method than the statement names, or with the methods exchanged",
    origin="weak baselines and swapped columns; metamorphic testing",
    plan=_plan,
    judge=_judge,
)
