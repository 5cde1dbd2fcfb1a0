"""Makes a reproduction script short. Standard library only; using it is optional.

    import claim_script

    claim = claim_script.begin()
    cells = [row for row in claim.table("table-03") if row["kind"] == "cell"]
    claim.quantity("cells", len(cells), unit="count")
    claim.table_out("values", {"language": None, "hybrid": "fraction"}, rows)
    claim.finish()

A script reports measurements and never a verdict. Numbers read from tables are text; hand them on as text where
their printed precision matters. ``claim.not_run("why")`` says that nothing was measured.
"""

import csv
import json
import os
import sys

PROTOCOL = "claim-script-v1"


class Claim:
    """One run: what was asked for, and what is reported."""

    def __init__(self, request):
        self.parameters = request["parameters"]
        self.seed = request["seed"]
        self.inputs = request["inputs"]
        self._output = request["output"]
        self._quantities = {}
        self._tables = {}

    def table(self, name):
        """Rows of a declared CSV input as dictionaries of text."""
        with open(self.inputs[name], encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def quantity(self, name, value, unit):
        """Report one number (or a printed number as text) with its unit."""
        self._quantities[name] = {"value": value, "unit": unit}

    def table_out(self, name, columns, rows):
        """Report a table: column name to unit (None for labels), and rows as dictionaries."""
        self._tables[name] = {
            "columns": [{"name": column, "unit": unit} for column, unit in columns.items()],
            "rows": [[row[column] for column in columns] for row in rows],
        }

    def finish(self):
        """Write the observations."""
        self._write({"protocol": PROTOCOL, "quantities": self._quantities, "tables": self._tables})

    def not_run(self, reason):
        """Say that nothing was measured, and stop."""
        self._write({"protocol": PROTOCOL, "not_run": reason})
        sys.exit(0)

    def _write(self, value):
        with open(self._output, "w", encoding="utf-8") as file:
            json.dump(value, file, allow_nan=False)


def begin():
    """Read the request file named by CLAIM_REQUEST (``/request.json`` unless set)."""
    with open(os.environ.get("CLAIM_REQUEST", "/request.json"), encoding="utf-8") as file:
        return Claim(json.load(file))
