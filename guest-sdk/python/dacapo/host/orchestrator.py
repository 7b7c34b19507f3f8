"""The interface `orchestrator`."""

from __future__ import annotations

from typing import Any

from wit_world.exports import orchestrator as wit

from .. import contract
from ..contract import FailureData
from . import words
from .words import Playing


def _event(event: Any) -> contract.Event:
    value = event.value
    match event:
        case wit.Event_TaskCompleted():
            return contract.TaskCompleted(value.task, value.output)
        case wit.Event_TaskFailed():
            return contract.TaskFailed(value.task, value.failure)
        case wit.Event_TimerFired():
            return contract.TimerFired(value)
        case _:
            return contract.EventRaised(value.name, value.input)


def _decision(decision: contract.Decision) -> Any:
    match decision:
        case contract.ScheduleActivity():
            return wit.Decision_ScheduleActivity(decision)
        case contract.StartChild():
            return wit.Decision_StartChild(decision)
        case contract.CreateTimer(at):
            return wit.Decision_CreateTimer(at)
        case contract.Cancel(id):
            return wit.Decision_Cancel(id)
        case contract.SendEvent():
            return wit.Decision_SendEvent(decision)
        case contract.CallEntity():
            return wit.Decision_CallEntity(decision)
        case contract.SignalEntity():
            return wit.Decision_SignalEntity(decision)
        case contract.LockEntities(entities):
            return wit.Decision_LockEntities(entities)
        case contract.ReleaseLock(id):
            return wit.Decision_ReleaseLock(id)


def _status(status: contract.Status) -> Any:
    match status:
        case contract.Waiting(names):
            return wit.Status_Waiting(names)
        case contract.Completed(output):
            return wit.Status_Completed(output)
        case contract.Failed(failure):
            return wit.Status_Failed(failure)
        case contract.ContinuedAsNew():
            return wit.Status_ContinuedAsNew(status)


def _step(step: contract.Step) -> Any:
    decisions = [_decision(decision) for decision in step.decisions]
    return wit.Step(decisions, step.sources, _status(step.status), step.custom_status, step.logs)


_session: Playing | FailureData | None = None
"""What plays the execution of this instance. The bindings make a new `Orchestrator` for each call."""


class Orchestrator:
    """What the host calls. `open` replaces whatever was there."""

    def open(self, start: Any) -> Any:
        global _session
        _session = words.served().open(
            contract.Start(
                start.name,
                start.instance,
                start.execution,
                start.version,
                start.parent,
                start.tags,
                start.now,
                words.seed_of(start.seed),
                start.input,
                start.replaying,
            )
        )
        return _answer()

    def advance(self, turns: list[Any]) -> Any:
        if _session is None:
            raise RuntimeError("the host calls advance before open")
        if not isinstance(_session, FailureData):
            _session.advance(
                [contract.Turn(turn.now, turn.replaying, [_event(event) for event in turn.events]) for turn in turns]
            )
        return _answer()


def _answer() -> Any:
    if isinstance(_session, FailureData):
        return _step(contract.Step([], [], contract.Failed(_session), None, []))
    assert _session is not None
    return _step(_session.step())
