"""Numbers, references and names of a statement, and where the source has them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from doubles import CLAIM, PAPER, TABLE, changed, load_one
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InvalidRecord
from harness.grounding import (
    bare_statement,
    find_entity,
    locate,
    mismatches,
    named_in,
    referenced_sections,
    referenced_tables,
    rounded_quotes,
    statement_numbers,
    unresolved,
)
from harness.loading import LoadedClaim, load_claims
from harness.quoting import unresolved_quotes
from harness.records.claim import Claim
from harness.records.paper import Facts, Paper


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedClaim:
    return load_one(tmp_path_factory.mktemp("claims"))


def numbers(statement: str, loaded: LoadedClaim, **places: Any) -> list[str]:
    claim = Claim.model_validate(changed(CLAIM, statement=statement, **places))
    return [number.text for number in statement_numbers(claim, loaded.source)]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("Scores rise by 13.4 %.", ["13.4"]),
        ("Scores rise by 13.4%.", ["13.4"]),
        ("It reaches .792 there.", [".792"]),
        ("On 1,190 questions", ["1,190"]),
        ("On 1,190, 7 and 42 questions", ["1,190", "7", "42"]),
        ("The score is 0.62.", ["0.62"]),
        ("The scores are 0.62, 0.52.", ["0.62", "0.52"]),
        ("(0.62)", ["0.62"]),
        ("from 0.52 to 0.62", ["0.52", "0.62"]),
        ("as Tables 3 to 6 show", []),
        ("as Tables 3, 4 and 6 show, by 5", ["5"]),
        ("as Table 1 shows", []),
        ("see Section 4.2.2", []),
        ("see Section 4.2.2, by 13.4 %", ["13.4"]),
        ("by R@1 and Recall@1", []),
        ("by R@5", []),
        ("arXiv:2408.10536v1 says 7", ["7"]),
        ("2408.10536 says", []),
        ("GPT-2 and L2 norms", []),
        ("no digits at all", []),
        ("the 11 languages", ["11"]),
    ],
)
def test_numbers_of_a_statement(statement: str, expected: list[str], loaded: LoadedClaim) -> None:
    assert numbers(statement, loaded) == expected


@pytest.mark.parametrize(
    "statement", ["between 0.5-0.6", "falls by -0.3", "a −0.3 change", "30.1/15.4 %", "1e-5", "3x", "11-fold"]
)
def test_numbers_written_otherwise_are_not_overlooked(statement: str, loaded: LoadedClaim) -> None:
    # A number that is not extracted is not checked, so a wrong one would pass.
    found = numbers(statement, loaded)
    parts = statement.replace("-0", " 0").replace("/", " ").split()
    assert len(found) == len([part for part in parts if any(sign.isdigit() for sign in part)])


def test_digits_of_other_scripts_do_not_raise(loaded: LoadedClaim) -> None:
    numbers("The word for \u0967\u0968 is long.", loaded)


def test_where_a_number_comes_from(loaded: LoadedClaim) -> None:
    claim = Claim.model_validate(
        changed(
            CLAIM,
            statement="By 0.62 and 0.620 over 3 at depth 12, not 77.",
            reproduction__parameters__depth=12,
        )
    )
    found = {number.text: number.source for number in statement_numbers(claim, loaded.source)}
    assert found == {
        "0.62": "table-01 arm=New language=mean",
        "0.620": "table-01 arm=New language=mean",
        "3": "decision.rows",
        "12": None,
        "77": None,
    }


def test_number_in_a_section(loaded: LoadedClaim) -> None:
    section = {"section": "4.2.2", "says": "it rises", "values": ["13.4"]}
    claim = Claim.model_validate(changed(CLAIM, statement="It rises by 13.4 %.", grounding=[section]))
    assert unresolved(claim, loaded.source) == []
    wrong = Claim.model_validate(
        changed(CLAIM, statement="It rises.", grounding=[{**section, "values": ["13.40"]}])
    )
    assert unresolved(wrong, loaded.source) == [
        "section 4.2.2: 13.40 is not among the numbers known to be printed there"
    ]


def test_quote_without_a_text_does_not_resolve(loaded: LoadedClaim) -> None:
    quote = {"quote": "New is better", "says": "it is", "section": "1"}
    claim = Claim.model_validate(changed(CLAIM, grounding=[quote]))
    assert unresolved(claim, loaded.source) == []
    assert ["no text of the source" in said for said in unresolved_quotes(claim, loaded.source)] == [True]


def test_locate_and_mismatches(loaded: LoadedClaim) -> None:
    claim = loaded.claim
    assert locate(claim.grounding[0], loaded.source) == ("table-01 arm=New language=mean", ["0.62"])  # type: ignore[arg-type]
    assert mismatches(claim, loaded.source) == []
    both = {"table": "table-01", "where": {"language": "mean"}}
    in_any_order = Claim.model_validate(changed(CLAIM, grounding=[{**both, "says": ["0.52", "0.62"]}]))
    assert mismatches(in_any_order, loaded.source) == []
    for says in (["0.62", "0.62"], ["0.53", "0.62"], ["0.520", "0.63"]):
        wrong = Claim.model_validate(changed(CLAIM, grounding=[{**both, "says": says}]))
        assert [item.stands for item in mismatches(wrong, loaded.source)] == [("0.62", "0.52")]
    for says in ("0.62", ["0.52", "0.62", "0.62"]):
        other = Claim.model_validate(changed(CLAIM, grounding=[{**both, "says": says}]))
        assert any("the locator selects 2" in problem for problem in unresolved(other, loaded.source))


def test_quoted_number_may_be_rounded_and_that_is_told(loaded: LoadedClaim) -> None:
    place = {"table": "table-01", "where": {"language": "mean", "arm": "New"}}
    for says, wrong, rounded in (("0.6", 0, 1), ("0.62", 0, 0), ("0.7", 1, 0), ("0.61", 1, 0)):
        claim = Claim.model_validate(changed(CLAIM, grounding=[{**place, "says": says}]))
        assert len(mismatches(claim, loaded.source)) == wrong
        assert len(rounded_quotes(claim, loaded.source)) == rounded


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("Table 1", [1]),
        ("Tables 3 to 6", [3, 4, 5, 6]),
        ("Tables 3-6", [3, 4, 5, 6]),
        ("Tables 3–6 and 9", [3, 4, 5, 6, 9]),
        ("Tables 3, 4 and 6", [3, 4, 6]),
        ("Tables 1 through 3", [1, 2, 3]),
        ("table 7 and Table 2", [2, 7]),
        ("Tables 1 to 1000000", [1, 1000000]),
        ("Tables 7 and 8; they are portable 9", [7, 8]),
        ("Tables 6 to 3", [6]),
        ("no reference", []),
        ("TABLE 12", [12]),
        ("Tables 3, 4, and 6", [3, 4, 6]),
    ],
)
def test_referenced_tables(statement: str, expected: list[int]) -> None:
    assert referenced_tables(statement) == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("Section 4.2.2 says", ["4.2.2"]),
        ("Section 4.1 and section 2", ["2", "4.1"]),
        ("intersection 5", []),
        ("nothing", []),
    ],
)
def test_referenced_sections(statement: str, expected: list[str]) -> None:
    assert referenced_sections(statement) == expected


@pytest.mark.parametrize("statement", ["see §3.1.", "see § 3.1.", "(§ 3.1)"])
def test_section_sign(statement: str, loaded: LoadedClaim) -> None:
    assert referenced_sections(statement) == ["3.1"]
    assert numbers(statement, loaded) == []


def test_defaults_of_a_rule_ground_no_number(loaded: LoadedClaim) -> None:
    rank = {
        "rule": "superiority",
        "table": "pairs",
        "unit": "language",
        "treatment": "new",
        "control": "old",
        "better": "higher",
        "multiplicity": {"family": "all", "method": "none"},
    }
    claim = Claim.model_validate(changed(CLAIM, statement="New gains 0.8 over Old.", decision=rank))
    assert [number.source for number in statement_numbers(claim, loaded.source)] == [None]


FACTS = Facts.model_validate(
    {
        "models": [
            {"name": "BERT", "at": {"section": "1"}},
            {"name": "mBERT", "aliases": ["multilingual BERT"], "role": "mentioned", "at": {"section": "1"}},
            {"name": "XLM-R", "aliases": ["XLM-RoBERTa"], "at": {"section": "1"}},
            {"name": "XLM", "at": {"section": "1"}},
        ]
    }
)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("mBERT is trained", ["mBERT"]),
        ("BERT is trained", ["BERT"]),
        ("mbert is trained", ["mBERT"]),
        ("mBERT beats BERT", ["BERT", "mBERT"]),
        ("multilingual BERT is trained", ["mBERT"]),
        ("XLM-R is trained", ["XLM-R"]),
        ("XLM-RoBERTa is trained", ["XLM-R"]),
        ("XLM, not XLM-R", ["XLM", "XLM-R"]),
        ("DistilBERT and BERTopic", []),
        ("RoBERTa-BERT", []),
        ("(BERT).", ["BERT"]),
        ("nothing of the kind", []),
    ],
)
def test_entities_named_in_a_statement(statement: str, expected: list[str]) -> None:
    assert [entity.name for entity in named_in(statement, FACTS, "models")] == expected


def test_find_entity_by_name_alias_and_case() -> None:
    for spelling, name in {
        "mbert": "mBERT",
        "Multilingual bert": "mBERT",
        "BERT": "BERT",
        "xlm-roberta": "XLM-R",
    }.items():
        entity = find_entity(FACTS, "models", spelling)
        assert entity is not None
        assert entity.name == name
    assert find_entity(FACTS, "models", "bert base") is None
    assert find_entity(FACTS, "datasets", "BERT") is None


@given(
    st.lists(
        st.sampled_from(
            [
                "0.62",
                "1,190",
                "13.4 %",
                ".792",
                "Table 3",
                "Section 4.2.2",
                "R@1",
                "words",
                "2408.10536v2",
                "7",
            ]
        ),
        max_size=8,
    )
)
def test_numbers_are_those_put_in(parts: list[str]) -> None:
    claim = Claim.model_validate(changed(CLAIM, statement="x " + " with ".join(parts)))
    bare = bare_statement(claim, Paper.model_validate(PAPER))
    import re

    expected = [part.removesuffix(" %") for part in parts if part in ("0.62", "1,190", "13.4 %", ".792", "7")]
    assert re.findall(r"[\d.,]*\d", bare) == expected


def test_source_with_another_precision_is_the_same_number(tmp_path: Path) -> None:
    loaded = load_one(
        tmp_path, changed(CLAIM, grounding__0__says="0.620"), table=TABLE.replace("0.62", "0.620")
    )
    assert mismatches(loaded.claim, loaded.source) == []


SHIPPED = Path(__file__).parents[2] / "claims"


@pytest.mark.parametrize("text", ["1e999", "9" * 500])
def test_a_number_that_nobody_measured_resolves_nowhere_and_raises_nothing(text: str) -> None:
    loaded = next(item for item in load_claims(SHIPPED) if item.claim.id == "baseline-rank-distance")
    claim = loaded.claim.model_copy(update={"statement": f"{loaded.claim.statement} It is {text}."})
    assert any(text in problem for problem in unresolved(claim, loaded.source))
    assert unresolved(loaded.claim, loaded.source) == []


def test_a_quote_from_a_column_of_labels_is_refused(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path / "claims")
    record = tmp_path / "claims/hybrid-batch-2408.10536/baseline-rank-distance/claim.yaml"
    old = "where: {kind: printed_mean, model: XLM-R, sampling: X-X-mono}\n    note"
    assert old in record.read_text()
    record.write_text(
        record.read_text().replace(old, old.replace("note", 'column: language\n    says: "1"\n    note'))
    )
    with pytest.raises(InvalidRecord, match="holds no numbers to quote"):
        load_claims(tmp_path / "claims")
