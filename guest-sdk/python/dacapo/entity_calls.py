"""How an orchestrator reaches an entity: calls that it waits for, and signals that nobody waits for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from . import contract
from .entity_id import EntityId
from .failure import Failure
from .machine import Machine
from .payload import encode
from .tasks import Call
from .times import to_millis


class EntityCalls:
    """One entity. Its operations are methods: `await account.deposit(5)` is `await account.call("deposit", 5)`."""

    def __init__(self, machine: Machine, id: EntityId, definition: object) -> None:
        self._machine = machine
        self._definition = definition
        self.id = id

    def call(self, operation: str, input: object = None, *, result: Any = Any) -> Call[Any]:
        """Runs an operation, exactly once; await it for its output, or its failure."""
        try:
            self._machine.sections.check_call(self.id)
            payload = encode(input, "invalid-input")
        except Failure as failure:
            return Call(self._machine, failure)
        call: Call[Any] = Call(self._machine, contract.CallEntity(self.id.to_contract(), operation, payload), result)
        if call.id is not None:
            self._machine.sections.called(call.id, self.id)
        return call

    def signal(self, operation: str, input: object = None, *, at: datetime | None = None) -> None:
        """Runs an operation, exactly once, and not before `at`. Nobody hears whether it succeeds."""
        self._machine.sections.check_signal(self.id)
        time = None if at is None else to_millis(at)
        payload = encode(input, "invalid-input")
        self._machine.decide(contract.SignalEntity(self.id.to_contract(), operation, payload, time))

    def __getattr__(self, operation: str) -> Callable[..., Call[Any]]:
        if operation.startswith("_"):
            raise AttributeError(operation)
        result = output_of(self._definition, operation)
        return lambda input=None: self.call(operation, input, result=result)


def output_of(definition: object, operation: str) -> Any:
    """The type that an operation of a class gives; any, if it is not known here."""
    known = getattr(definition, "__dacapo_entity__", None)
    return Any if known is None else known.output_of(operation)
