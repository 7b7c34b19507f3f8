"""The interface `timer-trigger`."""

from __future__ import annotations

from typing import Any

from componentize_py_types import Err

from ..client import Client
from ..failure import from_exception
from ..times import from_millis
from ..trigger import Tick
from .active import ActiveRole
from .hub import Host
from .words import served


class TimerTrigger:
    """What the host calls."""

    def fire(self, name: str, tick: Any) -> None:
        known = Tick(from_millis(tick.scheduled), from_millis(tick.now), tick.missed)
        try:
            served().fire(name, known, ActiveRole(), Client(Host()))
        except BaseException as error:  # An author may raise anything, SystemExit included.
            raise Err(from_exception(error)) from None
