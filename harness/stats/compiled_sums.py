"""Sums of table look-ups by a compiled loop, where numba is installed: the same integers as numpy's, sooner."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

AddRows = Callable[[npt.NDArray[Any], npt.NDArray[np.uint8], npt.NDArray[Any]], None]
"""Adds ``table[row, patterns[row, i]]`` of every row to ``sums[i]``."""

WORTH_COMPILING = 1 << 31
"""Look-ups from which a compiled loop pays: importing numba and compiling take as long as about a billion of them."""


def available() -> bool:
    """Whether numba is installed."""
    return find_spec("numba") is not None


@cache
def add_rows() -> AddRows:
    """The compiled loop. Raises ImportError without numba."""
    import numba

    def loop(table: npt.NDArray[Any], patterns: npt.NDArray[np.uint8], sums: npt.NDArray[Any]) -> None:
        for row in range(patterns.shape[0]):
            values, bytes_ = table[row], patterns[row]
            for index in range(bytes_.shape[0]):
                sums[index] += values[bytes_[index]]

    compiled: AddRows = numba.njit(loop)
    return compiled
