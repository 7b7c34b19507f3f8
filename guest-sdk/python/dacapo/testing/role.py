"""The role of activities and triggers in a test: virtual time, seeded chance, and waiting takes none."""

from __future__ import annotations

from random import Random

from ..chance import SplitMix64
from ..contract import LogLevel

_MILLISECOND_NS = 1_000_000


class QuietRole:
    """One call of an activity or a trigger."""

    def __init__(self, now: int, seed: int, logs: list[str]) -> None:
        self._now_ns = now * _MILLISECOND_NS
        self._slept_ns = 0
        self._logs = logs
        self.chance = SplitMix64(seed)
        self.seeded: Random | None = None

    def time_ns(self) -> int:
        return self._now_ns + self._slept_ns

    def monotonic_ns(self) -> int:
        return self._slept_ns

    def urandom(self, count: int) -> bytes:
        return self.chance.bytes(count)

    def sleep(self, nanoseconds: int) -> None:
        self._slept_ns += nanoseconds

    def log(self, level: LogLevel, message: str) -> None:
        self._logs.append(message)

    def refuse(self, call: str, instead: str | None) -> None:
        """A test may do what it likes."""
