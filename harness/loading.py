"""From a claims folder to records: every problem at once, each with file, line and field.

A claims folder holds one folder per paper; a paper's folder holds ``paper.yaml``, ``tables/`` and one folder per
claim with ``claim.yaml`` and its script. A paper's folder or a claim's folder alone can be given too.
"""

from __future__ import annotations

import copy
import difflib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from pydantic import ValidationError

from harness.canonical import sha256
from harness.documents.bounded import MAX_DOCUMENT_BYTES, Extracted, extract
from harness.documents.extraction import Unreadable
from harness.errors import InputError, InvalidRecord, Problem
from harness.json_input import MAX_INTEGER
from harness.profiles import profile_of, with_profile
from harness.record_checks import claim_problems, paper_problems
from harness.records.base import FORMS, Record
from harness.records.claim import Claim, ProfileName, folder_name
from harness.records.paper import Paper
from harness.records.suggestion import Suggestion, Suggestions
from harness.resources import PinnedFile, pinned_files
from harness.script_modules import library_digests
from harness.tables import TableData, parse_table
from harness.yaml_input import FieldPath, YamlDocument, dotted, parse_yaml

MAX_SCRIPT_BYTES = 4 << 20
MAX_FILE_BYTES = 256 << 20

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Document:
    """A copy of the source with its text."""

    data: bytes
    """Bytes of the file."""
    extracted: Extracted
    """Its text and what read it."""


@dataclass(frozen=True)
class Source:
    """A paper with its tables, as the claims of one folder see it."""

    paper: Paper
    """The paper whose folder it is."""
    base: Paper
    """The paper whose facts and tables count: ``paper`` itself, or the one it is based on."""
    tables: dict[str, TableData]
    """Parsed tables of ``base``."""
    table_bytes: dict[str, bytes]
    """Bytes of each table."""
    documents: dict[str, Document] = field(default_factory=dict)
    """Documents of ``base`` by name, in the order of its record."""


@dataclass(frozen=True)
class LoadedClaim:
    """A claim with everything its run needs, pinned in memory before anything runs."""

    claim: Claim
    """The record."""
    source: Source
    """Its source."""
    script: bytes
    """Bytes of the script."""
    inputs: dict[str, bytes]
    """Declared tables and files by file name (``table-03.csv``)."""
    folder: str
    """Folder of the claim as the user named it."""
    suggestions: Suggestions | None = None
    """Work that somebody suggests for the red team; checked against the claim."""
    imports: dict[str, str] | None = None
    """Digest of each file of the library that the script may import, by path; None without one."""
    profile: ProfileName | None = None
    """Profile with which it is run; None for the record as it stands."""
    written: Claim | None = None
    """The record with all of its profiles, where it has any: ``claim`` is what a run of one size sees of it."""

    @property
    def record(self) -> Claim:
        """The record as it is written: what is pinned."""
        return self.claim if self.written is None else self.written

    @property
    def suggested(self) -> tuple[Suggestion, ...]:
        """What somebody suggests for the red team."""
        return () if self.suggestions is None else self.suggestions.suggestions

    @property
    def resources(self) -> dict[str, PinnedFile]:
        """Files of the source's resources that it uses, by name among the inputs (``xquad-r/en.json``)."""
        return pinned_files(self.claim, self.source.base)

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of every file that a run is given."""
        return (*self.inputs, *self.resources)

    @property
    def name(self) -> str:
        """``<paper>/<claim>``, and ``@`` with the profile where there is one."""
        return f"{self.source.paper.id}/{folder_name(self.claim.id, self.profile)}"


def unsized(loaded: LoadedClaim) -> LoadedClaim:
    """A claim whose record has profiles, as that record stands without them; any other claim as it is."""
    if loaded.claim.reproduction.profiles is None:
        return loaded
    return replace(loaded, claim=with_profile(loaded.claim, None), written=loaded.claim)


def sized(loaded: LoadedClaim, wanted: str) -> LoadedClaim:
    """The claim at the size of a profile; as its record stands where that does not declare this one."""
    profile = profile_of(loaded.record, wanted)
    return replace(loaded, claim=with_profile(loaded.record, profile), profile=profile)


def load_claims(root: Path) -> list[LoadedClaim]:
    """Load every claim under ``root`` in name order.

    Raises ``InputError`` when there is nothing to load and ``InvalidRecord`` with all problems of all records.
    """
    if not root.exists():
        raise InputError(f"{root}: no such folder")
    if not root.is_dir():
        raise InputError(f"{root}: not a folder; give a claims folder, a paper's folder or a claim's folder")
    only: str | None = None
    if (root / "claim.yaml").is_file():
        papers, only = [root.resolve().parent], root.resolve().name
    elif (root / "paper.yaml").is_file():
        papers = [root]
    else:
        papers = sorted(path.parent for path in root.glob("*/paper.yaml"))
    problems: list[Problem] = []
    if not (root / "paper.yaml").is_file() and only is None:
        problems += [
            Problem(str(path.parent.parent / "paper.yaml"), 0, "", "a folder with claims needs a paper.yaml")
            for path in _first_of_each_parent(sorted(root.glob("*/*/claim.yaml")))
            if not (path.parent.parent / "paper.yaml").is_file()
        ]
    if not papers and not problems:
        raise InputError(f"{root}: no paper.yaml found here or one folder below")
    claims: list[LoadedClaim] = []
    for folder in papers:
        source, found = load_source(folder)
        problems += found
        for path in _claim_folders(folder, only):
            loaded, found = _load_claim(path, source)
            problems += found
            if loaded is not None:
                claims.append(loaded)
    if problems:
        raise InvalidRecord(problems)
    if not claims:
        raise InputError(f"{root}: no claim.yaml found in any paper's folder")
    return claims


def _first_of_each_parent(paths: Iterable[Path]) -> Iterator[Path]:
    seen: set[Path] = set()
    for path in paths:
        if path.parent.parent not in seen:
            seen.add(path.parent.parent)
            yield path


def _claim_folders(paper: Path, only: str | None) -> list[Path]:
    folders = sorted(path.parent for path in paper.glob("*/claim.yaml"))
    return [folder for folder in folders if only is None or folder.name == only]


def load_source(folder: Path) -> tuple[Source | None, list[Problem]]:
    """Load ``paper.yaml`` with its tables and documents, and those of the paper it is based on."""
    paper, document, problems = load_record(folder / "paper.yaml", Paper)
    if paper is None:
        return None, problems
    if paper.id != folder.resolve().name:
        problems.append(
            _problem(
                folder / "paper.yaml",
                document,
                ("id",),
                f"must be the folder's name, {folder.resolve().name!r}",
            )
        )
    base, base_folder, base_document = paper, folder, document
    if paper.based_on is not None:
        base_folder = folder.resolve().parent / paper.based_on
        if not (base_folder / "paper.yaml").is_file():
            message = f"there is no paper folder {paper.based_on!r} beside this one"
            problems.append(_problem(folder / "paper.yaml", document, ("based_on",), message))
            return None, problems
        loaded, base_document, found = load_record(base_folder / "paper.yaml", Paper)
        problems += found
        if loaded is None:
            return None, problems
        base = loaded
    problems += [
        _problem(folder / "paper.yaml", document, path, message) for path, message in paper_problems(paper)
    ]
    tables: dict[str, TableData] = {}
    table_bytes: dict[str, bytes] = {}
    for index, table in enumerate(base.tables):
        where: FieldPath = ("tables", index, "file")
        data, message = _read(base_folder, table.file, MAX_FILE_BYTES)
        if data is None:
            problems.append(_problem(base_folder / "paper.yaml", base_document, where, message))
            continue
        if sha256(data) != table.sha256:
            message = f"{table.file} has digest {sha256(data)}, not the one written here"
            problems.append(
                _problem(base_folder / "paper.yaml", base_document, ("tables", index, "sha256"), message)
            )
        parsed, found = parse_table(table.name, data, file=str(base_folder / table.file), roles=table.roles)
        problems += found
        if parsed is not None:
            tables[table.name], table_bytes[table.name] = parsed, data
    documents, found = _documents(base, base_folder, base_document)
    return Source(paper, base, tables, table_bytes, documents), [*problems, *found]


def _documents(base: Paper, folder: Path, record: YamlDocument) -> tuple[dict[str, Document], list[Problem]]:
    """The paper's documents with their texts; what cannot be read is a mistake of the record."""
    documents: dict[str, Document] = {}
    problems: list[Problem] = []
    for index, item in enumerate(base.documents or ()):

        def add(key: str, message: str, index: int = index) -> None:
            problems.append(_problem(folder / "paper.yaml", record, ("documents", index, key), message))

        data, message = _read(folder, item.file, MAX_DOCUMENT_BYTES)
        if data is None:
            add("file", message)
        elif sha256(data) != item.sha256:
            add("sha256", f"{item.file} has digest {sha256(data)}, not the one written here")
        else:
            try:
                documents[item.name] = Document(data, extract(data, item.media_type))
            except Unreadable as error:
                add("file", f"{item.file} {error}")
    return documents, problems


def _load_claim(folder: Path, source: Source | None) -> tuple[LoadedClaim | None, list[Problem]]:
    path = folder / "claim.yaml"
    claim, document, problems = load_record(path, Claim, repair=True)
    if claim is None:
        return None, problems
    unsure = _unsure_parts(document.value, claim) if problems else set()
    broken = {problem.field for problem in problems}
    subject_broken = any(problem.field.startswith("subject") for problem in problems)

    def add(where: FieldPath, message: str) -> None:
        # What was left out or stood in for a broken field is not the author's: say nothing about it.
        if ("kind" in unsure and where in _BY_KIND) or dotted(where) in broken:
            return
        if where[0] not in unsure and not ("measures" in where and subject_broken):
            problems.append(_problem(path, document, where, message))

    if claim.id != folder.resolve().name:
        add(("id",), f"must be the folder's name, {folder.resolve().name!r}")
    script, message = _read(folder, claim.reproduction.script, MAX_SCRIPT_BYTES)
    if script is None:
        add(("reproduction", "script"), message)
    inputs: dict[str, bytes] = {}
    for index, file in enumerate(claim.reproduction.files):
        data, message = _read(folder, file.path, MAX_FILE_BYTES)
        where: FieldPath = ("reproduction", "files", index)
        if data is None:
            add((*where, "path"), message)
        elif sha256(data) != file.sha256:
            add((*where, "sha256"), f"{file.path} has digest {sha256(data)}, not the one written here")
        else:
            inputs[file.name + PurePosixPath(file.path).suffix] = data
    if source is not None:
        for field, message in claim_problems(claim, source.base, source.tables):
            add(field, message)
        for name in claim.reproduction.inputs:
            if name in source.table_bytes:
                inputs[f"{name}.csv"] = source.table_bytes[name]
    if problems or source is None or script is None:
        return None, problems
    imports = library_digests(claim.reproduction.imports)
    return unsized(LoadedClaim(claim, source, script, inputs, str(folder), imports=imports)), []


def _unsure_parts(written: dict[str, Any], repaired: Claim) -> set[str]:
    """Top-level fields whose checks would speak about the repair and not about what the author wrote."""
    plain = repaired.model_dump(mode="json", by_alias=True)
    stand_ins = Claim.model_validate(_STAND_INS).model_dump(mode="json", by_alias=True)
    unsure = {
        name
        for name, value in plain.items()
        if (name in _STAND_INS and (name not in written or value == stand_ins[name]))
        or (isinstance(value, list) and len(value) != len(written.get(name) or []))
    }
    if unsure & {"observes", "subject"}:
        unsure |= {"decision", "observes"}
    return unsure


def _problem(path: Path, document: YamlDocument, where: FieldPath, message: str) -> Problem:
    return Problem(str(path), document.line(where), dotted(where), message)


def _read(folder: Path, name: str, limit: int) -> tuple[bytes | None, str]:
    """Bytes of a regular file below ``folder``, or why not. Links that lead out of the folder are refused."""
    relative = PurePosixPath(name)
    if relative.is_absolute() or ".." in relative.parts:
        return None, f"{name!r} must be a path inside the folder"
    path = folder / relative
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            return None, f"{name!r} leads out of the folder"
        if not path.is_file():
            return None, f"there is no file {name!r} in {folder}"
        if path.stat().st_size > limit:
            return None, f"{name!r} has {path.stat().st_size} bytes; at most {limit} are read"
        return path.read_bytes(), ""
    except (OSError, RuntimeError, ValueError) as error:
        # RuntimeError: a link that leads to itself; ValueError: a null character in the name.
        return None, f"{name!r} cannot be read: {getattr(error, 'strerror', None) or error}"


def load_record(
    path: Path, model: type[R], *, repair: bool = False
) -> tuple[R | None, YamlDocument, list[Problem]]:
    """One YAML record with the document it was read from, for lines, and every problem.

    With ``repair`` a broken record comes back mended as far as that goes, so that more can be checked at once.
    """
    data, message = _read(path.parent, path.name, MAX_FILE_BYTES)
    if data is None:
        return None, YamlDocument(None), [Problem(str(path), 0, "", message)]
    document = parse_yaml(data, file=str(path))
    problems = list(document.problems)
    if not isinstance(document.value, dict):
        if not problems:
            problems.append(Problem(str(path), 1, "", "must be a mapping of field names to values"))
        return None, document, problems
    record, found = _validate(document.value, model)
    # What is no YAML value was said already, and stands as nothing in its place.
    said = {problem.field for problem in document.problems}
    problems += [_problem(path, document, where, text) for where, text in found if dotted(where) not in said]
    if record is None and repair:
        record = _repaired(document.value, model)
    return record, document, problems


def _validate(value: dict[str, Any], model: type[R]) -> tuple[R | None, list[tuple[FieldPath, str]]]:
    if (place := _big_integer(value, ())) is not None:
        return None, [(place, "integers beyond 2^53 are refused; write them as text")]
    try:
        return model.model_validate_json(json.dumps(value), strict=True), []
    except ValidationError as error:
        found = [(_path_in(value, item["loc"]), item) for item in error.errors(include_url=False)]
        # A value that fits no member of a union is one mistake, however many members there are.
        # The form that a text should have says more than the words it might have been.
        found.sort(key=lambda pair: pair[1]["type"] == "literal_error")
        found = [
            (path, item)
            for index, (path, item) in enumerate(found)
            if path not in [p for p, _ in found[:index]]
        ]
        # A list whose items are all broken is not too short as well.
        return None, [
            (path, _message(item, value))
            for path, item in found
            if item["type"] != "too_short"
            or not any(other[: len(path)] == path != other for other, _ in found)
        ]


def _big_integer(value: Any, path: FieldPath) -> FieldPath | None:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_INTEGER:
        return path
    children: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    for key, child in children:
        if (found := _big_integer(child, (*path, key))) is not None:
            return found
    return None


def _path_in(value: Any, location: tuple[int | str, ...]) -> FieldPath:
    """A validation error's location without the union tags that do not stand in the file."""
    path: list[str | int] = []
    for index, part in enumerate(location):
        if isinstance(value, dict) and isinstance(part, str):
            if part in value:
                value = value[part]
            elif index < len(location) - 1 or part == "[key]":
                continue  # a tag of a union, or the word for the key of a mapping itself
            path.append(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
            path.append(part)
    return tuple(path)


def _message(error: Any, value: dict[str, Any]) -> str:
    kind, given = error["type"], error.get("input")
    if kind == "extra_forbidden":
        path = _path_in(value, error["loc"])
        return f"unknown key {path[-1] if path else ''!r}"
    if kind == "missing":
        return "is required"
    if kind == "string_type" and isinstance(given, (int, float)) and not isinstance(given, bool):
        return f'must be text: write it in quotes, "{given}", because printed precision carries information'
    if kind == "string_pattern_mismatch":
        pattern = error["ctx"]["pattern"]
        return f"{given!r} does not have the form wanted: {FORMS.get(pattern, pattern)}"
    if kind == "enum":
        close = difflib.get_close_matches(str(given), _choices(error["ctx"]["expected"]), n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        return f"{given!r} is not one of {error['ctx']['expected']}{hint}"
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        expected = error["ctx"].get("expected_tags")
        return f"must be one of the rules {expected}" if expected else "needs the key 'rule'"
    text = str(error["msg"])
    shown = repr(given)
    return f"{text} (given: {shown if len(shown) <= 60 else shown[:57] + '...'})"


def _choices(expected: str) -> list[str]:
    return [part.strip(" '") for part in expected.replace(" or ", ", ").split(",")]


_BY_KIND: set[FieldPath] = {
    ("subject", "models"),
    ("subject", "metrics"),
    ("subject", "arms"),
    ("reproduction", "fidelity"),
    ("search",),
}
"""Fields whose checks depend on the kind of claim: silent where that had to be stood in."""

_STAND_INS: dict[str, Any] = {
    "record": "claim-v1",
    "id": "x",
    "statement": "x",
    "kind": "formal",
    "grounding": [{"section": "x", "says": "x"}],
    "subject": {},
    "reproduction": {"fidelity": "exact"},
    "observes": [{"name": "x", "what": "x", "type": "number", "unit": "dimensionless"}],
    "decision": {"rule": "bound", "of": {"quantity": "x"}, "op": ">", "threshold": "0"},
    "requires": {"fidelity": "exact"},
}


def _repaired(value: dict[str, Any], model: type[R]) -> R | None:
    """The record with its broken fields left out or stood in for, so that the rest can be checked as well.

    Only used to find further problems; it never runs.
    """
    value = copy.deepcopy(value)
    for _ in range(40):
        record, found = _validate(value, model)
        if record is not None:
            return record
        for path, _message_text in found:
            _mend(value, path)
    return None


def _mend(value: dict[str, Any], path: FieldPath) -> None:
    parent: Any = value
    for part in path[:-1]:
        parent = (
            parent[part]
            if isinstance(parent, dict) and part in parent
            else (
                parent[part]
                if isinstance(parent, list) and isinstance(part, int) and part < len(parent)
                else None
            )
        )
        if parent is None:
            return
    if not path:
        return
    last = path[-1]
    if isinstance(parent, dict) and last in parent:
        if isinstance(parent[last], (int, float)) and not isinstance(parent[last], bool):
            parent[last] = str(parent[last])
            return
        del parent[last]
    elif isinstance(parent, list) and isinstance(last, int) and last < len(parent):
        parent.pop(last)
    elif isinstance(parent, dict) and len(path) > 1:
        # A required field is missing below the top: the whole part goes.
        _mend(value, path[:-1])
        return
    if len(path) == 1 and last in _STAND_INS:
        value[str(last)] = _STAND_INS[str(last)]
