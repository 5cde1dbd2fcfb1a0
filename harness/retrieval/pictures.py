"""Pictures of an experiment as SVG: the same numbers give the same bytes with the same version of matplotlib.

Nothing here decides anything: pictures go into the evidence of a claim beside the numbers that its rule uses.
Labels stay text in the file, so that a reader can search and a reviewer can compare two versions.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.errors import InputError
from harness.retrieval.types import Floats

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9")
"""Told apart by people with any kind of colour vision (Okabe and Ito 2008)."""
_STYLE = {"svg.hashsalt": "harness", "svg.fonttype": "none", "font.size": 8.0, "font.family": ["sans-serif"]}


@dataclass(frozen=True)
class Difference:
    """One comparison: what the rule estimated and how sure it is."""

    name: str
    value: float
    """Treatment minus control, turned so that positive is better."""
    low: float
    high: float
    """Ends of its interval."""
    margin: float = 0.0
    """Border that it is held against."""


def difference(name: str, table: Floats, margin: float = 0.0, level: float = 0.9) -> Difference:
    """The mean of differences [trainings, topics] with the interval that a rule with ``seed_column`` judges by.

    Both trainings and topics are a sample: error^2 = variance of the topic means / topics + variance of the training
    means / trainings, degrees of freedom by Satterthwaite (1946). A two-sided interval of 0.9 holds the two one-sided
    bounds of 0.95.

    Raises:
        InputError: fewer than two trainings or topics.
    """
    from scipy.stats import t

    if min(table.shape) < 2:
        raise InputError("An interval needs two trainings and two topics.")
    parts = [table.mean(axis=axis) for axis in (0, 1)]
    squares = [part.var(ddof=1) / len(part) for part in parts]
    spread = sum(square**2 / (len(part) - 1) for square, part in zip(squares, parts, strict=True))
    mean, half = float(table.mean()), 0.0
    if spread > 0:
        half = float(t.ppf((1 + level) / 2, sum(squares) ** 2 / spread) * np.sqrt(sum(squares)))
    return Difference(name, mean, mean - half, mean + half, margin)


def heat_maps(tables: Mapping[str, Floats], languages: Sequence[str], what: str) -> bytes:
    """Questions of each language (rows) against passages of each language (columns), one map for each arm.

    Args:
        tables: arm to [L, L] values; all maps share one scale.
        languages: names of rows and columns.
        what: what the values are.

    Raises:
        InputError: there is no table, or one is not [L, L].
    """
    if not tables or any(table.shape != (len(languages),) * 2 for table in tables.values()):
        raise InputError("A heat map needs a square table, a row and a column for each language.")
    low = float(min(np.nanmin(table) for table in tables.values()))
    high = float(max(np.nanmax(table) for table in tables.values()))
    figure, axes = _figure(len(tables), width=0.8 + 2.6 * len(tables), height=2.9)
    for place, (axis, (arm, table)) in enumerate(zip(axes, tables.items(), strict=True)):
        shown = axis.imshow(table, vmin=low, vmax=high, cmap="viridis")
        axis.set_title(arm)
        axis.set_xticks(range(len(languages)), languages)
        axis.set_yticks(range(len(languages)), languages if place == 0 else [""] * len(languages))
        axis.set_xlabel("language of the passages")
    axes[0].set_ylabel("language of the questions")
    figure.colorbar(shown, ax=axes, label=what, fraction=0.05)
    return _svg(figure, what)


def differences(found: Mapping[str, Sequence[Difference]]) -> bytes:
    """Differences with intervals and the border each is held against; one panel for each unit of measurement.

    Raises:
        InputError: there is nothing to show.
    """
    if not found or not all(found.values()):
        raise InputError("There is no difference to show.")
    longest = max(len(rows) for rows in found.values())
    figure, axes = _figure(len(found), width=3.6 * len(found), height=0.9 + 0.3 * longest)
    for axis, (what, rows) in zip(axes, found.items(), strict=True):
        for place, row in enumerate(rows):
            axis.plot([row.low, row.high], [place, place], color=COLOURS[0])
            axis.plot([row.value], [place], "o", color=COLOURS[0])
            axis.plot([row.margin] * 2, [place - 0.4, place + 0.4], color=COLOURS[1], linestyle="--")
        axis.axvline(0, color="#888888", linewidth=0.5)
        axis.set_yticks(range(len(rows)), [row.name for row in rows])
        axis.set_ylim(len(rows) - 0.5, -0.5)
        axis.set_xlabel(what)
    return _svg(figure, "differences")


def distributions(values: Mapping[str, Floats], what: str) -> bytes:
    """Share of values up to each size, for each arm; sizes on a scale of powers of ten, because tails are heavy.

    Raises:
        InputError: an arm has no value.
    """
    if not values or not all(len(of) for of in values.values()):
        raise InputError("A distribution needs values.")
    figure, (axis,) = _figure(1, width=4.2, height=2.8)
    for colour, (arm, of) in zip(COLOURS, values.items(), strict=False):
        # A thousand points show a curve; the file need not hold every question.
        levels = np.linspace(0, 1, 1001)
        axis.plot(np.maximum(np.quantile(of, levels), 1), levels, color=colour, label=arm)
    axis.set_xscale("log")
    axis.set_xlabel(what)
    axis.set_ylabel("share of questions")
    axis.legend()
    return _svg(figure, what)


def trade_off(shares: Sequence[float], curves: Mapping[str, Floats], what: str) -> bytes:
    """A measure against alpha: each training thin, their mean thick, one panel for each setting.

    Args:
        shares: the values of alpha, ascending; A of them.
        curves: setting to [trainings, A] values.
        what: what the values are.

    Raises:
        InputError: a curve has another number of points than there are shares.
    """
    if not curves or any(curve.shape[1] != len(shares) for curve in curves.values()):
        raise InputError("A curve needs a value for each share.")
    figure, axes = _figure(len(curves), width=2.6 * len(curves), height=2.6)
    for axis, (setting, curve) in zip(axes, curves.items(), strict=True):
        for row in curve:
            axis.plot(shares, row, color=COLOURS[4], linewidth=0.5)
        axis.plot(shares, curve.mean(axis=0), "o-", color=COLOURS[0])
        axis.set_title(setting)
        axis.set_xlabel("alpha")
    axes[0].set_ylabel(what)
    return _svg(figure, what)


def learning_curves(losses: Mapping[str, Floats]) -> bytes:
    """Loss by step: each training thin, their mean thick. ``losses`` is arm to [trainings, steps].

    Losses of monolingual and cross-lingual batches are of different tasks; a lower curve is no better encoder.

    Raises:
        InputError: there is nothing to show.
    """
    if not losses or any(table.size == 0 for table in losses.values()):
        raise InputError("A learning curve needs losses.")
    figure, (axis,) = _figure(1, width=4.2, height=2.8)
    for colour, (arm, table) in zip(COLOURS, losses.items(), strict=False):
        for row in table:
            axis.plot(row, color=colour, linewidth=0.3)
        axis.plot(table.mean(axis=0), color=colour, label=arm)
    axis.set_xlabel("step")
    axis.set_ylabel("loss")
    axis.legend()
    return _svg(figure, "learning curves")


def _figure(panels: int, *, width: float, height: float) -> tuple[Any, list[Any]]:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(1, panels, squeeze=False)[0]
    return figure, list(axes)


def _svg(figure: Any, title: str) -> bytes:
    import matplotlib as mpl

    buffer = io.BytesIO()
    with mpl.rc_context(_STYLE):
        # No date and no version: bytes that change without the picture would hide that it changed.
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Title": title})
    return buffer.getvalue()
