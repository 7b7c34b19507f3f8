"""The state of one execution: what was decided, what has arrived, what it knows about time and chance.

It is also the role that the sealed standard library asks while an orchestrator runs. It knows decisions and events, but
no coroutines: `durable` drives them, `session` feeds it.

Invariant: the state after an event depends on the events before it and on nothing else, in particular not on how they
were distributed over calls.
"""

from __future__ import annotations

import heapq
import sys
from random import Random
from typing import TYPE_CHECKING, Any

from .chance import SplitMix64
from .contract import (
    Cancel,
    Decision,
    Event,
    EventRaised,
    LogLevel,
    LogLine,
    TaskCompleted,
    TaskFailed,
    TimerFired,
)
from .durable import Listener, Strand
from .failure import NotDurable, NotDurableFile, from_data, is_of_author, shown
from .mailbox import Mailbox
from .seal.role import current
from .sections import Sections

if TYPE_CHECKING:
    from .tasks import Task

_MILLISECOND_NS = 1_000_000


class Machine:
    """One execution."""

    def __init__(self, now: int, seed: int, *, replaying: bool) -> None:
        self.now = now
        self.began = now
        self.replaying = replaying
        self.chance = SplitMix64(seed)
        self.seeded: Random | None = None
        self.mailbox = Mailbox()
        self.sections = Sections()
        self.moment = 0
        """Counts the events: the first turn is moment 0. While something older is caught up with, it is that of the
        older."""
        self.custom_status: bytes | None = None
        self.logs: list[LogLine] = []
        self.next: tuple[bytes, bool] | None = None
        """The input of the next execution, and whether it gets the events that nobody took."""
        self.root: Strand[bytes] | None = None
        """The orchestrator itself, once it has run for the first time."""
        self.is_stalled = False
        """Whether nothing can happen any more that the orchestrator waits for."""
        self._arrived = 0
        self._issued = 0
        self._decisions: list[Decision] = []
        self._sources: list[str] = []
        self._open: dict[int, Task[Any]] = {}
        self._ready: list[tuple[int, int, Listener]] = []
        self._enqueued = 0

    # What orchestrators ask for.

    def ask(self, decision: Decision, task: Task[Any]) -> int:
        """Decides something that an event will answer."""
        id = self.decide(decision)
        self._open[id] = task
        return id

    def decide(self, decision: Decision) -> int:
        """Decides something that nothing answers. Gives its number."""
        if self.replaying:
            self._sources.append(_source())
        self._decisions.append(decision)
        return self._issued + len(self._decisions) - 1

    def cancel(self, id: int) -> None:
        """Nobody wants the answer any more."""
        if self._open.pop(id, None) is not None:
            self.decide(Cancel(id))

    def forget(self, id: int) -> None:
        """An answer that was open will not be listened to."""
        self._open.pop(id, None)

    # What happens.

    def deliver(self, event: Event) -> None:
        """Notes what happened, and lets everything run that it wakes. An answer that nobody waits for is dropped."""
        self._arrived += 1
        self.moment = self._arrived
        match event:
            case TaskCompleted(id, output):
                self.sections.answered(id)
                if (task := self._open.pop(id, None)) is not None:
                    task.answered(output)
            case TaskFailed(id, failure):
                self.sections.answered(id)
                if (task := self._open.pop(id, None)) is not None:
                    task.failed(from_data(failure))
            case TimerFired(id):
                if (task := self._open.pop(id, None)) is not None:
                    task.answered(b"null")
            case EventRaised():
                self.mailbox.put(self.moment, event)

    def run(self) -> None:
        """Calls back whoever was waiting, oldest moment first, until nobody is left."""
        while self._ready and not self.is_over():
            self.moment, _, listener = heapq.heappop(self._ready)
            listener()
        self.moment = self._arrived

    def enqueue(self, moment: int, listener: Listener) -> None:
        """Calls back when it is the turn of this moment."""
        self._enqueued += 1
        heapq.heappush(self._ready, (moment, self._enqueued, listener))

    def take_step(self) -> tuple[list[Decision], list[str]]:
        """The decisions since the last step, and where those were taken that are replayed."""
        decisions, self._decisions = self._decisions, []
        sources, self._sources = self._sources, []
        self._issued += len(decisions)
        return decisions, sources

    def is_over(self) -> bool:
        """Whether the orchestrator has ended, in one way or another."""
        return self.is_stalled or self.next is not None or (self.root is not None and self.root.is_completed)

    def is_waiting(self) -> bool:
        """Whether an event can still wake the execution."""
        return bool(self._open) or bool(self.mailbox.wanted())

    # What the sealed standard library asks.

    def time_ns(self) -> int:
        return self.now * _MILLISECOND_NS

    def monotonic_ns(self) -> int:
        return (self.now - self.began) * _MILLISECOND_NS

    def urandom(self, count: int) -> bytes:
        return self.chance.bytes(count)

    def sleep(self, nanoseconds: int) -> None:
        self.refuse("time.sleep", "await cx.sleep(…)")

    def log(self, level: LogLevel, message: str) -> None:
        if not self.replaying:
            self.logs.append(LogLine(level, message))

    def refuse(self, call: str, instead: str | None) -> None:
        raise refusal(call, "an orchestrator", instead)


def running(call: str) -> Machine:
    """The execution that runs.

    Raises `RuntimeError` outside of an orchestrator.
    """
    role = current()
    if not isinstance(role, Machine):
        raise RuntimeError(f"{call} belongs into an orchestrator, and none runs here")
    return role


def refusal(call: str, who: str, instead: str | None) -> NotDurable:
    """Why code that is replayed cannot do something, and what to do instead."""
    hint = "" if instead is None else f"; {instead}" if instead.startswith(("do ", "read ")) else f"; use {instead}"
    refused = NotDurableFile if call == "open" or call.startswith("os.") else NotDurable
    return refused(f"{call}() is called in {who}, which is replayed and cannot reach the world{hint}")


def _source() -> str:
    """Where in the author's code something is decided."""
    frame = sys._getframe(2)
    while frame.f_back is not None and not is_of_author(frame.f_code):
        frame = frame.f_back
    return f"{shown(frame.f_code.co_filename)}:{frame.f_lineno}"
