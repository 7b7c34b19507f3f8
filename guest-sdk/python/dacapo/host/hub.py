"""The import `client`: the hub that the host gives to triggers and activities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from componentize_py_types import Err
from wit_world.imports import client as wit

from ..client import (
    ClientError,
    Filter,
    InstanceStatus,
    ManagementUrls,
    Page,
    RuntimeStatus,
    StartOptions,
    status_of,
)
from ..contract import EntityRef, EntityState

P = ParamSpec("P")
R = TypeVar("R")

_KINDS = {
    wit.Error_NotGranted: "not-granted",
    wit.Error_Invalid: "invalid",
    wit.Error_UnknownFunction: "unknown-function",
    wit.Error_NotFound: "not-found",
    wit.Error_Exists: "exists",
    wit.Error_Conflict: "conflict",
    wit.Error_Unavailable: "unavailable",
}


def _ask(call: Callable[..., Any], *args: Any) -> Any:
    try:
        return call(*args)
    except Err as error:
        raise ClientError(_KINDS[type(error.value)], error.value.value) from None


def _status(status: Any) -> InstanceStatus:
    return status_of(
        status.instance,
        status.name,
        RuntimeStatus(status.status.value),
        (status.created, status.updated),
        (status.input, status.custom_status, status.output),
    )


class Host:
    """The hub of the host."""

    def start(self, name: str, input: bytes, options: StartOptions) -> str:
        return _ask(wit.start, name, input, options)  # type: ignore[no-any-return]

    def signal(self, entity: EntityRef, operation: str, input: bytes, at: int | None) -> None:
        _ask(wit.signal, entity, operation, input, at)

    def raise_event(self, instance: str, name: str, input: bytes) -> None:
        _ask(wit.raise_, instance, name, input)

    def status(self, instance: str) -> InstanceStatus | None:
        status = _ask(wit.status, instance)
        return None if status is None else _status(status)

    def query(self, filter: Filter) -> Page:
        page = _ask(wit.query, filter)
        return Page([_status(status) for status in page.instances], page.next)

    def terminate(self, instance: str, reason: str) -> None:
        _ask(wit.terminate, instance, reason)

    def suspend(self, instance: str, reason: str) -> None:
        _ask(wit.suspend, instance, reason)

    def resume(self, instance: str, reason: str) -> None:
        _ask(wit.resume, instance, reason)

    def purge(self, instance: str) -> None:
        _ask(wit.purge, instance)

    def read_entity(self, entity: EntityRef) -> EntityState | None:
        state = _ask(wit.read_entity, entity)
        return None if state is None else EntityState(state.data, state.version)

    def urls(self, instance: str) -> ManagementUrls:
        urls = _ask(wit.urls, instance)
        return ManagementUrls(
            urls.status_query_get,
            urls.send_event_post,
            urls.terminate_post,
            urls.rewind_post,
            urls.purge_history_delete,
            urls.restart_post,
            urls.suspend_post,
            urls.resume_post,
        )
