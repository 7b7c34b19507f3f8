"""The words of the contract, as plain data: what the host says to a component, and what it hears.

They mirror the records and variants of `wit/*.wit`, field by field and in the same order, so that the rest of the SDK
and its tests know no generated bindings. Nothing here does anything. Payloads are JSON as bytes, times are
milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class LogLevel(Enum):
    TRACE = 0
    DEBUG = 1
    INFO = 2
    WARN = 3
    ERROR = 4


@dataclass(slots=True)
class LogLine:
    level: LogLevel
    message: str


@dataclass(slots=True)
class Cause:
    """A failure behind a failure."""

    kind: str
    message: str
    details: str | None = None


@dataclass(slots=True)
class FailureData:
    """Why something did not succeed, as it crosses the border."""

    kind: str
    message: str
    details: str | None = None
    retryable: bool = True
    causes: list[Cause] = field(default_factory=list)


@dataclass(slots=True)
class RetryPolicy:
    max_attempts: int
    first_interval: int
    coefficient: float
    max_interval: int | None
    retry_timeout: int | None
    jitter: float
    non_retryable: list[str]


@dataclass(slots=True)
class ActivityOptions:
    retry: RetryPolicy | None = None
    timeout: int | None = None


@dataclass(slots=True)
class EntityRef:
    """The name of an entity, as it crosses the border."""

    name: str
    key: str


class Kind(Enum):
    """What a function is."""

    ACTIVITY = 0
    ORCHESTRATOR = 1
    ENTITY = 2
    TIMER_TRIGGER = 3
    STREAM_TRIGGER = 4


@dataclass(slots=True)
class Function:
    """An entry of the catalogue."""

    name: str
    kind: Kind
    doc: str | None
    input_schema: str | None
    output_schema: str | None
    defaults: ActivityOptions


@dataclass(slots=True)
class Start:
    """What an execution begins with."""

    name: str
    instance: str
    execution: int
    version: str | None
    parent: str | None
    tags: list[tuple[str, str]]
    now: int
    seed: int
    input: bytes
    replaying: bool


@dataclass(slots=True)
class TaskCompleted:
    task: int
    output: bytes


@dataclass(slots=True)
class TaskFailed:
    task: int
    failure: FailureData


@dataclass(slots=True)
class TimerFired:
    timer: int


@dataclass(slots=True)
class EventRaised:
    name: str
    input: bytes


Event = TaskCompleted | TaskFailed | TimerFired | EventRaised


@dataclass(slots=True)
class Turn:
    """One activation."""

    now: int
    replaying: bool
    events: list[Event]


@dataclass(slots=True)
class ScheduleActivity:
    name: str
    input: bytes
    options: ActivityOptions


@dataclass(slots=True)
class StartChild:
    name: str
    input: bytes
    instance: str | None
    version: str | None
    retry: RetryPolicy | None


@dataclass(slots=True)
class CreateTimer:
    at: int


@dataclass(slots=True)
class Cancel:
    id: int


@dataclass(slots=True)
class SendEvent:
    instance: str
    name: str
    input: bytes


@dataclass(slots=True)
class CallEntity:
    entity: EntityRef
    operation: str
    input: bytes


@dataclass(slots=True)
class SignalEntity:
    entity: EntityRef
    operation: str
    input: bytes
    at: int | None


@dataclass(slots=True)
class LockEntities:
    entities: list[EntityRef]


@dataclass(slots=True)
class ReleaseLock:
    id: int


Decision = (
    ScheduleActivity
    | StartChild
    | CreateTimer
    | Cancel
    | SendEvent
    | CallEntity
    | SignalEntity
    | LockEntities
    | ReleaseLock
)


@dataclass(slots=True)
class Waiting:
    names: list[str]


@dataclass(slots=True)
class Completed:
    output: bytes


@dataclass(slots=True)
class Failed:
    failure: FailureData


@dataclass(slots=True)
class ContinuedAsNew:
    input: bytes
    carried: list[EventRaised]


Status = Waiting | Completed | Failed | ContinuedAsNew


@dataclass(slots=True)
class Step:
    """What one call of `open` or `advance` led to."""

    decisions: list[Decision]
    sources: list[str]
    status: Status
    custom_status: bytes | None
    logs: list[LogLine]


@dataclass(slots=True)
class EntityState:
    """What an entity remembers, and in which form."""

    data: bytes
    version: int


@dataclass(slots=True)
class Operation:
    name: str
    input: bytes
    is_call: bool
    seed: int


@dataclass(slots=True)
class StartOrchestration:
    name: str
    input: bytes
    instance: str | None
    version: str | None
    at: int | None


Effect = SignalEntity | StartOrchestration


@dataclass(slots=True)
class Done:
    """An operation that succeeded."""

    output: bytes
    effects: list[Effect]


@dataclass(slots=True)
class Unchanged:
    pass


@dataclass(slots=True)
class Deleted:
    pass


NewState = Unchanged | EntityState | Deleted


@dataclass(slots=True)
class Outcome:
    """What a batch of operations led to."""

    results: list[Done | FailureData]
    state: NewState
    logs: list[LogLine]


@dataclass(slots=True)
class Invocation:
    """Which call of an activity this is."""

    name: str
    instance: str
    task: int
    attempt: int
    idempotency_key: str
    deadline: int
    trace: tuple[str, str | None] | None = None
