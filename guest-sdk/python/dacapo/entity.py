"""Entities as authors write them: a class or a function.

`definition_of` reads one; `batch` runs its operations, which see an `EntityContext`. Nothing here keeps a state from
one call of the host to the next.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import contract
from .entity_id import EntityId
from .failure import Failure
from .payload import decode, encode
from .signature import Signature

if TYPE_CHECKING:
    from .entity_context import EntityContext


class EntityDefinition:
    """An entity: how its state is read and written, and what its operations are."""

    kind = contract.Kind.ENTITY

    def __init__(
        self, owner: Any, name: str, version: int, migrate: Callable[[int, Any], Any] | None, state_type: Any
    ) -> None:
        self.owner = owner
        self.name = name
        self.version = version
        self._migrate = migrate
        self.state_type = state_type
        self.__doc__ = owner.__doc__

    def read(self, state: contract.EntityState) -> Any:
        """The state from its data and their version.

        Raises `newer-state` if this code does not know its form, `invalid-state` if it cannot be read.
        """
        if state.version > self.version:
            raise Failure(
                "newer-state",
                f"the state has version {state.version}, and this component knows it up to version {self.version}: "
                "deploy one that knows it",
                retryable=False,
            )
        if state.version < self.version and self._migrate is not None:
            return self._migrate(state.version, decode(state.data, Any, "invalid-state"))
        return decode(state.data, self.state_type, "invalid-state")

    def write(self, state: Any) -> bytes:
        """The state as data."""
        return encode(state, "invalid-state")

    def fresh(self) -> Any:
        """The state of an entity that has not existed."""
        raise NotImplementedError

    def find(self, operation: str) -> str | None:
        """The operation of that name, as its author wrote it."""
        raise NotImplementedError

    def run(self, state: Any, context: EntityContext, operation: str, input: bytes) -> tuple[Any, Any]:
        """Runs an operation. Gives its output and the state after it."""
        raise NotImplementedError

    def output_of(self, operation: str) -> Any:
        """The type of what an operation gives."""
        return Any

    def operations(self) -> list[str]:
        """The names of its operations, as far as they are known."""
        return []


class _ClassEntity(EntityDefinition):
    """A class: its fields are the state, its methods are the operations."""

    def __init__(self, owner: type, name: str, version: int, migrate: Callable[[int, Any], Any] | None) -> None:
        made = owner if dataclasses.is_dataclass(owner) else dataclasses.dataclass(owner)
        missing = [
            field.name
            for field in dataclasses.fields(made)
            if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        ]
        if missing:
            raise TypeError(f"{owner.__qualname__}.{missing[0]} needs a default: an entity begins without a state")
        super().__init__(made, name, version, migrate, made)
        methods = inspect.getmembers(made, inspect.isfunction)
        self._operations = {
            method: Signature(function, skips=1) for method, function in methods if not method.startswith("_")
        }

    def fresh(self) -> Any:
        return self.owner()

    def find(self, operation: str) -> str | None:
        return next((known for known in self._operations if known.lower() == operation.lower()), None)

    def run(self, state: Any, context: EntityContext, operation: str, input: bytes) -> tuple[Any, Any]:
        signature = self._operations[operation]
        before = (context,) if signature.takes_context else ()
        return getattr(state, operation)(*before, *signature.read(input)), state

    def output_of(self, operation: str) -> Any:
        return self._operations[operation].output if operation in self._operations else Any

    def operations(self) -> list[str]:
        return list(self._operations)


class _FunctionEntity(EntityDefinition):
    """A function of an `EntityContext`, which finds the operation and the state there."""

    def __init__(
        self, owner: Callable[..., Any], name: str, version: int, migrate: Callable[[int, Any], Any] | None
    ) -> None:
        super().__init__(owner, name, version, migrate, Any)

    def fresh(self) -> Any:
        return None

    def find(self, operation: str) -> str | None:
        return operation

    def run(self, state: Any, context: EntityContext, operation: str, input: bytes) -> tuple[Any, Any]:
        context.state = state
        output = self.owner(context)
        return output, context.state


def definition_of(what: Any, name: str, version: int, migrate: Callable[[int, Any], Any] | None) -> EntityDefinition:
    """The entity that a class or function stands for."""
    if isinstance(what, type):
        return _ClassEntity(what, name, version, migrate)
    return _FunctionEntity(what, name, version, migrate)


def entity_id(entity: object, key: str) -> EntityId:
    """The id of an entity that is named, decorated, or an id already."""
    if isinstance(entity, EntityId):
        return entity
    if isinstance(entity, str):
        return EntityId(entity, key)
    known = getattr(entity, "__dacapo_entity__", None)
    if not isinstance(known, EntityDefinition):
        raise TypeError(f"{entity!r} is no entity: decorate it with @entity, or give its name")
    return EntityId(known.name, key)
