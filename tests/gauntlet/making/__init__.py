"""Makes the papers, data and claims of the gauntlet that are not written by hand."""

from __future__ import annotations

from making import greenhouse, recall, search, solver
from making.folder import PaperFolder


def papers() -> list[PaperFolder]:
    """Every made paper, always the same."""
    return [recall.paper(), solver.paper(), search.paper(), greenhouse.paper()]
