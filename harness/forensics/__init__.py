"""Forensics of printed numbers: can the numbers of a paper all be true? Needs no claims and runs no scripts."""
