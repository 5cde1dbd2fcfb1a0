"""COUNTEREXAMPLE_HUNTER: searches the claim's own domain for a place where it fails."""
