"""Formal statements: reading a predicate, and searching its domain for a counterexample."""
