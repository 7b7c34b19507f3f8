"""What an activity knows about its call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from . import contract
from .client import Client
from .log import Log
from .payload import encode
from .seal.role import Role
from .times import from_millis


class ActivityContext:
    """Which call of an activity this is, and what it may say meanwhile."""

    def __init__(
        self, invocation: contract.Invocation, role: Role, report: Callable[[bytes], bool], client: Client | None = None
    ) -> None:
        self._invocation = invocation
        self._report = report
        self._role = role
        self._client = client

    @property
    def name(self) -> str:
        """The function, as the caller wrote it."""
        return self._invocation.name

    @property
    def instance_id(self) -> str:
        """The orchestration that asked."""
        return self._invocation.instance

    @property
    def task(self) -> int:
        """The number of the decision that asked."""
        return self._invocation.task

    @property
    def attempt(self) -> int:
        """1 for the first attempt."""
        return self._invocation.attempt

    @property
    def idempotency_key(self) -> str:
        """Equal for all attempts of this call, different for all others: for whatever must not happen twice."""
        return self._invocation.idempotency_key

    @property
    def deadline(self) -> datetime:
        """When the host gives up on this attempt, unless it reports progress."""
        return from_millis(self._invocation.deadline)

    @property
    def trace_parent(self) -> str | None:
        """The `traceparent` header of the start request."""
        return None if self._invocation.trace is None else self._invocation.trace[0]

    @property
    def client(self) -> Client:
        """The hub, as far as the manifest grants it."""
        if self._client is None:
            raise RuntimeError("this activity has no client here")
        return self._client

    @property
    def log(self) -> Log:
        """The log of the host."""
        return Log(self._role)

    def progress(self, detail: object = None) -> bool:
        """Shows a value with the status of the instance, and begins the timeout of the attempt anew.

        Gives whether somebody still waits. If not, undo and return soon.
        """
        return self._report(encode(detail, "invalid-progress"))
