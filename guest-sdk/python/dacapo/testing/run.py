"""What a test looks at: the result of a run and all that led to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from .. import contract
from ..contract import Decision, EntityState, Event, Start, Status, Turn
from ..entity import EntityDefinition, entity_id
from ..entity_id import EntityId
from ..failure import Failure
from ..payload import decode

BEGIN_MS = 1_767_225_600_000
"""When every run begins: 2026-01-01T00:00:00Z."""


@dataclass
class Execution:
    """One life of an instance: how it began, its turns with the decisions that they led to, and where it stands."""

    start: Start
    turns: list[tuple[Turn, list[Decision]]] = field(default_factory=list)
    status: Status = field(default_factory=lambda: contract.Waiting([]))

    def lines(self) -> Iterator[str]:
        """The execution as text: one line for what happened, indented what was decided."""
        number = 0
        for turn, decisions in self.turns:
            at = since_begin(turn.now)
            if not turn.events:
                yield f"{at} start {self.start.name}({self.start.input.decode()})"
            for event in turn.events:
                yield f"{at} {_happened(event)}"
            for decision in decisions:
                yield f"  {number} {_decided(decision)}"
                number += 1
        match self.status:
            case contract.ContinuedAsNew(_, carried):
                names = ", ".join(event.name for event in carried)
                yield f"continued as new with {names}" if names else "continued as new"
            case contract.Waiting(names) if names:
                yield f"waiting for {', '.join(names)}"


@dataclass
class Run:
    """A run that has ended. Its text is a readable trace."""

    result: bytes | Failure
    executions: list[Execution]
    status: bytes | None
    logs: list[str]
    """The lines of the log, without those of replayed turns."""
    states: dict[EntityId, EntityState]

    def output(self, tp: Any = Any) -> Any:
        """What the orchestrator returned. Raises the `Failure` with which it ended otherwise."""
        if isinstance(self.result, Failure):
            raise self.result
        return decode(self.result, tp, "invalid-output")

    @property
    def failure(self) -> Failure:
        """Why it failed."""
        if not isinstance(self.result, Failure):
            raise AssertionError(f"the orchestrator was expected to fail, and returned {self.result.decode()}")
        return self.result

    @property
    def custom_status(self) -> Any:
        """The last custom status."""
        return None if self.status is None else decode(self.status, Any, "invalid-status")

    @property
    def elapsed(self) -> timedelta:
        """Virtual time from the first turn to the last."""
        return timedelta(milliseconds=self.executions[-1].turns[-1][0].now - BEGIN_MS)

    def entity(self, entity: object, key: str) -> Any:
        """The state that an entity has at the end, if it has one."""
        state = self.states.get(entity_id(entity, key))
        known = getattr(entity, "__dacapo_entity__", None)
        if state is None:
            return None
        is_known = isinstance(known, EntityDefinition)
        return known.read(state) if is_known else decode(state.data, Any, "invalid-state")  # type: ignore[union-attr]

    def __str__(self) -> str:
        lines = [line for execution in self.executions for line in execution.lines()]
        end = f"failed {self.result}" if isinstance(self.result, Failure) else f"completed {self.result.decode()}"
        return "\n".join([*lines, end])


def since_begin(millis: int) -> str:
    """A time as the time since the begin of the run."""
    return f"{(millis - BEGIN_MS) / 1_000:g}s"


def at_text(millis: int | None) -> str:
    """When something shall happen that may wait, if it shall wait."""
    return "" if millis is None else f" at {since_begin(millis)}"


def id_text(ref: contract.EntityRef) -> str:
    """An entity."""
    return str(EntityId(ref.name, ref.key))


def _happened(event: Event) -> str:
    match event:
        case contract.TaskCompleted(task, output):
            return f"task {task} completed {output.decode()}"
        case contract.TaskFailed(task, failure):
            return f"task {task} failed {failure.kind}: {failure.message}"
        case contract.TimerFired(timer):
            return f"timer {timer} fired"
        case contract.EventRaised(name, input):
            return f"event {name}({input.decode()})"


def _decided(decision: Decision) -> str:
    match decision:
        case contract.ScheduleActivity(name, input, options):
            often = "" if options.retry is None else f" up to {options.retry.max_attempts} times"
            within = "" if options.timeout is None else f" within {options.timeout / 1_000:g}s"
            return f"schedule {name}({input.decode()}){often}{within}"
        case contract.StartChild(name, input, instance, version, retry):
            known = "" if instance is None else f" as {instance}"
            form = "" if version is None else f" of version {version}"
            often = "" if retry is None else f" up to {retry.max_attempts} times"
            return f"child {name}({input.decode()}){known}{form}{often}"
        case contract.CreateTimer(at):
            return f"timer at {since_begin(at)}"
        case contract.Cancel(id):
            return f"cancel {id}"
        case contract.SendEvent(instance, name, input):
            return f"send {name}({input.decode()}) to {instance}"
        case contract.CallEntity(entity, operation, input):
            return f"call {id_text(entity)} {operation}({input.decode()})"
        case contract.SignalEntity(entity, operation, input, time):
            return f"signal {id_text(entity)} {operation}({input.decode()}){at_text(time)}"
        case contract.LockEntities(entities):
            return f"lock {' '.join(id_text(entity) for entity in entities)}"
        case contract.ReleaseLock(id):
            return f"release lock {id}"
