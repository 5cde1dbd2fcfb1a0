"""Manifests as text for people. Computes nothing."""
