"""A batch of operations of an entity.

It owns what an operation that fails leaves behind: nothing. The library runs a batch on one context, on which state
and results of operations that fail remain; here each operation is a batch of its own, and a failure takes the state
back.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from azure.durable_functions.entity import Entity
from azure.durable_functions.models import DurableEntityContext

from dacapo.contract import (
    Deleted,
    Done,
    EntityRef,
    EntityState,
    FailureData,
    NewState,
    Operation,
    Unchanged,
)

from . import failure, payload


@dataclass(frozen=True, slots=True)
class _State:
    """What is kept between two operations. `null` is no state: the library's `get_state` takes it for none."""

    text: str | None

    @property
    def exists(self) -> bool:
        return self.text is not None


class Batch:
    """Operations of one entity, one after another."""

    def __init__(self, call: Callable[..., Any], entity: EntityRef, state: EntityState | None) -> None:
        self._call = call
        self._entity = {"name": entity.name, "key": entity.key}
        self._given = self._state = _State(None if state is None else state.data.decode())
        self._context = self._restored()

    def apply(self, operation: Operation) -> Done | FailureData:
        """Runs one. The state is kept as text, so that a failure costs a copy only if there is one."""
        raised: list[BaseException] = []
        self._context._result = None
        request = {"name": operation.name, "input": json.dumps(operation.input.decode())}
        try:
            answer = json.loads(Entity(_watched(self._call, raised)).handle(self._context, [request]))
            result = answer["results"][0]
            if raised:
                return self._undone(failure.of(raised[0]))
            state = answer["entityState"]
            payload.checked(state)
            output = payload.checked(result["result"])
        except (TypeError, ValueError, RecursionError) as error:
            return self._undone(
                FailureData("invalid-output", f"the result or the state is not JSON: {error}", retryable=False)
            )
        self._state = _State(state if answer["entityExists"] and state != "null" else None)
        return Done(output, [])

    def state(self) -> NewState:
        """What became of the state."""
        if self._state == self._given:
            return Unchanged()
        return Deleted() if self._state.text is None else EntityState(self._state.text.encode(), 0)

    def _undone(self, reason: FailureData) -> FailureData:
        self._context = self._restored()
        return reason

    def _restored(self) -> DurableEntityContext:
        state = {"self": self._entity, "exists": self._state.exists, "state": self._state.text, "batch": []}
        context, _ = DurableEntityContext.from_json(json.dumps(state))
        return context


def _watched(call: Callable[..., Any], raised: list[BaseException]) -> Callable[..., Any]:
    """The function, with the exception that the library would keep only the text of."""

    def watch(context: DurableEntityContext) -> None:
        try:
            call(context)
        except BaseException as exception:
            raised.append(exception)
            raise RuntimeError from exception

    return watch
