"""The source: its identity, the facts a claim is compared with, and its tables."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from harness.records.base import DecimalText, FilePath, Record, Sha256, Slug, Text
from harness.records.units import Unit

EntityKind = Literal["models", "datasets", "languages", "metrics", "settings", "arms", "categories"]
"""Kinds of things a source studies and a claim can be about."""

ENTITY_KINDS: tuple[EntityKind, ...] = (
    "models",
    "datasets",
    "languages",
    "metrics",
    "settings",
    "arms",
    "categories",
)


class Place(Record):
    """A place in the source: a section or a table."""

    section: Text | None = None
    """Section label, one of the paper's ``sections``."""
    table: Slug | None = None
    """Name of one of the paper's tables."""

    def __str__(self) -> str:
        return f"section {self.section}" if self.section is not None else (self.table or "nowhere")


class Entity(Record):
    """One model, data set, language, metric, setting, arm or category, and what the source did with it."""

    name: Text
    """Name used in the claim records and in the label columns of the tables."""
    aliases: tuple[Text, ...] = ()
    """Other spellings, found in statements too."""
    role: Literal["studied", "mentioned"] = "studied"
    """studied: trained, evaluated or defined by the source · mentioned: only cited or named."""
    at: Place
    """Where the source says so."""
    unit: Unit | None = None
    """For a metric: its own unit."""
    better: Literal["higher", "lower"] | None = None
    """For a metric: which direction is better."""
    languages: tuple[Text, ...] = ()
    """For a data set: the languages in which the source used it. For a category: the languages that belong to it."""
    note: Text | None = None
    """What the source says about it."""


class StatedNumber(Record):
    """A number printed in running text."""

    value: DecimalText
    """The number as printed."""
    at: Place
    """Where it is printed."""
    describes: Text
    """What the source says it is, in our words."""
    table: Slug | None = None
    """Table that the text names for it, if it names one."""


class RelevantItems(Record):
    """How many relevant items a query has in one setting; bounds between measures follow from it."""

    dataset: Text
    """Data set, as in the label columns."""
    setting: Text | None = None
    """Setting, as in the label columns; absent means every setting."""
    least: Annotated[int, Field(ge=1)]
    """Fewest relevant items of a query."""
    most: Annotated[int, Field(ge=1)]
    """Most relevant items of a query."""
    at: Place
    """Where the source says so."""


class Facts(Record):
    """What the source did, in the form the citation auditor compares claims with."""

    models: tuple[Entity, ...] = ()
    """Models trained (studied) or only cited (mentioned)."""
    datasets: tuple[Entity, ...] = ()
    """Data sets evaluated or trained on (studied) or only cited (mentioned)."""
    languages: tuple[Entity, ...] = ()
    """Languages evaluated (studied) or only named (mentioned)."""
    metrics: tuple[Entity, ...] = ()
    """Measures, each with its unit."""
    settings: tuple[Entity, ...] = ()
    """Retrieval settings or other conditions."""
    arms: tuple[Entity, ...] = ()
    """The methods compared."""
    categories: tuple[Entity, ...] = ()
    """Groupings and scope words the source defines or uses, such as a group of low-resource languages."""
    complete: tuple[EntityKind, ...] = ()
    """Kinds for which the lists above are complete, so that absence means the source does not have it."""
    numbers: tuple[StatedNumber, ...] = ()
    """Numbers printed in running text that claims are grounded in."""
    relevant: tuple[RelevantItems, ...] = ()
    """Relevant items for each query, where the source says how many."""

    def of(self, kind: EntityKind) -> tuple[Entity, ...]:
        """Entities of one kind."""
        entities: tuple[Entity, ...] = getattr(self, kind)
        return entities


class TableRoles(Record):
    """What the columns of a table are, so that attacks can be derived without knowing the paper."""

    value: Text
    """Column with the printed number."""
    groups: tuple[Text, ...] = ()
    """Label columns that say what the number is about."""
    arm: Text | None = None
    """Label column that names the method compared."""
    unit: Text | None = None
    """Label column that names the paired unit, such as the language."""
    kind: Text | None = None
    """Label column that tells cells from printed means and medians."""


class Table(Record):
    """One table of the source, as a CSV file beside paper.yaml."""

    name: Slug
    """Name used by locators and inputs, such as ``table-03``."""
    number: Annotated[int, Field(ge=1)]
    """Number of the table in the source."""
    file: Text
    """Path relative to paper.yaml."""
    sha256: Sha256
    """Digest of that file."""
    title: Text
    """What the table holds, in our words."""
    roles: TableRoles
    """What its columns are."""


class SourceDocument(Record):
    """A copy of the source, or of a part of it, as a file beside paper.yaml. Quotes are looked for in its text."""

    name: Slug
    """Name used by quotes, such as ``main``."""
    file: Text
    """Path relative to paper.yaml."""
    sha256: Sha256
    """Digest of that file."""
    media_type: Literal["text/plain", "text/html", "application/xml", "application/pdf"]
    """What the file is. XML is read as JATS or TEI."""


class ResourceFile(Record):
    """One file of a resource."""

    path: FilePath
    """Path inside the resource's folder, such as ``en.json``."""
    sha256: Sha256
    """Digest of the published file."""
    bytes: Annotated[int, Field(ge=0, le=2**40)]
    """Its size, in bytes."""


class Resource(Record):
    """Public data that is too large, or not licensed, to lie beside the record. Whoever runs a claim on it has it.

    The record pins every file; the files themselves are never part of the claims folder or of the evidence.
    """

    name: Slug
    """Name used by claims, and of its folder among the data, such as ``xquad-r``."""
    title: Text
    """What it holds, in our words."""
    kind: Literal["data", "model"]
    """data: records that attacks may leave out or change · model: weights and what belongs to them, which attacks
    only take away."""
    urls: tuple[Annotated[str, Field(pattern=r"^https://[^\s?#]+[^\s?#/]$", max_length=500)], ...] = ()
    """Where its publisher offers it: addresses to which ``/`` and the path of a file are added, tried in turn. None
    where nobody offers the files of these digests one by one."""
    revision: Text
    """Version of it, as the publisher names it, such as a commit."""
    licence: Text
    """SPDX identifier of its licence, or what is known about it."""
    files: tuple[ResourceFile, ...] = Field(min_length=1)
    """The files that claims may use, each with its digest."""
    note: Text | None = None
    """Anything a reader must know, such as how these files differ from others of that name."""


class Arxiv(Record):
    """An arXiv identifier; the version is not optional, because versions differ."""

    id: Annotated[str, Field(pattern=r"^\d{4}\.\d{4,5}$")]
    """Such as 2408.10536."""
    version: Annotated[int, Field(ge=1)]
    """Version number."""


class Paper(Record):
    """One source of claims. The file ``paper.yaml`` in a paper's folder."""

    record: Literal["paper-v1"]
    """Kind and version of this record."""
    id: Slug
    """Name of the folder."""
    title: Text
    """Title."""
    authors: tuple[Text, ...]
    """Authors in order; for a machine-written text, what wrote it."""
    year: Annotated[int, Field(ge=1600, le=2200)]
    """Year of publication."""
    arxiv: Arxiv | None = None
    """arXiv identifier with version."""
    doi: Text | None = None
    """DOI without a resolver in front."""
    url: Text | None = None
    """Where it can be read."""
    licence: Text
    """SPDX identifier of the source's licence, or what is known about it."""
    machine_written: bool = False
    """True when no person wrote it."""
    based_on: Slug | None = None
    """For a text that makes claims about another paper: the folder of that paper, beside this one. Locators,
    facts and tables are then that paper's."""
    sections: tuple[Text, ...] = ()
    """Every section label that a locator may name."""
    facts: Facts = Facts()
    """What the source did."""
    tables: tuple[Table, ...] = ()
    """Its tables."""
    documents: Annotated[tuple[SourceDocument, ...], Field(min_length=1)] | None = None
    """Copies of the source that are at hand. A quote is looked for in one after the other; the first that has it
    counts."""
    resources: Annotated[tuple[Resource, ...], Field(min_length=1)] | None = None
    """Public data that its claims use and that is not kept here."""
    note: Text | None = None
    """Anything a reader must know about how the source was read."""
