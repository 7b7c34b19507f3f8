"""The interface `functions`."""

from __future__ import annotations

from ..contract import Function
from .words import served


class Functions:
    """What the host calls."""

    def describe(self) -> list[Function]:
        return served().describe()
