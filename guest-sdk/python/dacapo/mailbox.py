"""External events: those that came and were not taken, and those who wait for one.

Nothing is handed out before it is taken. The *n*-th who waits for a name is served by the *n*-th event of that name,
whoever asks first; so who gives up waiting leaves nothing behind and takes nothing away. Names are compared without
regard to case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from .contract import EventRaised


class Waiter(Protocol):
    """Who waits for an event."""

    name: str
    """As the author wrote it."""

    def served(self) -> None:
        """There is an event now."""
        ...


@dataclass(slots=True)
class _Queue:
    events: list[tuple[int, EventRaised]] = field(default_factory=list)
    """With their moments, in the order of arrival."""
    waiters: list[Waiter] = field(default_factory=list)
    """In the order in which they began to wait."""


class Mailbox:
    """The events of one execution."""

    __slots__ = ("_queues",)

    def __init__(self) -> None:
        self._queues: dict[str, _Queue] = {}

    def wait(self, waiter: Waiter) -> None:
        """Begins to wait."""
        queue = self._queue(waiter.name)
        queue.waiters.append(waiter)
        if len(queue.waiters) <= len(queue.events):
            waiter.served()

    def leave(self, waiter: Waiter) -> None:
        """Stops waiting. What would have served this waiter serves the next one."""
        queue = self._queue(waiter.name)
        rank = queue.waiters.index(waiter)
        del queue.waiters[rank]
        last = len(queue.events) - 1
        if rank <= last < len(queue.waiters):
            queue.waiters[last].served()

    def put(self, moment: int, event: EventRaised) -> None:
        """Keeps an event that came, and tells whom it serves."""
        queue = self._queue(event.name)
        queue.events.append((moment, event))
        if len(queue.events) <= len(queue.waiters):
            queue.waiters[len(queue.events) - 1].served()

    def moment(self, waiter: Waiter) -> int:
        """When the event came that serves this waiter."""
        queue = self._queue(waiter.name)
        return queue.events[queue.waiters.index(waiter)][0]

    def take(self, waiter: Waiter) -> bytes:
        """Takes the event that serves this waiter."""
        queue = self._queue(waiter.name)
        rank = queue.waiters.index(waiter)
        del queue.waiters[rank]
        return queue.events.pop(rank)[1].input

    def wanted(self) -> list[str]:
        """The names that somebody waits for in vain, as the first of them wrote it."""
        queues = sorted(self._queues.items())
        return [q.waiters[len(q.events)].name for _, q in queues if len(q.waiters) > len(q.events)]

    def untaken(self) -> list[EventRaised]:
        """The events that nobody took, in the order of arrival."""
        events = [entry for queue in self._queues.values() for entry in queue.events]
        return [event for _, event in sorted(events, key=lambda entry: entry[0])]

    def _queue(self, name: str) -> _Queue:
        return self._queues.setdefault(name.lower(), _Queue())
