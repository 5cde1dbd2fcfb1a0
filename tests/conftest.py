"""Settings and fixtures that all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from doubles import World, make_world, write_claims
from hypothesis import settings

settings.register_profile("house", derandomize=True, deadline=None, database=None, max_examples=30)
settings.load_profile("house")


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    """A folder with one small paper and one claim that an honest script verifies."""
    return write_claims(tmp_path / "claims")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world in memory: an honest script, a fixed clock, a temporary artifacts folder."""
    return make_world(tmp_path / "artifacts")
