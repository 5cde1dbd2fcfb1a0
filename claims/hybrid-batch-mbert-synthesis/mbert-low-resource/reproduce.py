"""Zero-shot cross-lingual retrieval on low-resource language pairs."""

import claim_script

LANGUAGES = ["sw", "bn", "te", "th", "id", "fa"]


def count_language_pairs(languages):
    """Number of ordered cross-lingual pairs, N * (N - 1)."""
    n = len(languages)
    return n * (n - 1)


claim = claim_script.begin()
claim.quantity("language_pairs", count_language_pairs(LANGUAGES), unit="count")
claim.finish()
