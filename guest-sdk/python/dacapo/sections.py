"""The rules of critical sections, checked where the author breaks them: before a decision goes out.

The host checks them as well. There a breach fails the instance; here it fails one call, and says what to do.
"""

from __future__ import annotations

from dataclasses import dataclass

from .entity_id import EntityId
from .failure import Failure

ENTITIES_MAX_COUNT = 100
"""How many entities one lock may have."""


@dataclass(slots=True)
class _Section:
    """The critical section that was asked for and is not over."""

    lock: int
    entities: frozenset[EntityId]
    is_granted: bool = False


class Sections:
    """What an execution may do with entities now."""

    __slots__ = ("_calls", "_section")

    def __init__(self) -> None:
        self._section: _Section | None = None
        self._calls: dict[int, EntityId] = {}

    def check_call(self, entity: EntityId) -> None:
        """Raises `critical-section` if the entity must not be called now."""
        section = self._section
        if section is None:
            return
        if entity not in section.entities:
            raise _breach(f"{entity} is called within a critical section that does not lock it")
        if not section.is_granted:
            raise _breach(f"{entity} is called before its lock is there; await the lock first")
        if entity in self._calls.values():
            raise _breach(f"{entity} is called while another call of it is open; within a critical section await each")

    def check_signal(self, entity: EntityId) -> None:
        """Raises `critical-section` if the entity must not be signalled now."""
        if self._section is not None and entity in self._section.entities:
            raise _breach(f"{entity} is signalled within the critical section that locks it; call it instead")

    def check_child(self, name: str) -> None:
        """Raises `critical-section` if no child must be started now."""
        if self._section is not None:
            raise _breach(f"the child {name} is started within a critical section; release the lock first")

    def check_lock(self, entities: frozenset[EntityId]) -> None:
        """Raises `critical-section` if these entities must not be locked now."""
        if self._section is not None:
            raise _breach("entities are locked within a critical section; release that one first, or lock all at once")
        if not 1 <= len(entities) <= ENTITIES_MAX_COUNT:
            raise _breach(f"a lock has 1 to {ENTITIES_MAX_COUNT} entities, not {len(entities)}")

    def called(self, id: int, entity: EntityId) -> None:
        """Notes a call."""
        self._calls[id] = entity

    def answered(self, id: int) -> None:
        """Notes the answer of a task, of whatever kind it was."""
        self._calls.pop(id, None)

    def asked(self, lock: int, entities: frozenset[EntityId]) -> None:
        """Notes that a section was asked for."""
        self._section = _Section(lock, entities)

    def granted(self, lock: int) -> None:
        """Notes that a section begins."""
        if self._section is not None and self._section.lock == lock:
            self._section.is_granted = True

    def released(self, lock: int) -> None:
        """Notes that a section is over."""
        if self._section is not None and self._section.lock == lock:
            self._section = None


def _breach(message: str) -> Failure:
    return Failure("critical-section", message, retryable=False)
