"""What an operation of an entity sees and may ask for. Nothing happens before the batch is over and on disk."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from . import contract
from .chance import SplitMix64
from .contract import LogLevel, LogLine
from .entity import entity_id
from .entity_id import EntityId
from .log import Log
from .machine import refusal
from .payload import decode, encode
from .times import from_millis, to_millis

_MILLISECOND_NS = 1_000_000


class EntityRole:
    """What the sealed standard library asks while operations of an entity run."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.logs: list[LogLine] = []
        self.chance = SplitMix64(0)
        self.seeded: Random | None = None

    def begin(self, seed: int) -> None:
        """Begins an operation."""
        self.chance, self.seeded = SplitMix64(seed), None

    def time_ns(self) -> int:
        return self.now * _MILLISECOND_NS

    def monotonic_ns(self) -> int:
        return 0

    def urandom(self, count: int) -> bytes:
        return self.chance.bytes(count)

    def sleep(self, nanoseconds: int) -> None:
        self.refuse("time.sleep", None)

    def log(self, level: LogLevel, message: str) -> None:
        self.logs.append(LogLine(level, message))

    def refuse(self, call: str, instead: str | None) -> None:
        # What an orchestrator awaits instead is nothing to an entity.
        hint = instead if instead is not None and instead.startswith(("do ", "read ")) else None
        raise refusal(call, "an entity", hint)


class EntityContext:
    """The hand of an operation: who it is, time, chance, and what shall happen outside of the entity."""

    def __init__(self, id: EntityId, role: EntityRole) -> None:
        self._role = role
        self._operation = contract.Operation("", b"null", is_call=False, seed=0)
        self.id = id
        self.effects: list[contract.Effect] = []
        self.deletes = False
        self.state: Any = None
        """What a function remembers, as JSON has it. A class keeps its state in its fields."""

    def begin(self, operation: contract.Operation) -> None:
        """Begins an operation. What one that failed has left behind is gone."""
        self._operation = operation
        self._role.begin(operation.seed)
        self.effects, self.deletes = [], False

    @property
    def name(self) -> str:
        """Its name, in lower case."""
        return self.id.name

    @property
    def key(self) -> str:
        """Its key."""
        return self.id.key

    @property
    def now(self) -> datetime:
        """The time of the batch, in UTC. It does not go back from one batch to the next."""
        return from_millis(self._role.now)

    @property
    def operation(self) -> str:
        """The name of the operation."""
        return self._operation.name

    @property
    def is_call(self) -> bool:
        """Whether somebody waits for the result."""
        return self._operation.is_call

    def input(self, tp: Any = Any) -> Any:
        """The input of the operation, for an entity that is a function."""
        return decode(self._operation.input, tp, "invalid-input")

    def random(self) -> float:
        """A number of at least 0 and less than 1, the same if the operation is run again."""
        return self._role.chance.random()

    def uuid(self) -> UUID:
        """A UUID of version 4, the same if the operation is run again."""
        return self._role.chance.uuid()

    @property
    def log(self) -> Log:
        """The log of the entity."""
        return Log(self._role)

    def signal(
        self, entity: object, key: str, operation: str, input: object = None, *, at: datetime | None = None
    ) -> None:
        """Runs an operation of an entity, this one included, after this batch and not before `at`."""
        time = None if at is None else to_millis(at)
        ref = entity_id(entity, key).to_contract()
        self.effects.append(contract.SignalEntity(ref, operation, encode(input, "invalid-input"), time))

    def start(
        self,
        orchestrator: object,
        input: object = None,
        *,
        id: str | None = None,
        version: str | None = None,
        at: datetime | None = None,
    ) -> str:
        """Starts an orchestration after this batch, and gives the id that it will have.

        If an instance of a given id has not ended, nothing happens.
        """
        name = orchestrator if isinstance(orchestrator, str) else str(getattr(orchestrator, "name", orchestrator))
        time = None if at is None else to_millis(at)
        # The rule of the contract, by which the host derives the same id.
        derived = f"{self._operation.seed:016x}:{len(self.effects):x}"
        self.effects.append(contract.StartOrchestration(name, encode(input, "invalid-input"), id, version, time))
        return derived if id is None else id

    def delete_state(self) -> None:
        """Deletes the state when the operation is over, unless it fails."""
        self.deletes = True
