"""The gates' own error rates, on claims whose truth is known."""
