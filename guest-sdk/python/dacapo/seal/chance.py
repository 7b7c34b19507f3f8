"""The chance of the standard library: `random`, `uuid`, `secrets` and `os.urandom` draw from the role that runs.

Generators of the module `random` are seeded when they are made, and a component is a picture of a running interpreter:
what they hold would be the same in every instance.
"""

from __future__ import annotations

import os as _os
import random as _random
import uuid as _uuid
from typing import Any

from .role import current

_real_urandom = _os.urandom
_RealRandom = _random.Random


def install() -> None:
    """Seals chance."""
    _os.urandom = _urandom
    _random._urandom = _urandom  # type: ignore[attr-defined]
    before, ambient = _random._inst, _Ambient()
    for name, value in list(vars(_random).items()):
        if getattr(value, "__self__", None) is before:
            setattr(_random, name, getattr(ambient, name))
    _random._inst = ambient
    _random.Random = Random  # type: ignore[misc]
    _uuid.uuid1 = _uuid1
    _uuid.uuid4 = _uuid4


def _urandom(size: int, /) -> bytes:
    role = current()
    return _real_urandom(size) if role is None else role.urandom(size)


class Random(_RealRandom):
    """A generator that is seeded by the role if nobody else seeds it."""

    def seed(self, a: Any = None, version: int = 2) -> None:
        role = current()
        super().seed(role.chance.next() if a is None and role is not None else a, version)


Random.__module__ = "random"


class _Ambient(_RealRandom):
    """What `random.random()` and its like draw from. It holds nothing itself: the role does."""

    def __init__(self) -> None:
        self._outside = _RealRandom()
        super().__init__()

    def _source(self) -> Any:
        role = current()
        return self._outside if role is None else role.seeded or role.chance

    def random(self) -> float:
        return self._source().random()  # type: ignore[no-any-return]

    def getrandbits(self, k: int, /) -> int:
        return self._source().getrandbits(k)  # type: ignore[no-any-return]

    def seed(self, a: Any = None, version: int = 2) -> None:
        role = current()
        if role is None:
            self._outside.seed(a, version)
        elif a is None:
            role.seeded = None
        else:
            role.seeded = Random()
            role.seeded.seed(a, version)

    def getstate(self) -> Any:
        return _held().getstate() if current() else self._outside.getstate()

    def setstate(self, state: Any) -> None:
        (_held() if current() else self._outside).setstate(state)

    @property
    def gauss_next(self) -> None:
        """Half of what `gauss` computes is kept for its next call; here it would outlive the role."""
        return None

    @gauss_next.setter
    def gauss_next(self, value: float | None) -> None:
        pass


def _held() -> _RealRandom:
    """A generator with a state that can be taken and set; from then on the role draws from it."""
    role = current()
    assert role is not None
    if role.seeded is None:
        role.seeded = Random()
    return role.seeded


def _uuid4() -> _uuid.UUID:
    role = current()
    if role is None:
        return _uuid.UUID(bytes=_real_urandom(16), version=4)
    return _uuid.UUID(bytes=role.urandom(16), version=4)


def _uuid1(node: int | None = None, clock_seq: int | None = None) -> _uuid.UUID:
    """A UUID of the time of the role. Its node is drawn, as the standard allows, and not that of a machine."""
    import time

    node = _random.getrandbits(48) | 1 << 40 if node is None else node
    clock_seq = _random.getrandbits(14) if clock_seq is None else clock_seq
    ticks = time.time_ns() // 100 + 0x01B21DD213814000
    fields = (ticks & 0xFFFFFFFF, ticks >> 32 & 0xFFFF, ticks >> 48 & 0x0FFF)
    return _uuid.UUID(fields=(*fields, clock_seq >> 8 & 0x3F, clock_seq & 0xFF, node), version=1)
