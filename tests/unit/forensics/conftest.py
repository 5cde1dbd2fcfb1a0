"""The corpus of corrupted tables is the benchmark's own, so that both measure the same."""

from __future__ import annotations

import sys
from pathlib import Path

# Last, so that the installed package is what is tested and not the checkout's.
sys.path.append(str(Path(__file__).parents[3]))
