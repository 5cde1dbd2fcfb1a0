"""Claim harness: claims of a paper, their scripts, sealed runs, attacks on the evidence, manifests to audit."""
