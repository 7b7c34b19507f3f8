"""Values as JSON, and JSON as values of the types that the author names.

Whatever does not fit is a failure that says where: `$.items[2].price: expected a number, found "7"`. `reading` knows
the types, `schema` describes them.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import math
import uuid
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from enum import Enum
from types import NoneType
from typing import Any

from .failure import Failure
from .reading import Mismatch, reader, step

DEPTH_MAX = 64
"""How deep the host lets JSON nest."""


def encode(value: object, kind: str) -> bytes:
    """A value as JSON.

    Raises a `Failure` of this kind if it has no JSON form.
    """
    if _is_too_deep(value):  # Before it is written: the encoder would use up the stack of the host.
        raise Failure(kind, f"$: this is nested deeper than {DEPTH_MAX}, or contains itself", retryable=False)
    try:
        return _ENCODER.encode(value).encode()
    except (TypeError, ValueError, RecursionError, Mismatch) as error:
        where, reason = _culprit(value) or ("$", str(error))
        raise Failure(kind, f"{where}: {reason}", retryable=False) from None


def decode(data: bytes, tp: Any, kind: str) -> Any:
    """The value of a type that JSON stands for; any value if the type is `Any`.

    Raises a `Failure` of this kind if it does not fit.
    """
    try:
        return reader(tp)(json.loads(data.decode()))
    except Mismatch as error:
        raise Failure(kind, str(error), retryable=False) from None
    except ValueError as error:
        raise Failure(kind, f"this is not JSON: {error}", retryable=False) from None


def _plain(value: Any) -> Any:
    """One step from a value of the author towards JSON."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"a value of the type {type(value).__qualname__} has no JSON form")


_ENCODER = json.JSONEncoder(default=_plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _is_too_deep(value: Any) -> bool:
    level = [] if type(value) in _FLAT else [value]
    for _ in range(DEPTH_MAX + 1):
        if not level:
            return False
        level = [part for parent in level for part in _inner(parent) if type(part) not in _FLAT]
    return True


_FLAT = frozenset((str, int, float, bool, NoneType))
"""Types of which most values are, and that contain nothing."""


def _inner(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, (list, tuple)):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name) for field in dataclasses.fields(value)]
    return ()


def _culprit(value: Any) -> tuple[str, str] | None:
    """Where in a value the first thing is that has no JSON form, and what is wrong with it."""
    stack: list[tuple[str, Any]] = [("$", value)]
    while stack:
        path, part = stack.pop()
        try:
            stack.extend(reversed(list(_parts(path, part))))
        except (TypeError, ValueError) as error:
            return path, str(error)
    return None


def _parts(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} has no JSON form")
    if value is None or isinstance(value, (str, int, float)):
        return iter(())
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, (str, int, float, NoneType)):
                raise TypeError(f"a key of the type {type(key).__qualname__} has no JSON form")
        return iter([(path + step(key), part) for key, part in value.items()])
    if isinstance(value, (list, tuple)):
        return iter([(f"{path}[{index}]", part) for index, part in enumerate(value)])
    return _parts(path, _plain(value))
