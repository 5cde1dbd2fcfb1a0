"""Which reported numbers are levels of a measure: means, medians, extremes or cells, and nothing derived from them."""

from __future__ import annotations

import re

from harness.grounding import find_entity
from harness.records.claim import Claim
from harness.records.units import Unit
from harness.redteam.interface import Case, unit_of
from harness.rules.leaves import Consistency, leaves

LEVEL_UNITS = (Unit.FRACTION, Unit.PERCENT, Unit.RANKS)
"""Units of measures that are averaged and never added up."""
_DERIVED = re.compile(
    r"%|\b(?:shares?|proportions?|fractions?|percentages?|percent|parts? of|ratios?|times|factors?|relative\w*|"
    r"most|majority|minority|half|third|quarter|win\w*|won|number of|how (?:many|much|often)|out of|"
    r"in (?:every|each|all|no|any|only|\w+ of)|for (?:every|each|all|\w+ of)|correlat\w*|agree\w*|overlap\w*|"
    r"probabilit\w*|chances?|p-values?|p|odds|reach\w*|retain\w*|keep\w*|recover\w*|preserv\w*|explain\w*|"
    r"differ\w*|gaps?|spread|range\w*|devia\w*|varia\w*|error|standard|interval\w*|bound\w*|width|total\w*|sums?|"
    r"gains?|loss\w*|improve\w*|drops?|increas\w*|decreas\w*|reduc\w*|predict\w*|fit\w*|intercept|extrapolat\w*|"
    r"slope|adjust\w*|correct\w*|normali\w*|weight\w*|confiden\w*|skew\w*|entropy|than|over|against|versus|vs|"
    r"compared|as (?:high|low|good|large|small))\b",
    re.IGNORECASE,
)
"""Words of statements about something that is computed from levels, and need not be one."""


def level_parts(case: Case) -> frozenset[str]:
    """Parts of the observations that can be nothing but levels of one of the subject's measures.

    Such a number has the measure's own unit, measures nothing else, and the statement speaks of no share, ratio,
    difference, spread or comparison. Where in doubt a part is left out.
    """
    claim, facts = case.claim, case.loaded.source.base.facts
    if not says_level(case) or any(isinstance(leaf, Consistency) for leaf in leaves(claim.decision)):
        return frozenset()
    found = set()
    for part in case.main.parts:
        item = next(item for item in claim.observes if item.name == part.partition(".")[0])
        metrics = [find_entity(facts, "metrics", name) for name in item.measures.metrics]
        own = {metric.unit for metric in metrics if metric is not None}
        unit = unit_of(part, claim)
        if unit in LEVEL_UNITS and own == {unit} and len(item.measures.arms) <= 1:
            found.add(part)
    return frozenset(found)


def says_level(case: Case) -> bool:
    """Whether the statement speaks of nothing that is computed from levels."""
    return _DERIVED.search(without_names(case)) is None


def without_names(case: Case) -> str:
    """The statement without the names of measures, of which some sound like shares: ``error rate``."""
    text = case.claim.statement
    metrics = case.loaded.source.base.facts.metrics
    for name in sorted(
        (name for item in metrics for name in (item.name, *item.aliases)), key=len, reverse=True
    ):
        text = text.replace(name, " ")
    return text


def printed_part(part: str, claim: Claim) -> bool:
    """Whether a part holds printed numbers, handed on as they stand."""
    name, _dot, column = part.partition(".")
    item = next(item for item in claim.observes if item.name == name)
    return (item.columns[column].type if column else item.type) == "printed"
