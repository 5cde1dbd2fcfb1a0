"""The red team: an explicit list of attacks, planned and judged by pure functions."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from harness.records.run import Variation
from harness.records.verdict import Finding
from harness.redteam.citation import (
    contradictions,
    direction,
    entities,
    kinds_covered,
    numbers,
    predicate_and_statement,
    printed_means,
    quotes,
    references,
    rule_and_statement,
    scope_words,
    stronger,
    units,
)
from harness.redteam.citation import (
    suggested as suggested_places,
)
from harness.redteam.counterexample import (
    domain_reached,
    every_row,
    exhaustive,
    formal_domain,
    generated,
    leave_one_out,
    margin_boundary,
    rounding_boundary,
    simpson_reversal,
    solver,
    subgroup_reversal,
    subgroups,
)
from harness.redteam.counterexample import (
    suggested as suggested_parameters,
)
from harness.redteam.interface import Attack, Case, Runs
from harness.redteam.replication import (
    answer_moves,
    arm_values,
    arms_swapped,
    cell_copied,
    cell_nudged,
    constant_table,
    control_ahead,
    data_overlap,
    every_cell,
    every_label,
    every_record,
    expected_literal,
    file_constant,
    file_scale,
    file_values,
    files_rewritten,
    fresh_environment,
    fresh_seeds,
    groups_covered,
    inputs_opened,
    inputs_spoiled,
    inputs_used,
    known_answer,
    measures_subject,
    methods_exchanged,
    named_columns,
    noise,
    other_analyses,
    other_records,
    parameters_varied,
    range_law,
    records_left_out,
    repeated,
    resource_files,
    rows_reordered,
    rows_traced,
    scaling_law,
    script_and_predicate,
    script_mutated,
    seeds_in_script,
    sides_apart,
    small_changes,
    stated_units,
    subject_rows,
    surroundings_read,
    tolerance_width,
    units_covered,
    values_changed,
    values_nudged,
    values_traced,
    works_elsewhere,
)
from harness.redteam.replication import rehearsal as rehearsal_attack
from harness.redteam.replication import (
    suggested as suggested_changes,
)
from harness.rehearsing import full_size, rehearsed

ATTACKS: tuple[Attack, ...] = (
    domain_reached.ATTACK,
    every_row.ATTACK,
    exhaustive.ATTACK,
    formal_domain.ATTACK,
    generated.ATTACK,
    leave_one_out.ATTACK,
    margin_boundary.ATTACK,
    rounding_boundary.ATTACK,
    simpson_reversal.ATTACK,
    solver.ATTACK,
    subgroup_reversal.ATTACK,
    suggested_parameters.ATTACK,
    subgroups.ATTACK,
    contradictions.ATTACK,
    direction.ATTACK,
    entities.ATTACK,
    kinds_covered.ATTACK,
    numbers.ATTACK,
    predicate_and_statement.ATTACK,
    printed_means.ATTACK,
    quotes.ATTACK,
    references.ATTACK,
    rule_and_statement.ATTACK,
    scope_words.ATTACK,
    stronger.ATTACK,
    suggested_places.ATTACK,
    units.ATTACK,
    answer_moves.ATTACK,
    arm_values.ATTACK,
    arms_swapped.ATTACK,
    cell_copied.ATTACK,
    cell_nudged.ATTACK,
    constant_table.ATTACK,
    control_ahead.ATTACK,
    data_overlap.ATTACK,
    every_cell.ATTACK,
    every_label.ATTACK,
    every_record.ATTACK,
    expected_literal.ATTACK,
    file_constant.ATTACK,
    file_scale.ATTACK,
    file_values.ATTACK,
    files_rewritten.ATTACK,
    fresh_environment.ATTACK,
    fresh_seeds.ATTACK,
    groups_covered.ATTACK,
    inputs_opened.ATTACK,
    inputs_spoiled.ATTACK,
    inputs_used.ATTACK,
    known_answer.ATTACK,
    measures_subject.ATTACK,
    named_columns.ATTACK,
    noise.ATTACK,
    other_analyses.ATTACK,
    other_records.ATTACK,
    parameters_varied.ATTACK,
    range_law.ATTACK,
    records_left_out.ATTACK,
    rehearsal_attack.ATTACK,
    repeated.ATTACK,
    resource_files.ATTACK,
    rows_reordered.ATTACK,
    methods_exchanged.ATTACK,
    rows_traced.ATTACK,
    stated_units.ATTACK,
    scaling_law.ATTACK,
    script_and_predicate.ATTACK,
    script_mutated.ATTACK,
    seeds_in_script.ATTACK,
    sides_apart.ATTACK,
    small_changes.ATTACK,
    subject_rows.ATTACK,
    suggested_changes.ATTACK,
    surroundings_read.ATTACK,
    tolerance_width.ATTACK,
    units_covered.ATTACK,
    values_changed.ATTACK,
    values_nudged.ATTACK,
    values_traced.ATTACK,
    works_elsewhere.ATTACK,
)
"""Every attack. A new one is a new file beside its siblings and a line here."""


_FIRST = (
    "replication/repeated",
    "replication/inputs-spoiled",
    "replication/values-changed",
    "replication/resource-files",
    "replication/arms-swapped",
    "replication/parameters-varied",
    "replication/small-changes",
    "replication/surroundings-read",
    "replication/fresh-seeds",
    "replication/fresh-environment",
    "replication/cell-nudged",
    "replication/constant-table",
    "replication/subject-rows",
)
"""Whose runs are made first: few runs that tell much. A short attack budget then gives the most."""
_LAST = "replication/script-mutated"
"""Whose runs are made last: many runs."""


def attacks(case: Case) -> tuple[Attack, ...]:
    """The harness's own attacks, then those of the case's plug-ins."""
    return (*ATTACKS, *(attack for plugin in case.plugins for attack in plugin.attacks))


def plan(case: Case) -> tuple[Variation, ...]:
    """Every run that the attacks want before they have seen any, the most telling first. Pure.

    An attack that fails to plan gets no runs and says so when it is judged.
    """
    found: list[Variation] = []
    for attack in sorted(attacks(case), key=_place):
        # A plug-in that ends the process must not end it with an exit code that says all is well.
        with suppress(Exception, SystemExit):
            found += _planned(attack, case)
    return tuple(found)


def follow_up(case: Case, runs: Runs) -> tuple[Variation, ...]:
    """Every run that attacks want after they have seen the first ones. Pure."""
    found: list[Variation] = []
    for attack in sorted(attacks(case), key=_place):
        with suppress(Exception, SystemExit):
            found += _followed(attack, case, runs, _planned(attack, case))
    return tuple(found)


def challenge(case: Case, runs: Runs, left_out: Collection[str] = ()) -> tuple[Finding, ...]:
    """What every attack found. An attack that crashes speaks too: as ``error``, which verifies nothing. Pure.

    ``left_out`` names runs that were wanted and not made; an attack that needs one says so.
    """
    return tuple(judge_attack(attack, case, runs, left_out) for attack in attacks(case))


def judge_attack(attack: Attack, case: Case, runs: Runs, left_out: Collection[str] = ()) -> Finding:
    """What one attack found, with the command that does it again. Pure."""
    try:
        finding = _judged(attack, case, runs, left_out)
    except (Exception, SystemExit) as error:
        finding = Finding(
            attack=attack.name,
            attacker=attack.attacker,
            threat=attack.threat,
            status="error",
            summary=f"{type(error).__name__}: {error}",
        )
    return finding.model_copy(update={"replay": replay_command(case, attack)})


def _judged(attack: Attack, case: Case, runs: Runs, left_out: Collection[str]) -> Finding:
    planned = _planned(attack, case)
    followed = _followed(attack, case, runs, planned)
    own = [name for name in left_out if name.startswith(attack.run_name(""))]
    if own:
        wanted = len(planned) + len(followed)
        return attack.left_out(f"{len(own)} of the {wanted} runs that it wants were left out")
    try:
        finding = attack.judge(attack.seen(case), runs)
    except KeyError as error:
        if not error.args or error.args[0] not in left_out:
            raise
        return attack.left_out(f"it judges run {error.args[0]}, which was left out")
    if not isinstance(finding, Finding) or finding.attack != attack.name:
        raise TypeError("its judgement is no finding of its own")
    # What breaks for want of runs that would have spoken otherwise is not broken.
    if left_out and finding.status == "broken" and finding.runs and not planned:
        return attack.left_out("it judges the runs of others, of which some were left out")
    return finding


def _planned(attack: Attack, case: Case) -> tuple[Variation, ...]:
    return _own_runs(attack, case, attack.plan(attack.seen(case)))


def _followed(
    attack: Attack, case: Case, runs: Runs, planned: tuple[Variation, ...]
) -> tuple[Variation, ...]:
    names = [variation.name for variation in planned]
    seen = {name: runs[name] for name in names if name in runs}
    return _own_runs(attack, case, attack.follow_up(attack.seen(case), seen), names)


def _own_runs(
    attack: Attack, case: Case, wanted: tuple[Variation, ...], taken: Collection[str] = ()
) -> tuple[Variation, ...]:
    """The runs that an attack wants, at the size at which it sees the case.

    Raises ``ValueError`` unless each has a name of its own.
    """
    names = [variation.name for variation in wanted]
    if len({*names, *taken}) != len(names) + len(taken) or not all(
        name.startswith(attack.run_name("")) for name in names
    ):
        raise ValueError(f"its runs must have different names that begin with {attack.run_name('')}")
    sized = full_size if attack.full_size else rehearsed
    return tuple(sized(case.claim, variation) for variation in wanted)


def _place(attack: Attack) -> int:
    if attack.name == _LAST:
        return len(_FIRST) + 1
    return _FIRST.index(attack.name) if attack.name in _FIRST else len(_FIRST)


def replay_command(case: Case, attack: Attack) -> str:
    """Command that does the attack again, from the recorded evidence."""
    return f"harness replay {case.loaded.name} --attack {attack.name}"
