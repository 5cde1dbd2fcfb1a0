"""Finding a recorded claim by name, and doing one attack on it again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from pydantic import ValidationError

from harness.assessment import main_variation
from harness.errors import InputError
from harness.evidence import load_pinned
from harness.pipeline import Session, World
from harness.records.manifest import Manifest
from harness.records.verdict import Finding
from harness.redteam import ATTACKS, judge_attack
from harness.store import MANIFEST, Store


def find_manifest(name: str, artifacts: Path) -> Manifest:
    """The latest manifest of ``PAPER/CLAIM``, of a bare claim name where it is unique, or at a manifest's path."""
    store = Store(artifacts)
    path = Path(name)
    if path.name == MANIFEST and path.is_file():
        found = [path]
    else:
        wanted = name.strip("/").removeprefix("claims/")
        found = [
            item
            for item in store.manifests()
            if wanted in (f"{item.parent.parent.name}/{item.parent.name}", item.parent.name)
        ]
    if not found:
        known = ", ".join(f"{item.parent.parent.name}/{item.parent.name}" for item in store.manifests()[:20])
        raise InputError(f"{name}: no manifest in {artifacts}" + (f"; there are {known}" if known else ""))
    if len(found) > 1:
        raise InputError(f"{name}: more than one paper has a claim of that name; give PAPER/CLAIM")
    try:
        return Manifest.model_validate_json(found[0].read_bytes(), strict=True)
    except ValidationError:
        raise InputError(f"{found[0]}: is no manifest; harness audit says why") from None


def replay_attack(name: str, attack_name: str, artifacts: Path, world: World) -> tuple[Finding, Finding]:
    """The recorded finding of one attack, and the finding of the same attack on fresh runs."""
    manifest = find_manifest(name, artifacts)
    known = (*ATTACKS, *(attack for plugin in world.plugins for attack in plugin.attacks))
    attack = next((item for item in known if item.name == attack_name), None)
    if attack is None:
        raise InputError(f"--attack {attack_name}: there are {', '.join(item.name for item in known)}")
    recorded = next((item for item in manifest.findings if item.attack == attack_name), None)
    if recorded is None or recorded.status == "left_out":
        raise InputError(f"--attack {attack_name}: was not made in the recorded run")
    loaded = load_pinned(manifest, Store(artifacts), name)
    with closing(Session(loaded, world)) as session:
        session.run(main_variation(loaded))
        # Some attacks judge the runs of others, so all of them are made.
        case = session.finish()
        return recorded, judge_attack(attack, case, session.views())
