"""Events of a history, as the library of Azure reads them.

It owns their fields. It does not know when they happen. The library parses a text for the time of each event that it
is given; these events are made of what is at hand, which is most of the cost of a turn.
"""

from __future__ import annotations

import datetime
import json
from typing import Any

from azure.durable_functions.models.history import HistoryEvent, HistoryEventType
from dateutil import tz

from dacapo.contract import FailureData

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=tz.UTC)
_MILLISECOND = datetime.timedelta(milliseconds=1)


class Happened(HistoryEvent):
    """An event that was not read from JSON."""

    Name = InstanceId = TaskScheduledId = Reason = Details = Input = None

    def __init__(self, kind: HistoryEventType, at: datetime.datetime, played: bool, **fields: Any) -> None:
        # The base class is not asked: it would parse a time.
        self._event_type = kind
        self._event_id = -1
        self._is_played = played
        self._timestamp = at
        self._is_processed = False
        self.__dict__.update(fields)


class Clock:
    """The time of a turn, and whether the turn was played before: what all events of a turn have in common."""

    def __init__(self, now: int, replaying: bool) -> None:
        self.now = instant(now)
        self.replaying = replaying

    def turn(self) -> HistoryEvent:
        """A turn begins."""
        return self._event(HistoryEventType.ORCHESTRATOR_STARTED)

    def completed(self, task: int, output: str) -> HistoryEvent:
        """An activity or a child returned this. The library reads both events alike."""
        return self._event(HistoryEventType.TASK_COMPLETED, TaskScheduledId=task, Result=output)

    def failed(self, task: int, what: str, reason: FailureData) -> HistoryEvent:
        """An activity or a child failed, in the words that authors know from Azure. Details are with the cause."""
        text = f"{what} failed: {reason.message}"
        return self._event(HistoryEventType.TASK_FAILED, TaskScheduledId=task, Reason=text, Details="")

    def fired(self, timer: int) -> HistoryEvent:
        """A timer fired."""
        return self._event(HistoryEventType.TIMER_FIRED, TimerId=timer)

    def raised(self, name: str, payload: str) -> HistoryEvent:
        """An external event came."""
        return self._event(HistoryEventType.EVENT_RAISED, Name=name, Input=payload)

    def asked(self, task: int, request: str) -> HistoryEvent:
        """An entity was called: from now on the library knows the call by the id of its request."""
        return self._event(HistoryEventType.EVENT_SENT, _event_id=task, Input=json.dumps({"id": request}))

    def answered(self, request: str, output: str) -> HistoryEvent:
        """An entity answered."""
        return self.raised(request, json.dumps({"result": output}))

    def refused(self, request: str, reason: FailureData) -> HistoryEvent:
        """An operation of an entity failed."""
        answer = {"result": json.dumps(reason.message), "exceptionType": reason.kind}
        return self.raised(request, json.dumps(answer))

    def _event(self, kind: HistoryEventType, **fields: Any) -> HistoryEvent:
        return Happened(kind, self.now, self.replaying, **fields)


def instant(now: int) -> datetime.datetime:
    """A time as the library has it."""
    return _EPOCH + now * _MILLISECOND


def milliseconds(at: datetime.date) -> int:
    """A time as the host has it, never earlier. One without a zone is UTC, and a date is its midnight: so reads the
    library."""
    if not isinstance(at, datetime.datetime):
        at = datetime.datetime(at.year, at.month, at.day)
    if at.tzinfo is None:
        at = at.replace(tzinfo=tz.UTC)
    return max(0, -((_EPOCH - at) // _MILLISECOND))


def beginning(now: int, name: str, version: str | None, payload: str, replaying: bool) -> list[dict[str, Any]]:
    """The first turn of a history, as the protocol has it."""
    at = instant(now).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    common = {"EventId": -1, "IsPlayed": replaying, "Timestamp": at}
    turn = {"EventType": HistoryEventType.ORCHESTRATOR_STARTED, **common}
    started = {
        "EventType": HistoryEventType.EXECUTION_STARTED,
        "Name": name,
        "Version": version or "",
        "Input": payload,
        **common,
    }
    return [turn, started]
