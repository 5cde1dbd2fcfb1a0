"""Attacks of other distributions, found by entry point and loaded only when they are named.

A distribution offers them in the group ``claim_harness.attacks``; the entry point's name is the plug-in's, and its
object is one ``Attack`` or a sequence of them, each named ``<attacker>/<plug-in>/<attack>``. A plug-in runs inside the
harness with all its rights: naming it is a decision of whoever runs the command.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points

from harness.errors import CannotRun
from harness.records.manifest import PluginUsed
from harness.redteam import ATTACKS
from harness.redteam.interface import FOLDERS, Attack, Plugin

GROUP = "claim_harness.attacks"
_OWN_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def installed() -> tuple[PluginUsed, ...]:
    """Every plug-in that is installed, in name order. Imports none of them."""
    return tuple(sorted((_used(point) for point in entry_points(group=GROUP)), key=lambda item: item.name))


def load(names: Iterable[str]) -> tuple[Plugin, ...]:
    """Import the plug-ins of these names, in name order.

    Raises ``CannotRun`` for one that is not installed, stands twice, fails to import, or offers something else than
    attacks under names of its own.
    """
    return tuple(_load(name) for name in sorted(set(names)))


def _load(name: str) -> Plugin:
    points = list(entry_points(group=GROUP, name=name))
    if not points:
        known = ", ".join(item.name for item in installed()) or "none"
        raise CannotRun(f"plug-in {name}: not installed; installed are: {known}")
    if len(points) > 1:
        raise CannotRun(f"plug-in {name}: {len(points)} distributions offer one of that name")
    used = _used(points[0])
    try:
        offered = points[0].load()
    except (Exception, SystemExit) as error:
        raise CannotRun(
            f"plug-in {name} of {used.distribution} {used.version} cannot be imported: "
            f"{type(error).__name__}: {error}"
        ) from error
    attacks = tuple(offered) if isinstance(offered, Sequence) else (offered,)
    _check(name, attacks)
    return Plugin(used, attacks)


def _check(name: str, attacks: Sequence[object]) -> None:
    # The runs of an attack are told from those of others by the beginning of their names.
    if any(attack.name.split("/")[1] == name for attack in ATTACKS):
        raise CannotRun(f"plug-in {name}: an attack of the harness has that name")
    if not attacks:
        raise CannotRun(f"plug-in {name}: offers no attack")
    seen: set[str] = set()
    for attack in attacks:
        if not isinstance(attack, Attack):
            raise CannotRun(f"plug-in {name}: offers a {type(attack).__name__}, which is no Attack")
        folder, _, own = str(attack.name).partition(f"/{name}/")
        if folder != FOLDERS.get(attack.attacker) or not _OWN_NAME.fullmatch(own):
            wanted = f"{FOLDERS.get(attack.attacker, '<attacker>')}/{name}/<attack>"
            raise CannotRun(f"plug-in {name}: attack {attack.name!r} must be named {wanted}")
        if attack.name in seen:
            raise CannotRun(f"plug-in {name}: two attacks are named {attack.name}")
        seen.add(attack.name)


def _used(point: EntryPoint) -> PluginUsed:
    found = point.dist
    return PluginUsed(
        name=point.name,
        distribution=found.name if found else "unknown",
        version=found.version if found else "unknown",
    )
