"""Durable functions in Python: write an orchestration as an ordinary `async def`.

It survives crashes, restarts and months of waiting, because the host records what happened and plays the function again
*da capo*, from the beginning, when it goes on. See README.md.
"""

from __future__ import annotations

from .activity import ActivityContext
from .client import Client, ClientError, InstanceStatus, ManagementUrls, Page, RuntimeStatus
from .context import Context
from .contract import Cause
from .durable import Durable, Strand
from .entity_calls import EntityCalls
from .entity_context import EntityContext
from .entity_id import EntityId
from .failure import Failure, NotDurable
from .functions import (
    Activity,
    Orchestrator,
    activity,
    entity,
    http_trigger,
    orchestrator,
    stream_trigger,
    timer_trigger,
)
from .http import HttpResponse
from .log import Log
from .options import Retry
from .order import first, gather, race, select, spawn
from .tasks import Call, Lock, LockRequest, Task, Timer, Wait
from .times import Duration
from .trigger import Message, Tick
from .web import Request, Response, create_check_status_response

__all__ = [
    "Activity",
    "ActivityContext",
    "Call",
    "Cause",
    "Client",
    "ClientError",
    "Context",
    "Durable",
    "Duration",
    "EntityCalls",
    "EntityContext",
    "EntityId",
    "Failure",
    "HttpResponse",
    "InstanceStatus",
    "Lock",
    "LockRequest",
    "Log",
    "ManagementUrls",
    "Message",
    "NotDurable",
    "Orchestrator",
    "Page",
    "Request",
    "Response",
    "Retry",
    "RuntimeStatus",
    "Strand",
    "Task",
    "Tick",
    "Timer",
    "Wait",
    "activity",
    "create_check_status_response",
    "entity",
    "first",
    "gather",
    "http_trigger",
    "orchestrator",
    "race",
    "select",
    "spawn",
    "stream_trigger",
    "timer_trigger",
]
