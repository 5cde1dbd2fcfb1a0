"""Changes to the text of a Python script, in the manner of mutation testing. Pure: nothing is executed here."""
