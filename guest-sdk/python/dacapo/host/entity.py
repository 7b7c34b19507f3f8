"""The interface `entity`."""

from __future__ import annotations

from typing import Any

from componentize_py_types import Err, Ok
from wit_world.exports import entity as wit

from .. import contract
from .words import seed_of, served


def _effect(effect: contract.Effect) -> Any:
    match effect:
        case contract.SignalEntity():
            return wit.Effect_Signal(effect)
        case contract.StartOrchestration():
            return wit.Effect_Start(effect)


def _result(result: contract.Done | contract.FailureData) -> Any:
    match result:
        case contract.Done(output, effects):
            return Ok(wit.Done(output, [_effect(effect) for effect in effects]))
        case contract.FailureData():
            return Err(result)


def _state(state: contract.NewState) -> Any:
    match state:
        case contract.Unchanged():
            return wit.NewState_Unchanged()
        case contract.EntityState():
            return wit.NewState_Set(state)
        case contract.Deleted():
            return wit.NewState_Deleted()


class Entity:
    """What the host calls. Nothing is kept between two calls."""

    def apply(self, context: Any, state: Any, operations: list[Any]) -> Any:
        outcome = served().apply(
            contract.EntityRef(context.entity.name, context.entity.key),
            context.now,
            None if state is None else contract.EntityState(state.data, state.version),
            [
                contract.Operation(one.name, one.input, one.kind is wit.OperationKind.CALL, seed_of(one.seed))
                for one in operations
            ],
        )
        results = [_result(result) for result in outcome.results]
        return wit.Outcome(results, _state(outcome.state), outcome.logs)
