"""Rebuild the shipped checkpoint: ``python -m harness.retrieval.rebuild FOLDER`` (about a minute).

Ends with an error where the new files differ from the shipped ones. Arithmetic in float32 depends on the machine's
instructions, so that need not be a fault on another kind of processor; on one kind it is.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.errors import CannotRun
from harness.public_data.pull import read_sums
from harness.retrieval.embedded import SHIPPED, rebuild


def main() -> None:
    """Build into the folder and compare.

    Raises:
        CannotRun: a file differs from the shipped one; the text names it.
    """
    parser = argparse.ArgumentParser(description="Rebuild the shipped checkpoint and compare it.")
    parser.add_argument("folder", type=Path, help="where the checkpoint goes")
    made, shipped = rebuild(parser.parse_args().folder), read_sums(SHIPPED)
    if differ := sorted(name for name in made.keys() | shipped.keys() if made.get(name) != shipped.get(name)):
        raise CannotRun(f"These files differ from the shipped ones: {', '.join(differ)}.")


if __name__ == "__main__":
    main()
