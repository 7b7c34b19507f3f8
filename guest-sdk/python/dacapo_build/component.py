"""The binary form of a component, as far as the build tool reads and changes it: its top-level sections."""

from __future__ import annotations

from collections.abc import Iterator

_PREAMBLE_BYTES = 8
_IMPORTS, _EXPORTS = 10, 11
"""Ids of sections."""


def renamed(component: bytes) -> bytes:
    """The component with the true names of WASI in its imports and exports; see `world`."""
    parts = [component[:_PREAMBLE_BYTES]]
    for id, head, body in _sections(component):
        parts.append(head)
        parts.append(body.replace(b"wasj:", b"wasi:") if id in (_IMPORTS, _EXPORTS) else body)
    return b"".join(parts)


def _sections(component: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Each section: its id, id and length as they are written, and what is in it."""
    position = _PREAMBLE_BYTES
    while position < len(component):
        begin, id = position, component[position]
        length, position = _leb128(component, position + 1)
        yield id, component[begin:position], component[position : position + length]
        position += length


def _leb128(data: bytes, position: int) -> tuple[int, int]:
    """An unsigned number, and the position behind it."""
    value, shift = 0, 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position
