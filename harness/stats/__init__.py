"""Statistics as pure functions: exact where the inputs are exact, seeded where they are random."""
