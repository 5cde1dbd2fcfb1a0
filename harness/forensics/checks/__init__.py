"""The checks, one per file, in the order in which the report names them."""

from __future__ import annotations

from harness.forensics.checks import (
    copied_values,
    debit,
    double_rounding,
    granularity,
    grim,
    grimmer,
    listed_units,
    mean_of_cells,
    median_of_cells,
    metric_bounds,
    metric_range,
    order,
    p_values,
    percent_change,
    public_counts,
    rank_range,
    recall_monotone,
    same_quantity,
    stated_numbers,
    stated_sizes,
    sum_of_cells,
    table_references,
    terminal_digits,
)
from harness.forensics.interface import Check

CHECKS: tuple[Check, ...] = (
    mean_of_cells.CHECK,
    median_of_cells.CHECK,
    sum_of_cells.CHECK,
    same_quantity.CHECK,
    double_rounding.CHECK,
    stated_numbers.CHECK,
    percent_change.CHECK,
    stated_sizes.CHECK,
    table_references.CHECK,
    listed_units.CHECK,
    public_counts.CHECK,
    granularity.CHECK,
    grim.CHECK,
    grimmer.CHECK,
    debit.CHECK,
    p_values.CHECK,
    metric_range.CHECK,
    recall_monotone.CHECK,
    metric_bounds.CHECK,
    rank_range.CHECK,
    order.CHECK,
    copied_values.CHECK,
    terminal_digits.CHECK,
)
"""Every check there is."""
