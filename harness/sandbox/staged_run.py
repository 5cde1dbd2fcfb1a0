"""What every backend does around a run: its folder, the watch over its inputs, and words for failures."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from harness.records.run import RunOutcome
from harness.sandbox.child import NotDeadError
from harness.sandbox.handshake import NotStartedError
from harness.sandbox.interface import Execution, Job, nothing
from harness.sandbox.opened import OpenedFiles
from harness.sandbox.staging import Staged, remove, stage


def run_staged(
    job: Job, uid: int, owner: int | None, supervised: Callable[[Staged, OpenedFiles], Execution]
) -> Execution:
    """Run ``job`` by ``supervised`` in a folder of its own, which is gone afterwards.

    ``uid`` and ``owner`` are those of ``stage``. Nothing that the script does makes this raise; ``KeyboardInterrupt``
    comes through after the folder is gone.
    """
    try:
        staged = stage(job, uid, owner)
    except ValueError as error:
        return nothing(RunOutcome.MISSING_RESOURCE, f"The run could not be prepared: {error}.")
    except OSError as error:
        return nothing(RunOutcome.ISOLATION_UNAVAILABLE, f"The run could not be prepared: {error.strerror}.")
    try:
        with OpenedFiles(staged.inputs, (*job.inputs, *job.files)) as opened:
            return supervised(staged, opened)
    except NotStartedError as error:
        return nothing(RunOutcome.ISOLATION_UNAVAILABLE, f"The sandbox could not be set up: {error}.")
    except (OSError, NotDeadError) as error:
        reason = f"The sandbox failed: {error or 'a killed process did not go away'}."
        return nothing(RunOutcome.ISOLATION_UNAVAILABLE, reason)
    finally:
        # A folder that cannot be deleted is in the system's temporary folder and harms no result.
        with contextlib.suppress(OSError):
            remove(staged)
