"""The style of Durable Functions: orchestrators that yield, so that a body moves over with a changed import.

`import dacapo.durable_functions as df` stands where `import azure.durable_functions as df` stood. An orchestrator that
is a generator is given a `DurableOrchestrationContext`; `@df.entity` makes an entity of a function that expects a
`DurableEntityContext`. Everything is done by the context of the other style.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from . import functions
from .durable import Durable
from .entity_context import EntityContext
from .entity_id import EntityId
from .options import Retry
from .order import gather, select, spawn
from .payload import decode
from .tasks import Call, Timer

if TYPE_CHECKING:
    from .context import Context

__all__ = [
    "DurableEntityContext",
    "DurableOrchestrationContext",
    "Entity",
    "EntityId",
    "Orchestrator",
    "RetryOptions",
    "entity",
]


@dataclass(frozen=True)
class RetryOptions:
    """When and how often a failed activity or sub-orchestration is tried again."""

    first_retry_interval_in_milliseconds: int
    max_number_of_attempts: int
    backoff_coefficient: float = 1.0
    max_retry_interval_in_milliseconds: int | None = None
    retry_timeout_in_milliseconds: int | None = None

    def to_retry(self) -> Retry:
        """The same as a policy of the other style."""
        longest, patience = self.max_retry_interval_in_milliseconds, self.retry_timeout_in_milliseconds
        return Retry(
            max_attempts=self.max_number_of_attempts,
            first_interval=timedelta(milliseconds=self.first_retry_interval_in_milliseconds),
            coefficient=self.backoff_coefficient,
            max_interval=None if longest is None else timedelta(milliseconds=longest),
            timeout=None if patience is None else timedelta(milliseconds=patience),
        )


class DurableOrchestrationContext:
    """What an orchestrator that yields is given: `x = yield context.call_activity("a", 1)`."""

    def __init__(self, cx: Context, input: bytes) -> None:
        self._cx = cx
        self._input = input
        self._custom_status: object = None
        self.next_input: tuple[object] | None = None
        """What the next execution begins with, if there shall be one."""

    @property
    def instance_id(self) -> str:
        """The id of this instance."""
        return self._cx.instance_id

    @property
    def parent_instance_id(self) -> str | None:
        """The orchestration that started this one."""
        return self._cx.parent

    @property
    def version(self) -> str | None:
        """The version that the caller asked for."""
        return self._cx.version

    @property
    def is_replaying(self) -> bool:
        """Whether this turn was played before."""
        return self._cx.is_replaying

    @property
    def current_utc_datetime(self) -> datetime:
        """The time of this turn."""
        return self._cx.now

    @property
    def custom_status(self) -> object:
        """What was set last."""
        return self._custom_status

    @property
    def will_continue_as_new(self) -> bool:
        """Whether the next execution begins when this one returns."""
        return self.next_input is not None

    def get_input(self) -> Any:
        """The input as JSON has it."""
        return decode(self._input, Any, "invalid-input")

    def new_guid(self) -> uuid.UUID:
        """A UUID, the same in every replay."""
        return self._cx.uuid()

    def new_uuid(self) -> str:
        """A UUID as text, the same in every replay."""
        return str(self._cx.uuid())

    def call_activity(self, name: str | functions.Activity[..., Any], input_: object = None) -> Call[Any]:
        """Calls an activity."""
        return self._cx.call_activity(name, input_)

    def call_activity_with_retry(
        self, name: str | functions.Activity[..., Any], retry_options: RetryOptions, input_: object = None
    ) -> Call[Any]:
        """Calls an activity, and again as long as it fails and the options say so."""
        return self._cx.call_activity(name, input_, retry=retry_options.to_retry())

    def call_sub_orchestrator(
        self,
        name: str | functions.Orchestrator[..., Any],
        input_: object = None,
        instance_id: str | None = None,
        version: str | None = None,
    ) -> Call[Any]:
        """Starts another orchestration and waits for its output."""
        return self._cx.child(name, input_, id=instance_id, version=version)

    def call_sub_orchestrator_with_retry(
        self,
        name: str | functions.Orchestrator[..., Any],
        retry_options: RetryOptions,
        input_: object = None,
        instance_id: str | None = None,
        version: str | None = None,
    ) -> Call[Any]:
        """Starts another orchestration, and again as long as it fails and the options say so."""
        return self._cx.child(name, input_, id=instance_id, version=version, retry=retry_options.to_retry())

    def call_http(
        self, method: str, uri: str, content: object = None, headers: dict[str, str] | None = None
    ) -> Durable[dict[str, Any]]:
        """Sends an HTTP request through the host, and polls what answers 202."""
        text = content if isinstance(content, str) else None
        response = self._cx.call_http(method, uri, content=text, json=None if text else content, headers=headers)

        async def answered() -> dict[str, Any]:
            done = await response
            return {"statusCode": done.status, "headers": done.headers, "content": done.content}

        return spawn(answered())

    def call_entity(self, entity_id: EntityId, operation_name: str, operation_input: object = None) -> Call[Any]:
        """Runs an operation of an entity and waits for its output."""
        return self._cx.entity(entity_id).call(operation_name, operation_input)

    def signal_entity(self, entity_id: EntityId, operation_name: str, operation_input: object = None) -> None:
        """Runs an operation of an entity. Nobody hears whether it succeeds."""
        self._cx.entity(entity_id).signal(operation_name, operation_input)

    def create_timer(self, fire_at: datetime) -> Timer:
        """Wakes at this time."""
        return self._cx.timer(fire_at)

    def wait_for_external_event(self, name: str) -> Durable[Any]:
        """Waits for an external event."""
        return self._cx.event(name)

    def task_all(self, activities: Sequence[Durable[Any]]) -> Durable[list[Any]]:
        """Waits for all, and gives a list of their results."""
        return gather(*activities)

    def task_any(self, activities: Sequence[Durable[Any]]) -> Durable[Durable[Any]]:
        """Waits for the first, and gives that task; its `result` is there. The others go on."""
        return select(*activities)

    def set_custom_status(self, status: object) -> None:
        """Publishes a value with the status of the instance."""
        self._custom_status = status
        self._cx.set_status(status)

    def continue_as_new(self, input_: object) -> None:
        """Begins the next execution when this one returns."""
        self.next_input = (input_,)


class DurableEntityContext:
    """What an entity in this style is given."""

    def __init__(self, cx: EntityContext) -> None:
        self._cx = cx
        self.is_newly_constructed = cx.state is None
        self.result: object = None

    @property
    def entity_name(self) -> str:
        """Its name."""
        return self._cx.name

    @property
    def entity_key(self) -> str:
        """Its key."""
        return self._cx.key

    @property
    def entity_id(self) -> EntityId:
        """Its name and key."""
        return self._cx.id

    @property
    def operation_name(self) -> str:
        """The operation."""
        return self._cx.operation

    def get_input(self) -> Any:
        """The input of the operation as JSON has it."""
        return self._cx.input()

    def get_state(self, initializer: Callable[[], Any] | None = None) -> Any:
        """The state; what `initializer` gives if there is none."""
        if self._cx.state is None and initializer is not None:
            return initializer()
        return self._cx.state

    def set_state(self, state: object) -> None:
        """Remembers this."""
        self._cx.state = state

    def set_result(self, result: object) -> None:
        """Answers the caller with this."""
        self.result = result

    def destruct_on_exit(self) -> None:
        """Deletes the state when the operation is over."""
        self._cx.delete_state()


class Orchestrator:
    """`main = df.Orchestrator.create(orchestrator_function)`."""

    @staticmethod
    def create(function: Callable[..., Any]) -> functions.Orchestrator[..., Any]:
        """Makes an orchestrator of a generator."""
        return functions.orchestrator(function)


class Entity:
    """`main = df.Entity.create(entity_function)`."""

    @staticmethod
    def create(function: Callable[[DurableEntityContext], Any]) -> Callable[[EntityContext], Any]:
        """Makes an entity of a function."""
        return entity(function)


def entity(function: Callable[[DurableEntityContext], Any]) -> Callable[[EntityContext], Any]:
    """Makes an entity of a function that expects a `DurableEntityContext`."""

    def run(cx: EntityContext) -> object:
        context = DurableEntityContext(cx)
        function(context)
        return context.result

    run.__name__, run.__doc__ = function.__name__, function.__doc__
    return functions.entity(run)
