"""What the tests of the adapter share: the answers of a world, and their order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

BEGIN = 1_767_225_600_000
"""The time at which every test begins: 2026-01-01T00:00:00Z."""


class Refuses(Exception):
    """What an activity, a child or an entity of a test raises."""


@dataclass
class World:
    """What answers: functions by name, and events that somebody sends in this order."""

    functions: dict[str, Callable[[Any, int], Any]] = field(default_factory=dict)
    events: list[tuple[str, Any]] = field(default_factory=list)

    def answer(self, name: str, given: Any, attempt: int) -> Any:
        """What a function returns; without one of that name, its input."""
        return self.functions.get(name, lambda value, _: value)(given, attempt)


@dataclass
class Played:
    """What was asked for, in order, and how it ended."""

    asked: list[Any] = field(default_factory=list)
    end: Any = None
    status: Any = None


@dataclass
class Open:
    """Something that was asked for and not answered."""

    index: int
    what: str
    name: str
    given: Any
    attempts: int | None = None
    at: int = 0
    id: int = 0


class Order:
    """In which order things are answered: by chance, and the same for two hosts that are asked the same."""

    def __init__(self, seed: int, world: World) -> None:
        self._chance = Random(seed)
        self._events = list(world.events)
        self.now = BEGIN

    def next(self, items: list[Open]) -> Open | tuple[str, Any] | None:
        """What happens next: an answer, the earliest timer, or an event."""
        timers = sorted((item.at, item.index) for item in items if item.what == "timer")
        others = [item for item in items if item.what != "timer"]
        choices: list[Any] = sorted(others, key=lambda item: item.index)
        choices += [item for item in items if timers and item.index == timers[0][1]]
        choices += self._events[:1]
        if not choices:
            return None
        chosen = self._chance.choice(choices)
        if chosen in self._events[:1]:
            self._events.pop(0)
        self.now = max(self.now + 1000, chosen.at if isinstance(chosen, Open) else 0)
        return chosen
