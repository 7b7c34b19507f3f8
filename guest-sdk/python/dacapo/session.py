"""One execution in memory: plays events against an orchestrator and collects its decisions.

After each single event everything runs until it waits again, and only then the next event is taken, so how the turns of
a history are distributed over calls of `advance` cannot be seen in the decisions.
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from typing import Any

from .context import Context
from .contract import Completed, ContinuedAsNew, Failed, FailureData, Start, Status, Step, Turn, Waiting
from .durable import Strand, place
from .durable_functions import DurableOrchestrationContext
from .failure import Failure, from_exception
from .functions import Orchestrator
from .machine import Machine
from .payload import encode
from .seal.role import enter


class Execution(Machine):
    """The machine of an execution, and the hand that its orchestrator is given."""

    def __init__(self, start: Start) -> None:
        super().__init__(start.now, start.seed, replaying=start.replaying)
        self.context = Context(self, start)


class Session:
    """An execution that has played its history to some point."""

    def __init__(self, definition: Orchestrator[..., Any], start: Start) -> None:
        self._machine = Execution(start)
        self._definition = definition
        self._coroutine = self._body(start.input)
        self._end: Status | None = None
        with enter(self._machine):
            self._machine.root = Strand(self._machine, self._coroutine)
            self._run()

    def advance(self, turns: list[Turn]) -> None:
        """Plays further turns, in order."""
        machine = self._machine
        for turn in turns:
            machine.now, machine.replaying = turn.now, turn.replaying
            with enter(machine):
                for event in turn.events:
                    machine.deliver(event)
                    self._run()

    def step(self) -> Step:
        """What the call led to."""
        machine = self._machine
        decisions, sources = machine.take_step()
        if self._end is None:
            status: Status = Waiting(machine.mailbox.wanted())
        elif machine.next is not None:
            data, keeps_events = machine.next
            status = ContinuedAsNew(data, machine.mailbox.untaken() if keeps_events else [])
        else:
            status = self._end
        custom_status, machine.custom_status = machine.custom_status, None
        logs, machine.logs = machine.logs, []
        return Step(decisions, sources, status, custom_status, logs)

    async def _body(self, data: bytes) -> bytes:
        definition, context = self._definition, self._machine.context
        if definition.is_generator:
            result = await self._generated(DurableOrchestrationContext(context, data))
            return encode(result, "invalid-output")
        result = definition.run(context, *definition.signature.read(data))
        if isinstance(result, Coroutine):
            driven = result
            result = await driven
        return encode(result, "invalid-output")

    async def _generated(self, context: DurableOrchestrationContext) -> Any:
        result = await _drive(self._definition.run(context))
        if context.next_input is not None:
            self._machine.context.continue_as_new(*context.next_input)
        return result

    def _run(self) -> None:
        """Lets everything run that can, and notes how it ended if it did."""
        machine, root = self._machine, self._machine.root
        machine.run()
        if self._end is not None or root is None:
            return
        if machine.next is not None:
            self._end = ContinuedAsNew(machine.next[0], [])
        elif root.is_completed:
            self._end = _ended(root)
        elif not machine.is_waiting():
            self._end = Failed(_stalled(place(self._coroutine)))
            machine.is_stalled = True


def _ended(root: Strand[bytes]) -> Status:
    return Failed(from_exception(root.exception)) if root.exception is not None else Completed(root._take())


def _stalled(where: str) -> FailureData:
    message = (
        "the orchestrator waits, but for no task, no timer and no event that could wake it: "
        f"it awaits something that is not durable{where}"
    )
    return FailureData("stalled", message, retryable=False)


async def _drive(driven: Generator[Any, Any, Any]) -> Any:
    """Runs an orchestrator in the style of Durable Functions, which yields what it waits for."""
    try:
        awaited = next(driven)
        while True:
            if not hasattr(awaited, "__await__"):
                hint = (
                    f"{type(awaited).__qualname__} is yielded, and nothing can wait for that: yield what context gives"
                )
                awaited = driven.throw(Failure("not-durable", hint, retryable=False))
                continue
            try:
                result = await awaited
            except Exception as error:
                awaited = driven.throw(error)
            else:
                awaited = driven.send(result)
    except StopIteration as end:
        return end.value
