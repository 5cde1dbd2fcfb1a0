"""Collections: facts from CLDR, XQuAD-R and MLQA-R, MIRACL; and how their files are fetched and checked."""
