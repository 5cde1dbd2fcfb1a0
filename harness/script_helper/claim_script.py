"""Makes a reproduction script short. Standard library only; using it is optional.

    import claim_script

    claim = claim_script.begin()
    cells = [row for row in claim.table("table-03") if row["kind"] == "cell"]
    claim.quantity("cells", len(cells), unit="count")
    claim.table_out("values", {"language": None, "hybrid": "fraction"}, rows)
    claim.finish()

A script reports measurements and never a verdict. Numbers read from tables are text; hand them on as text
where their printed precision matters. ``claim.not_run("why")`` says that nothing was measured.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

PROTOCOL = "claim-script-v1"
REQUEST = "/claim/request.json"


class Claim:
    """One run: what was asked for, and what is reported."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.parameters: dict[str, Any] = request["parameters"]
        """Parameters of the claim record."""
        self.seed: int = request["seed"]
        """Seed for everything that uses chance."""
        self.inputs: dict[str, str] = request["inputs"]
        """Name of each declared input to its path; of a resource, to its folder."""
        self._output = Path(request["output"])
        self._quantities: dict[str, Any] = {}
        self._tables: dict[str, Any] = {}

    def table(self, name: str) -> list[dict[str, str]]:
        """Rows of a declared CSV input as dictionaries of text."""
        with Path(self.inputs[name]).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def folder(self, name: str) -> Path:
        """Folder of a declared resource."""
        return Path(self.inputs[name])

    def quantity(self, name: str, value: float | str, unit: str) -> None:
        """Report one number (or a printed number as text) with its unit."""
        self._quantities[name] = {"value": value, "unit": unit}

    def table_out(
        self, name: str, columns: Mapping[str, str | None], rows: Iterable[Mapping[str, Any]]
    ) -> None:
        """Report a table: column name to unit (None for labels), and rows as dictionaries."""
        self._tables[name] = {
            "columns": [{"name": column, "unit": unit} for column, unit in columns.items()],
            "rows": [[row[column] for column in columns] for row in rows],
        }

    def finish(self) -> None:
        """Write the observations."""
        self._write({"protocol": PROTOCOL, "quantities": self._quantities, "tables": self._tables})

    def not_run(self, reason: str) -> NoReturn:
        """Say that nothing was measured, and stop."""
        self._write({"protocol": PROTOCOL, "not_run": reason})
        sys.exit(0)

    def _write(self, value: Any) -> None:
        with self._output.open("w", encoding="utf-8") as file:
            json.dump(value, file, allow_nan=False)


def begin() -> Claim:
    """Read the request file named by CLAIM_REQUEST (``/claim/request.json`` unless set)."""
    with Path(os.environ.get("CLAIM_REQUEST", REQUEST)).open(encoding="utf-8") as file:
        return Claim(json.load(file))
