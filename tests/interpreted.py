"""A sandbox without isolation that runs the text of honest Python scripts in this process: fast, and for tests only."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any
from unittest import mock

from doubles import Call, ScriptedSandbox, ScriptFailure

from harness.records.run import RunOutcome
from harness.redteam.mutation.operators import STOP
from harness.script_helper import claim_script


class InterpretedSandbox(ScriptedSandbox):
    """Executes what a job holds as its script, edits included."""

    def __init__(self, folder: Path) -> None:
        super().__init__(self._interpret)
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def _interpret(self, call: Call) -> Any:
        request = json.loads(call.job.request)
        inputs = {}
        for name, place in request["inputs"].items():
            file = Path(place).name
            inputs[name] = str(self._folder / file)
            (self._folder / file).unlink(missing_ok=True)
            if file in call.job.inputs:
                (self._folder / file).write_bytes(call.read(file))
        output = self._folder / "observations.json"
        output.unlink(missing_ok=True)
        asked = self._folder / "request.json"
        asked.write_text(json.dumps({**request, "inputs": inputs, "output": str(output)}))
        # Ending this process would end the tests with it.
        text = call.job.script.decode().replace(STOP, '__import__("sys").exit(91)')
        environment = {"CLAIM_REQUEST": str(asked), **call.job.environment}
        with (
            mock.patch.dict(os.environ, environment, clear=True),
            mock.patch.dict(sys.modules, {"claim_script": claim_script}),
            mock.patch.object(sys, "argv", ["reproduce.py"]),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            try:
                exec(compile(text, "reproduce.py", "exec"), {"__name__": "__main__"})
            except SystemExit as end:
                if end.code not in (None, 0):
                    raise ScriptFailure(RunOutcome.SCRIPT_FAILED, f"exit status {end.code}") from None
            except Exception as error:
                raise ScriptFailure(RunOutcome.SCRIPT_FAILED, f"exit status 1: {error!r}") from None
            finally:
                logging.getLogger().handlers.clear()
        if not output.is_file():
            raise ScriptFailure(RunOutcome.INVALID_OUTPUT)
        return output.read_bytes()
