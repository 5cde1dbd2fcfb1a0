"""The text of a hostile document: read in a process of its own, with bounded memory and time."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from harness.documents import extraction
from harness.documents.extraction import CPU_SECONDS, Unreadable
from harness.errors import CannotRun

WALL_SECONDS = 2 * CPU_SECONDS
MAX_DOCUMENT_BYTES = 64 << 20
"""Largest document that is read at all."""


class NoParser(CannotRun):
    """No document of this media type can be read on this machine, whatever is in it. The text says why."""


@dataclass(frozen=True)
class Extracted:
    """The text of a document and what made it."""

    text: str
    """Text, at most ``extraction.MAX_TEXT`` characters."""
    parser: str
    """Name of the parser."""
    version: str
    """Its version."""
    form: str = extraction.FORM
    """Name of the rules for blocks, cells and raised digits."""


@lru_cache(maxsize=8)
def extract(data: bytes, media_type: str) -> Extracted:
    """Text of a document. The same bytes and the same parser give the same text.

    Raises ``Unreadable`` with one sentence when the document is broken, takes too much to read or holds no text, and
    ``NoParser`` when its parser is not installed or no process can be started for it.
    """
    if len(data) > MAX_DOCUMENT_BYTES:
        raise Unreadable(f"has {len(data)} bytes; at most {MAX_DOCUMENT_BYTES} are read")
    try:
        parser, version = extraction.parser_of(media_type)
    except ImportError as error:
        raise NoParser(f"the package {error}, which reads {media_type}, is not installed") from None
    if media_type == "text/plain":
        return Extracted(extraction.extract(data, media_type), parser, version)
    command = [sys.executable, "-I", "-X", "utf8", str(Path(extraction.__file__)), media_type]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=WALL_SECONDS, check=False)
    except OSError as error:
        raise NoParser(f"no process can be started to read {media_type}: {error.strerror or error}") from None
    except subprocess.TimeoutExpired:
        raise Unreadable(f"takes more than {WALL_SECONDS} seconds to read") from None
    if done.returncode == extraction.CANNOT:
        raise Unreadable(done.stderr.decode("utf-8", errors="replace")[-300:])
    if done.returncode != 0:
        logging.getLogger(__name__).debug("parser ended with %s: %r", done.returncode, done.stderr[-2000:])
        raise Unreadable(
            f"takes more than {CPU_SECONDS} seconds or {extraction.MEMORY_BYTES} bytes of memory to read, "
            "or breaks its parser"
        )
    head, _newline, text = done.stdout.partition(b"\n")
    parser, version = json.loads(head)
    return Extracted(text.decode("utf-8"), parser, version)
