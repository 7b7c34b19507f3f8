"""Which entity: a name and a key, written `@name@key`."""

from __future__ import annotations

from dataclasses import dataclass

from .contract import EntityRef


@dataclass(frozen=True, slots=True, order=True)
class EntityId:
    """An entity by its name, which is compared without regard to case, and its key."""

    name: str
    key: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name.lower())

    def __str__(self) -> str:
        return f"@{self.name}@{self.key}"

    def to_contract(self) -> EntityRef:
        return EntityRef(self.name, self.key)
