"""Truth files: found beside the claims, all problems at once with file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest
from doubles import CLAIM_ID, PAPER_ID

from harness.errors import InputError, InvalidRecord
from harness.gauntlet.truths import default_claims, load_truths
from harness.loading import load_claims

TRUE = "record: truth-v1\nclass: honest-true\nstatus: VERIFIED\nreason_codes: [RULE_MET]\nwhy: It is so.\n"
CHEAT = (
    "record: truth-v1\nclass: constant\nstatus: UNVERIFIED\nreason_codes: [VACUOUS_EVIDENCE]\n"
    "why: It is not so.\ntwin: nobody\n"
)


def written(claims: Path, text: str | None) -> Path:
    path = claims / PAPER_ID / CLAIM_ID / "truth.yaml"
    if text is not None:
        path.write_text(text)
    return path


def test_a_truth_is_found_beside_its_claim(claims: Path) -> None:
    written(claims, TRUE)
    assert load_truths(load_claims(claims))[f"{PAPER_ID}/{CLAIM_ID}"].honest


@pytest.mark.parametrize(
    ("text", "field", "line"),
    [
        (None, "", 0),
        (TRUE.replace("VERIFIED", "TRUE"), "status", 3),
        (TRUE + "twim: x\n", "twim", 6),
        (CHEAT, "twin", 6),
    ],
)
def test_a_problem_has_file_line_and_field(claims: Path, text: str | None, field: str, line: int) -> None:
    path = written(claims, text)
    with pytest.raises(InvalidRecord) as error:
        load_truths(load_claims(claims))
    assert (str(path), line, field) in [(p.file, p.line, p.field) for p in error.value.problems]


def test_outside_a_checkout_there_is_no_gauntlet(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--claims"):
        default_claims(tmp_path)
    place = tmp_path / "tests" / "gauntlet" / "claims"
    place.mkdir(parents=True)
    assert default_claims(place) == default_claims(tmp_path) == place
