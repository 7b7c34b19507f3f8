"""Times and lengths of time: what authors write, and the milliseconds of the contract."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

Duration = timedelta | int | float | str
"""A length of time: a `timedelta`, seconds as a number, or a text like `"30s"`, `"1.5h"`, `"1h30m"`, `"250ms"`."""

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def millis(duration: Duration) -> int:
    """A length of time in milliseconds.

    Raises `ValueError` if it is negative or not readable.
    """
    if isinstance(duration, timedelta):
        value = duration // _MILLISECOND
    elif isinstance(duration, str):
        text = duration.replace(" ", "")
        parts = list(_PART.finditer(text))
        if not parts or "".join(part.group() for part in parts) != text:
            raise ValueError(f'{duration!r} is not a length of time; write "30s", "250ms" or "1h30m"')
        value = sum(round(float(part[1]) * _UNITS_MS[part[2]]) for part in parts)
    else:
        value = round(duration * 1_000)
    if value < 0:
        raise ValueError(f"a length of time cannot be negative: {duration!r}")
    return value


def to_millis(time: datetime) -> int:
    """A time in milliseconds since 1970. One that has no zone is taken for UTC."""
    aware = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    return max(0, (aware - _EPOCH) // _MILLISECOND)


def from_millis(value: int) -> datetime:
    """A time with the zone UTC."""
    return _EPOCH + timedelta(milliseconds=value)
