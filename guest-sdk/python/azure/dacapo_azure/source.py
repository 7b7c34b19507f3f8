"""Where in the author's files a generator waits, as `file:line`."""

from __future__ import annotations

from typing import Any

from dacapo.failure import shown


def of(generator: Any) -> str:
    """The place of the innermost generator, if others are waited for; empty if it has ended."""
    place = ""
    while (frame := getattr(generator, "gi_frame", None)) is not None:
        place = f"{shown(frame.f_code.co_filename)}:{frame.f_lineno}"
        generator = generator.gi_yieldfrom
    return place
