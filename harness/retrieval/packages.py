"""Which packages this library needs beside those of the harness."""

from __future__ import annotations

from importlib.util import find_spec

NEEDED = ("torch", "transformers", "tokenizers", "safetensors", "babel", "matplotlib")
"""What the scripts of experiment claims use, by the name it is imported under."""


def first_missing() -> str | None:
    """The first package that is not installed; ``None`` where all are."""
    return next((name for name in NEEDED if find_spec(name) is None), None)
