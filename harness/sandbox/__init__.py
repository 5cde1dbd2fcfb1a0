"""Isolation for scripts that strangers wrote."""
