"""One loaded claim for all tests of the citation auditor."""

from __future__ import annotations

import pytest
from doubles import load_one

from harness.loading import LoadedClaim


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedClaim:
    """The small paper's claim."""
    return load_one(tmp_path_factory.mktemp("cited"))
