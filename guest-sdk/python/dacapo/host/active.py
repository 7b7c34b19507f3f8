"""The role of code that may look at the world: clocks, chance and output are those of the host."""

from __future__ import annotations

from random import Random

from wit_world.imports import clock, random, stderr, stdout, steady

from ..chance import SplitMix64
from ..contract import LogLevel
from ..failure import NotDurableFile

_WRITE_MAX_BYTES = 4096
"""How much a stream takes at once."""


class ActiveRole:
    """One call of an activity or a trigger. Its generator is seeded anew: the interpreter is a picture, and would
    repeat itself."""

    def __init__(self) -> None:
        self.chance = SplitMix64(int.from_bytes(random.get_random_bytes(8), "big"))
        self.seeded: Random | None = None

    def time_ns(self) -> int:
        now = clock.now()
        return int(now.seconds * 1_000_000_000 + now.nanoseconds)

    def monotonic_ns(self) -> int:
        return int(steady.now())

    def urandom(self, count: int) -> bytes:
        return bytes(random.get_random_bytes(count))

    def sleep(self, nanoseconds: int) -> None:
        with steady.subscribe_duration(nanoseconds) as pollable:
            pollable.block()

    def log(self, level: LogLevel, message: str) -> None:
        is_warning = level in (LogLevel.WARN, LogLevel.ERROR)
        data = f"{message}\n".encode(errors="replace")
        with stderr.get_stderr() if is_warning else stdout.get_stdout() as stream:
            for begin in range(0, len(data), _WRITE_MAX_BYTES):
                stream.blocking_write_and_flush(data[begin : begin + _WRITE_MAX_BYTES])

    def refuse(self, call: str, instead: str | None) -> None:
        if call != "time.sleep":
            raise NotDurableFile(
                f"{call}() is called at run time: a component has no files, sockets, threads or programs"
            )
