"""What clocks, chance and prints of the standard library mean while a function runs.

It owns the roles that `dacapo.seal` asks. Code that is replayed has the time of the turn, the generator of the
execution or of the operation, and no world. An activity has what the SDK gives to one, and event loops.
"""

from __future__ import annotations

from random import Random
from typing import Any

from dacapo.chance import SplitMix64
from dacapo.contract import LogLevel, LogLine
from dacapo.failure import NotDurable, NotDurableFile
from dacapo.seal import Role

_INSTEAD = {
    "time.sleep": "yield context.create_timer(…)",
    "socket.socket": "yield context.call_http(…), or do that in an activity",
    "threading.Thread.start": "yield context.task_all([…])",
}
"""What authors of this library use; everything else belongs in an activity."""


class Replayed:
    """An orchestrator or an entity."""

    def __init__(self, seed: int, now: int) -> None:
        self.chance = SplitMix64(seed)
        self.seeded: Random | None = None
        self._began = self._now = now
        self._is_mute = False
        self._lines: list[LogLine] = []

    def turn(self, now: int, replaying: bool) -> None:
        """A turn begins: clocks stand at this time, and lines of a turn that is replayed are dropped."""
        self._now, self._is_mute = now, replaying

    def operation(self, seed: int) -> None:
        """An operation of an entity begins, with chance of its own."""
        self.chance, self.seeded = SplitMix64(seed), None

    def lines(self) -> list[LogLine]:
        """What was written since the last time."""
        lines, self._lines = self._lines, []
        return lines

    def time_ns(self) -> int:
        """The time of the turn."""
        return self._now * 1_000_000

    def monotonic_ns(self) -> int:
        """The time since the beginning."""
        return (self._now - self._began) * 1_000_000

    def urandom(self, count: int) -> bytes:
        """Bytes that are the same in each replay."""
        return self.chance.bytes(count)

    def sleep(self, nanoseconds: int) -> None:
        """Was refused."""

    def log(self, level: LogLevel, message: str) -> None:
        """Writes a line, unless it was written before."""
        if not self._is_mute:
            self._lines.append(LogLine(level, message))

    def refuse(self, call: str, instead: str | None) -> None:
        """Refuses, with what authors of this library do instead."""
        refused = NotDurableFile if call == "open" or call.startswith("os.") else NotDurable
        raise refused(f"{call} cannot be used in code that is replayed: {_INSTEAD.get(call, 'do that in an activity')}")


class Active:
    """An activity, in the role that the host gives it."""

    def __init__(self, role: Role) -> None:
        self._role = role
        self.seeded: Random | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._role, name)

    def refuse(self, call: str, instead: str | None) -> None:
        """Lets event loops be, and says what there is instead of sockets."""
        if call.startswith("socket."):
            advice = "requests, urllib and their like do not work in it; use context.call_http in the orchestrator"
            raise PermissionError(f"{call}: a component has no sockets: {advice}")
        if not call.startswith("asyncio."):
            self._role.refuse(call, instead)
