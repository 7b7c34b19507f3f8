"""One batch of operations on one entity: the state is read once before the first and written once after the last.

Invariant: an operation that fails leaves no trace in the state, and has no effects.
"""

from __future__ import annotations

from typing import Any

from . import contract
from .contract import Deleted, Done, EntityState, FailureData, NewState, Operation, Outcome, Unchanged
from .entity import EntityDefinition
from .entity_context import EntityContext, EntityRole
from .entity_id import EntityId
from .failure import Failure, from_exception
from .payload import encode
from .seal.role import enter
from .signature import run_to_end

DELETE = "delete"
"""What every entity understands: it deletes the state, even one that cannot be read. An operation of that name that the
author writes takes its place."""


def apply(
    definition: EntityDefinition,
    entity: contract.EntityRef,
    now: int,
    state: EntityState | None,
    operations: list[Operation],
) -> Outcome:
    """Runs operations one after another."""
    role = EntityRole(now)
    context = EntityContext(EntityId(entity.name, entity.key), role)
    memory = _Memory(definition, state)
    with enter(role):
        results = [memory.run(context, operation) for operation in operations]
    return Outcome(results, memory.written(), role.logs)


class _Memory:
    """The state while a batch runs. What it was before an operation is kept as data, to be read again if that fails."""

    def __init__(self, definition: EntityDefinition, given: EntityState | None) -> None:
        self._definition = definition
        self._given = given
        self._before = given
        self._state: Any = None
        self._is_read = False
        """Whether `_state` is what `_before` says."""

    def run(self, context: EntityContext, operation: Operation) -> Done | FailureData:
        """Runs an operation, whatever it does."""
        context.begin(operation)
        try:
            payload = encode(self._operate(context, operation), "invalid-output")
            if context.deletes:
                self._before, self._is_read = None, False
            else:
                self._keep()
        except BaseException as error:  # An author may raise anything, SystemExit included.
            self._is_read = False
            return from_exception(error)
        return Done(payload, context.effects)

    def _operate(self, context: EntityContext, operation: Operation) -> Any:
        found = self._definition.find(operation.name)
        if found is None and operation.name.lower() == DELETE:
            return context.delete_state()
        if found is None:
            known = ", ".join([*self._definition.operations(), DELETE])
            message = f"{self._definition.name} has no operation {operation.name!r}; it has {known}"
            raise Failure("unknown-operation", message, retryable=False)
        if not self._is_read:
            self._state = self._definition.fresh() if self._before is None else self._definition.read(self._before)
            self._is_read = True
        output, self._state = self._definition.run(self._state, context, found, operation.input)
        return run_to_end(operation.name, output)

    def _keep(self) -> None:
        data = self._definition.write(self._state)
        # An operation that only looked at an entity which has not existed does not bring it into being.
        if self._before is not None or data != self._definition.write(self._definition.fresh()):
            self._before = EntityState(data, self._definition.version)

    def written(self) -> NewState:
        """What the host shall keep."""
        if self._before == self._given:
            return Unchanged()
        return Deleted() if self._before is None else self._before
