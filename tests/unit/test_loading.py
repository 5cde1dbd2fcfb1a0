"""From a folder to records: every problem at once, each with file, line and field, and never an accident."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from doubles import CLAIM, CLAIM_ID, PAPER, PAPER_ID, changed, write_claims
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import InputError, InvalidRecord
from harness.loading import load_claims

YAML = """\
record: claim-v1
id: new-beats-old
statement: New has a higher R@1 than Old for BERT in all 3 languages of Table 1.
kind: reported
grounding:
  - table: table-01
    where: {language: mean, arm: New}
    says: "0.62"
subject:
  models: [BERT]
  datasets: [Corpus]
  metrics: [R@1]
  arms: {treatment: New, controls: [Old]}
reproduction:
  inputs: [table-01]
  parameters: {depth: 1}
  fidelity: reported
observes:
  - name: pairs
    what: R@1 of both methods by language
    type: table
    columns:
      language: {type: label}
      new: {type: printed, unit: fraction}
      old: {type: printed, unit: fraction}
    measures: {models: [BERT], datasets: [Corpus], metrics: [R@1], arms: [New, Old]}
decision: {rule: forall, table: pairs, holds: new > old, rows: 3}
requires:
  fidelity: reported
"""

Found = list[tuple[str, int, str, str]]


def problems(root: Path) -> Found:
    """Problems of a claims folder as (file below the folder, line, field, message)."""
    with pytest.raises(InvalidRecord) as raised:
        load_claims(root)
    return [
        (str(Path(item.file).relative_to(root)), item.line, item.field, item.message)
        for item in raised.value.problems
    ]


def claim_file(root: Path) -> Path:
    return root / PAPER_ID / CLAIM_ID / "claim.yaml"


def with_yaml(root: Path, *replacements: tuple[str, str]) -> Path:
    """A claims folder whose claim is ``YAML`` with some text replaced."""
    write_claims(root)
    text = YAML
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    claim_file(root).write_text(text)
    return root


def one_problem(root: Path, *replacements: tuple[str, str]) -> tuple[int, str, str]:
    found = problems(with_yaml(root, *replacements))
    assert len(found) == 1, found
    assert found[0][0] == f"{PAPER_ID}/{CLAIM_ID}/claim.yaml"
    return found[0][1:]


def test_valid_folder(tmp_path: Path) -> None:
    loaded = load_claims(with_yaml(tmp_path))
    assert [item.name for item in loaded] == [f"{PAPER_ID}/{CLAIM_ID}"]
    assert list(loaded[0].inputs) == ["table-01.csv"]
    assert loaded[0].source.tables["table-01"].columns == ("language", "arm", "kind", "value")


@pytest.mark.parametrize("part", ["", PAPER_ID, f"{PAPER_ID}/{CLAIM_ID}"])
def test_claims_folder_paper_folder_or_claim_folder(part: str, claims: Path) -> None:
    assert [item.claim.id for item in load_claims(claims / part)] == [CLAIM_ID]


def test_claim_folder_loads_only_that_claim(tmp_path: Path) -> None:
    root = write_claims(tmp_path, CLAIM, changed(CLAIM, id="second"))
    assert [item.claim.id for item in load_claims(root / PAPER_ID / "second")] == ["second"]


def test_current_folder_and_trailing_slash(claims: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(claims / PAPER_ID / CLAIM_ID)
    assert len(load_claims(Path())) == 1
    monkeypatch.chdir(claims / PAPER_ID)
    assert len(load_claims(Path(f"{CLAIM_ID}/"))) == 1


def test_three_mistakes_of_one_record_are_reported_together(tmp_path: Path) -> None:
    root = with_yaml(
        tmp_path,
        ("kind: reported", "kind: reportd"),
        ("reproduction:\n", "reproduction:\n  script: none.py\n"),
        ("rows: 3", "rows: 0"),
    )
    file = f"{PAPER_ID}/{CLAIM_ID}/claim.yaml"
    found = problems(root)
    assert [item[:3] for item in found] == [
        (file, 4, "kind"),
        (file, 15, "reproduction.script"),
        (file, 28, "decision.rows"),
    ]
    assert "did you mean 'reported'?" in found[0][3]
    assert "there is no file 'none.py'" in found[1][3]
    assert "greater than or equal to 1" in found[2][3]


def test_three_mistakes_beside_a_good_kind_are_reported_together(tmp_path: Path) -> None:
    root = with_yaml(
        tmp_path,
        ("statement: New has", "statment: New has"),
        ("reproduction:\n", "reproduction:\n  script: none.py\n"),
        ("rows: 3", "rows: 0"),
    )
    assert {(line, field) for _file, line, field, _message in problems(root)} == {
        (1, "statement"),
        (3, "statment"),
        (15, "reproduction.script"),
        (28, "decision.rows"),
    }


def test_mistakes_of_paper_and_two_claims_are_reported_together(tmp_path: Path) -> None:
    paper = changed(PAPER, facts__models__0__at={"section": "9"})
    root = write_claims(
        tmp_path,
        changed(CLAIM, reproduction__inputs=["table-02"]),
        changed(CLAIM, id="second", subject__arms__controls=["Old", "Old"]),
        paper=paper,
    )
    fields = [(Path(file).parent.name, field) for file, _line, field, _message in problems(root)]
    assert ("new-beats-old", "reproduction.inputs[0]") in fields
    assert ("second", "subject.arms") in fields
    assert (PAPER_ID, "facts.models[0].at.section") in fields


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "message"),
    [
        ("kind: reported\n", "kind: reported\ncolour: red\n", 5, "colour", "unknown key 'colour'"),
        ("    what: R@1", "    wat: x\n    what: R@1", 20, "observes[0].wat", "unknown key 'wat'"),
        ("kind: reported", "kind: reportd", 4, "kind", "did you mean 'reported'?"),
        ("requires:\n  fidelity: reported\n", "", 1, "requires", "is required"),
        ("id: new-beats-old", "id: other", 2, "id", "must be the folder's name, 'new-beats-old'"),
        ("id: new-beats-old", "id: New", 2, "id", "lower-case letters and digits"),
        ("rule: forall", "rule: for_all", 27, "decision", "must be one of the rules"),
        ("{rule: forall, ", "{", 27, "decision", "needs the key 'rule'"),
        ('says: "0.62"', "says: 0.62", 8, "grounding[0].says", 'in quotes, "0.62"'),
        ("holds: new > old", "holds: new > older", 27, "decision.holds", "'older'"),
        ("depth: 1", "depth: null", 16, "reproduction.parameters.depth", ""),
        ('says: "0.62"', 'says: "\u0660.\u0666"', 8, "grounding[0].says", "form"),
        ("rows: 3", "rows: three", 27, "decision.rows", "three"),
        ("rows: 3", "rows: 0", 27, "decision.rows", "greater than or equal to 1"),
        (
            "unit: fraction}\n      old",
            "unit: fractions}\n      old",
            24,
            "observes[0].columns.new.unit",
            "did you mean 'fraction'?",
        ),
        (
            "depth: 1",
            "depth: .nan",
            16,
            "reproduction.parameters.depth",
            "not a number",
        ),
        ("depth: 1", "depth: 1, depth: 2", 16, "reproduction.parameters.depth", "stands twice"),
        ("depth: 1", "depth: 9007199254740993", 16, "reproduction.parameters.depth", "beyond 2^53"),
        ("language: mean,", "language: medium,", 7, "grounding[0].where", "table-01 has no 'medium'"),
        ("table: table-01\n", "table: table-99\n", 6, "grounding[0].table", "is not one of the tables"),
        ("[BERT]\n  datasets", "BERT\n  datasets", 10, "subject.models", "BERT"),
        ("inputs: [table-01]", "inputs: [table-01, table-01]", 15, "reproduction.inputs", "stands twice"),
        (
            "  inputs:",
            "  script: ../reproduce.py\n  inputs:",
            15,
            "reproduction.script",
            "must be a path inside the folder",
        ),
        (
            "  inputs:",
            "  script: /bin/true\n  inputs:",
            15,
            "reproduction.script",
            "must be a path inside the folder",
        ),
        (
            "  inputs:",
            "  script: none.py\n  inputs:",
            15,
            "reproduction.script",
            "there is no file 'none.py'",
        ),
        ("  inputs:", "  script: .\n  inputs:", 15, "reproduction.script", "there is no file"),
    ],
)
def test_one_mistake_gives_one_problem(
    old: str, new: str, line: int, field: str, message: str, tmp_path: Path
) -> None:
    found = one_problem(tmp_path, (old, new))
    assert found[0] == line
    assert found[1].startswith(field)
    assert message in found[2]


def test_path_with_a_null_character_is_refused(tmp_path: Path) -> None:
    found = problems(with_yaml(tmp_path, ("  inputs:", '  script: "a\\0b"\n  inputs:')))
    assert [item[2] for item in found] == ["reproduction.script"]


def test_lone_surrogate_is_refused(tmp_path: Path) -> None:
    found = problems(with_yaml(tmp_path, ("statement: New has", 'statement: "\\ud800"\nnote: New has')))
    assert any(item[1] == 3 for item in found)
    assert all(str(item).isprintable() for item in found)


def test_script_that_links_out_of_the_folder(claims: Path) -> None:
    script = claims / PAPER_ID / CLAIM_ID / "reproduce.py"
    script.unlink()
    script.symlink_to(claims / PAPER_ID / "paper.yaml")
    assert [(item[2], item[3]) for item in problems(claims)] == [
        ("reproduction.script", "'reproduce.py' leads out of the folder")
    ]


def test_script_that_links_to_itself(claims: Path) -> None:
    script = claims / PAPER_ID / CLAIM_ID / "reproduce.py"
    script.unlink()
    script.symlink_to(script)
    assert [item[2] for item in problems(claims)] == ["reproduction.script"]


def test_script_that_is_a_pipe_is_not_waited_for(claims: Path) -> None:
    script = claims / PAPER_ID / CLAIM_ID / "reproduce.py"
    script.unlink()
    os.mkfifo(script)
    assert [item[2] for item in problems(claims)] == ["reproduction.script"]


def test_record_that_links_out_of_the_folder(claims: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text(YAML)
    claim_file(claims).unlink()
    claim_file(claims).symlink_to(outside)
    assert "leads out of the folder" in problems(claims)[0][3]


def test_record_that_is_not_utf_8(claims: Path) -> None:
    claim_file(claims).write_bytes(YAML.encode() + b"note: \xff\n")
    assert problems(claims) == [
        (f"{PAPER_ID}/{CLAIM_ID}/claim.yaml", len(YAML.splitlines()) + 1, "", "the file is not UTF-8")
    ]


@pytest.mark.parametrize("text", ["", "[]", "just text", "- a\n", "3", "null"])
def test_record_that_is_no_mapping(text: str, claims: Path) -> None:
    claim_file(claims).write_text(text)
    assert len(problems(claims)) == 1


def test_table_that_is_missing_changed_or_broken(claims: Path) -> None:
    table = claims / PAPER_ID / "tables" / "table-01.csv"
    table.write_text(table.read_text().replace("0.61", "0.16"))
    assert [item[2] for item in problems(claims)] == ["tables[0].sha256"]
    table.write_bytes(b"\xff")
    fields = [item[2] for item in problems(claims)]
    assert "tables[0].sha256" in fields
    table.unlink()
    found = problems(claims)
    assert [item[2] for item in found if item[0].endswith("paper.yaml")] == ["tables[0].file"]


def test_missing_table_is_said_once(claims: Path) -> None:
    (claims / PAPER_ID / "tables" / "table-01.csv").unlink()
    assert [item[2] for item in problems(claims)] == ["tables[0].file"]


def test_claims_without_a_paper(claims: Path) -> None:
    (claims / PAPER_ID / "paper.yaml").unlink()
    assert problems(claims) == [(f"{PAPER_ID}/paper.yaml", 0, "", "a folder with claims needs a paper.yaml")]


def test_claim_alone_without_a_paper(claims: Path) -> None:
    (claims / PAPER_ID / "paper.yaml").unlink()
    with pytest.raises(InvalidRecord, match=r"paper\.yaml"):
        load_claims(claims / PAPER_ID / CLAIM_ID)


def test_paper_in_a_folder_of_another_name(claims: Path) -> None:
    (claims / PAPER_ID).rename(claims / "other")
    assert [(item[0], item[2]) for item in problems(claims)] == [("other/paper.yaml", "id")]


def test_paper_based_on_one_that_is_not_there(tmp_path: Path) -> None:
    paper = changed(PAPER, based_on="nowhere", tables=[], sections=[], facts={})
    found = problems(write_claims(tmp_path, paper=paper))
    assert ("based_on", "there is no paper folder 'nowhere' beside this one") in [item[2:] for item in found]


def test_empty_folder_missing_folder_and_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no paper\.yaml found"):
        load_claims(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        load_claims(tmp_path / "nowhere")
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(InputError, match="not a folder"):
        load_claims(file)


def test_paper_without_claims(claims: Path) -> None:
    for path in (claims / PAPER_ID / CLAIM_ID).iterdir():
        path.unlink()
    with pytest.raises(InputError, match=r"no claim\.yaml"):
        load_claims(claims)


def test_problems_are_in_file_and_line_order(tmp_path: Path) -> None:
    root = write_claims(
        tmp_path,
        *(
            changed(CLAIM, id=name, statement="", requires__fidelity="y", decision__rows=0)
            for name in ("b", "a")
        ),
    )
    found = problems(root)
    assert found == sorted(found)
    assert len(found) == 6


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Path of every value inside a record."""
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [path, *(found for key, child in children for found in places(child, (*path, key)))]


ODD = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        2**53 + 1,
        10**300,
        1.5,
        1e308,
        "",
        " ",
        "x",
        "0.5",
        "\0",
        "\ud800",
        "é" * 50,
        "a" * 5000,
        "../x",
        [],
        {},
        [[]],
        {"a": {}},
        [None],
        "table-01",
        "pairs",
        "((((",
        "new >",
        "1" * 5000,
        {"rule": "all_of", "parts": []},
        {"rule": "bound"},
        {"quantity": "pairs"},
    ]
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(places(CLAIM)[1:]), st.sampled_from(["set", "delete", "rename", "repeat"]), ODD
        ),
        min_size=1,
        max_size=3,
    )
)
def test_mutated_records_are_valid_or_refused(
    tmp_path_factory: pytest.TempPathFactory, mutations: list[tuple[tuple[Any, ...], str, Any]]
) -> None:
    record = changed(CLAIM)
    for path, how, odd in mutations:
        parent: Any = record
        try:
            for part in path[:-1]:
                parent = parent[part]
            value = parent[path[-1]]
        except (LookupError, TypeError):
            continue
        if how == "set":
            parent[path[-1]] = odd
        elif how == "delete":
            del parent[path[-1]]
        elif how == "rename" and isinstance(parent, dict):
            parent[f"{path[-1]}_"] = parent.pop(path[-1])
        elif how == "repeat" and isinstance(parent, list):
            parent.append(value)
    root = tmp_path_factory.mktemp("fuzz")
    write_claims(root)
    claim_file(root).write_text(json.dumps(record, indent=1))
    try:
        load_claims(root)
    except InvalidRecord as error:
        for problem in error.problems:
            str(problem).encode()
            assert problem.line >= 0
            assert problem.message


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, len(YAML)), st.integers(0, 12), st.text("ab:-[]{}&*!|>'\"#%@` \n\t?,<.01\0é", max_size=4)
)
def test_damaged_text_is_valid_or_refused(
    tmp_path_factory: pytest.TempPathFactory, start: int, length: int, inserted: str
) -> None:
    root = tmp_path_factory.mktemp("fuzz")
    write_claims(root)
    claim_file(root).write_text(YAML[:start] + inserted + YAML[start + length :])
    try:
        load_claims(root)
    except InvalidRecord as error:
        assert error.problems
