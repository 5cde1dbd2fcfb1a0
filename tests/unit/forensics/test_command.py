"""``harness forensics``: the shipped paper, exit codes, hostile input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.forensics.examine import examine
from harness.forensics.folder import read_folder
from harness.records.forensics import ForensicReport, Severity
from harness.report.forensics import report_text
from harness.schemas import violations

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ROOT / "claims" / "hybrid-batch-2408.10536"


def forensics(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness", "forensics", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def shipped() -> ForensicReport:
    return examine(read_folder(SHIPPED))


def test_shipped_paper_has_exactly_the_known_contradictions(shipped: ForensicReport) -> None:
    """Worked out by hand; the arithmetic is in the sentences."""
    hard = [item for item in shipped.findings if item.severity is not Severity.SUSPICIOUS]
    counts = [item for item in hard if item.check == "granularity"]
    # The six R@1 of each language are shares of one count alone, never of the printed 1190.
    assert {item.at[0].labels["language"]: item.repairs[0].becomes for item in counts} == {
        "ar": "1187", "de": "1182", "el": "1184", "en": "1187", "es": "1185", "hi": "1183",
        "ru": "1186", "th": "1183", "tr": "1184", "vi": "1182", "zh": "1181",
    }  # fmt: skip
    rest = sorted(
        (item.check, item.printed, item.repairs[0].becomes if item.repairs else "")
        for item in hard
        if item not in counts
    )
    assert rest == [
        ("listed-units", "14", "13"),
        ("public-counts", "2,869", "2,896"),
        ("public-counts", "648 and 799", "799"),
        ("same-quantity", ".547", ".548"),
        ("stated-numbers", "295.4", "410.2"),
    ]


def test_shipped_paper_questions(shipped: ForensicReport) -> None:
    questions = sorted(
        (item.check, item.printed) for item in shipped.findings if item.severity is Severity.SUSPICIOUS
    )
    assert questions == [
        ("double-rounding", ".576"),
        ("double-rounding", ".648"),
        ("double-rounding", "288"),
        ("listed-units", "16 / 15 / 15"),
        ("listed-units", "18"),
        ("stated-sizes", "100,000"),
        ("stated-sizes", "14,000"),
    ]


def test_report_as_text_and_json(shipped: ForensicReport) -> None:
    text = report_text(shipped)
    assert text.startswith("hybrid-batch-2408.10536: 13 tables, 1223 printed numbers")
    assert "Table 1; line 4" in text
    assert "table-01" not in text
    done = forensics(SHIPPED, "--json")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert violations("forensics-v1", document) == []
    assert ForensicReport.model_validate(document) == shipped


def test_exit_codes(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("set,train\na,1\nb,2\nTotal,3\n")
    assert forensics(tmp_path).returncode == 0
    (tmp_path / "a.csv").write_text("set,train\na,1\nb,2\nTotal,9\nx,5\n")
    assert forensics(tmp_path, "--rounding", "sideways").returncode == 2
    assert forensics(tmp_path / "nowhere").returncode == 2
    assert forensics(tmp_path / "a.csv").returncode == 2
    (tmp_path / "empty").mkdir()
    assert forensics(tmp_path / "empty").returncode == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a,b\nx,nan\n", "a.csv:2: b: 'nan' is not a number that a paper prints"),
        (b"a,b\nx,-Infinity\n", "a.csv:2: b:"),
        (b"a,b\nx,\xff\xfe\n", "not UTF-8"),
        (b"a,b\nx,1\nx\n", "1 values, but 2 columns"),
        (b"", "the table is empty"),
        (b"a,a\n1,2\n", "column names must be unique"),
        (b"a,b\nx,1\x00\n", "control character"),
        (b"a,b\nx," + b"9" * 4000 + b"\n", "a number of 4000 digits"),
        (b"a,b\nx,words\n", "no table holds a printed number"),
        (b'name,v,v_numeric\nx,"1,469",1496\n', "is not the printed"),
    ],
)
def test_hostile_tables_give_a_sentence(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    done = forensics(tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_odd_but_harmless_tables(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(
        "\ufeffmodèle,MAP ↑,R@1 (%)\nα,\x200.51,—\nβ,**0.62**,48.1\n".replace("\x20", " ").encode()
    )
    (tmp_path / "b.csv").write_text("n,mean,sd\n0,0,0\n1,1,0\n2,-5,0.0\n")
    (tmp_path / "c.csv").write_text("t,df,p\n2.0,0,.05\n1.0,-3,.3\n0,5,1\n")
    done = forensics(tmp_path)
    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stderr


def test_a_huge_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b,c,d,e\n" + "1,2,3,4,5\n" * 21_000)
    done = forensics(tmp_path)
    assert done.returncode == 2
    assert "at most 100,000 are read" in done.stderr


def test_spreadsheets_of_other_countries(tmp_path: Path) -> None:
    rows = ["Gruppe;A;B;C;Mean", "x;1,25;2,50;3,75;2,50", "y;1,25;2,50;3,75;{}", "z;1,00;2,00;3,00;2,00"]
    (tmp_path / "t.csv").write_text("\n".join(rows).format("2,50") + "\n\n", encoding="utf-8-sig")
    assert forensics(tmp_path).returncode == 0
    (tmp_path / "t.csv").write_text("\n".join(rows).format("2,90"), encoding="utf-8")
    result = forensics(tmp_path, "--json")
    assert result.returncode == 1
    [wrong] = [item for item in json.loads(result.stdout)["findings"] if item["check"] == "mean-of-cells"]
    assert (wrong["at"][0]["line"], wrong["at"][0]["printed"]) == (3, "2,90")
    assert wrong["repairs"][0]["becomes"] == "2,51"


def test_a_first_column_without_heading(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(",A,B,Average\nx,1.0,3.0,2.0\ny,2.0,4.0,9.0\nz,2.0,6.0,4.0\n")
    assert "column 1 y" in forensics(tmp_path).stdout


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a,b\nx,1\n")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "t.csv").symlink_to(tmp_path / "secret")
    result = forensics(tmp_path)
    assert result.returncode == 2
    assert "not a regular file" in result.stderr


def test_many_columns_take_bounded_time(tmp_path: Path) -> None:
    head = "row," + ",".join(f"c{i}" for i in range(150))
    rows = [
        f"r{j}," + ",".join(f"0.{(i * 7919 + j * 104729) % 10000:04d}" for i in range(150)) for j in range(60)
    ]
    (tmp_path / "t.csv").write_text("\n".join([head, *rows]))
    result = forensics(tmp_path, "--json")
    assert any("searched for copied numbers" in text for text in json.loads(result.stdout)["assumptions"])
