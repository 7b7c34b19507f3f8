"""Seals the ways by which the world gets into code that is replayed: clocks, chance, files, threads, event loops.

`install` replaces functions of the standard library by ones that ask the role that runs; without a role they do what
they always did. It must come before the author's modules are imported, because `from time import time` keeps what it
finds.

Invariant: nothing that was drawn or read while the component was built can be seen when it runs.
"""

from __future__ import annotations

from . import chance, clocks, console, doors
from .role import Role, current, enter

__all__ = ["Role", "current", "enter", "install"]

_is_installed = False


def install() -> None:
    """Seals the standard library. Once is enough."""
    global _is_installed
    if not _is_installed:
        _is_installed = True
        clocks.install()
        chance.install()
        doors.install()
        console.install()
