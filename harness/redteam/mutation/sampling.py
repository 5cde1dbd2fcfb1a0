"""A few places out of many: spread over operators and lines, by a number that no script can know."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from harness.canonical import sha256
from harness.redteam.mutation.operators import Site, sites
from harness.redteam.mutation.source import compiles, parse
from harness.script_edits import apply_edit

MOST_SITES = 20_000
"""A script with more places is too large to be looked at this way."""


@lru_cache(maxsize=256)
def sample(script: bytes, seed: int, most: int) -> tuple[Site, ...] | None:
    """At most ``most`` places whose change still is a program, in the order of the text; None for no Python.

    Places that look at data come first. Of those left, the next is on the statement and of the operator that were
    taken least often so far, and by digest among equals.
    """
    source = parse(script)
    if source is None:
        return None
    left = sites(source)
    if len(left) > MOST_SITES:
        return None
    order = {
        site: sha256(f"{seed}/{site.edit.start}/{site.edit.operator}/{site.edit.after}".encode())
        for site in left
    }
    operators: Counter[str] = Counter()
    lines: Counter[int] = Counter()
    taken: list[Site] = []
    while left and len(taken) < most:
        site = min(
            left,
            key=lambda item: (
                operators[item.edit.operator] + lines[item.statement],
                not item.data,
                order[item],
            ),
        )
        left.remove(site)
        changed = apply_edit(script, site.edit)
        if compiles(changed) and compiles(apply_edit(script, site.probe)):
            taken.append(site)
            operators[site.edit.operator] += 1
            lines[site.statement] += 1
    return tuple(sorted(taken, key=lambda item: (item.edit.start, item.edit.operator, item.edit.after)))
