"""Who is running: the role that time, chance and prints belong to just now.

There is at most one at a time, because nothing here runs in parallel. Outside of any role, as in a module that is imported or
in a plain test, everything is what Python makes it. This module knows roles only as what they answer.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import IO, Protocol

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


@contextmanager
def enter(role: Role) -> Iterator[None]:
    """Lets a role run until the block ends. Roles may run within each other, as a test kit lets them."""
    global _current
    before, streams = _current, (sys.stdout, sys.stderr)
    out, err = _Console(role, LogLevel.INFO), _Console(role, LogLevel.WARN)
    _current = role
    sys.stdout, sys.stderr = _stream(out), _stream(err)
    try:
        yield
    finally:
        out.close()
        err.close()
        sys.stdout, sys.stderr = streams
        _current = before


def _stream(console: _Console) -> IO[str]:
    return console  # type: ignore[return-value]
