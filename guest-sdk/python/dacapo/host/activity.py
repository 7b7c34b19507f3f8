"""The interface `activity`."""

from __future__ import annotations

from typing import Any

from componentize_py_types import Err
from wit_world.imports import progress

from .. import contract
from ..client import Client
from ..failure import from_exception
from .active import ActiveRole
from .hub import Host
from .words import served


def _report(detail: bytes) -> bool:
    return bool(progress.report(detail) == progress.Answer.GO_ON)


class Activity:
    """What the host calls."""

    def run(self, invocation: Any, input: bytes) -> bytes:
        trace = None if invocation.trace is None else (invocation.trace.parent, invocation.trace.state)
        call = contract.Invocation(
            invocation.name,
            invocation.instance,
            invocation.task,
            invocation.attempt,
            invocation.idempotency_key,
            invocation.deadline,
            trace,
        )
        try:
            return served().run(call, input, ActiveRole(), _report, Client(Host()))
        except BaseException as error:  # An author may raise anything, SystemExit included.
            raise Err(from_exception(error)) from None
