"""An app in the words of the contract: all that the host can ask of it.

It owns in which role each call runs. It does not know the bindings of a component, so that a test on any Python is a
host: its methods are those of `dacapo.component.Component`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dacapo import contract
from dacapo.contract import EntityRef, EntityState, FailureData, Kind
from dacapo.failure import from_data
from dacapo.seal import Role, enter

from . import activity
from .app import App, every
from .entity import Batch
from .roles import Active, Replayed
from .session import Session


class Service:
    """The functions of an app, at work."""

    def __init__(self, app: App) -> None:
        self._app = app

    def describe(self) -> list[contract.Function]:
        """The catalogue, in the order of names."""
        options = contract.ActivityOptions()
        return [contract.Function(it.name, it.kind, it.doc, None, None, options) for it in every(self._app)]

    def open(self, start: contract.Start) -> Session | FailureData:
        """Begins an execution and plays its first turn."""
        function = self._app.get(start.name, Kind.ORCHESTRATOR)
        if function is None:
            return _unknown(Kind.ORCHESTRATOR, start.name)
        return Session(function, start, self._app.names)

    def apply(
        self, entity: EntityRef, now: int, state: EntityState | None, operations: list[contract.Operation]
    ) -> contract.Outcome:
        """Runs operations of an entity one after another."""
        function = self._app.get(entity.name, Kind.ENTITY)
        if function is None:
            reason = _unknown(Kind.ENTITY, entity.name)
            return contract.Outcome([reason for _ in operations], contract.Unchanged(), [])
        role, results = Replayed(0, now), []
        with enter(role):
            batch = Batch(function.call, entity, state)
            for operation in operations:
                role.operation(operation.seed)
                results.append(batch.apply(operation))
        return contract.Outcome(results, batch.state(), role.lines())

    def run(
        self,
        invocation: contract.Invocation,
        data: bytes,
        role: Role,
        report: Callable[[bytes], bool] | None = None,
        client: Any = None,
    ) -> bytes:
        """Runs one attempt of an activity. The library has no way to report progress, and its activities no client.

        Raises `Failure`.
        """
        function = self._app.get(invocation.name, Kind.ACTIVITY)
        if function is None:
            raise from_data(_unknown(Kind.ACTIVITY, invocation.name))
        with enter(Active(role)):
            result = activity.run(function, invocation, data)
        if isinstance(result, FailureData):
            raise from_data(result)
        return result


def _unknown(kind: Kind, name: str) -> FailureData:
    return FailureData(
        "unknown-function", f"there is no {kind.name.lower()} with the name {name!r} in this app", retryable=False
    )
