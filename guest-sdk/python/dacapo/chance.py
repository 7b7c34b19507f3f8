"""The generator of an execution: SplitMix64, the same in every language, seeded by the host.

Its stream is part of the contract (`wit/README.md` has the test vectors): changing it changes recorded decisions.
"""

from __future__ import annotations

import uuid

_MASK = (1 << 64) - 1


class SplitMix64:
    """SplitMix64. Also what the functions of the module `random` draw from: it has the two methods that these need."""

    __slots__ = ("_state",)

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def next(self) -> int:
        """64 bits."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def random(self) -> float:
        """At least 0 and less than 1, from the upper 53 bits of one draw."""
        return (self.next() >> 11) / (1 << 53)

    def getrandbits(self, k: int) -> int:
        """A number of `k` bits, from as many draws as it takes."""
        if k < 0:
            raise ValueError("number of bits must be non-negative")
        value, bits = 0, 0
        while bits < k:
            value |= self.next() << bits
            bits += 64
        return value >> (bits - k)

    def bytes(self, count: int) -> bytes:
        """So many bytes: draws one after another, each with its highest byte first."""
        return b"".join(self.next().to_bytes(8, "big") for _ in range(-(-count // 8)))[:count]

    def uuid(self) -> uuid.UUID:
        """A UUID of version 4 from two draws, the first being the upper half."""
        return uuid.UUID(bytes=self.bytes(16), version=4)
