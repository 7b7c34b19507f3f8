"""What an orchestrator can do: everything durable is a method of `Context`, so that it can be seen in the code.

Each method takes its decision when it is called. What is decided, and how answers arrive, is known by `machine` and
`tasks`.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, NoReturn, TypeVar, overload

from . import contract
from .durable import Durable, NextExecution
from .entity import entity_id
from .entity_calls import EntityCalls
from .entity_id import EntityId
from .failure import Failure
from .functions import Activity, Orchestrator
from .http import HttpRequest, HttpResponse, poll
from .log import Log
from .machine import Machine
from .options import Options, Retry
from .order import First, spawn
from .payload import encode
from .tasks import Call, LockRequest, Timer, Wait
from .times import Duration, from_millis, millis, to_millis

T = TypeVar("T")


class Context:
    """The hand of an orchestrator: the only way to time, chance and the world."""

    def __init__(self, machine: Machine, start: contract.Start) -> None:
        self._machine = machine
        self._start = start

    def __repr__(self) -> str:
        return f"Context({self._start.name} {self._start.instance}/{self._start.execution})"

    # Who is running.

    @property
    def name(self) -> str:
        """The name of this orchestrator, as the caller wrote it."""
        return self._start.name

    @property
    def instance_id(self) -> str:
        """The id of this instance."""
        return self._start.instance

    @property
    def execution(self) -> int:
        """Counts the lives of this instance, from 1."""
        return self._start.execution

    @property
    def version(self) -> str | None:
        """The version that the caller asked for."""
        return self._start.version

    @property
    def parent(self) -> str | None:
        """The orchestration that started this one."""
        return self._start.parent

    @property
    def tags(self) -> dict[str, str]:
        """What the caller attached to this instance; children have the tags of their parent."""
        return dict(self._start.tags)

    @property
    def is_replaying(self) -> bool:
        """Whether this turn was played before. For logs and metrics; nothing that is decided may depend on it."""
        return self._machine.replaying

    # Time, chance, and what it says of itself.

    @property
    def now(self) -> datetime:
        """The time of this turn, in UTC. It stands still between two awaits and never goes back."""
        return from_millis(self._machine.now)

    def random(self) -> float:
        """A number of at least 0 and less than 1, the same in every replay; so is all of the module `random`."""
        return self._machine.chance.random()

    def uuid(self) -> uuid.UUID:
        """A UUID of version 4, the same in every replay."""
        return self._machine.chance.uuid()

    @property
    def log(self) -> Log:
        """The log of the instance. Lines of replayed turns are not written again."""
        return Log(self._machine)

    def set_status(self, status: object) -> None:
        """Publishes a value with the status of the instance; `None` clears it."""
        self._machine.custom_status = encode(status, "invalid-status")

    # Activities and children.

    @overload
    def call_activity(
        self,
        activity: Activity[..., T],
        input: Any = None,
        *,
        retry: Retry | None = None,
        timeout: Duration | None = None,
    ) -> Call[T]: ...
    @overload
    def call_activity(
        self,
        activity: str,
        input: Any,
        result: type[T],
        *,
        retry: Retry | None = None,
        timeout: Duration | None = None,
    ) -> Call[T]: ...
    @overload
    def call_activity(
        self,
        activity: str,
        input: Any = None,
        result: Any = Any,
        *,
        retry: Retry | None = None,
        timeout: Duration | None = None,
    ) -> Call[Any]: ...

    def call_activity(
        self,
        activity: str | Activity[..., Any],
        input: Any = None,
        result: Any = Any,
        *,
        retry: Retry | None = None,
        timeout: Duration | None = None,
    ) -> Call[Any]:
        """Calls an activity, by name if it lives in another component; `result` is the type of its output.

        Options that are not given are those that the activity recommends, if it is known here.
        """
        if isinstance(activity, Activity):
            known = activity.options
            options = Options(retry or known.retry, known.timeout if timeout is None else timeout)
            name, result = activity.name, activity.signature.output
        else:
            name, options = activity, Options(retry, timeout)
        try:
            payload = encode(input, "invalid-input")
        except Failure as failure:
            return Call(self._machine, failure)
        return Call(self._machine, contract.ScheduleActivity(name, payload, options.to_contract()), result)

    @overload
    def child(
        self,
        orchestrator: Orchestrator[..., T],
        input: Any = None,
        *,
        id: str | None = None,
        version: str | None = None,
        retry: Retry | None = None,
    ) -> Call[T]: ...
    @overload
    def child(
        self,
        orchestrator: str,
        input: Any,
        result: type[T],
        *,
        id: str | None = None,
        version: str | None = None,
        retry: Retry | None = None,
    ) -> Call[T]: ...
    @overload
    def child(
        self,
        orchestrator: str,
        input: Any = None,
        result: Any = Any,
        *,
        id: str | None = None,
        version: str | None = None,
        retry: Retry | None = None,
    ) -> Call[Any]: ...

    def child(
        self,
        orchestrator: str | Orchestrator[..., Any],
        input: Any = None,
        result: Any = Any,
        *,
        id: str | None = None,
        version: str | None = None,
        retry: Retry | None = None,
    ) -> Call[Any]:
        """Starts another orchestration, by name if it lives in another component, and waits for its output.

        If it fails, the failure has the kind `dacapo:child-failed` and the child's own failure as its first cause. If
        this orchestration ends first, the child goes on by itself. An instance of a given id must not run already.
        """
        if isinstance(orchestrator, Orchestrator):
            name, result = orchestrator.name, orchestrator.signature.output
        else:
            name = orchestrator
        try:
            self._machine.sections.check_child(name)
            payload = encode(input, "invalid-input")
        except Failure as failure:
            return Call(self._machine, failure)
        policy = None if retry is None else retry.to_contract()
        return Call(self._machine, contract.StartChild(name, payload, id, version, policy), result)

    def retry(
        self, attempt: Callable[[int], Awaitable[T]], wait: Callable[[int, Failure], Duration | None]
    ) -> Durable[T]:
        """Tries until an attempt succeeds or `wait` says that it was the last one.

        `attempt` makes the attempt of this number, from 1 on. `wait` is asked after each failure how long to wait
        before the next attempt; `None` ends it. For a policy without code of yours, give `retry` to the call.
        """

        async def attempts() -> T:
            number = 1
            while True:
                try:
                    return await attempt(number)
                except Failure as failure:
                    pause = wait(number, failure)
                    if pause is None:
                        raise
                await self.sleep(pause)
                number += 1

        return spawn(attempts())

    # Timers and events.

    def sleep(
        self, duration: Duration = 0, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> Timer:
        """Wakes after this time: `cx.sleep("90s")`, `cx.sleep(hours=24)`. To wait for a year costs nothing."""
        extra = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        return Timer(self._machine, self._machine.now + millis(duration) + millis(extra))

    def timer(self, at: datetime) -> Timer:
        """Wakes at this time, or at once if it has passed."""
        return Timer(self._machine, to_millis(at))

    @overload
    def event(self, name: str) -> Wait[Any]: ...
    @overload
    def event(self, name: str, tp: type[T]) -> Wait[T]: ...
    @overload
    def event(self, name: str, tp: type[T], *, timeout: Duration) -> Durable[T | None]: ...
    @overload
    def event(self, name: str, *, timeout: Duration) -> Durable[Any]: ...

    def event(self, name: str, tp: Any = Any, *, timeout: Duration | None = None) -> Durable[Any]:
        """Waits for an external event of this name, in upper or lower case.

        Events that came when nobody waited are kept, and are taken in the order in which they came. It waits from here
        on, not from its `await` on. With a timeout it gives `None` if no event came until then. A value that does not
        fit the type is taken, and is the failure `invalid-event`.
        """
        wait: Wait[Any] = Wait(self._machine, name, tp)
        if timeout is None:
            return wait
        timer = self.sleep(timeout)
        return First(self._machine, [wait, timer], lambda _, winner: winner._take())

    def send_event(self, instance: str, name: str, value: object = None) -> None:
        """Sends an event to another instance, exactly once. If there is no such instance, or it has ended, nothing
        happens."""
        self._machine.decide(contract.SendEvent(instance, name, encode(value, "invalid-event")))

    # Entities.

    def entity(self, entity: str | type | EntityId | Callable[..., Any], key: str = "") -> EntityCalls:
        """An entity: `await cx.entity(Account, "a").deposit(5)`, `cx.entity("account", "a").signal("deposit", 5)`."""
        return EntityCalls(self._machine, entity_id(entity, key), entity)

    def lock(self, *entities: EntityId | EntityCalls) -> LockRequest:
        """Keeps all others away from these entities: `async with cx.lock(cx.entity(Account, "a"), …):`.

        Within it only these entities are called, each of them one call at a time; only others are signalled; nothing
        else is locked and no child is started. What breaks one of these rules fails with `critical-section` and is not
        done. Locks of several entities never wait for each other.
        """
        ids = frozenset(entity.id if isinstance(entity, EntityCalls) else entity for entity in entities)
        return LockRequest(self._machine, ids)

    # HTTP, and the end.

    def call_http(
        self,
        method: str,
        uri: str,
        *,
        content: str | None = None,
        json: object = None,
        headers: dict[str, str] | None = None,
        timeout: Duration | None = None,
        retry: Retry | None = None,
        polls: bool = True,
    ) -> Durable[HttpResponse]:
        """Sends an HTTP request through the host, which allows what its operator allowed.

        While the response has the status 202 and a `Location`, that is asked again after `Retry-After` seconds, for as
        long as it takes. A status such as 404 is a response and no failure. The request is sent at least once.
        """
        request = HttpRequest.make(method, uri, content, json, headers, timeout)
        return spawn(poll(self, request, retry, polls=polls))

    def continue_as_new(self, input: object = None, *, keep_events: bool = True) -> NoReturn:
        """Ends this execution here and now, and begins the next one with a history of its own.

        Events that came and that nobody took are given to it, unless you say otherwise. What is open is abandoned.
        """
        self._machine.next = (encode(input, "invalid-input"), keep_events)
        raise NextExecution
