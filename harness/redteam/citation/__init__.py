"""CITATION_AUDITOR: compares the record with the source."""
