"""What events answer: calls of activities, children and entities, timers, locks and waits for external events.

The decision is issued when the object is made, in program order, not when it is awaited: two calls that are made before
the first is awaited run side by side.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from .contract import CreateTimer, Decision, LockEntities, ReleaseLock
from .durable import Durable
from .entity_id import EntityId
from .failure import Failure
from .payload import decode

if TYPE_CHECKING:
    from .machine import Machine

T_co = TypeVar("T_co", covariant=True)


class Task(Durable[T_co]):
    """A decision that an event answers."""

    def __init__(self, machine: Machine, decision: Decision | Failure, tp: Any = Any) -> None:
        super().__init__(machine)
        self._type = tp
        self._id: int | None = None
        if isinstance(decision, Failure):
            self._fail(decision)
        else:
            self._id = machine.ask(decision, self)

    @property
    def id(self) -> int | None:
        """The number of the decision; none if it was refused before it went out."""
        return self._id

    def answered(self, output: bytes) -> None:
        """Notes the answer."""
        try:
            self._settle(decode(output, self._type, "invalid-output"))
        except Failure as failure:
            self._fail(failure)

    def failed(self, failure: Failure) -> None:
        """Notes that it failed."""
        self._fail(failure)

    def _stop(self) -> None:
        if self._id is not None:
            self._machine.cancel(self._id)


class Call(Task[T_co]):
    """A running activity, child or operation of an entity; await it for its output.

    Who does not await it abandons it: it runs on, and its result is recorded but ignored. `cancel` stops an activity,
    which hears of it when it reports progress, and terminates a child.
    """


class Timer(Task[None]):
    """A timer; await it until its time has come. Where something else was first, it is cancelled."""

    def __init__(self, machine: Machine, at: int) -> None:
        super().__init__(machine, CreateTimer(at), None)

    def _let_go(self) -> None:
        self.cancel()


class Wait(Durable[T_co]):
    """Waits for an external event; await it for the value that was sent.

    Who began to wait first is served first. Where something else was first, it takes nothing with it: the event that
    would have been its own goes to the next one who waits, or stays until somebody does.
    """

    def __init__(self, machine: Machine, name: str, tp: Any = Any) -> None:
        super().__init__(machine)
        self.name = name
        self._type = tp
        self._is_served = False
        machine.mailbox.wait(self)

    @property
    def is_completed(self) -> bool:
        return self._is_served or super().is_completed

    def served(self) -> None:
        """There is an event for it. It is taken only when somebody looks."""
        self._is_served = True
        self._wake()

    def _arrived(self) -> int:
        return self._machine.mailbox.moment(self) if not super().is_completed else self._moment

    def _take(self) -> T_co:
        if not super().is_completed:
            moment = self._machine.mailbox.moment(self)
            data = self._machine.mailbox.take(self)
            try:
                self._settle(decode(data, self._type, "invalid-event"))
            except Failure as failure:
                self._fail(failure)
            self._moment = moment
        return super()._take()

    def cancel(self) -> None:
        """Stops waiting. An event that has come is there for the next one."""
        self._let_go()

    def _let_go(self) -> None:
        if not super().is_completed:
            self._machine.mailbox.leave(self)
            self._is_served = False
            self._fail(Failure("cancelled", f"nobody waits for the event {self.name} any more", retryable=False))


class Lock:
    """A critical section. It ends with `release`, or with the block of `async with`."""

    def __init__(self, machine: Machine, id: int) -> None:
        self._machine = machine
        self._id = id
        self._is_held = True

    def release(self) -> None:
        """Ends the critical section."""
        if self._is_held:
            self._is_held = False
            self._machine.forget(self._id)
            self._machine.sections.released(self._id)
            self._machine.decide(ReleaseLock(self._id))


class LockRequest(Task[Lock]):
    """Waits for a lock: `async with cx.lock(…):`, or await it for a `Lock`."""

    def __init__(self, machine: Machine, entities: frozenset[EntityId]) -> None:
        self._lock: Lock | None = None
        try:
            machine.sections.check_lock(entities)
        except Failure as failure:
            super().__init__(machine, failure)
            return
        super().__init__(machine, LockEntities([entity.to_contract() for entity in sorted(entities)]))
        if self._id is not None:
            machine.sections.asked(self._id, entities)
            self._lock = Lock(machine, self._id)

    def answered(self, output: bytes) -> None:
        if self._id is not None:
            self._machine.sections.granted(self._id)
        self._settle(self._lock)

    def failed(self, failure: Failure) -> None:
        # The host locks nothing then, so there is nothing to give back.
        if self._id is not None:
            self._machine.sections.released(self._id)
        self._fail(failure)

    async def __aenter__(self) -> Lock:
        try:
            return await self
        except GeneratorExit:
            self._let_go()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._lock is not None:
            self._lock.release()

    def _stop(self) -> None:
        """A lock is not cancelled but released, granted or not."""
        if self._lock is not None:
            self._lock.release()

    def _let_go(self) -> None:
        self._stop()
