"""What triggers and activities may ask of their hub.

The manifest grants each of these functions. It knows no HTTP: `web` makes a response of `ManagementUrls`. Who answers
is a `Hub`: the host in a component, a `testing.Desk` in a test.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

from .contract import EntityRef, EntityState
from .entity import entity_id
from .failure import Failure
from .payload import decode, encode
from .times import from_millis, to_millis

PAGE_MAX_COUNT = 100
"""How many instances a page has at most."""


class ClientError(Failure):
    """Why the hub did not do it: `not-granted`, `invalid`, `unknown-function`, `not-found`, `exists`, `conflict` or
    `unavailable`. Only the last is worth another try."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind, message, retryable=kind == "unavailable")


class RuntimeStatus(Enum):
    """Where an instance stands."""

    PENDING = 0
    RUNNING = 1
    SUSPENDED = 2
    COMPLETED = 3
    FAILED = 4
    TERMINATED = 5


@dataclass(frozen=True)
class InstanceStatus:
    """What is known of an instance."""

    instance: str
    name: str
    status: RuntimeStatus
    created: datetime
    updated: datetime
    input_data: bytes = b"null"
    custom_status_data: bytes = b"null"
    output_data: bytes = b"null"

    def input(self, tp: Any = Any) -> Any:
        """What it was given."""
        return decode(self.input_data, tp, "invalid-input")

    def custom_status(self, tp: Any = Any) -> Any:
        """What it says of itself."""
        return decode(self.custom_status_data, tp, "invalid-status")

    def output(self, tp: Any = Any) -> Any:
        """What it returned; `None` until then."""
        return decode(self.output_data, tp, "invalid-output")


@dataclass(frozen=True)
class Page:
    """What a query found, newest first. Inputs and outputs are left out."""

    instances: list[InstanceStatus]
    next: int | None = None
    """For `after` of the next query, if there may be more."""


@dataclass(frozen=True)
class ManagementUrls:
    """Where an instance can be managed over HTTP."""

    status_query_get: str
    send_event_post: str
    terminate_post: str
    rewind_post: str
    purge_history_delete: str
    restart_post: str
    suspend_post: str
    resume_post: str


@dataclass(frozen=True)
class StartOptions:
    """How an orchestration shall be started."""

    instance: str | None = None
    version: str | None = None
    at: int | None = None
    tags: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Filter:
    """Which instances a query shall find."""

    prefix: str | None
    statuses: list[RuntimeStatus]
    created_from: int | None
    created_to: int | None
    limit: int
    after: int | None


class Hub(Protocol):
    """Who answers a client. Each raises a `ClientError` if it does not."""

    def start(self, name: str, input: bytes, options: StartOptions) -> str: ...
    def signal(self, entity: EntityRef, operation: str, input: bytes, at: int | None) -> None: ...
    def raise_event(self, instance: str, name: str, input: bytes) -> None: ...
    def status(self, instance: str) -> InstanceStatus | None: ...
    def query(self, filter: Filter) -> Page: ...
    def terminate(self, instance: str, reason: str) -> None: ...
    def suspend(self, instance: str, reason: str) -> None: ...
    def resume(self, instance: str, reason: str) -> None: ...
    def purge(self, instance: str) -> None: ...
    def read_entity(self, entity: EntityRef) -> EntityState | None: ...
    def urls(self, instance: str) -> ManagementUrls: ...


class Client:
    """The hub, as far as the manifest grants it.

    In an HTTP trigger and in an activity each call is durable when it returns. In a timer or stream trigger what
    starts, signals and raises is committed together when the trigger returns, or not at all if it fails.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def start(
        self,
        orchestrator: object,
        input: object = None,
        *,
        id: str | None = None,
        version: str | None = None,
        at: datetime | None = None,
        tags: dict[str, str] | None = None,
    ) -> str:
        """Starts an orchestration, one of your own or one by name, and gives its id."""
        name = orchestrator if isinstance(orchestrator, str) else str(getattr(orchestrator, "name", orchestrator))
        options = StartOptions(id, version, None if at is None else to_millis(at), list((tags or {}).items()))
        return self._hub.start(name, encode(input, "invalid"), options)

    def signal(
        self, entity: object, key: str, operation: str, input: object = None, *, at: datetime | None = None
    ) -> None:
        """Runs an operation of an entity, not before `at`."""
        ref = entity_id(entity, key).to_contract()
        self._hub.signal(ref, operation, encode(input, "invalid"), None if at is None else to_millis(at))

    def raise_event(self, instance: str, name: str, value: object = None) -> None:
        """Sends an event to an instance."""
        self._hub.raise_event(instance, name, encode(value, "invalid"))

    def status(self, instance: str) -> InstanceStatus | None:
        """What is known of an instance, if there is one."""
        return self._hub.status(instance)

    def query(
        self,
        *,
        prefix: str | None = None,
        statuses: list[RuntimeStatus] | None = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        limit: int = PAGE_MAX_COUNT,
        after: int | None = None,
    ) -> Page:
        """Finds instances, newest first."""
        begin = None if created_from is None else to_millis(created_from)
        end = None if created_to is None else to_millis(created_to)
        return self._hub.query(Filter(prefix, statuses or [], begin, end, limit, after))

    def terminate(self, instance: str, reason: str = "") -> None:
        """Ends an instance."""
        self._hub.terminate(instance, reason)

    def suspend(self, instance: str, reason: str = "") -> None:
        """Stops an instance until it is resumed."""
        self._hub.suspend(instance, reason)

    def resume(self, instance: str, reason: str = "") -> None:
        """Lets a suspended instance go on."""
        self._hub.resume(instance, reason)

    def purge(self, instance: str) -> None:
        """Deletes an instance that has ended."""
        self._hub.purge(instance)

    def read_entity(self, entity: object, key: str) -> Any:
        """The state of an entity, if it has one. It may be about to change."""
        state = self._hub.read_entity(entity_id(entity, key).to_contract())
        if state is None:
            return None
        known = getattr(entity, "__dacapo_entity__", None)
        return decode(state.data, Any, "invalid") if known is None else known.read(state)

    def urls(self, instance: str) -> ManagementUrls:
        """Where an instance can be managed over HTTP. Granted with `start`."""
        return self._hub.urls(instance)


def status_of(
    instance: str,
    name: str,
    status: RuntimeStatus,
    times: tuple[int, int],
    payloads: tuple[bytes, bytes, bytes] = (b"null", b"null", b"null"),
) -> InstanceStatus:
    """What is known of an instance, from the words of the contract: created and updated, input, custom status and
    output."""
    created, updated = (from_millis(time) for time in times)
    return InstanceStatus(instance, name, status, created, updated, *payloads)
