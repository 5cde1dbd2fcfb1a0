"""What a record must satisfy beyond its shape: names that refer to something, units that fit, scopes that nest."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from harness import resource_checks
from harness.formal.checks import predicate_problems
from harness.profiles import where_written, with_profile
from harness.records.claim import (
    Claim,
    ClaimKind,
    Fidelity,
    Measures,
    Observable,
    QuoteLocator,
    SectionLocator,
    TableLocator,
)
from harness.records.paper import ENTITY_KINDS, Paper
from harness.records.rules import (
    AllOf,
    AnyOf,
    ForAll,
    Granularity,
    Multiplicity,
    Paired,
    Proportion,
    Rank,
    Rerun,
    Rule,
    Sequential,
    Trend,
    Unpaired,
)
from harness.records.run import Transform
from harness.records.units import REPORTS_ON
from harness.rules import references
from harness.rules.expression import check as check_expression
from harness.rules.leaves import Statistical, leaves
from harness.stats.bootstrap import MOST_BOOTSTRAP
from harness.stats.rounding import exact
from harness.tables import TableData, is_printed_number
from harness.yaml_input import FieldPath

Complaint = tuple[FieldPath, str]


def paper_problems(paper: Paper) -> Iterator[Complaint]:
    """Mistakes in a paper record, each with the path of its field."""
    yield from _twice(("sections",), paper.sections)
    yield from _twice(("tables",), [table.name for table in paper.tables])
    yield from _twice(("documents",), [document.name for document in paper.documents or ()])
    if paper.based_on is not None and (
        paper.tables or paper.sections or paper.facts.numbers or paper.documents or paper.resources
    ):
        yield (
            ("based_on",),
            "a paper based on another has that paper's facts, sections, tables and resources, and none of its own",
        )
    yield from resource_checks.declared(paper)
    names = {table.name for table in paper.tables}
    for kind in ENTITY_KINDS:
        entities = paper.facts.of(kind)
        spellings = [name for entity in entities for name in (entity.name, *entity.aliases)]
        yield from _twice(("facts", kind), spellings)
        for index, entity in enumerate(entities):
            yield from _place(paper, names, entity.at.section, entity.at.table, ("facts", kind, index, "at"))
            if kind == "metrics" and entity.unit is None:
                yield ("facts", kind, index, "unit"), "a metric needs its unit"
    for index, number in enumerate(paper.facts.numbers):
        yield from _place(paper, names, number.at.section, number.at.table, ("facts", "numbers", index, "at"))
        if number.table is not None and number.table not in names:
            yield ("facts", "numbers", index, "table"), f"{number.table!r} is not one of the paper's tables"
    for index, item in enumerate(paper.facts.relevant):
        path: FieldPath = ("facts", "relevant", index)
        yield from _place(paper, names, item.at.section, item.at.table, (*path, "at"))
        if item.most < item.least:
            yield (*path, "most"), f"must be at least {item.least}, the fewest"


def _place(
    paper: Paper, tables: set[str], section: str | None, table: str | None, path: FieldPath
) -> Iterator[Complaint]:
    if (section is None) == (table is None):
        yield path, "names either a section or a table"
    elif section is not None and section not in paper.sections:
        yield (*path, "section"), f"{section!r} is not one of the paper's sections"
    elif table is not None and table not in tables:
        yield (*path, "table"), f"{table!r} is not one of the paper's tables"


def claim_problems(claim: Claim, base: Paper, tables: Mapping[str, TableData]) -> Iterator[Complaint]:
    """Mistakes in a claim record at each of its sizes, each with the path of its field."""
    own = list(_problems(with_profile(claim, None), base, tables))
    yield from own
    for profile, size in (claim.reproduction.profiles or {}).items():
        for name in size.parameters:
            if name not in claim.reproduction.parameters:
                where = ("reproduction", "profiles", profile, "parameters", name)
                yield where, "is not one of the script's parameters"
        for path, message in _problems(with_profile(claim, profile), base, tables):
            if (path, message) not in own:
                yield where_written(path, claim, profile), message


def _problems(claim: Claim, base: Paper, tables: Mapping[str, TableData]) -> Iterator[Complaint]:
    """Mistakes in a claim record at one size."""
    yield from _statement(claim)
    yield from _grounding(claim, base, tables)
    yield from _subject(claim)
    yield from _formal(claim)
    yield from _reproduction(claim, base)
    yield from _observes(claim, base)
    yield from _decision(claim, base)
    yield from _controls(claim, base, tables)
    for path, message in predicate_problems(claim):
        yield ("predicate", *path), message
    if claim.search and claim.kind is not ClaimKind.FORMAL:
        yield ("search",), "only a formal claim has a wider domain to search"


def _statement(claim: Claim) -> Iterator[Complaint]:
    """Characters that let a statement say one thing to a reader and another to a program."""
    for character in sorted(set(claim.statement)):
        category = unicodedata.category(character)
        if category[0] == "C" or (category[0] == "Z" and character != " "):
            yield ("statement",), f"holds the invisible character U+{ord(character):04X}"
        elif character.isdecimal() and not character.isascii():
            yield ("statement",), f"holds the digit {character!r}; write numbers with 0 to 9"
    for word in re.findall(r"\w+", claim.statement):
        scripts = {unicodedata.name(letter, "?").split()[0] for letter in word if letter.isalpha()}
        if len(scripts) > 1:
            yield ("statement",), f"the word {word!r} mixes letters of {' and '.join(sorted(scripts))}"


def _twice(path: FieldPath, names: Sequence[str]) -> Iterator[Complaint]:
    for name, count in Counter(names).items():
        if count > 1:
            yield path, f"{name!r} stands twice"


def _grounding(claim: Claim, base: Paper, tables: Mapping[str, TableData]) -> Iterator[Complaint]:
    for index, locator in enumerate(claim.grounding):
        path: FieldPath = ("grounding", index)
        if isinstance(locator, (SectionLocator, QuoteLocator)):
            if locator.section not in base.sections:
                yield (*path, "section"), f"{locator.section!r} is not one of the sections of {base.id}"
            if isinstance(locator, QuoteLocator) and locator.document is not None:
                names = [document.name for document in base.documents or ()]
                if locator.document not in names:
                    yield (
                        (*path, "document"),
                        f"{locator.document!r} is not one of the documents of {base.id}",
                    )
            continue
        yield from locator_complaints(locator, base, tables, path)


def locator_complaints(
    locator: TableLocator, base: Paper, tables: Mapping[str, TableData], path: FieldPath
) -> Iterator[Complaint]:
    """Mistakes in a pointer to cells of a table."""
    table = tables.get(locator.table)
    if table is None:
        # A table that is declared and not here has a broken file: said where the paper is checked.
        if all(item.name != locator.table for item in base.tables):
            yield (*path, "table"), f"{locator.table!r} is not one of the tables of {base.id}"
        return
    wrong = list(_columns(table, locator.where, (*path, "where")))
    yield from wrong
    if locator.column is not None and locator.column not in table.columns:
        yield (*path, "column"), f"{locator.table} has no column {locator.column!r}"
    elif locator.says is not None and locator.column is not None:
        cells = [row[locator.column] for row in table.select(locator.where)]
        if not all(is_printed_number(cell) for cell in cells):
            yield (
                (*path, "says"),
                f"column {locator.column!r} of {locator.table} holds no numbers to quote there",
            )
    if not wrong and not table.select(locator.where):
        yield (*path, "where"), f"selects no row of {locator.table}"


def _columns(
    table: TableData, where: Mapping[str, str | Sequence[str]], path: FieldPath
) -> Iterator[Complaint]:
    for column, labels in where.items():
        if column not in table.columns:
            yield (*path, column), f"{table.name} has no column {column!r}"
            continue
        there = {row[column] for row in table.rows}
        for label in [labels] if isinstance(labels, str) else labels:
            if label not in there:
                yield (*path, column), f"{table.name} has no {label!r} in column {column!r}"


def _subject(claim: Claim) -> Iterator[Complaint]:
    subject = claim.subject
    for kind in ENTITY_KINDS:
        if kind != "arms":
            yield from _twice(("subject", kind), getattr(subject, kind))
    if subject.arms is not None:
        yield from _twice(("subject", "arms"), (subject.arms.treatment, *subject.arms.controls))
    if not any(getattr(subject, kind) for kind in ENTITY_KINDS):
        yield ("subject",), "names nothing; say what the statement is about"


_HARNESS_CONTROLS = ("empty-twin",)


def _formal(claim: Claim) -> Iterator[Complaint]:
    if claim.kind is ClaimKind.FORMAL:
        for kind in ("models", "metrics", "arms"):
            if getattr(claim.subject, kind):
                yield (
                    ("subject", kind),
                    "a formal claim is about no models, metrics or methods that somebody measured",
                )


def _reproduction(claim: Claim, base: Paper) -> Iterator[Complaint]:
    reproduction = claim.reproduction
    tables = {table.name for table in base.tables}
    yield from _twice(
        ("reproduction", "inputs"), (*reproduction.inputs, *(file.name for file in reproduction.files))
    )
    for index, name in enumerate(reproduction.inputs):
        if name not in tables:
            yield ("reproduction", "inputs", index), f"{name!r} is not one of the tables of {base.id}"
    yield from resource_checks.used(claim, base)
    if reproduction.fidelity not in _REACHABLE[claim.kind]:
        reachable = ", ".join(sorted(_REACHABLE[claim.kind]))
        yield ("reproduction", "fidelity"), f"a {claim.kind} claim reaches {reachable}"
    if len(set(reproduction.seeds)) != len(reproduction.seeds):
        yield ("reproduction", "seeds"), "a seed stands twice"
    yield from _rehearsal(claim)
    for index, search in enumerate(claim.search):
        for name in search.parameters:
            if name not in reproduction.parameters:
                yield ("search", index, "parameters", name), "is not one of the script's parameters"


def _rehearsal(claim: Claim) -> Iterator[Complaint]:
    rehearsal = claim.reproduction.rehearsal
    if rehearsal is None:
        return
    own, path = claim.reproduction.parameters, ("reproduction", "rehearsal")
    if claim.kind is not ClaimKind.EXPERIMENT:
        yield path, "is for experiments, whose own run is long"
    for field in ("parameters", "beside"):
        for name in getattr(rehearsal, field):
            if name not in own:
                yield (*path, field, name), "is not one of the script's parameters"
    items = own.get(rehearsal.parts.parameter)
    if not isinstance(items, tuple) or len({str(item) for item in items}) < 2:
        yield (*path, "parts", "parameter"), "is not a parameter of the script that lists at least two items"
    observed = {item.name: item for item in claim.observes}
    for name, _column in sorted(references(claim.decision), key=str):
        columns = observed[name].columns if name in observed else {}
        column = columns.get(rehearsal.parts.column)
        if column is None or column.type != "label":
            yield (*path, "parts", "column"), f"is not a label column of {name!r}, which the rule uses"


def _observes(claim: Claim, base: Paper) -> Iterator[Complaint]:
    yield from _twice(("observes",), [item.name for item in claim.observes])
    for index, item in enumerate(claim.observes):
        path: FieldPath = ("observes", index)
        if item.type == "table":
            if not item.columns:
                yield (*path, "columns"), "a table needs its columns"
            if item.unit is not None:
                yield (*path, "unit"), "a table has units in its columns"
            for name, column in item.columns.items():
                if (column.type == "label") != (column.unit is None):
                    yield (*path, "columns", name, "unit"), "labels have no unit, numbers need one"
        elif item.unit is None:
            yield (*path, "unit"), "a quantity needs its unit"
        elif item.columns:
            yield (*path, "columns"), "only a table has columns"
        yield from _measures(claim, base, item, path)


def _measures(claim: Claim, base: Paper, item: Observable, path: FieldPath) -> Iterator[Complaint]:
    arms = claim.subject.arms
    allowed: dict[str, set[str]] = {
        kind: set(getattr(claim.subject, kind)) for kind in ENTITY_KINDS if kind != "arms"
    }
    allowed["arms"] = {arms.treatment, *arms.controls} if arms else set()
    for kind in Measures.model_fields:
        for name in getattr(item.measures, kind):
            if name not in allowed[kind]:
                yield (*path, "measures", kind), f"{name!r} is not in the subject's {kind}"
    units = {column.unit for column in item.columns.values()} | {item.unit}
    by_name = {name: entity for entity in base.facts.metrics for name in (entity.name, *entity.aliases)}
    for name in item.measures.metrics:
        metric = by_name.get(name)
        if (
            metric is not None
            and metric.unit is not None
            and not units & REPORTS_ON.get(metric.unit, frozenset())
        ):
            have = ", ".join(sorted(unit for unit in units if unit)) or "no unit"
            yield (*path, "measures", "metrics"), f"{name} is a {metric.unit}; {have} cannot report on it"


def _decision(claim: Claim, base: Paper) -> Iterator[Complaint]:
    observed = {item.name: item for item in claim.observes}
    arms = claim.subject.arms
    mine = {arms.treatment, *arms.controls} if arms else set()
    others = {
        name
        for entity in base.facts.arms
        for name in (entity.name, *entity.aliases)
        if arms is not None and not mine & {entity.name, *entity.aliases}
    }
    yield from _rule(claim.decision, ("decision",), observed, others)
    yield from _families(claim.decision, ("decision",))


def _families(rule: Rule, path: FieldPath) -> Iterator[Complaint]:
    """Rules that name one family must agree on how it is corrected."""
    stated: dict[str, Multiplicity] = {}
    for leaf in leaves(rule):
        if isinstance(leaf, (Paired, Unpaired)):
            first = stated.setdefault(leaf.multiplicity.family, leaf.multiplicity)
            if first != leaf.multiplicity:
                yield path, f"the rules of the family {first.family!r} state different methods or sizes"


def _rule(
    rule: Rule, path: FieldPath, observed: Mapping[str, Observable], others: set[str]
) -> Iterator[Complaint]:
    if isinstance(rule, (AllOf, AnyOf)):
        for index, part in enumerate(rule.parts):
            yield from _rule(part, (*path, "parts", index), observed, others)
        return
    uses = references(rule)
    expressions = isinstance(rule, (ForAll, Proportion))
    tables = {rule.table} if isinstance(rule, (ForAll, Proportion)) else set()
    for name in sorted({name for name, _column in uses} | tables):
        columns = sorted({column for used, column in uses if used == name and column is not None})
        item = observed.get(name)
        if item is None:
            yield path, f"uses {name!r}, which is not observed"
        elif columns and item.type != "table":
            yield path, f"uses {name!r} as a table, but it is a quantity"
        elif not columns and not expressions and item.type == "table":
            yield path, f"uses {name!r} as a quantity, but it is a table"
        elif not expressions:
            for column in columns:
                if column not in item.columns:
                    yield path, f"uses column {column!r} of {name!r}, which is not declared"
    if isinstance(rule, (Paired, Unpaired)) and rule.rule.endswith("superiority") and exact(rule.margin) < 0:
        yield (
            (*path, "margin"),
            "to be better by less than nothing is no superiority; noninferiority has such a margin",
        )
    # Columns of an expression are checked where the expression stands.
    yield from _rule_details(rule, path, observed, others)


def _rule_details(
    rule: Rule, path: FieldPath, observed: Mapping[str, Observable], others: set[str]
) -> Iterator[Complaint]:
    item = observed.get(getattr(rule, "table", None) or "")
    columns = item.columns if item else {}

    def labels(*names: str) -> Iterator[Complaint]:
        for name in names:
            if name in columns and columns[name].type != "label":
                yield path, f"column {name!r} must hold labels"

    def numbers(*names: str) -> Iterator[Complaint]:
        for name in names:
            if name in columns and columns[name].type == "label":
                yield path, f"column {name!r} must hold numbers"

    if isinstance(rule, (ForAll, Proportion)) and item is not None:
        kinds = {name: "label" if column.type == "label" else "number" for name, column in columns.items()}
        for key in ("holds", "when"):
            if (text := getattr(rule, key, None)) is not None:
                for message in check_expression(text, kinds):
                    yield (*path, key), message
    if isinstance(rule, Proportion) and not 0 <= Fraction(rule.at_least.replace(",", "")) <= 1:
        yield (*path, "at_least"), f"the share {rule.at_least} is not from 0 to 1"
    if isinstance(rule, Rank):
        if rule.arm in others:
            yield (*path, "arm"), f"{rule.arm!r} is a method of the source, but none of the subject's arms"
        yield from labels(*rule.blocks, rule.arm_column)
        yield from numbers(rule.value_column)
    if isinstance(rule, Granularity):
        yield from numbers(rule.value, rule.n)
        if rule.value in columns and columns[rule.value].type != "printed":
            yield (*path, "value"), f"column {rule.value!r} must be printed text, or its precision is lost"
    if isinstance(rule, Paired):
        yield from labels(*rule.groups, rule.unit, *filter(None, (rule.cluster, rule.seed_column)))
        yield from numbers(rule.treatment, rule.control)
        if rule.seed_column is not None and rule.test != "t":
            yield (*path, "seed_column"), f"goes with the test t only, not with {rule.test}"
    if isinstance(rule, Unpaired):
        levels = [name for name in (rule.cluster, rule.seed_column) if name is not None]
        yield from labels(*rule.groups, rule.unit, *levels, rule.arm_column)
        yield from numbers(rule.value_column)
        if rule.seed_column is not None and rule.test != "welch":
            yield (*path, "seed_column"), f"goes with the test welch only, not with {rule.test}"
        for key in ("treatment", "control"):
            if getattr(rule, key) in others:
                yield (
                    (*path, key),
                    f"{getattr(rule, key)!r} is a method of the source, but none of the subject's arms",
                )
    if isinstance(rule, (Paired, Unpaired)):
        if rule.test in ("bca", "bootstrap-t") and rule.resamples > MOST_BOOTSTRAP:
            yield (*path, "resamples"), f"must be at most {MOST_BOOTSTRAP} for a bootstrap"
        for key in ("cluster", "seed_column"):
            if getattr(rule, key) == rule.unit:
                yield (*path, key), "is the unit itself"
    if isinstance(rule, Trend):
        yield from labels(*rule.blocks)
        yield from numbers(rule.dose_column, rule.value_column)
        if rule.dose_column == rule.value_column:
            yield (*path, "value_column"), "is the dose itself"
    if isinstance(rule, Rerun):
        yield from labels(rule.run)
        yield from numbers(rule.value_column)
        if exact(rule.half_width) <= 0:
            yield (*path, "half_width"), "must be above 0"
    if isinstance(rule, Sequential):
        yield from numbers(rule.order, rule.treatment, rule.control)
        if not abs(exact(rule.margin)) < exact(rule.limit):
            yield (*path, "limit"), "must be above 0 and larger than the margin"
    yield from _test_parameters(rule, path)


def _test_parameters(rule: Rule, path: FieldPath) -> Iterator[Complaint]:
    """What holds for every statistical test."""
    if not isinstance(rule, Statistical):
        return
    if isinstance(rule, (Paired, Unpaired, Sequential)) and rule.treatment == rule.control:
        yield (*path, "control"), "is the treatment itself"
    if (
        isinstance(rule, (Paired, Unpaired))
        and not rule.rule.endswith("superiority")
        and exact(rule.margin) <= 0
    ):
        yield (*path, "margin"), f"must be above 0 for {rule.rule}"
    if not 0 < exact(rule.alpha) < Fraction(1, 2):
        yield (*path, "alpha"), "must lie between 0 and 0.5"
    if isinstance(rule, (Paired, Unpaired, Trend)) and not 0 < exact(rule.power) < 1:
        yield (*path, "power"), "must lie between 0 and 1"


def _controls(claim: Claim, base: Paper, tables: Mapping[str, TableData]) -> Iterator[Complaint]:
    yield from _twice(("controls",), [control.name for control in claim.controls])
    names = {*claim.reproduction.inputs, *(file.name for file in claim.reproduction.files)}
    names |= resource_checks.names_in_transforms(claim, base)
    for index, control in enumerate(claim.controls):
        path: FieldPath = ("controls", index)
        if control.name in _HARNESS_CONTROLS:
            yield (*path, "name"), f"{control.name!r} is a control of the harness itself"
        if not control.transforms and not control.parameters:
            yield path, "changes nothing; give transforms or parameters"
        for name in control.parameters:
            if name not in claim.reproduction.parameters:
                yield (*path, "parameters", name), "is not one of the script's parameters"
        for number, transform in enumerate(control.transforms):
            place = (*path, "transforms", number)
            yield from transform_complaints(transform, names, tables, place)
            yield from resource_checks.unchangeable(transform, claim, base, place)


_REACHABLE: dict[ClaimKind, frozenset[Fidelity]] = {
    ClaimKind.REPORTED: frozenset({Fidelity.REPORTED}),
    ClaimKind.DATASET: frozenset({Fidelity.DATASET, Fidelity.SCALED, Fidelity.ANALOG}),
    ClaimKind.FORMAL: frozenset({Fidelity.EXACT}),
    ClaimKind.EXPERIMENT: frozenset({Fidelity.EXACT, Fidelity.DATASET, Fidelity.SCALED, Fidelity.ANALOG}),
}
"""Fidelity that a kind of claim can reach: nobody re-reads a table with the source's models."""

_NEEDS = {
    "swap": ("column", "labels"),
    "permute": ("column", "seed"),
    "scale": ("column", "number"),
    "shift": ("column", "number"),
    "set": ("column", "number"),
    "reorder": ("seed",),
    "redraw": ("seed",),
    "noise": ("seed",),
    "rescale": ("number",),
    "exchange": ("labels", "seed"),
    "relabel": ("column", "seed"),
    "nudge": ("number", "seed"),
    "blank": ("number", "seed"),
    "thin": ("number", "seed"),
}


def transform_complaints(
    transform: Transform, names: set[str], tables: Mapping[str, TableData], path: FieldPath
) -> Iterator[Complaint]:
    """Mistakes in a change of the inputs. ``names`` are the declared inputs, without suffix."""
    needs = _NEEDS.get(transform.do, ())
    for key in ("column", "labels", "number", "seed"):
        if (getattr(transform, key) is None) == (key in needs):
            yield (*path, key), f"{'is required' if key in needs else 'does not belong'} for {transform.do}"
    if transform.number is not None and not (
        is_printed_number(transform.number) and len(transform.number) <= 20
    ):
        yield (*path, "number"), "must be a number as text, such as '0.5', of at most 20 characters"
    elif transform.number is not None and transform.do in ("blank", "thin"):
        if not 0 <= exact(transform.number) <= 1:
            yield (*path, "number"), "must be a share from 0 to 1, such as '0.5'"
    elif transform.number is not None and transform.do == "nudge" and not transform.number.isdecimal():
        yield (*path, "number"), "must be a whole number of values, such as '3'"
    if transform.where and transform.do in ("empty", "remove", "reorder", "noise", "exchange"):
        yield (*path, "where"), f"does not belong to {transform.do}"
    for index, name in enumerate(transform.inputs):
        if name not in names:
            yield (*path, "inputs", index), f"{name!r} is not a declared input"
    for name in transform.inputs or sorted(names):
        table = tables.get(name)
        if table is None:
            continue
        if transform.column is not None and transform.column not in table.columns:
            yield (*path, "column"), f"{name} has no column {transform.column!r}"
        if transform.inputs:
            yield from _columns(table, transform.where, (*path, "where"))
