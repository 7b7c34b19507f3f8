"""The entities of a test: their states, their locks, and what waits for them.

An operation runs when it arrives, alone: batches are the host's affair and cannot be told apart. It knows no time but
what it is told, and tells what follows instead of doing it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .. import contract
from ..chance import SplitMix64
from ..component import Component
from ..contract import Deleted, EntityRef, EntityState, FailureData, SignalEntity, StartOrchestration
from ..entity_id import EntityId
from .player import Key


@dataclass
class Letter:
    """An operation on its way; `caller` is the task of an orchestration that waits for the result."""

    to: EntityId
    operation: str
    input: bytes
    caller: Key | None


@dataclass
class Answer:
    """A task of an orchestration is answered."""

    task: Key
    result: bytes | FailureData


@dataclass
class Began:
    """An entity starts an orchestration, with this id."""

    instance: str
    start: StartOrchestration


Consequence = Answer | SignalEntity | Began


@dataclass
class _Resident:
    state: EntityState | None = None
    holder: Key | None = None
    queue: list[Letter | Key] = field(default_factory=list)


@dataclass
class _LockSet:
    entities: list[EntityId]
    taken: int = 0


class Town:
    """All entities of a test."""

    def __init__(self, component: Component) -> None:
        self._component = component
        self._residents: dict[EntityId, _Resident] = {}
        self._locks: dict[Key, _LockSet] = {}
        self._operations = 0
        self.logs: list[str] = []

    def set(self, entity: EntityId, state: EntityState) -> None:
        """Gives an entity a state."""
        self._resident(entity).state = state

    def states(self) -> dict[EntityId, EntityState]:
        """The states of those that have one."""
        return {id: resident.state for id, resident in self._residents.items() if resident.state is not None}

    def deliver(self, now: int, letter: Letter) -> list[Consequence]:
        """Runs an operation, or keeps it until its entity is not locked any more."""
        resident = self._resident(letter.to)
        is_holder = resident.holder is not None and letter.caller is not None and resident.holder.is_of(letter.caller)
        if is_holder or (resident.holder is None and not resident.queue):
            return self._run(now, letter)
        resident.queue.append(letter)
        return []

    def lock(self, key: Key, entities: list[EntityId]) -> list[Consequence]:
        """Asks for a lock. The entities are sorted, and taken one after another."""
        self._locks[key] = _LockSet(entities)
        return self._go_on(key)

    def release(self, now: int, key: Key) -> list[Consequence]:
        """Ends a critical section, granted or not."""
        lock = self._locks.pop(key, None)
        if lock is None:
            return []
        for entity in lock.entities:
            resident = self._resident(entity)
            resident.holder = None if resident.holder == key else resident.holder
            resident.queue = [waiting for waiting in resident.queue if waiting != key]
        return [consequence for entity in lock.entities[: lock.taken] for consequence in self._serve(now, entity)]

    def release_of(self, now: int, instance: str) -> list[Consequence]:
        """Ends the critical sections of an instance that ends."""
        keys = [key for key in self._locks if key.instance == instance]
        return [consequence for key in keys for consequence in self.release(now, key)]

    def _go_on(self, key: Key) -> list[Consequence]:
        lock = self._locks[key]
        while lock.taken < len(lock.entities):
            resident = self._resident(lock.entities[lock.taken])
            if resident.holder is not None:
                resident.queue.append(key)
                return []
            resident.holder = key
            lock.taken += 1
        return [Answer(key, b"null")]

    def _serve(self, now: int, entity: EntityId) -> list[Consequence]:
        consequences: list[Consequence] = []
        resident = self._resident(entity)
        while resident.holder is None and resident.queue:
            waiting = resident.queue.pop(0)
            consequences += self._go_on(waiting) if isinstance(waiting, Key) else self._run(now, waiting)
        return consequences

    def _run(self, now: int, letter: Letter) -> list[Consequence]:
        seed = SplitMix64(self._operations).next()
        self._operations += 1
        resident = self._resident(letter.to)
        operation = contract.Operation(letter.operation, letter.input, letter.caller is not None, seed)
        ref = EntityRef(letter.to.name, letter.to.key)
        outcome = self._component.apply(ref, now, resident.state, [operation])
        match outcome.state:
            case EntityState() as state:
                resident.state = state
            case Deleted():
                resident.state = None
        self.logs += [line.message for line in outcome.logs]
        result = outcome.results[0]
        effects = [] if isinstance(result, FailureData) else result.effects
        consequences: list[Consequence] = [
            Began(effect.instance or f"{seed:016x}:{index:x}", effect)
            if isinstance(effect, StartOrchestration)
            else effect
            for index, effect in enumerate(effects)
        ]
        if letter.caller is not None:
            consequences.append(Answer(letter.caller, result if isinstance(result, FailureData) else result.output))
        return consequences

    def _resident(self, entity: EntityId) -> _Resident:
        return self._residents.setdefault(entity, _Resident())
