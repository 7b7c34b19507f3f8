"""One execution of an orchestrator: events in, decisions out.

It owns the numbers of decisions and what each of them stands for in the library. It knows neither the bindings of the
component nor how the library runs. Decisions follow the order in which the library numbers its tasks, event by event,
so that they do not depend on how events are grouped.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azure.durable_functions.models.actions.Action import Action
from azure.durable_functions.models.actions.CallEntityAction import CallEntityAction
from azure.durable_functions.models.actions.CallHttpAction import CallHttpAction
from azure.durable_functions.models.actions.CreateTimerAction import CreateTimerAction
from azure.durable_functions.models.actions.SignalEntityAction import SignalEntityAction
from azure.durable_functions.models.Task import TimerTask
from azure.durable_functions.models.utils.df_serialization import df_dumps

from dacapo import contract
from dacapo.contract import Decision, Event, EventRaised, FailureData, Start, Status, Step, Turn
from dacapo.seal import enter

from . import failure, polling
from .actions import decision, described
from .app import Function
from .execution import Continues, Execution, Raised, Returned
from .history import Clock, milliseconds
from .roles import Replayed


@dataclass(frozen=True, slots=True)
class _Work:
    """An activity or a child."""

    task: int
    what: str


@dataclass(frozen=True, slots=True)
class _Call:
    """An operation of an entity, and the id by which the library knows its answer."""

    request: str


@dataclass(frozen=True, slots=True)
class _Alarm:
    """A timer of the function."""

    task: int
    timer: TimerTask


@dataclass(frozen=True, slots=True)
class _Sent:
    """An HTTP request."""

    task: int
    request: polling.Request


@dataclass(frozen=True, slots=True)
class _Pause:
    """The wait before the next HTTP request of a call."""

    task: int
    next: polling.Request


_Open = _Work | _Call | _Alarm | _Sent | _Pause


class Session:
    """An execution: what happens goes in by `advance`, and what it led to comes out by `step`."""

    def __init__(self, function: Function, start: Start, names: Mapping[str, str]) -> None:
        """Plays the first turn."""
        self._identity = f"{start.instance}/{start.execution}"
        self._names = names
        self._clock = Clock(start.now, start.replaying)
        self._open: dict[int, _Open] = {}
        self._alarms: dict[int, TimerTask] = {}
        self._kept: deque[EventRaised] = deque()
        self._refused: deque[tuple[int, str, FailureData]] = deque()
        self._searched = (0, 0)
        self._count = 0
        self._decisions: list[Decision] = []
        self._sources: list[str] = []
        self._custom_status: bytes | None = None
        self._role = Replayed(start.seed, start.now)
        self._role.turn(start.now, start.replaying)
        with enter(self._role):
            self._execution = Execution(function.call, function.input_type, start)
            self._execution.begin()
            self._follow()

    def advance(self, turns: list[Turn]) -> None:
        """Plays further turns."""
        with enter(self._role):
            for turn in turns:
                self._play(turn)

    def step(self) -> Step:
        """What was decided since the last time, and where the execution stands."""
        with enter(self._role):
            status = self._status()
            custom_status = None
            try:
                custom_status = self._new_custom_status()
            except Exception as error:  # It may be an object of the author's, which says by itself how it travels.
                if not isinstance(status, contract.Failed):
                    status = contract.Failed(failure.of(error))
        step = Step(self._decisions, self._sources, status, custom_status, self._role.lines())
        self._decisions, self._sources = [], []
        return step

    def _play(self, turn: Turn) -> None:
        self._role.turn(turn.now, turn.replaying)
        self._clock = Clock(turn.now, turn.replaying)
        if self._execution.outcome is None:
            self._execution.feed(self._clock.turn())
        for event in turn.events:
            self._take(event)

    def _take(self, event: Event) -> None:
        if isinstance(event, EventRaised):
            self._kept.append(event)
            self._follow()
            return
        number = event.timer if isinstance(event, contract.TimerFired) else event.task
        # What was cancelled may be answered all the same, and after the end nobody waits for anything.
        if (open_ := self._open.pop(number, None)) is None or self._execution.outcome is not None:
            return
        self._alarms.pop(number, None)
        match event:
            case contract.TaskCompleted():
                self._complete(open_, event.output)
            case contract.TaskFailed():
                self._fail(open_, event.failure)
            case contract.TimerFired():
                self._fire(open_)
        self._follow()

    def _complete(self, open_: _Open, output: bytes) -> None:
        match open_:
            case _Work():
                self._execution.feed(self._clock.completed(open_.task, output.decode()))
            case _Call():
                self._execution.feed(self._clock.answered(open_.request, output.decode()))
            case _Sent():
                match polling.after(open_.request, output.decode()):
                    case polling.Poll() as poll:
                        at = milliseconds(self._clock.now) + 1000 * poll.seconds
                        self._decide(contract.CreateTimer(at), _Pause(open_.task, poll.request))
                    case answer:
                        self._execution.feed(self._clock.completed(open_.task, answer))
            case _Alarm() | _Pause():
                pass

    def _fail(self, open_: _Open, reason: FailureData) -> None:
        match open_:
            case _Work():
                self._execution.fail(open_.task, open_.what, reason, self._clock)
            case _Call():
                self._execution.refuse(open_.request, reason, self._clock)
            case _Sent():
                what = f"{open_.request.method} {open_.request.uri}"
                self._execution.fail(open_.task, what, reason, self._clock)
            case _Alarm() | _Pause():
                pass

    def _fire(self, open_: _Open) -> None:
        match open_:
            case _Alarm():
                self._execution.feed(self._clock.fired(open_.task))
            case _Pause():
                self._decide(open_.next.decision(), _Sent(open_.task, open_.next))
            case _Work() | _Call() | _Sent():
                pass

    def _follow(self) -> None:
        """Gives the function the events that it waits for, and decides what it asked for, until it waits in vain."""
        while True:
            while self._execution.outcome is None and self._serve():
                pass
            self._collect()
            if self._execution.outcome is not None or not self._refused:
                return
            task, what, reason = self._refused.popleft()
            self._execution.fail(task, what, reason, self._clock)

    def _collect(self) -> None:
        for number, timer in list(self._alarms.items()):
            if timer.is_cancelled:
                del self._alarms[number], self._open[number]
                self._decide(contract.Cancel(number), None)
        for task, action, made in self._execution.new_actions():
            self._act(task, action, made)

    def _act(self, task: int, action: Action, made: Any) -> None:
        match action:
            case CallHttpAction():
                self._request(task, action)
            case SignalEntityAction():
                self._decide(decision(action, self._names), None)
            case CallEntityAction():
                request = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self._identity}/{task}"))
                self._execution.feed(self._clock.asked(task, request))
                self._decide(decision(action, self._names), _Call(request))
            case CreateTimerAction():
                # A timer that was cancelled before it was yielded never was.
                if not action.is_cancelled:
                    self._alarms[self._count] = made
                    self._decide(decision(action, self._names), _Alarm(task, made))
            case _:
                self._decide(decision(action, self._names), _Work(task, described(action)))

    def _request(self, task: int, action: CallHttpAction) -> None:
        if action.http_request.token_source is not None:
            advice = "this host has no managed identities; get a token in an activity and send it in a header"
            self._refused.append((task, described(action), FailureData("not-granted", advice, retryable=False)))
            return
        request = polling.Request.of(action.http_request)
        self._decide(request.decision(), _Sent(task, request))

    def _serve(self) -> bool:
        """Gives the oldest event that is waited for: none if nothing came or was asked for since the last look."""
        seen = (self._execution.asked_count, len(self._kept))
        if seen == self._searched:
            return False
        self._searched = seen
        for index, event in enumerate(self._kept):
            if (name := self._execution.waiter(event.name)) is not None:
                del self._kept[index]
                self._execution.feed(self._clock.raised(name, event.input.decode()))
                return True
        return False

    def _decide(self, decided: Decision, stands_for: _Open | None) -> None:
        if stands_for is not None:
            self._open[self._count] = stands_for
        self._count += 1
        self._decisions.append(decided)
        if self._clock.replaying:
            self._sources.append(self._execution.place)

    def _status(self) -> Status:
        match self._execution.outcome:
            case Returned(output):
                return contract.Completed(output)
            case Raised(reason):
                return contract.Failed(reason)
            case Continues(payload):
                return contract.ContinuedAsNew(payload, list(self._kept))
            case None:
                return self._waiting()

    def _waiting(self) -> Status:
        names = self._execution.awaited()
        if self._open or names:
            return contract.Waiting(list(names))
        message = f"{self._execution.place}: the orchestrator waits for a task that no event will ever wake"
        return contract.Failed(FailureData("stalled", message))

    def _new_custom_status(self) -> bytes | None:
        """The custom status if it is new. An empty one changes nothing: the library does not tell Azure's host of it."""
        if not (status := self._execution.custom_status):
            return None
        text = df_dumps(status).encode()
        if text == self._custom_status:
            return None
        self._custom_status = text
        return text
