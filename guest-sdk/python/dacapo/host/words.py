"""What every interface needs: who serves the calls of the host, and seeds.

Served is the component of what the author's module has registered, unless the entry module puts something else there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from .. import contract
from ..client import Client
from ..component import Component
from ..functions import registry
from ..seal.role import Role
from ..trigger import Message, Tick
from ..web import Request, Response


class Playing(Protocol):
    """An execution that has played its history to some point."""

    def advance(self, turns: list[contract.Turn], /) -> None: ...
    def step(self) -> contract.Step: ...


class Served(Protocol):
    """What the host can ask of a component; each method where the world has its interface."""

    def describe(self) -> list[contract.Function]: ...
    def open(self, start: contract.Start, /) -> Playing | contract.FailureData: ...
    def apply(
        self,
        entity: contract.EntityRef,
        now: int,
        state: contract.EntityState | None,
        operations: list[contract.Operation],
        /,
    ) -> contract.Outcome: ...
    def run(
        self,
        invocation: contract.Invocation,
        data: bytes,
        role: Role,
        report: Callable[[bytes], bool],
        client: Client | None = None,
        /,
    ) -> bytes: ...
    def fire(self, name: str, tick: Tick, role: Role, client: Client, /) -> None: ...
    def receive(self, name: str, message: Message, role: Role, client: Client, /) -> None: ...
    def serve(self, request: Request, role: Role, client: Client, /) -> Response: ...


_served: Served = Component(registry)


def put(served: Served) -> None:
    """Lets something else serve the calls of the host."""
    global _served
    _served = served


def served() -> Served:
    """Who serves the calls of the host."""
    return _served


def seed_of(seed: Any) -> int:
    """A seed, of its two halves."""
    return int(seed.high) << 32 | int(seed.low)
