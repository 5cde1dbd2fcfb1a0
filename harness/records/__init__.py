"""Frozen pydantic records. No file, process, clock or key is touched from here."""
