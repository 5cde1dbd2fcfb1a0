"""The red team: an explicit list of attacks, planned and judged by pure functions."""

from __future__ import annotations

from harness.records.run import Variation
from harness.records.verdict import Finding
from harness.redteam.citation import (
    contradictions,
    direction,
    entities,
    numbers,
    printed_means,
    references,
    rule_and_statement,
    scope_words,
)
from harness.redteam.counterexample import (
    every_row,
    formal_domain,
    leave_one_out,
    rounding_boundary,
    subgroup_reversal,
)
from harness.redteam.interface import Attack, Case, Runs
from harness.redteam.replication import (
    answer_moves,
    arms_swapped,
    cell_nudged,
    constant_table,
    expected_literal,
    fresh_environment,
    fresh_seeds,
    inputs_opened,
    inputs_spoiled,
    inputs_used,
    measures_subject,
    other_analyses,
    parameters_varied,
    rows_reordered,
    scaling_law,
    small_changes,
    subject_rows,
    tolerance_width,
    units_covered,
    values_changed,
    values_traced,
    works_elsewhere,
)

ATTACKS: tuple[Attack, ...] = (
    every_row.ATTACK,
    formal_domain.ATTACK,
    leave_one_out.ATTACK,
    rounding_boundary.ATTACK,
    subgroup_reversal.ATTACK,
    contradictions.ATTACK,
    direction.ATTACK,
    entities.ATTACK,
    numbers.ATTACK,
    printed_means.ATTACK,
    references.ATTACK,
    rule_and_statement.ATTACK,
    scope_words.ATTACK,
    answer_moves.ATTACK,
    arms_swapped.ATTACK,
    cell_nudged.ATTACK,
    constant_table.ATTACK,
    expected_literal.ATTACK,
    fresh_environment.ATTACK,
    fresh_seeds.ATTACK,
    inputs_opened.ATTACK,
    inputs_spoiled.ATTACK,
    inputs_used.ATTACK,
    measures_subject.ATTACK,
    other_analyses.ATTACK,
    parameters_varied.ATTACK,
    rows_reordered.ATTACK,
    scaling_law.ATTACK,
    small_changes.ATTACK,
    subject_rows.ATTACK,
    tolerance_width.ATTACK,
    units_covered.ATTACK,
    values_changed.ATTACK,
    values_traced.ATTACK,
    works_elsewhere.ATTACK,
)
"""Every attack. A new one is a new file beside its siblings and a line here."""


def plan(case: Case) -> tuple[Variation, ...]:
    """Every run that the attacks want, in the order of the attacks. Pure."""
    return tuple(variation for attack in ATTACKS for variation in attack.plan(case))


def challenge(case: Case, runs: Runs) -> tuple[Finding, ...]:
    """What every attack found. An attack that crashes speaks too: as ``error``, which verifies nothing. Pure."""
    return tuple(judge_attack(attack, case, runs) for attack in ATTACKS)


def judge_attack(attack: Attack, case: Case, runs: Runs) -> Finding:
    """What one attack found, with the command that does it again. Pure."""
    try:
        finding = attack.judge(case, runs)
    except Exception as error:
        return Finding(
            attack=attack.name,
            attacker=attack.attacker,
            threat=attack.threat,
            status="error",
            summary=f"{type(error).__name__}: {error}",
            replay=replay_command(case, attack),
        )
    return finding.model_copy(update={"replay": replay_command(case, attack)})


def replay_command(case: Case, attack: Attack) -> str:
    """Command that does the attack again, from the recorded evidence."""
    return f"harness replay {case.loaded.name} --attack {attack.name}"
