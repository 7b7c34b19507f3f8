"""The library's own executor, kept alive.

It owns the context and the executor of one execution: feeds them events, and tells which actions are new and how it
ended. It does not know decisions. The library plays a history from its beginning each time; its executor takes one
event after another, though, so that giving it only what is new leads to the same, and a turn costs what happens in it
instead of all that happened before it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from azure.durable_functions import Orchestrator
from azure.durable_functions.models import DurableOrchestrationContext
from azure.durable_functions.models.actions.Action import Action
from azure.durable_functions.models.actions.ContinueAsNewAction import ContinueAsNewAction
from azure.durable_functions.models.actions.SignalEntityAction import SignalEntityAction
from azure.durable_functions.models.history import HistoryEvent
from azure.durable_functions.models.ReplaySchema import ReplaySchema
from azure.durable_functions.models.Task import CompoundTask, RetryAbleTask, TaskBase
from azure.durable_functions.models.TaskOrchestrationExecutor import TaskOrchestrationExecutor

from dacapo.contract import FailureData, Start

from . import failure, source
from .history import Clock, beginning


@dataclass(frozen=True, slots=True)
class Returned:
    """The function returned this JSON."""

    output: bytes


@dataclass(frozen=True, slots=True)
class Raised:
    """The function, or the library on its behalf, raised."""

    failure: FailureData


@dataclass(frozen=True, slots=True)
class Continues:
    """The function asked for a next execution."""

    input: bytes


Outcome = Returned | Raised | Continues


class Execution:
    """An orchestrator function that runs."""

    def __init__(self, function: Callable[..., Any], input_type: type | None, start: Start) -> None:
        # Without the lengths of timers the library makes one timer of each, however long: this host has no limit.
        # What the library says of its own types is not always so.
        make_context: Any = DurableOrchestrationContext
        self._context: Any = make_context(
            history=beginning(start.now, start.name, start.version, start.input.decode(), start.replaying),
            instanceId=start.instance,
            isReplaying=start.replaying,
            parentInstanceId=start.parent,
            input=start.input.decode(),
            upperSchemaVersionNew=ReplaySchema.V3.value,
        )
        self._context._input_expected_type = input_type
        self._orchestrator: Any = Orchestrator(function)
        self._executor: Any = _Executor()  # type: ignore[no-untyped-call]
        self._orchestrator.task_orchestration_executor = self._executor
        self._next_task = 0
        self._next_action = 0
        self._awaited: tuple[Any, frozenset[str]] = (None, frozenset())
        self.outcome: Outcome | None = None

    def begin(self) -> None:
        """Plays the first turn."""
        self._run(lambda: self._orchestrator.handle(self._context))

    def feed(self, event: HistoryEvent) -> None:
        """Plays on with the next event."""
        self._context.histories.append(event)
        self._run(lambda: self._executor.process_event(event))

    def fail(self, task: int, what: str, reason: FailureData, clock: Clock) -> None:
        """Plays on with the failure of a task.

        The host has tried again by itself as often as it should. The library counts attempts by failures and timers,
        with a timer after the last one: it is told that this was the last one, and that the timer fired.
        """
        tries = self._context.open_tasks[task].parent
        if isinstance(tries, RetryAbleTask):
            tries.num_attempts = tries.retry_options.max_number_of_attempts
        self._fail(task, clock.failed(task, what, reason), "TaskScheduledId", reason)
        if isinstance(tries, RetryAbleTask):
            timer = self._context._sequence_number - 1
            self._next_task = timer + 1
            self.feed(clock.fired(timer))

    def refuse(self, request: str, reason: FailureData, clock: Clock) -> None:
        """Plays on with the failure of an operation of an entity."""
        self._fail(request, clock.refused(request, reason), "Name", reason)

    def new_actions(self) -> Iterator[tuple[int, Action, TaskBase | None]]:
        """What the function asked for since the last time, by the library's numbers. Signals have no task."""
        context = self._context
        while self._next_task < context._sequence_number:
            number = self._next_task
            self._next_task += 1
            if (task := context.open_tasks.get(number)) is not None:
                yield number, task.action_repr, task
            elif (sent := self._next_sent()) is not None:
                yield number, sent, None
            else:
                # What is asked for after the end of the execution has a number and is no action.
                self._next_task = context._sequence_number

    def waiter(self, name: str) -> str | None:
        """The name by which the function waits for this event, if it does."""
        tasks = self._context.open_tasks
        if isinstance(tasks.get(name), list):
            return name
        folded = name.casefold()
        names = (key for key, task in tasks.items() if isinstance(task, list) and key.casefold() == folded)
        return next(names, None)

    def awaited(self) -> tuple[str, ...]:
        """The names of the external events that what was yielded last waits for."""
        current = self._executor.current_task
        if self._awaited[0] is not current:
            self._awaited = (current, frozenset(_names(current)))
        return tuple(sorted(name for name in self._awaited[1] if isinstance(self._context.open_tasks.get(name), list)))

    @property
    def asked_count(self) -> int:
        """How many actions there were: nobody waits for anything new as long as it stays."""
        return len(self._context._action_payload_v2)

    @property
    def custom_status(self) -> Any:
        """What the function set."""
        return self._context.custom_status

    @property
    def place(self) -> str:
        """Where the function waits."""
        return source.of(getattr(self._executor, "generator", None))

    def _next_sent(self) -> Action | None:
        actions = self._context._action_payload_v2
        while self._next_action < len(actions):
            action = actions[self._next_action]
            self._next_action += 1
            if isinstance(action, SignalEntityAction):
                return action
        return None

    def _fail(self, key: int | str, event: HistoryEvent, field: str, reason: FailureData) -> None:
        """What `process_event` does, in two halves: between them the exception is told what is behind it."""
        task = self._context.open_tasks[key]

        def play() -> None:
            # The library takes what an entity answers for a success until it has read it.
            self._executor.set_task_value(event, field == "Name", field)
            failure.carry(task.result, reason)
            self._executor.resume_user_code()

        self._context.histories.append(event)
        self._run(play)

    def _run(self, play: Callable[[], Any]) -> None:
        raised: BaseException | None = None
        try:
            play()
        except BaseException as exception:  # Whatever it is, the author's code is at an end: `sys.exit` too.
            raised = exception
        self._raised = self._executor.exception or raised
        self.outcome = self._end()

    def _end(self) -> Outcome | None:
        executor, current = self._executor, self._executor.current_task
        if self._raised is not None and executor.orchestrator_returned:
            return _no_json(self._raised)
        if self._raised is not None and (executor.exception is not None or isinstance(current, TaskBase)):
            return Raised(failure.of(self._raised))
        if self._context.will_continue_as_new:
            actions = self._context._action_payload_v2
            return Continues(
                next(action.input_.encode() for action in actions if isinstance(action, ContinueAsNewAction))
            )
        if executor.orchestrator_returned:
            return _returned(executor.output)
        if not isinstance(current, TaskBase):
            return Raised(_no_task(current, self.place))
        return None


class _Executor(TaskOrchestrationExecutor):
    """The library's executor, which calls itself once for each task that is complete when it is yielded: here that is a
    loop."""

    _is_resuming = False
    _goes_on = False

    def resume_user_code(self) -> None:
        """Runs the function until it yields what is not complete."""
        self._goes_on = True
        if self._is_resuming:
            return
        self._is_resuming = True
        try:
            while self._goes_on:
                self._goes_on = False
                super().resume_user_code()  # type: ignore[no-untyped-call]
        finally:
            self._is_resuming = False


def _returned(value: Any) -> Outcome:
    try:
        return Returned(json.dumps(value, allow_nan=False).encode())
    except (TypeError, ValueError, RecursionError) as error:
        return _no_json(error)


def _no_json(error: BaseException) -> Raised:
    return Raised(
        FailureData("invalid-output", f"the orchestrator returned what is not JSON: {error}", retryable=False)
    )


def _no_task(yielded: Any, place: str) -> FailureData:
    advice = "yield what a method of the context returns; for several tasks, yield context.task_all([…])"
    kind = type(yielded).__name__
    return FailureData(
        "stalled",
        f"{place}: the orchestrator yielded a value of the type {kind}, which no event will ever wake: {advice}",
    )


def _names(task: Any) -> Iterator[str]:
    if isinstance(task, CompoundTask):
        for child in task.children:
            yield from _names(child)
    elif isinstance(task, TaskBase) and isinstance(task.id, str):
        yield task.id
