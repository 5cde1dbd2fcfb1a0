"""Copies of a source: their text, the form in which texts are compared, and quotes found in it."""
