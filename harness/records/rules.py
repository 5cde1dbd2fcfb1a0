"""Decision rules: a closed, typed family. Each answers MET, REFUTED or UNDECIDED.

A rule is fixed in the claim record before anything runs. It speaks about the quantities and tables that the
script reports, by name. Numbers in a rule are text, so that printed precision is never lost.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from harness.records.base import DecimalText, Identifier, Record, Text
from harness.records.reported_rules import PercentChange, PValue, SameValue, SampleSummary, SumOfCells


class Answer(StrEnum):
    """What a rule says about the observations."""

    MET = "MET"
    REFUTED = "REFUTED"
    UNDECIDED = "UNDECIDED"


class Where(Record):
    """Names one number: a quantity, or one cell of a table."""

    quantity: Identifier | None = None
    """Name of a quantity that the script reports."""
    table: Identifier | None = None
    """Name of a table that the script reports; then ``row`` and ``column`` choose the cell."""
    row: dict[str, str] = Field(default_factory=dict)
    """Column name to label; exactly one row must match."""
    column: Identifier | None = None
    """Column of the cell."""


class Equals(Record):
    """One number equals the expected one.

    With ``tolerance: printed`` the number must round to ``expected`` at its printed precision: it must lie in
    the closed interval expected +- half a unit of its last digit. A reported number that is itself printed
    text stands for its own rounding interval: inside is MET, disjoint (or touching in a single point) is
    REFUTED, otherwise UNDECIDED.
    """

    rule: Literal["equals"]
    """Kind of rule."""
    of: Where
    """The number."""
    expected: DecimalText
    """The value claimed, as printed."""
    tolerance: Literal["exact", "printed"] | DecimalText = "printed"
    """exact · printed · or an absolute half-width as text."""


class Bound(Record):
    """One number stands in a relation to a threshold, exactly."""

    rule: Literal["bound"]
    """Kind of rule."""
    of: Where
    """The number."""
    op: Literal["<", "<=", ">", ">="]
    """Relation of the number to the threshold."""
    threshold: DecimalText
    """The threshold."""


class ForAll(Record):
    """A relation holds in every row of a table. The refutation lists every violating row."""

    rule: Literal["forall"]
    """Kind of rule."""
    table: Identifier
    """Table that the script reports."""
    holds: Text
    """Expression over the columns, such as ``hybrid > max(x_x_mono, x_y)``. Allowed: column names, numbers,
    ``'labels'``, ``+ - * / **``, comparisons (also chained), ``and or not``, ``min max abs``."""
    when: Text | None = None
    """Expression that chooses the rows the relation is about; absent means every row."""
    rows: Annotated[int, Field(ge=1)] | None = None
    """Number of rows the table must have in all; another number makes the rule UNDECIDED."""
    at_least: Annotated[int, Field(ge=1)] = 1
    """Least number of rows chosen by ``when``; fewer makes the rule UNDECIDED, because nothing was shown."""


ShareText = Annotated[str, Field(pattern=r"^[0-9]{1,9}/[1-9][0-9]{0,8}$")]
"""A share as counts, such as ``28/30``."""


class Proportion(Record):
    """At least a share of the rows of a table satisfy a relation."""

    rule: Literal["proportion"]
    """Kind of rule."""
    table: Identifier
    """Table that the script reports."""
    holds: Text
    """Expression as in ``forall``."""
    at_least: DecimalText | ShareText
    """Least share, in [0, 1]: a number such as ``0.5``, or ``28/30`` for at least 28 of exactly 30 rows."""
    strict: bool = False
    """Whether the share must be above ``at_least``; ``most`` is above 0.5."""
    population: Literal["finite", "sample"] = "finite"
    """finite: the rows are all there is, the share is compared exactly · sample: MET when the exact
    (Clopper-Pearson) one-sided lower bound reaches the share, REFUTED when the upper bound stays under it."""
    alpha: DecimalText = "0.05"
    """One-sided error level for a sample."""


class Rank(Record):
    """Within every block of a long table, one arm takes a place."""

    rule: Literal["rank"]
    """Kind of rule."""
    table: Identifier
    """Long table: one row for each block and arm."""
    blocks: tuple[Identifier, ...] = Field(min_length=1)
    """Label columns that together name a block."""
    arm_column: Identifier
    """Label column that names the arm."""
    value_column: Identifier
    """Column that is compared."""
    arm: Text
    """The arm the rule is about."""
    place: Annotated[int, Field(ge=1)] = 1
    """Place it takes in every block, 1 is best."""
    best: Literal["highest", "lowest"]
    """Which end is best."""
    ties: Literal["not-allowed", "shared"] = "not-allowed"
    """not-allowed: the place must be the arm's alone · shared: a tie for the place is enough."""
    count: Annotated[int, Field(ge=1)] | None = None
    """Number of blocks there must be; another number makes the rule UNDECIDED."""


class Multiplicity(Record):
    """How a family of comparisons is corrected."""

    family: Text
    """Name of the family. All comparisons of this rule belong to it, and those of every other comparison rule of
    the same record that names it; they are corrected together, so ``method`` must be the same in all of them."""
    size: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """Number of comparisons in the family in all, where some stand in other records, such as the other claims of a
    paper. A verdict knows only its own record, so those count with p = 1: their worst case, whatever they are.
    Fewer than this record makes leaves the rules UNDECIDED. Absent: none stand elsewhere."""
    method: Literal["holm", "hochberg", "bonferroni", "benjamini-hochberg", "none"]
    """Correction of the p-values that must all be small for MET. ``none`` is right for "all of them", where
    each comparison at level alpha already gives a level-alpha test (intersection-union). holm and bonferroni
    bound the chance of a single wrong group · hochberg does so for independent or positively dependent groups
    · benjamini-hochberg bounds only the expected share of wrong ones among the groups met, so it promises
    nothing about every single group. Neither of these two corrects the largest p, so for "every group is met"
    they ask exactly what ``none`` asks; they differ in the answers shown for single groups."""


class Paired(Record):
    """Paired comparison of a treatment with a control, in every group of a wide table.

    The difference is treatment - control, turned so that positive is better. MET when in *every* group the
    one-sided test excludes what the rule denies; REFUTED when in *some* group the data exclude what the rule
    says, Holm-corrected over the groups; UNDECIDED otherwise, with the smallest effect this design could have
    seen. Units that belong together, such as queries of one article, are named by ``cluster``; repeated
    measurements of every unit, such as by training seed, by ``seed_column``.
    """

    rule: Literal["superiority", "noninferiority", "equivalence"]
    """superiority: mean difference > margin (0 unless given) · noninferiority: mean difference > -margin ·
    equivalence: both > -margin and < margin (two one-sided tests)."""
    table: Identifier
    """Wide table: one row for each group and unit, and seed where there is a ``seed_column``."""
    groups: tuple[Identifier, ...] = ()
    """Label columns that together name a group; empty means one group."""
    unit: Identifier
    """Label column that names the paired unit, such as the language; unique within a group, or within group and
    seed where there is a ``seed_column``."""
    cluster: Identifier | None = None
    """Label column that names the cluster of a unit; then whole clusters are what is independent, and the mean
    stays the mean over units. A unit belongs to one cluster."""
    seed_column: Identifier | None = None
    """Label column that names a repetition, such as a training seed; every unit needs every one. Then the seeds
    are a sample, too, and their variation is added to that of the units; only for ``test: t``."""
    treatment: Identifier
    """Column of the arm that is claimed to be better, or not worse."""
    control: Identifier
    """Column of the arm compared with."""
    better: Literal["higher", "lower"]
    """Which direction is better."""
    margin: DecimalText = "0"
    """Margin in the unit of the columns; positive for noninferiority and equivalence."""
    test: Literal["t", "sign-flip", "wilcoxon", "bca", "bootstrap-t"] = "t"
    """One-sample test on the differences: Student's t (with clusters: CR2 error and Satterthwaite's degrees of
    freedom) · sign-flip permutation (exact up to 20 units, else Monte Carlo with ``seed`` and ``resamples``;
    whole clusters flip together) · Wilcoxon signed-rank (with clusters: on their means) · bootstrap,
    bias-corrected and accelerated or studentised, each with ``seed`` and ``resamples`` (drawing whole
    clusters)."""
    alpha: DecimalText = "0.05"
    """One-sided error level."""
    multiplicity: Multiplicity
    """Correction over the groups."""
    group_count: Annotated[int, Field(ge=1)] | None = None
    """Number of groups there must be; another number makes the rule UNDECIDED."""
    sensitivity: tuple[DecimalText, ...] = ()
    """Other margins for which the answer is shown beside the decided one; they decide nothing."""
    power: DecimalText = "0.8"
    """Power at which the smallest detectable effect is stated."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of a Monte-Carlo permutation test or of a bootstrap."""
    resamples: Annotated[int, Field(ge=999, le=10_000_000)] = 100_000
    """Sign flips drawn when enumeration is out of reach, where the observed arrangement is counted too; or
    bootstrap samples drawn, at most 1,000,000 of these."""


class Unpaired(Record):
    """Comparison of a treatment with a control on independent values, in every group of a long table.

    The difference is the mean of the treatment minus the mean of the control, turned so that positive is
    better. MET, REFUTED and UNDECIDED as for a paired comparison. Where the same units were measured under both
    arms, a paired rule is the right one and sees smaller effects.
    """

    rule: Literal["unpaired_superiority", "unpaired_noninferiority", "unpaired_equivalence"]
    """unpaired_superiority: difference > margin (0 unless given) · unpaired_noninferiority: difference > -margin
    · unpaired_equivalence: both > -margin and < margin (two one-sided tests)."""
    table: Identifier
    """Long table: one row for each value; rows of other arms are ignored."""
    groups: tuple[Identifier, ...] = ()
    """Label columns that together name a group; empty means one group."""
    arm_column: Identifier
    """Label column that names the arm."""
    value_column: Identifier
    """Column that is compared."""
    unit: Identifier
    """Label column that names the independent unit a value comes from; unique within group and arm, and seed where
    there is a ``seed_column``."""
    cluster: Identifier | None = None
    """Label column that names the cluster of a unit; then whole clusters are what is independent, and the mean
    stays the mean over units. A cluster belongs to one arm: what is shared by both arms is paired."""
    seed_column: Identifier | None = None
    """Label column that names a repetition, such as a training seed; every unit of an arm needs every one of that
    arm. Then the seeds of each arm are a sample, too; only for ``test: welch``."""
    treatment: Text
    """Label of the arm that is claimed to be better, or not worse."""
    control: Text
    """Label of the arm compared with."""
    better: Literal["higher", "lower"]
    """Which direction is better."""
    margin: DecimalText = "0"
    """Margin in the unit of the column; positive for noninferiority and equivalence."""
    test: Literal["welch", "permutation", "mann-whitney", "bca", "bootstrap-t"] = "welch"
    """Welch's t (with clusters: CR2 error in each arm) · permutation of the labels (exact up to 200,000
    arrangements, else Monte Carlo with ``seed`` and ``resamples``; with clusters: on their means) · Mann-Whitney
    rank sum, a test of location (with clusters: on their means) · bootstrap of both arms, bias-corrected and
    accelerated or studentised, each with ``seed`` and ``resamples`` (drawing whole clusters)."""
    alpha: DecimalText = "0.05"
    """One-sided error level."""
    multiplicity: Multiplicity
    """Correction over the groups."""
    group_count: Annotated[int, Field(ge=1)] | None = None
    """Number of groups there must be; another number makes the rule UNDECIDED."""
    sensitivity: tuple[DecimalText, ...] = ()
    """Other margins for which the answer is shown beside the decided one; they decide nothing."""
    power: DecimalText = "0.8"
    """Power at which the smallest detectable effect is stated."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of a Monte-Carlo permutation test or of a bootstrap."""
    resamples: Annotated[int, Field(ge=999, le=10_000_000)] = 100_000
    """Arrangements drawn when enumeration is out of reach, where the observed one is counted too; or bootstrap
    samples drawn, at most 1,000,000 of these."""


class Trend(Record):
    """A value rises, or falls, with a dose such as the size of a model: Kendall's S summed over blocks.

    MET when a one-sided test excludes that there is no such trend; REFUTED when the opposite test does;
    UNDECIDED otherwise. Speaks about the tendency, not about every step: for that there is ``forall``.
    """

    rule: Literal["trend"]
    """Kind of rule."""
    table: Identifier
    """Long table: one row for each observation."""
    blocks: tuple[Identifier, ...] = ()
    """Label columns that together name a block, such as the language, within which the order is looked at;
    empty means one block."""
    dose_column: Identifier
    """Number column with the dose."""
    value_column: Identifier
    """Number column whose trend is claimed."""
    direction: Literal["increasing", "decreasing"]
    """Whether the value is claimed to rise or to fall with the dose."""
    alpha: DecimalText = "0.05"
    """One-sided error level."""
    count: Annotated[int, Field(ge=1)] | None = None
    """Number of rows there must be; another number makes the rule UNDECIDED."""
    power: DecimalText = "0.8"
    """Power at which the smallest detectable trend is stated."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the shuffles, used only where some block has ties in both columns or more than 60 rows. With more
    than 3,000 pairs of rows within blocks the sum is taken to be normal."""
    resamples: Annotated[int, Field(ge=999, le=1_000_000)] = 100_000
    """Shuffles drawn in that case; the observed order is counted too."""


class Rerun(Record):
    """A reported number agrees with new runs of a measurement that is partly chance, such as a training.

    MET when the reported number, as printed, lies in the prediction interval of one more run and that interval
    is narrow enough to mean something; REFUTED when it lies outside; UNDECIDED otherwise.
    """

    rule: Literal["rerun"]
    """Kind of rule."""
    table: Identifier
    """Table with one row for each run."""
    run: Identifier
    """Label column that names the run, such as its seed; unique."""
    value_column: Identifier
    """Number column with what the run gave."""
    expected: DecimalText
    """The reported number, as printed; it counts as one more run."""
    half_width: DecimalText
    """Largest half-width of the prediction interval at which agreement says anything; with a wider one the rule
    is never MET. Above 0, in the unit of the column."""
    alpha: DecimalText = "0.05"
    """Two-sided error level: how often a sound report may be called REFUTED."""
    runs: Annotated[int, Field(ge=2)] = 3
    """Least number of runs; fewer makes the rule UNDECIDED."""


class Sequential(Record):
    """Superiority on paired differences that come in over time and may be looked at after every one.

    An e-process bets on every difference in turn; its p-value stays valid whenever one looks, so evidence may be
    added until it decides, and what it has decided stays decided. MET when the evidence for
    mean difference > margin reaches 1/alpha first, REFUTED when that for < margin does, UNDECIDED until then.
    """

    rule: Literal["sequential"]
    """Kind of rule."""
    table: Identifier
    """Wide table: one row for each unit."""
    order: Identifier
    """Number column that says in which order the units came; no two alike. It must be fixed before the values are
    known, and later evidence must come after the earlier."""
    treatment: Identifier
    """Column of the arm that is claimed to be better."""
    control: Identifier
    """Column of the arm compared with."""
    better: Literal["higher", "lower"]
    """Which direction is better."""
    margin: DecimalText = "0"
    """Margin in the unit of the columns, smaller than ``limit``."""
    limit: DecimalText
    """Largest size a difference can have by the nature of the measure, such as 1 for a fraction; above 0. A
    larger one in the data makes the rule UNDECIDED."""
    alpha: DecimalText = "0.05"
    """Error level of either side, over all looks together."""


class Granularity(Record):
    """GRIM: every printed mean of n yes/no outcomes must be some k/n at its printed precision."""

    rule: Literal["granularity"]
    """Kind of rule, a ``consistency`` rule of the design."""
    table: Identifier
    """Table that the script reports."""
    value: Identifier
    """Column of printed values."""
    n: Identifier
    """Column with the number of items averaged over, a positive integer."""
    scale: DecimalText = "1"
    """Value of a mean when every outcome is a yes: 1 for fractions, 100 for percentages."""
    rows: Annotated[int, Field(ge=1)] | None = None
    """Number of rows the table must have; another number makes the rule UNDECIDED."""


class MeanOfCells(Record):
    """Every printed mean is the mean of its printed cells, within what rounding of both allows."""

    rule: Literal["mean_of_cells"]
    """Kind of rule, a ``consistency`` rule of the design."""
    table: Identifier
    """Long table holding cells and printed means."""
    groups: tuple[Identifier, ...]
    """Label columns that together name a mean."""
    kind_column: Identifier
    """Label column telling cells from means."""
    cell: Text = "cell"
    """Label of a cell in that column."""
    mean: Text = "printed_mean"
    """Label of a printed mean in that column."""
    value: Identifier
    """Column of printed values."""


class AllOf(Record):
    """Every part is MET. REFUTED when some part is REFUTED."""

    rule: Literal["all_of"]
    """Kind of rule."""
    parts: tuple[Rule, ...] = Field(min_length=1)
    """The parts; an empty list is refused."""


class AnyOf(Record):
    """Some part is MET. REFUTED when every part is REFUTED."""

    rule: Literal["any_of"]
    """Kind of rule."""
    parts: tuple[Rule, ...] = Field(min_length=1)
    """The parts; an empty list is refused."""


Rule = Annotated[
    Equals
    | Bound
    | ForAll
    | Proportion
    | Rank
    | Paired
    | Unpaired
    | Trend
    | Rerun
    | Sequential
    | Granularity
    | MeanOfCells
    | SumOfCells
    | SameValue
    | PercentChange
    | PValue
    | SampleSummary
    | AllOf
    | AnyOf,
    Field(discriminator="rule"),
]
"""Any decision rule."""

AllOf.model_rebuild()
AnyOf.model_rebuild()


class Comparison(Record):
    """One comparison that a rule made, with the numbers that decided it."""

    name: str
    """What was compared, such as ``model=XLM-R setting=monolingual``."""
    answer: Answer
    """Answer of this comparison alone."""
    numbers: dict[str, Any]
    """The numbers that decided it: estimate, interval, p, adjusted p, n ..., each under a plain name."""


class RuleOutcome(Record):
    """What a rule answered and why. Re-derived by the auditor from the recorded observations."""

    rule: str
    """Kind of rule."""
    answer: Answer
    """MET, REFUTED or UNDECIDED."""
    summary: str
    """One sentence with the numbers that decided it."""
    settles: str = ""
    """For UNDECIDED: what would settle it, with the smallest effect this design could have seen if any."""
    incomplete: bool = False
    """For UNDECIDED: True when the observations do not cover what the rule is about (wrong number of rows,
    missing pairs), False when complete data cannot tell."""
    comparisons: tuple[Comparison, ...] = ()
    """Every comparison made; for table rules only the violating ones and a count."""
    violations: tuple[dict[str, Any], ...] = ()
    """Every row that violates a universal rule, in the order of its labels."""
    assumptions: tuple[str, ...] = ()
    """What the rule takes for granted, one sentence each."""
    parts: tuple[RuleOutcome, ...] = ()
    """Outcomes of the parts of all_of and any_of."""


RuleOutcome.model_rebuild()
