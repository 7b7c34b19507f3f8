"""The world of a test: virtual time, and what happens in it, in the order of time.

It does what the host does with decisions: runs activities and children with their retries, fires timers, carries events
and operations. Everything that will happen is planned with its time; what is planned first happens first.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import contract
from ..chance import SplitMix64
from ..component import Component
from ..contract import Cause, Decision, FailureData, ScheduleActivity, Start, StartChild, Step
from ..entity_id import EntityId
from ..failure import Failure, from_data, from_exception
from ..payload import decode, encode
from .player import Key, Open, Player
from .role import QuietRole
from .run import BEGIN_MS
from .town import Answer, Began, Consequence, Letter, Town

EXECUTIONS_MAX_COUNT = 1_000
"""How often an instance may continue as new in a test."""

_LIMIT_MS = 1 << 62


@dataclass
class Stub:
    """An activity or child that the test answers."""

    answer: Callable[[Any], Any] | None = None
    takes_ms: int = 0


class World:
    """What happens in a test."""

    def __init__(self, component: Component, stubs: dict[str, Stub]) -> None:
        self._component = component
        self._stubs = stubs
        self._planned: list[tuple[int, int, Callable[[], None]]] = []
        self._asked = 0
        self.now = BEGIN_MS
        self.town = Town(component)
        self.players: dict[str, Player] = {}
        self.results: dict[str, bytes | FailureData] = {}
        self.logs: list[str] = []

    def run(self, start: Start) -> bytes | FailureData:
        """Begins an instance and lets everything happen until it has ended, and what it has sent has arrived."""
        self._begin(start, None)
        while self._planned:
            at, _, happen = self._planned[0]
            if start.instance in self.results and at > self.now:
                break
            heapq.heappop(self._planned)
            self.now = max(self.now, at)
            happen()
        return self.results.get(start.instance) or FailureData(
            "dacapo:stalled", "nothing can happen any more that the orchestrator waits for"
        )

    def plan(self, at: int, happen: Callable[[], None]) -> None:
        """Lets something happen at a time, or now if that has passed."""
        self._asked += 1
        heapq.heappush(self._planned, (max(at, self.now), self._asked, happen))

    def raise_event(self, instance: str, name: str, input: bytes) -> None:
        """An event arrives."""
        if self._is_running(instance):
            self._tell(instance, contract.EventRaised(name, input))

    def _begin(self, start: Start, parent: tuple[Key, int] | None) -> None:
        player = Player(self._component, parent)
        self.players[start.instance] = player
        self.results.pop(start.instance, None)
        self._carry_out(start.instance, player.begin(start))

    def _is_running(self, instance: str) -> bool:
        return instance in self.players and instance not in self.results

    def _waits(self, key: Key) -> Open | None:
        """What an execution still waits for, if it does."""
        if not self._is_running(key.instance):
            return None
        player = self.players[key.instance]
        return player.open.get(key.id) if player.execution.start.execution == key.execution else None

    def _answer(self, key: Key, event: contract.Event) -> None:
        if self._waits(key) is not None:
            del self.players[key.instance].open[key.id]
            self._tell(key.instance, event)

    def _tell(self, instance: str, event: contract.Event) -> None:
        self._carry_out(instance, self.players[instance].advance(self.now, [event]))

    def _carry_out(self, instance: str, step: Step) -> None:
        """Does what a step asks for, and goes on with the next execution if there is one."""
        player = self.players[instance]
        carried: list[contract.Event] = []
        while True:
            for decision in step.decisions:
                self._decided(player, decision)
            match step.status:
                case contract.Completed(output):
                    return self._end(instance, output)
                case contract.Failed(failure):
                    return self._end(instance, of_guest(failure))
                case contract.Waiting() if not carried:
                    return None
                case contract.Waiting():
                    events, carried = carried, []
                    step = player.advance(self.now, events)
                case contract.ContinuedAsNew() as next:
                    self._follow(self.town.release_of(self.now, instance))
                    carried = [*carried, *next.carried]
                    if len(player.executions) >= EXECUTIONS_MAX_COUNT:
                        raise AssertionError(f"{instance!r} continues as new without an end")
                    step = player.begin_next(self.now, next)

    def _decided(self, player: Player, decision: Decision) -> None:
        key = player.key(player.decided)
        player.decided += 1
        now = self.now
        match decision:
            case ScheduleActivity() | StartChild():
                player.open[key.id] = Open(decision, now)
                self.plan(now, lambda: self._attempt(key, 1))
            case contract.CreateTimer(at):
                player.open[key.id] = Open(None, now)
                self.plan(at, lambda: self._answer(key, contract.TimerFired(key.id)))
            case contract.Cancel(id):
                cancelled = player.key(id)
                player.open.pop(id, None)
                # A child that is not wanted any more is terminated: nobody hears of it again.
                gone = [name for name, other in self.players.items() if other.parent and other.parent[0] == cancelled]
                for name in gone:
                    del self.players[name]
            case contract.SendEvent(instance, name, input):
                self.plan(now, lambda: self.raise_event(instance, name, input))
            case contract.CallEntity(entity, operation, input):
                player.open[key.id] = Open(None, now)
                self._post(now, Letter(EntityId(entity.name, entity.key), operation, input, key))
            case contract.SignalEntity(entity, operation, input, time):
                self._post(
                    now if time is None else time, Letter(EntityId(entity.name, entity.key), operation, input, None)
                )
            case contract.LockEntities(entities):
                player.open[key.id] = Open(None, now)
                ids = [EntityId(entity.name, entity.key) for entity in entities]
                self.plan(now, lambda: self._lock(key, ids))
            case contract.ReleaseLock(id):
                player.open.pop(id, None)
                self._follow(self.town.release(now, player.key(id)))

    def _post(self, at: int, letter: Letter) -> None:
        self.plan(at, lambda: self._follow(self.town.deliver(self.now, letter)))

    def _lock(self, key: Key, entities: list[EntityId]) -> None:
        if self._waits(key) is not None:
            self._follow(self.town.lock(key, entities))

    def _end(self, instance: str, result: bytes | FailureData) -> None:
        self._follow(self.town.release_of(self.now, instance))
        self.results[instance] = result
        parent = self.players[instance].parent
        if parent is not None:
            failed = child_failed(instance, result) if isinstance(result, FailureData) else result
            self.plan(self.now, lambda: self._settle(parent[0], parent[1], failed))

    def _follow(self, consequences: list[Consequence]) -> None:
        """Plans what follows from what entities were asked."""
        for consequence in consequences:
            match consequence:
                case Answer(task, result):
                    self.plan(self.now, lambda task=task, result=result: self._settle(task, 1, result))  # type: ignore[misc]
                case contract.SignalEntity(entity, operation, input, at):
                    letter = Letter(EntityId(entity.name, entity.key), operation, input, None)
                    self._post(self.now if at is None else at, letter)
                case Began(instance, order):
                    if not self._is_running(instance):
                        seed = SplitMix64(self._asked).next()
                        self._begin(self._start(order.name, instance, order.version, order.input, None, [], seed), None)

    def _attempt(self, key: Key, attempt: int) -> None:
        waiting = self._waits(key)
        if waiting is None:
            return
        match waiting.order:
            case ScheduleActivity(name, input, options):
                at, result = self._ask(key, attempt, name, input, options.timeout)
                self.plan(at, lambda: self._settle(key, attempt, result))
            case StartChild() as order:
                self._start_child(key, attempt, order)

    def _settle(self, key: Key, attempt: int, result: bytes | FailureData) -> None:
        """An attempt has ended: the task is answered, or tried again."""
        waiting = self._waits(key)
        if waiting is None:
            return
        if isinstance(result, bytes):
            return self._answer(key, contract.TaskCompleted(key.id, result))
        again = self._next_attempt(waiting, key, attempt, result)
        if again is None:
            self._answer(key, contract.TaskFailed(key.id, result))
        else:
            self.plan(again, lambda: self._attempt(key, attempt + 1))

    def _next_attempt(self, waiting: Open, key: Key, attempt: int, failure: FailureData) -> int | None:
        match waiting.order:
            case ScheduleActivity(_, _, options):
                policy = options.retry
            case StartChild() as order:
                policy = order.retry
            case None:
                policy = None
        if policy is None or not failure.retryable or attempt >= policy.max_attempts:
            return None
        if any(from_data(failure).has_kind(kind) for kind in policy.non_retryable):
            return None
        longest = _LIMIT_MS if policy.max_interval is None else policy.max_interval
        wait = min(policy.first_interval * policy.coefficient ** (attempt - 1), longest)
        seed = self.players[key.instance].execution.start.seed
        wait -= wait * policy.jitter * chance(seed, key.id, attempt).random()
        at = self.now + int(wait)
        patience = _LIMIT_MS if policy.retry_timeout is None else policy.retry_timeout
        return at if at <= waiting.since + patience else None

    def _ask(
        self, key: Key, attempt: int, name: str, input: bytes, limit: int | None
    ) -> tuple[int, bytes | FailureData]:
        """Lets a function of the test answer, or an activity itself, and says when the answer comes."""
        stub = self._stubs.get(name.lower(), Stub())
        try:
            if stub.answer is not None:
                result: bytes | FailureData = encode(stub.answer(decode(input, Any, "invalid-input")), "invalid-output")
            else:
                deadline = self.now + (_LIMIT_MS if limit is None else limit)
                idempotency = f"{key.instance}/{key.execution}/{key.id}"
                call = contract.Invocation(name, key.instance, key.id, attempt, idempotency, deadline)
                role = QuietRole(self.now, chance(key.id, key.execution, attempt).next(), self.logs)
                result = self._component.run(call, input, role, lambda _: True)
        except Failure as failure:
            if failure.kind == "unknown-function" and stub.answer is None:
                raise AssertionError(
                    f"the test does not know {name!r}: decorate it, or add .answer({name!r}, …)"
                ) from None
            result = of_guest(from_exception(failure))
        except Exception as error:
            result = from_exception(error)
        if limit is not None and stub.takes_ms > limit:
            return self.now + limit, FailureData("dacapo:timeout", f"no answer within {limit} ms")
        return self.now + stub.takes_ms, result

    def _start_child(self, key: Key, attempt: int, order: StartChild) -> None:
        parent = self.players[key.instance].execution.start
        derived = f"{parent.seed:016x}:{key.id:x}" + ("" if attempt == 1 else f":{attempt}")
        instance = order.instance or derived
        if self._is_running(instance):
            failure = FailureData("dacapo:child-exists", f"{instance} has not ended", retryable=False)
            return self.plan(self.now, lambda: self._settle(key, attempt, failure))
        if order.name.lower() in self._stubs:
            at, result = self._ask(key, attempt, order.name, order.input, None)
            failed = child_failed(instance, result) if isinstance(result, FailureData) else result
            return self.plan(at, lambda: self._settle(key, attempt, failed))
        seed = chance(parent.seed, key.id, attempt).next()
        start = self._start(order.name, instance, order.version, order.input, key.instance, parent.tags, seed)
        self._begin(start, (key, attempt))

    def _start(
        self,
        name: str,
        instance: str,
        version: str | None,
        input: bytes,
        parent: str | None,
        tags: list[tuple[str, str]],
        seed: int,
    ) -> Start:
        return Start(name, instance, 1, version, parent, tags, self.now, seed, input, replaying=False)


def chance(seed: int, task: int, attempt: int) -> SplitMix64:
    """The chance that belongs to an attempt."""
    return SplitMix64(seed ^ (task << 32 | attempt))


def of_guest(failure: FailureData) -> FailureData:
    """A failure of the host that a function passes on is a cause, as it is on the host."""
    if not failure.kind.startswith("dacapo:"):
        return failure
    cause = Cause(failure.kind, failure.message, failure.details)
    return FailureData("task-failed", failure.message, None, failure.retryable, [cause, *failure.causes])


def child_failed(instance: str, failure: FailureData) -> FailureData:
    """What the parent of a child hears that failed."""
    cause = Cause(failure.kind, failure.message, failure.details)
    message = f"child {instance} failed: {failure.message}"
    return FailureData("dacapo:child-failed", message, None, True, [cause, *failure.causes])
