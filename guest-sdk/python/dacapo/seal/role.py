"""Who is running: the role that time, chance and prints belong to just now.

There is at most one at a time, because nothing here runs in parallel. Outside of any role, as in a module that is
imported or in a plain test, everything is what Python makes it. This module knows roles only as what they answer.
"""

from __future__ import annotations

import sys
from random import Random
from types import TracebackType
from typing import Protocol

from ..chance import SplitMix64
from ..contract import LogLevel


class Role(Protocol):
    """What the sealed parts of the standard library ask."""

    chance: SplitMix64
    """Where the module `random` draws from, unless the author seeds it."""
    seeded: Random | None
    """The generator that the author has seeded by `random.seed`."""

    def time_ns(self) -> int:
        """Nanoseconds since 1970."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds since some moment in the past."""
        ...

    def urandom(self, count: int) -> bytes:
        """Random bytes, as secret as the role can have them."""
        ...

    def sleep(self, nanoseconds: int) -> None:
        """Waits, or refuses to."""
        ...

    def log(self, level: LogLevel, message: str) -> None:
        """Writes a line."""
        ...

    def refuse(self, call: str, instead: str | None) -> None:
        """Raises if the role cannot do this; `instead` is what an orchestrator would use."""
        ...


class _Console:
    """What `print` writes to while a role runs: each line is a line of its log."""

    encoding = "utf-8"
    errors = "replace"
    closed = False

    def __init__(self, role: Role, level: LogLevel) -> None:
        self._role = role
        self._level = level
        self._rest = ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._role.log(self._level, line)
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Half a line stays here until the role pauses."""

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        if self._rest:
            self.write("\n")


_current: Role | None = None


def current() -> Role | None:
    """The role that runs."""
    return _current


class enter:  # noqa: N801 - it is used like a function, and a class costs less than a generator.
    """Lets a role run until the block ends. Roles may run within each other, as a test kit lets them."""

    __slots__ = ("_before", "_err", "_out", "_role", "_streams")

    def __init__(self, role: Role) -> None:
        self._role = role
        self._out, self._err = _Console(role, LogLevel.INFO), _Console(role, LogLevel.WARN)

    def __enter__(self) -> None:
        global _current
        self._before, self._streams = _current, (sys.stdout, sys.stderr)
        _current = self._role
        sys.stdout, sys.stderr = self._out, self._err

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        global _current
        self._out.close()
        self._err.close()
        sys.stdout, sys.stderr = self._streams
        _current = self._before
