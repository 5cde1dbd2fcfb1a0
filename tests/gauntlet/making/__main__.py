"""Write the made claims again: ``python -m making`` in ``tests/gauntlet``."""

from __future__ import annotations

from pathlib import Path

from making import papers
from making.folder import write

if __name__ == "__main__":
    write(papers(), Path(__file__).parents[1] / "claims")
