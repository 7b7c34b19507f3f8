"""JSON text as a payload."""

from __future__ import annotations

import json
from typing import NoReturn


def checked(text: str) -> bytes:
    """The payload of what Python wrote, or a `ValueError`: Python writes numbers that JSON does not have."""
    if "NaN" in text or "Infinity" in text:
        json.loads(text, parse_constant=_refuse)
    return text.encode()


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")
