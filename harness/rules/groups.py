"""What every group of a comparison offers, whatever the design."""

from __future__ import annotations

from typing import Literal, Protocol

from harness.stats.student import Estimate


class Group(Protocol):
    """The differences of one group, turned so that positive is better."""

    @property
    def name(self) -> str:
        """Labels of the group in words."""

    @property
    def estimate(self) -> Estimate | None:
        """Mean difference with its error; None where it has none."""

    @property
    def lacks(self) -> Literal["", "size", "spread"]:
        """Why there is no error: too few values, or all the same."""

    @property
    def size(self) -> str:
        """What is independent in it, in words, such as ``7 units``."""
