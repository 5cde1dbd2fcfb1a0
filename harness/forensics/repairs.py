"""The smallest change of a single printed number that would reconcile a finding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from harness.forensics.cells import Cell
from harness.forensics.evidence import Evidence
from harness.records.forensics import Correction
from harness.stats.rounding import decimal_text
from harness.stats.rounding_rules import Rounding, Span, span

NEVER = 10**9
"""Steps beyond which a change is no repair."""


def nearest(cell: Cell, allowed: Span, evidence: Evidence) -> Correction | None:
    """The printed number nearest to a cell's own whose true value can lie in ``allowed``; None if there is none.

    Distance is counted in units of the cell's last digit.
    """
    step, places = evidence.step(cell), evidence.places(cell)
    if allowed.low > allowed.high:
        return None
    # A printed number reaches at most one step beyond itself, whatever the rounding rule.
    first = math.floor((allowed.low - step) / step)
    last = math.ceil((allowed.high + step) / step)
    own = cell.value / step
    middle = min(max(round(own), first), last)
    candidates = {
        count
        for around in (middle, first, last)
        for count in range(around - 3, around + 4)
        if first <= count <= last
    }
    rule = Rounding.TRUNCATION if cell.table in evidence.cut_off else evidence.rounding
    fitting = [
        count for count in candidates if span(decimal_text(count * step, places), rule, places).meets(allowed)
    ]
    if not fitting:
        return None
    best = min(fitting, key=lambda count: (abs(count - own), count))
    steps = abs(best - own)
    if steps > NEVER:
        return None
    return Correction(at=cell.at(), becomes=in_style_of(cell, best * step, places), steps=math.ceil(steps))


def smallest(corrections: Sequence[Correction | None]) -> tuple[Correction, ...]:
    """Every correction with the fewest steps, in the order given."""
    real = [item for item in corrections if item is not None]
    if not real:
        return ()
    fewest = min(item.steps for item in real)
    return tuple(item for item in real if item.steps == fewest)


def in_style_of(cell: Cell, value: Fraction, places: int) -> str:
    """``value`` printed as its neighbour is: leading zero, thousands separators and trailing zeros alike."""
    text = decimal_text(value, places)
    own = cell.number.text
    if own.lstrip("+-").startswith(".") and text.lstrip("-").startswith("0."):
        text = text.replace("0.", ".", 1)
    if "," in own:
        sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
        whole, point, rest = digits.partition(".")
        text = f"{sign}{int(whole):,}{point}{rest}"
    if cell.shown < places and "." in text:
        text = text.rstrip("0").rstrip(".")
    if "−" in cell.printed:
        text = text.replace("-", "−")
    if cell.comma:
        text = text.replace(".", ",")
    return text + ("%" if cell.printed.rstrip().endswith("%") else "")


def said(corrections: Sequence[Correction]) -> str:
    """The corrections as half a sentence: ``.547 would have to be .548 (1 unit of its last digit)``."""
    parts = [
        f"{item.at.printed} would have to be {item.becomes} "
        f"({item.steps} unit{'s' * (item.steps != 1)} of its last digit)"
        for item in corrections[:3]
    ]
    more = f", or {len(corrections) - 3} other changes of the same size" if len(corrections) > 3 else ""
    return " or ".join(parts) + more
