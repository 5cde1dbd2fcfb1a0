"""Records and JSON values to canonical bytes (RFC 8785) and digests. The only serializer of the harness."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785

from harness.records.base import Record


def canonical_bytes(value: Any) -> bytes:
    """Canonical JSON of a record or plain JSON value.

    Raises ``ValueError`` for what RFC 8785 cannot hold: NaN, infinities, integers beyond 2**53.
    """
    plain = value.as_json() if isinstance(value, Record) else value
    try:
        return rfc8785.dumps(plain)
    except rfc8785.CanonicalizationError as error:
        raise ValueError(f"not representable as canonical JSON: {error}") from error


def document_bytes(value: Any) -> bytes:
    """Canonical JSON with a final newline: the form in which documents are written to files."""
    return canonical_bytes(value) + b"\n"


def sha256(data: bytes) -> str:
    """SHA-256 digest as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def digest(value: Any) -> str:
    """Digest of the canonical bytes of a record or JSON value."""
    return sha256(canonical_bytes(value))
