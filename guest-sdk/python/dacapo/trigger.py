"""What sets functions off: a schedule, or a message of a stream. HTTP has its own, `web`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .payload import decode


@dataclass(frozen=True)
class Tick:
    """A time of a schedule that has come."""

    scheduled: datetime
    """When it was due."""
    now: datetime
    missed: int = 0
    """How many times were due since the last run and had none, because the host was down. This run makes up for them.
    """


@dataclass(frozen=True)
class Message:
    """A message of a stream."""

    subject: str
    """What it was published to."""
    sequence: int
    """Its place in the stream. Grows, and is the same at each delivery: ids that are made of it are too."""
    time: datetime
    """When the stream took it in."""
    delivery: int = 1
    """1 for the first delivery."""
    headers: list[tuple[str, str]] = field(default_factory=list)
    data: bytes = b""
    """Whatever was published."""

    def json(self, tp: Any = Any) -> Any:
        """The data as JSON. Raises `invalid-message` if they do not fit the type."""
        return decode(self.data, tp, "invalid-message")
