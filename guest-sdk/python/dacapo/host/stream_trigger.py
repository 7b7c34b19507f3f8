"""The interface `stream-trigger`."""

from __future__ import annotations

from typing import Any

from componentize_py_types import Err

from ..client import Client
from ..failure import from_exception
from ..times import from_millis
from ..trigger import Message
from .active import ActiveRole
from .hub import Host
from .words import served


class StreamTrigger:
    """What the host calls."""

    def receive(self, name: str, message: Any) -> None:
        known = Message(
            message.subject,
            message.sequence,
            from_millis(message.time),
            message.delivery,
            message.headers,
            message.data,
        )
        try:
            served().receive(name, known, ActiveRole(), Client(Host()))
        except BaseException as error:  # An author may raise anything, SystemExit included.
            raise Err(from_exception(error)) from None
