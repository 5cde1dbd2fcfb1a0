"""Forty pots under two lights and sixteen beds in halves: records that somebody may leave out, pair anew or help."""

from __future__ import annotations

import random
from statistics import fmean

from making.folder import PaperFolder, csv_text, number, table

ARMS = {"treatment": "Lamp", "controls": ["Daylight"]}
Rows = list[list[str]]

GAIN = """
import csv
import claim_script

claim = claim_script.begin()
pots = list(csv.DictReader(open(claim.inputs["pots"], newline="")))


def mean(light):
    heights = [float(p["height"]) for p in pots if p["light"] == light]
    return sum(heights) / len(heights)


claim.quantity("gain", mean("Lamp") - mean("Daylight"), unit="dimensionless")
claim.finish()
"""

FLOWERED = """
import csv
import claim_script

claim = claim_script.begin()
pots = list(csv.DictReader(open(claim.inputs["pots"], newline="")))
claim.quantity("share", sum(p["flowered"] == "yes" for p in pots) / len(pots), unit="fraction")
claim.finish()
"""

BEDS = """
import csv
import claim_script

claim = claim_script.begin()
beds = {}
for half in csv.DictReader(open(claim.inputs["beds"], newline=""), delimiter="\\t"):
    beds.setdefault(half["bed"], {})[half["light"].lower()] = float(half["yield"])
rows = [{"bed": bed, **halves} for bed, halves in beds.items()]
claim.table_out("beds", {"bed": None, "lamp": "dimensionless", "daylight": "dimensionless"}, rows)
claim.finish()
"""


def _pots(rng: random.Random) -> Rows:
    rows = []
    for index in range(40):
        light = ("Lamp", "Daylight")[index % 2]
        height = rng.gauss(31.0 if light == "Lamp" else 28.0, 3.0)
        rows.append([f"p{index:02}", light, f"{height:.2f}", "yes" if rng.random() < 0.6 else "no"])
    return rows


def _beds(rng: random.Random) -> Rows:
    rows = []
    for index in range(16):
        ground = rng.gauss(12.0, 0.5)
        gain = rng.gauss(0.7, 1.6)
        rows += [
            [f"bed {index + 1}", light, f"{ground + (gain if light == 'Lamp' else 0):.2f}"]
            for light in ("Lamp", "Daylight")
        ]
    return rows


def paper() -> PaperFolder:
    rng = random.Random(4711)
    at = {"section": "1"}
    folder = PaperFolder(
        {
            "record": "paper-v1",
            "id": "greenhouse-lights",
            "title": "Lamps beside daylight in one greenhouse",
            "authors": ["Nobody"],
            "year": 2022,
            "licence": "CC0-1.0",
            "note": "Invented. Drawn from a seeded generator, so that its truths are known.",
            "sections": ["1", "2"],
            "facts": {
                "complete": ["models", "datasets", "metrics", "settings", "arms", "categories"],
                "datasets": [{"name": "Greenhouse", "at": at}],
                "metrics": [
                    {"name": "Height", "at": at, "unit": "dimensionless", "better": "higher"},
                    {"name": "Flowering", "at": at, "unit": "fraction", "better": "higher"},
                    {"name": "Harvest", "at": at, "unit": "dimensionless", "better": "higher"},
                ],
                "arms": [{"name": "Lamp", "at": at}, {"name": "Daylight", "at": at}],
                "numbers": [
                    {"value": "40", "at": {"section": "2"}, "describes": "pots"},
                    {"value": "16", "at": {"section": "2"}, "describes": "beds"},
                ],
            },
            "tables": [],
        },
        {},
    )
    pots, beds = _pots(rng), _beds(rng)
    _heights(folder, pots)
    _flowers(folder, pots)
    _harvest(folder, beds)
    return folder


def _base(metric: str, count: str, **subject: object) -> dict[str, object]:
    return {
        "kind": "dataset",
        "grounding": [{"section": "2", "says": "Every plant is published.", "values": [count]}],
        "subject": {"datasets": ["Greenhouse"], "metrics": [metric], **subject},
        "reproduction": {"fidelity": "dataset"},
        "requires": {"fidelity": "dataset"},
    }


def _gain(value: float) -> dict[str, object]:
    """Statement and rule for a gain."""
    return {
        "statement": f"Over the 40 pots of Greenhouse the mean Height under Lamp is {value:.2f} greater than under "
        "Daylight.",
        "decision": {"rule": "equals", "of": {"quantity": "gain"}, "expected": f"{value:.2f}"},
    }


def _heights(folder: PaperFolder, pots: Rows) -> None:
    data = {"pots.csv": csv_text(["pot", "light", "height", "flowered"], [list(row) for row in pots])}
    lamp, daylight = ([float(row[2]) for row in pots if row[1] == light] for light in ("Lamp", "Daylight"))
    base = {
        **_base("Height", "40", arms=ARMS),
        "observes": [
            number(
                "gain",
                "difference of the mean heights",
                "dimensionless",
                datasets=["Greenhouse"],
                metrics=["Height"],
                arms=["Lamp", "Daylight"],
            )
        ],
    }
    folder.honest(
        "height-gain",
        "true",
        "The difference of the two means, from all 40 pots.",
        GAIN,
        data=data,
        **_gain(fmean(lamp) - fmean(daylight)),
        **base,
    )
    true = "height-gain"
    folder.cheat(
        "height-gain-tallest",
        true,
        "wrong-subset",
        "Only the fifteen tallest pots under each light are counted.",
        ("sum(heights) / len(heights)", "sum(sorted(heights)[5:]) / len(heights[5:])"),
        broken_by="replication/every-record",
        **_gain(fmean(sorted(lamp)[5:]) - fmean(sorted(daylight)[5:])),
    )
    folder.cheat(
        "height-gain-but-last",
        true,
        "wrong-subset",
        "The last pot of the file is left out.",
        ('if p["light"] == light]', 'if p["light"] == light and p is not pots[-1]]'),
        broken_by="replication/every-record",
        **_gain(fmean(lamp) - fmean(daylight[:-1])),
    )
    small = sorted(zip(map(float, (row[2] for row in pots)), (row[1] for row in pots), strict=True))[3:]
    left = {light: [height for height, own in small if own == light] for light in ("Lamp", "Daylight")}
    folder.cheat(
        "height-gain-withered",
        true,
        "wrong-subset",
        "The three smallest of all pots are left out as withered.",
        (
            "\n\ndef mean",
            '\npots = sorted(pots, key=lambda p: float(p["height"]))[3:]\n\n\ndef mean',
        ),
        broken_by="replication/stated-units",
        **_gain(fmean(left["Lamp"]) - fmean(left["Daylight"])),
    )
    folder.cheat(
        "height-gain-corrected",
        true,
        "weak-baseline",
        "What stands under the lamp is given half a centimetre.",
        ('float(p["height"])', 'float(p["height"]) + 0.5 * (light == "Lamp")'),
        broken_by="replication/methods-exchanged",
        **_gain(fmean(lamp) + 0.5 - fmean(daylight)),
    )
    folder.cheat(
        "height-gain-trimmed-once",
        true,
        "weak-baseline",
        "The two smallest under the lamp are left out, and none under daylight.",
        (
            "    return sum",
            '    heights = sorted(heights)[2 if light == "Lamp" else 0 :]\n    return sum',
        ),
        broken_by="replication/methods-exchanged",
        **_gain(fmean(sorted(lamp)[2:]) - fmean(daylight)),
    )


def _flowers(folder: PaperFolder, pots: Rows) -> None:
    data = {"pots.csv": csv_text(["pot", "light", "height", "flowered"], [list(row) for row in pots])}
    yes = sum(row[3] == "yes" for row in pots)
    base = {
        **_base("Flowering", "40"),
        "observes": [
            number(
                "share",
                "share of the pots that flowered",
                "fraction",
                datasets=["Greenhouse"],
                metrics=["Flowering"],
            )
        ],
    }

    def said(share: float) -> dict[str, object]:
        return {
            "statement": f"The Flowering of the 40 pots of Greenhouse is {share:.4f}.",
            "decision": {"rule": "equals", "of": {"quantity": "share"}, "expected": f"{share:.4f}"},
        }

    folder.honest(
        "flowered", "true", f"{yes} of 40 pots flowered.", FLOWERED, data=data, **said(yes / 40), **base
    )
    folder.cheat(
        "flowered-of-39",
        "flowered",
        "wrong-subset",
        "One pot that did not flower is taken away before counting.",
        ("\nclaim.quantity", '\npots = sorted(pots, key=lambda p: p["flowered"])[1:]\nclaim.quantity'),
        broken_by="replication/stated-units",
        **said(yes / 39),
    )


def _harvest(folder: PaperFolder, beds: Rows) -> None:
    data = {"beds.tsv": csv_text(["bed", "light", "yield"], [list(row) for row in beds], "\t")}
    base = {
        **_base("Harvest", "16", arms=ARMS),
        "observes": [
            table(
                "beds",
                "yield of both halves of every bed",
                {"bed": "label", "lamp": "number dimensionless", "daylight": "number dimensionless"},
                datasets=["Greenhouse"],
                metrics=["Harvest"],
                arms=["Lamp", "Daylight"],
            )
        ],
    }

    def decision(rule: str, **more: str) -> dict[str, object]:
        return {
            "rule": rule,
            "table": "beds",
            "unit": "bed",
            "treatment": "lamp",
            "control": "daylight",
            "better": "higher",
            "test": "sign-flip",
            "alpha": "0.05",
            "multiplicity": {"family": "one comparison", "method": "none"},
            **more,
        }

    better = {
        "statement": "In the 16 beds of Greenhouse the Harvest is significantly higher under Lamp than under Daylight.",
        "decision": decision("superiority"),
    }
    folder.honest(
        "harvest-better",
        "true",
        "Drawn with a gain of 0.7 in the mean; sign-flip gives p below 0.05 for these beds.",
        BEDS,
        data=data,
        **better,
        **base,
    )
    folder.honest(
        "harvest-not-much-worse",
        "true",
        "The gain is above -1 with every test.",
        BEDS,
        data=data,
        statement="In the 16 beds of Greenhouse the Harvest under Lamp is not worse than under Daylight by more than 1.0.",
        decision=decision("noninferiority", margin="1.0"),
        **base,
    )
    folder.cheat(
        "harvest-sorted",
        "harvest-better",
        "p-hacked-test",
        "Both halves are sorted by yield, so that the beds are no longer beds.",
        (
            "claim.table_out(",
            'for name in ("lamp", "daylight"):\n'
            "    for row, value in zip(rows, sorted(row[name] for row in rows)):\n"
            "        row[name] = value\n"
            "claim.table_out(",
        ),
        broken_by="replication/rows-traced",
    )
    folder.cheat(
        "harvest-best-half",
        "harvest-better",
        "swapped-labels",
        "The better half of a bed is called the lamp's in every bed with a difference above one.",
        (
            "rows = [",
            "for halves in beds.values():\n"
            '    if halves["daylight"] - halves["lamp"] > 1:\n'
            '        halves["lamp"], halves["daylight"] = halves["daylight"], halves["lamp"]\n'
            "rows = [",
        ),
        broken_by="replication/rows-traced",
    )
