"""Rows that the script reports must be records of its data files, where it hands their numbers on."""

from __future__ import annotations

from collections.abc import Iterator

from harness.records.claim import ClaimKind
from harness.records.rules import ForAll, Paired, Sequential, Trend, Unpaired
from harness.records.verdict import Attacker, Effect, Finding, Reason
from harness.redteam.data_inputs import data_files
from harness.redteam.interface import Attack, Case, Runs
from harness.redteam.traced_rows import Traced, lone_clusters, mismatch, sources
from harness.rules.leaves import leaves

_OF_ROWS = (Paired, Unpaired, Trend, Sequential, ForAll)


def traced_tables(case: Case) -> Iterator[tuple[str, str, Traced]]:
    """Reported table, file, and both together, for every table whose rows a rule tests and name records of the file."""
    observations = case.main.observations
    if observations is None:
        return
    tables = dict.fromkeys(leaf.table for leaf in leaves(case.claim.decision) if isinstance(leaf, _OF_ROWS))
    for table in tables:
        for name, file in data_files(case).items():
            traced = Traced(observations.tables[table], file)
            if traced.comparable:
                yield table, name, traced


def _judge(case: Case, runs: Runs) -> Finding:
    if not case.measured or case.claim.kind is not ClaimKind.DATASET:
        return ATTACK.not_applicable("no rows of a data file are reported")
    handed_on = []
    for table, file, traced in traced_tables(case):
        tests = [leaf for leaf in leaves(case.claim.decision) if getattr(leaf, "table", None) == table]
        for leaf in tests:
            if isinstance(leaf, (Paired, Unpaired)) and leaf.cluster is not None:
                column = lone_clusters(traced, leaf.unit, leaf.cluster)
                if column is not None:
                    return _broken(
                        f"every {leaf.cluster} reported in {table} has one {leaf.unit} alone, while {column} of "
                        f"{file} puts several together",
                        {"table": table, "file": file, "column": column},
                    )
        compared = [(leaf.treatment, leaf.control) for leaf in tests if isinstance(leaf, Paired)]
        if found := mismatch(traced, compared):
            return _broken(
                f"{found.rows} of {found.of} rows of {table} stand in no record of {file}: in "
                f"{' and '.join(found.columns)} they carry its numbers, but those of other records or sides",
                {"table": table, "file": file, "columns": list(found.columns), "rows": found.rows},
            )
        handed_on += [f"{table}.{column}" for column, places in sources(traced).items() if places]
    if not handed_on:
        return ATTACK.not_applicable("no numbers of a data file are handed on unchanged")
    return ATTACK.held(
        f"the rows of {', '.join(sorted(set(handed_on)))} are records of the data files", runs=("main",)
    )


def _broken(summary: str, evidence: dict[str, object]) -> Finding:
    return ATTACK.broken(
        Effect.VOIDS, 9.0, summary, reason=Reason.VACUOUS_EVIDENCE, evidence=(evidence,), runs=("main",)
    )


ATTACK = Attack(
    name="replication/rows-traced",
    attacker=Attacker.REPLICATION_ATTACKER,
    threat="the script pairs anew, exchanges sides or takes clusters apart, so that its rows are nobody's measurements",
    origin="provenance tracing; sorting before a paired test; pseudo-replication (Hurlbert 1984)",
    judge=_judge,
)
