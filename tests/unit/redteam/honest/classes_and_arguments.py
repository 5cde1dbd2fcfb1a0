"""Pairs both methods by language: classes, arguments, logging, error handling."""

import argparse
import logging
import sys
from dataclasses import dataclass, field

import claim_script

log = logging.getLogger(__name__)


class NoRows(Exception):
    """Raised when nothing can be paired."""


@dataclass
class Language:
    """Both methods of one language."""

    name: str
    values: dict = field(default_factory=dict)

    def add(self, arm, value):
        """Keep one value."""
        if arm in self.values:
            raise ValueError(f"{self.name}: {arm} stands twice")
        self.values[arm] = value

    @property
    def complete(self):
        """Whether both methods are there."""
        return len(self.values) == 2


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", default="table-01")
    parser.add_argument("--verbose", action="store_true", default=False)
    return parser.parse_args(sys.argv[1:])


def main():
    options = arguments()
    logging.basicConfig(level=logging.DEBUG if options.verbose else logging.WARNING)
    claim = claim_script.begin()
    languages = {}
    for number, row in enumerate(claim.table(options.table), 1):
        if row["kind"] != "cell":
            log.debug("row %d is no cell", number)
            continue
        try:
            languages.setdefault(row["language"], Language(row["language"])).add(row["arm"], row["value"])
        except ValueError as error:
            log.error("%s", error)
            raise SystemExit(3) from error
    if not languages:
        raise NoRows("the table holds no cells")
    rows = [
        {"language": item.name, "new": item.values["New"], "old": item.values["Old"]}
        for item in languages.values()
        if item.complete
    ]
    log.info("%d languages", len(rows))
    claim.table_out("pairs", {"language": None, "new": "fraction", "old": "fraction"}, rows)
    claim.finish()


if __name__ == "__main__":
    main()
