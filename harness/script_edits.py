"""The script that a run executes: the pinned one, or what a declared edit makes of it. Pure."""

from __future__ import annotations

from harness.records.run import ScriptEdit


def apply_edit(script: bytes, edit: ScriptEdit | None) -> bytes:
    """``script`` with ``edit`` applied; the same bytes without one.

    Raises ``ValueError`` when what the edit replaces does not stand where it says.
    """
    if edit is None:
        return script
    before = edit.before.encode()
    end = edit.start + len(before)
    if edit.start > len(script) or script[edit.start : end] != before:
        raise ValueError(f"the script does not read {edit.before[:40]!r} at byte {edit.start}")
    return script[: edit.start] + edit.after.encode() + script[end:]
