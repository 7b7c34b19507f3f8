"""One entity alone, for a test of its operations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .. import contract
from ..chance import SplitMix64
from ..component import Component
from ..contract import Deleted, EntityState, FailureData
from ..entity import EntityDefinition, entity_id
from ..failure import from_data
from ..functions import registry
from ..payload import decode, encode
from ..times import to_millis
from .run import BEGIN_MS, at_text, id_text


class Actor:
    """An entity: `account = Actor(Account, "a"); assert account.call("deposit", 7) == 7`."""

    def __init__(self, entity: object, key: str = "", state: object = None) -> None:
        known = getattr(entity, "__dacapo_entity__", None)
        self._definition = known if isinstance(known, EntityDefinition) else None
        self._id = entity_id(entity, key)
        version = 0 if self._definition is None else self._definition.version
        self._data = None if state is None else EntityState(encode(state, "invalid-state"), version)
        self._operations = 0
        self.now = BEGIN_MS
        self.logs: list[str] = []
        self.effects: list[str] = []
        """What it asked for, in words."""

    @property
    def state(self) -> Any:
        """The state, if it has one."""
        if self._data is None or self._definition is None:
            return None if self._data is None else decode(self._data.data, Any, "invalid-state")
        return self._definition.read(self._data)

    def at(self, time: datetime) -> Actor:
        """Lets it be this time."""
        self.now = to_millis(time)
        return self

    def call(self, operation: str, input: object = None) -> Any:
        """Runs an operation and gives its output. Raises the `Failure` with which it failed otherwise."""
        seed = SplitMix64(self._operations).next()
        self._operations += 1
        asked = contract.Operation(operation, encode(input, "invalid-input"), is_call=True, seed=seed)
        outcome = Component(registry).apply(self._id.to_contract(), self.now, self._data, [asked])
        match outcome.state:
            case EntityState() as state:
                self._data = state
            case Deleted():
                self._data = None
        self.logs += [line.message for line in outcome.logs]
        result = outcome.results[0]
        if isinstance(result, FailureData):
            raise from_data(result)
        self.effects += [_effect(effect) for effect in result.effects]
        return decode(result.output, Any, "invalid-output")


def _effect(effect: contract.Effect) -> str:
    match effect:
        case contract.SignalEntity(entity, operation, input, at):
            return f"signal {id_text(entity)} {operation}({input.decode()}){at_text(at)}"
        case contract.StartOrchestration(name, input, instance, _, at):
            known = "" if instance is None else f" as {instance}"
            return f"start {name}({input.decode()}){known}{at_text(at)}"
