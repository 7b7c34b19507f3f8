"""A component: the functions of a register behind the calls of the contract.

It knows no generated bindings: `host` carries words to and from them, and the test kit calls it directly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import batch, contract
from .activity import ActivityContext
from .client import Client
from .contract import ActivityOptions, EntityRef, EntityState, FailureData, Kind, Operation, Outcome
from .entity import EntityDefinition
from .failure import Failure, from_exception
from .functions import Activity, Function, HttpTrigger, Orchestrator, Registry, Trigger
from .payload import encode
from .seal.role import Role, enter
from .session import Session
from .signature import run_to_end
from .trigger import Message, Tick
from .web import Request, Response, serve


class Component:
    """What the host can ask of the functions of a register."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def describe(self) -> list[contract.Function]:
        """The catalogue."""
        return [_described(function) for function in self._registry.functions if function.kind is not None]

    def open(self, start: contract.Start) -> Session | FailureData:
        """Begins an execution and plays its first turn."""
        definition = self._registry.find(Kind.ORCHESTRATOR, start.name)
        if not isinstance(definition, Orchestrator):
            return from_exception(self._unknown(Kind.ORCHESTRATOR, start.name))
        return Session(definition, start)

    def apply(self, entity: EntityRef, now: int, state: EntityState | None, operations: list[Operation]) -> Outcome:
        """Runs operations of an entity one after another."""
        definition = self._registry.find(Kind.ENTITY, entity.name)
        if not isinstance(definition, EntityDefinition):
            failure = from_exception(self._unknown(Kind.ENTITY, entity.name))
            return Outcome([failure for _ in operations], contract.Unchanged(), [])
        return batch.apply(definition, entity, now, state, operations)

    def run(
        self,
        invocation: contract.Invocation,
        data: bytes,
        role: Role,
        report: Callable[[bytes], bool],
        client: Client | None = None,
    ) -> bytes:
        """Runs one attempt of an activity.

        Raises whatever the author's function raises.
        """
        definition = self._registry.find(Kind.ACTIVITY, invocation.name)
        if not isinstance(definition, Activity):
            raise self._unknown(Kind.ACTIVITY, invocation.name)
        with enter(role):
            context = (ActivityContext(invocation, role, report, client),) if definition.signature.takes_context else ()
            output = definition.run(*context, *definition.signature.read(data))
            return encode(run_to_end(definition.name, output), "invalid-output")

    def fire(self, name: str, tick: Tick, role: Role, client: Client) -> None:
        """Runs a timer trigger."""
        self._set_off(Kind.TIMER_TRIGGER, name, role, tick=tick, client=client)

    def receive(self, name: str, message: Message, role: Role, client: Client) -> None:
        """Gives a message to a stream trigger."""
        self._set_off(Kind.STREAM_TRIGGER, name, role, message=message, client=client)

    def serve(self, request: Request, role: Role, client: Client) -> Response:
        """Answers an HTTP request."""
        with enter(role):
            return serve([f for f in self._registry.functions if isinstance(f, HttpTrigger)], request, client)

    def _set_off(self, kind: Kind, name: str, role: Role, **known: Any) -> None:
        definition = self._registry.find(kind, name)
        if not isinstance(definition, Trigger):
            raise self._unknown(kind, name)
        with enter(role):
            run_to_end(name, definition(**definition.pick(**known)))

    def _unknown(self, kind: Kind, name: str) -> Failure:
        known = ", ".join(function.name for function in self._registry.of_kind(kind)) or "none"
        word = kind.name.lower().replace("_", " ")
        return Failure(
            "unknown-function", f"there is no {word} {name!r} in this component; it has {known}", retryable=False
        )


def _described(function: Function) -> contract.Function:
    """The entry of a function."""
    doc, options = _doc(function), ActivityOptions()
    input_schema: str | None = None
    output_schema: str | None = None
    if isinstance(function, (Activity, Orchestrator)):
        input_schema, output_schema = function.signature.schemas()
    if isinstance(function, Activity):
        options = function.options.to_contract()
    assert function.kind is not None
    return contract.Function(function.name, function.kind, doc, input_schema, output_schema, options)


def _doc(function: Function) -> str | None:
    text = (function.__doc__ or "").strip()
    is_made_up = isinstance(function, EntityDefinition) and text.startswith(f"{function.owner.__name__}(")
    return None if not text or is_made_up else "\n".join(line.strip() for line in text.splitlines())
