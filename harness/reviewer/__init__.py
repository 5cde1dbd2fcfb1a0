"""The optional reviewer: a language model, or a person, suggests work for the red team. It decides nothing."""
