"""One claim: what is said, where, about what, how it is measured, and the rule that decides it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from harness.records.base import DecimalText, FilePath, Identifier, JsonScalar, Record, Sha256, Slug, Text
from harness.records.formal import Predicate
from harness.records.rules import Rule
from harness.records.run import Limits, Transform
from harness.records.units import Unit


class ClaimKind(StrEnum):
    """What kind of evidence a claim needs."""

    REPORTED = "reported"
    """Re-analysis of numbers printed in the source."""
    DATASET = "dataset"
    """Checks against the source's public data."""
    FORMAL = "formal"
    """Mathematics."""
    EXPERIMENT = "experiment"
    """Something has to be trained or run."""


class Fidelity(StrEnum):
    """How close a run is to what the source did."""

    EXACT = "exact"
    """The source's models, data and protocol; for mathematics, the statement itself."""
    DATASET = "dataset"
    """The source's public data."""
    REPORTED = "reported"
    """Numbers printed in the source."""
    SCALED = "scaled"
    """The method, with a smaller model or less data."""
    ANALOG = "analog"
    """The mechanism, on other data."""


FIDELITY_ORDER: dict[Fidelity, int] = {
    Fidelity.EXACT: 4,
    Fidelity.DATASET: 3,
    Fidelity.REPORTED: 2,
    Fidelity.SCALED: 1,
    Fidelity.ANALOG: 0,
}
"""Higher is closer to the source; ``dataset`` may stand in for ``reported``, not the other way round."""


class TableLocator(Record):
    """Points at cells of a table of the source."""

    table: Slug
    """Name of the table."""
    where: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    """Label column to the label or labels that select the rows; empty selects all."""
    column: Text | None = None
    """Column of the cells; the table's value column unless given."""
    says: DecimalText | tuple[DecimalText, ...] | None = None
    """The number or numbers that stand there, as printed, in any order; absent: whatever stands there."""
    note: Text | None = None
    """What the place says, in our words."""


class SectionLocator(Record):
    """Points at a section of running text."""

    section: Text
    """Section label, one of the paper's ``sections``."""
    says: Text
    """What the section says, in our words."""
    values: tuple[DecimalText, ...] = ()
    """Numbers printed there, as printed; each must be among the paper's stated numbers for that section."""


class QuoteLocator(Record):
    """Quotes the source, in the W3C text-quote form."""

    quote: Text
    """The exact words, whole ones. A number in them counts as found in the source when the quote is."""
    prefix: Annotated[str, Field(max_length=4000)] = ""
    """Words just before, where the quote alone is not unique."""
    suffix: Annotated[str, Field(max_length=4000)] = ""
    """Words just after."""
    says: Text
    """What the quote says, in our words; every number here must stand in the quote."""
    section: Text
    """Section in which the words stand. For the reader: the text of a document is not divided into sections."""
    document: Slug | None = None
    """Name of the paper's document in which the words stand; absent: the first that has them."""


def _locator_kind(value: Any) -> str:
    keys = value.keys() if isinstance(value, dict) else set(type(value).model_fields)
    if "table" in keys:
        return "table locator"
    return "quote locator" if "quote" in keys else "section locator"


Locator = Annotated[
    Annotated[TableLocator, Tag("table locator")]
    | Annotated[SectionLocator, Tag("section locator")]
    | Annotated[QuoteLocator, Tag("quote locator")],
    Discriminator(_locator_kind),
]
"""Any pointer into the source."""


class Arms(Record):
    """The methods compared."""

    treatment: Text
    """The method the statement is about."""
    controls: tuple[Text, ...] = ()
    """The methods it is compared with; none where the statement is about one method alone."""


class Subject(Record):
    """What the statement is about. Every entity named in the statement belongs here."""

    models: tuple[Text, ...] = ()
    """Models."""
    datasets: tuple[Text, ...] = ()
    """Data sets."""
    languages: tuple[Text, ...] = ()
    """Languages; leave empty when the statement speaks of all languages of its data sets."""
    metrics: tuple[Text, ...] = ()
    """Measures."""
    settings: tuple[Text, ...] = ()
    """Settings."""
    categories: tuple[Text, ...] = ()
    """Scope words with a meaning of their own, such as ``low-resource`` or ``zero-shot``."""
    arms: Arms | None = None
    """Methods compared."""


class ClaimFile(Record):
    """An input file that lies beside the claim record."""

    name: Slug
    """Name under which the script finds it."""
    path: Text
    """Path relative to the claim's folder."""
    sha256: Sha256
    """Digest of that file."""


class Parts(Record):
    """A parameter that lists what a run does, one after the other and each by itself, such as its trainings."""

    parameter: Text
    """Parameter of the script with the list."""
    column: Identifier
    """Label column that says which item a row comes from, in every table that the rule uses."""


class Rehearsal(Record):
    """The same script with less to do, for claims whose own run is long.

    Attack runs and controls take these parameters, and are compared with a run of their own at this size. What ties
    them to the claim's own run: the answer must not be another, and single parts of the claim's own run, which nobody
    can know beforehand, are made again at full size and must come out number by number.
    """

    parameters: dict[str, JsonScalar | tuple[JsonScalar, ...]] = Field(min_length=1)
    """Parameters that replace those of the record."""
    parts: Parts
    """What the claim's own run consists of."""
    beside: dict[str, JsonScalar | tuple[JsonScalar, ...]] = Field(default_factory=dict)
    """Parameters of the few attack runs at full size: they switch off what the claim's own run makes beside its
    measurements, such as pictures."""


class Profile(Record):
    """Another size at which the same script can be run: what is written here takes the place of what the record says.

    Rule, statement, observations and controls are the same at every size, and so is what the run must reach.
    """

    what: Text
    """What is run, in one phrase."""
    parameters: dict[str, JsonScalar | tuple[JsonScalar, ...]] = Field(default_factory=dict)
    """Parameters that replace those of the record; the others stay."""
    resources: Annotated[tuple[FilePath, ...], Field(min_length=1)] | None = None
    """Resources that the script may read in place of the record's."""
    rehearsal: Rehearsal | None = None
    """Rehearsal in place of the record's."""
    seeds: Annotated[tuple[Annotated[int, Field(ge=0, lt=2**63)], ...], Field(min_length=1)] | None = None
    """Seeds in place of the record's."""
    limits: Limits | None = None
    """Limits in place of the record's."""
    fidelity: Fidelity
    """Fidelity that a run of this size reaches."""


ProfileName = Literal["medium", "full"]
"""Sizes beside that of the record itself, which is called ``embedded``."""


def folder_name(claim: str, profile: ProfileName | None) -> str:
    """Name of a claim among the artifacts: manifests of different sizes stand beside each other."""
    return claim if profile is None else f"{claim}@{profile}"


class Reproduction(Record):
    """How the claim is measured."""

    script: Text = "reproduce.py"
    """File name of the script, in the claim's folder."""
    inputs: tuple[Slug, ...] = ()
    """Tables of the source that the script may read."""
    files: tuple[ClaimFile, ...] = ()
    """Other files that the script may read."""
    resources: Annotated[tuple[FilePath, ...], Field(min_length=1)] | None = None
    """Resources of the source that the script may read: ``xquad-r`` for all files of one, ``xquad-r/en.json`` for one
    file. Absent: none."""
    parameters: dict[str, JsonScalar | tuple[JsonScalar, ...]] = Field(default_factory=dict)
    """Parameters handed to the script."""
    rehearsal: Rehearsal | None = None
    """Parameters for attack runs and controls, where the claim's own run is too long to be made dozens of times."""
    imports: Literal["retrieval"] | None = Field(default=None, alias="library")
    """Library of the harness that the script may import: ``harness.retrieval``. Its files are pinned."""
    seeds: tuple[Annotated[int, Field(ge=0, lt=2**63)], ...] = Field(default=(0,), min_length=1)
    """Seeds; the first is that of the main run. More than one says the script uses chance."""
    limits: Limits = Limits()
    """Resource limits of every run."""
    fidelity: Fidelity
    """Fidelity that a run reaches."""
    profiles: Annotated[dict[ProfileName, Profile], Field(min_length=1)] | None = None
    """Other sizes of the run, by name, chosen with ``harness run --profile``. Absent: none."""


class Measures(Record):
    """Which part of the subject an observation measures."""

    models: tuple[Text, ...] = ()
    """Models, each one of the subject's."""
    datasets: tuple[Text, ...] = ()
    """Data sets, each one of the subject's."""
    metrics: tuple[Text, ...] = ()
    """Measures, each one of the subject's."""
    settings: tuple[Text, ...] = ()
    """Settings, each one of the subject's."""
    arms: tuple[Text, ...] = ()
    """Methods, each one of the subject's arms."""


class Column(Record):
    """One column of a table that the script reports."""

    type: Literal["label", "printed", "number", "integer"]
    """label: text that names something · printed: a number as printed text · number: a JSON number ·
    integer: a JSON integer."""
    unit: Unit | None = None
    """Unit; required for everything but labels."""


class Observable(Record):
    """A quantity or a table that the script must report."""

    name: Identifier
    """Name in the script's output and in the rule."""
    what: Text
    """What it is, in one phrase."""
    type: Literal["printed", "number", "integer", "table"]
    """table, or the type of a single quantity."""
    unit: Unit | None = None
    """Unit of a single quantity."""
    columns: dict[Identifier, Column] = Field(default_factory=dict)
    """Columns of a table, by name."""
    measures: Measures = Measures()
    """Which part of the subject it measures."""


class Control(Record):
    """A run on spoiled inputs or parameters with an answer that must come out."""

    name: Slug
    """Name of the control."""
    expect: Literal["not-met", "met", "refuted"]
    """Answer that the rule must give: not-met for a spoiled twin, met for a known-true companion, refuted for a
    known-false one."""
    transforms: tuple[Transform, ...] = ()
    """Changes to the inputs."""
    parameters: dict[str, JsonScalar | tuple[JsonScalar, ...]] = Field(default_factory=dict)
    """Parameters that replace those of the record."""
    why: Text
    """Why the answer must come out so."""


class DomainSearch(Record):
    """For a formal claim: how to run the script over a wider domain than the record's own."""

    parameters: dict[str, JsonScalar | tuple[JsonScalar, ...]] = Field(min_length=1)
    """Parameters that make the script cover the wider domain."""
    covers: Text
    """What is then covered, such as ``every N from 2 to 200``."""


class Requires(Record):
    """What a run must reach before it may decide the claim."""

    fidelity: Fidelity
    """Lowest fidelity that may verify or falsify the claim."""


class Claim(Record):
    """One claim record. The file ``claim.yaml`` in the claim's folder, pinned by digest before its script runs."""

    record: Literal["claim-v1"]
    """Kind and version of this record."""
    id: Slug
    """Name of the folder."""
    statement: Text
    """The claim in one precise sentence."""
    kind: ClaimKind
    """What kind of evidence it needs."""
    grounding: tuple[Locator, ...] = Field(min_length=1)
    """Where the source says it."""
    subject: Subject
    """What it is about."""
    reproduction: Reproduction
    """How it is measured."""
    observes: tuple[Observable, ...] = Field(min_length=1)
    """What the script reports."""
    decision: Rule
    """The rule that decides, fixed before the run."""
    predicate: Predicate | None = None
    """The statement of mathematics as data, for the counterexample hunter to search its domain."""
    search: tuple[DomainSearch, ...] = ()
    """Wider domains for the counterexample hunter (formal claims)."""
    controls: tuple[Control, ...] = ()
    """Controls beside those that are derived from the rule."""
    requires: Requires
    """What a run must reach."""
    note: Text | None = None
    """Anything a reader must know: scope, choices, what was left out."""
