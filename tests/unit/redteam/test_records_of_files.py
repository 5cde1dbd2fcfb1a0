"""Records of data files: those that count alike, units that a statement counts, rows that are records."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.data_files import DataFile, parse_data
from harness.loading import LoadedClaim, load_claims
from harness.records.observations import Observations, ReportedTable
from harness.records.run import RunOutcome, RunRecord, Transform, Variation
from harness.redteam.interface import Case, RunView
from harness.redteam.replication.every_record import told_apart
from harness.redteam.replication.methods_exchanged import exchanges
from harness.redteam.stated_units import MANY, chosen_units, stated_units
from harness.redteam.traced_rows import Traced, lone_clusters, mismatch
from harness.transforms import apply_transforms

CLAIMS = Path(__file__).parents[2] / "gauntlet" / "claims" / "greenhouse-lights"
[GAIN] = load_claims(CLAIMS / "height-gain")
[BEDS] = load_claims(CLAIMS / "harvest-better")
HALVES = [
    ("b1", "4.5", "3.5"),
    ("b2", "6.25", "5.0"),
    ("b3", "2.0", "2.75"),
    ("b4", "9.5", "9.0"),
    ("b5", "7", "1"),
]


def case(loaded: LoadedClaim, statement: str, **inputs: bytes) -> Case:
    """A claim with another statement and other files, whose own run gave nothing."""
    claim = loaded.claim.model_copy(update={"statement": statement})
    data = {name: inputs.get(name.partition(".")[0], raw) for name, raw in loaded.inputs.items()}
    run = RunRecord(variation=Variation(name="main"), outcome=RunOutcome.SCRIPT_FAILED, exit_code=1)
    return Case(replace(loaded, claim=claim, inputs=data), RunView(run, None, claim))


def pots(*rows: tuple[str, ...], header: tuple[str, ...] = ("pot", "light", "height", "flowered")) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue().encode()


def many(lamps: int, daylights: int) -> bytes:
    rows = [("Lamp", place) for place in range(lamps)] + [("Daylight", place) for place in range(daylights)]
    return pots(*((f"{light}{place}", light, f"{place + 0.25}", "yes") for light, place in rows))


def parsed(data: bytes, name: str = "pots.csv") -> DataFile:
    file = parse_data(name, data)
    assert file is not None
    return file


# --- which units a statement counts


@pytest.mark.parametrize(
    ("statement", "units"),
    [
        ("Over the 12 pots the mean Height under Lamp is 2 greater.", 12),
        ("Over twelve of the 12 plants the mean Height is 2.", 12),
        ("The mean Height of the 7 pots under Lamp is 3.", 7),
        ("After 12 weeks the mean Height is 3.", None),
        ("In week 12 the mean Height is 3.", None),
        ("Over the 13 pots the mean Height is 3.", None),
        ("The mean Height was 12 points greater.", None),
    ],
)
def test_a_stated_number_is_that_of_the_records(statement: str, units: int | None) -> None:
    found = stated_units(case(GAIN, statement, pots=many(7, 5)))
    assert [len(item.units) for item in found] == ([] if units is None else [units])


def test_records_of_other_methods_are_none_of_those_that_must_count() -> None:
    rows = [
        (f"p{place}", light, f"{place}.5", "no")
        for place, light in enumerate(["Lamp", "Daylight", "Fire"] * 4)
    ]
    [found] = stated_units(
        case(GAIN, "Over 12 pots the mean Height under Lamp is 1 greater.", pots=pots(*rows))
    )
    assert [int(unit) % 3 for unit in found.units] == [0, 1] * 4


def test_a_column_of_that_name_holds_the_units() -> None:
    header = ("bench", "light", "height", "flowered")
    rows = [(f"bench {place % 5}", "Lamp", f"{place}.5", "no") for place in range(15)]
    [found] = stated_units(
        case(GAIN, "Over all 5 benches the mean Height is 7.", pots=pots(*rows, header=header))
    )
    assert (found.column, found.units["bench 1"]) == ("bench", (1, 6, 11))


def test_of_many_units_the_first_the_last_and_the_extremes_are_tried() -> None:
    given_case = case(GAIN, "Over the 60 pots the mean Height is 7.", pots=many(35, 25))
    [found] = stated_units(given_case)
    chosen = chosen_units(found, given_case)
    assert len(chosen) == len(set(chosen)) == MANY
    assert {"0", "59", "34"} <= set(chosen), "first, last, tallest"
    assert chosen == chosen_units(found, given_case)


# --- records told apart


def apart(rows: list[tuple[str, str, str]], still: set[int]) -> bool:
    file = parsed(pots(*rows, header=("site", "age", "height")))
    return told_apart(file, "height", [i for i in range(len(rows)) if i not in still], sorted(still))


def test_labels_and_thresholds_tell_records_apart_and_their_own_value_does_not() -> None:
    rows = [("ab"[place % 2], str(20 + place), f"{(place * 7) % 10}.5") for place in range(10)]
    assert apart(rows, {1, 3, 5, 7, 9}), "the site"
    assert apart(rows, {0, 1, 2}), "the age"
    assert not apart(rows, {0, 3, 6, 7}), "nothing but the height or the place"


@given(st.sets(st.integers(0, 9), min_size=1, max_size=9))
def test_names_of_records_are_no_property(still: set[int]) -> None:
    rows = [(f"name {place}", "20", f"{place}.5") for place in range(10)]
    assert not apart(rows, still)


# --- methods exchanged


def test_labels_and_columns_of_both_methods_are_exchanged() -> None:
    given_case = case(GAIN, GAIN.claim.statement)
    [(control, transforms)] = exchanges(given_case).items()
    before = given_case.loaded.inputs["pots.csv"].decode()
    after = apply_transforms(given_case.loaded.inputs, transforms)["pots.csv"].decode()
    assert control == "Daylight"
    assert after != before
    assert after.replace("Lamp", "?").replace("Daylight", "Lamp").replace("?", "Daylight") == before
    wide = pots(*HALVES, header=("bed", "Lamp", "Daylight"))
    [(_, transforms)] = exchanges(case(GAIN, GAIN.claim.statement, pots=wide)).items()
    swapped = apply_transforms({"pots.csv": wide}, transforms)["pots.csv"]
    assert swapped == pots(*((bed, b, a) for bed, a, b in HALVES), header=("bed", "Lamp", "Daylight"))


def test_nothing_is_exchanged_where_a_method_is_missing() -> None:
    assert exchanges(case(GAIN, GAIN.claim.statement, pots=many(5, 0))) == {}


# --- rows that are records


def reported(*rows: tuple[str, str, str]) -> ReportedTable:
    """A table of beds as the script would report it."""
    columns = [
        {"name": "bed", "unit": None},
        *({"name": n, "unit": "dimensionless"} for n in ("lamp", "daylight")),
    ]
    found = Observations.model_validate(
        {
            "quantities": {},
            "tables": {"beds": {"columns": columns, "rows": [[b, float(x), float(y)] for b, x, y in rows]}},
        }
    )
    return found.tables["beds"]


def traced(*rows: tuple[str, str, str]) -> Traced:
    lines = [(bed, light, value) for bed, a, b in HALVES for light, value in (("Lamp", a), ("Daylight", b))]
    return Traced(reported(*rows), parsed(pots(*lines, header=("bed", "light", "yield"))))


PAIR = [("lamp", "daylight")]


def test_rows_of_the_file_are_traced() -> None:
    own = traced(*HALVES)
    assert own.comparable
    assert mismatch(own, PAIR) is None
    assert mismatch(traced(*reversed(HALVES)), PAIR) is None


def test_columns_sorted_by_themselves_are_seen() -> None:
    beds, lamp, daylight = zip(*HALVES, strict=True)
    rows = zip(beds, sorted(lamp, key=float), sorted(daylight, key=float), strict=True)
    found = mismatch(traced(*rows), PAIR)
    assert found is not None
    assert 0 < found.rows <= found.of == 5


def test_sides_exchanged_in_one_row_are_seen() -> None:
    (bed, lamp, daylight), *rest = HALVES
    found = mismatch(traced((bed, daylight, lamp), *rest), PAIR)
    assert found is not None
    assert found.rows == 1


def test_numbers_that_were_computed_are_not_traced() -> None:
    rows = [(bed, str(float(a) * 2 + 1), str(float(b) * 2 + 1)) for bed, a, b in HALVES]
    assert mismatch(traced(*rows), PAIR) is None


def test_a_cluster_with_one_unit_alone_is_seen_where_the_file_has_several() -> None:
    lines = [(f"s{place}", f"school {place % 3}", f"{place}.5") for place in range(9)]
    file = parsed(pots(*lines, header=("student", "school", "score")))
    columns = [{"name": "student", "unit": None}, {"name": "school", "unit": None}]

    def table(schools: list[str]) -> Traced:
        rows = [[f"s{place}", school, place + 0.5] for place, school in enumerate(schools)]
        answer = {"columns": [*columns, {"name": "score", "unit": "dimensionless"}], "rows": rows}
        found = Observations.model_validate({"quantities": {}, "tables": {"scores": answer}})
        return Traced(found.tables["scores"], file)

    assert lone_clusters(table([f"s{place}" for place in range(9)]), "student", "school") == "school"
    assert lone_clusters(table([f"school {place % 3}" for place in range(9)]), "student", "school") is None


# --- changes of single records


@given(st.sets(st.integers(0, 4), min_size=1))
def test_rows_are_chosen_by_their_place(places: set[int]) -> None:
    data = pots(*HALVES, header=("bed", "lamp", "daylight"))
    drop = Transform(do="drop", inputs=("beds",), rows=tuple(sorted(places)))
    kept = [row for place, row in enumerate(HALVES) if place not in places]
    assert apply_transforms({"beds.csv": data}, (drop,))["beds.csv"] == pots(
        *kept, header=("bed", "lamp", "daylight")
    )
    scale = Transform(do="rescale", inputs=("beds",), column="lamp", number="10", rows=tuple(sorted(places)))
    changed = parsed(apply_transforms({"beds.csv": data}, (scale,))["beds.csv"]).columns()
    assert [float(slot.value) for slot in changed["lamp"]] == [
        float(a) * (10 if place in places else 1) for place, (_, a, _) in enumerate(HALVES)
    ]
    assert [slot.value for slot in changed["daylight"]] == [b for _, _, b in HALVES]


@pytest.mark.parametrize("share", ["0", "1"])
def test_exchange_takes_a_share(share: str) -> None:
    data = pots(*HALVES, header=("bed", "lamp", "daylight"))
    change = Transform(do="exchange", labels=("lamp", "daylight"), number=share, seed=1)
    found = apply_transforms({"beds.csv": data}, (change,))["beds.csv"]
    rows = [(bed, b, a) for bed, a, b in HALVES] if share == "1" else HALVES
    assert found == pots(*rows, header=("bed", "lamp", "daylight"))
