"""Azure's host, as far as the library can tell: full history each turn, cumulative actions, ids from 0.

It plays an orchestrator through the JSON protocol alone, with the attempts and timers of retries one by one. What the
adapter does instead must ask for the same.
"""

from __future__ import annotations

import datetime
import json
import uuid
import warnings
from typing import Any

from azure.durable_functions import Orchestrator

from .support import Open, Order, Played, Refuses, World

_LABEL = "\n\n$OutOfProcData$:"


class Reference:
    """One execution."""

    def __init__(self, function: Any, given: Any, world: World, seed: int) -> None:
        self._handle = Orchestrator.create(function)
        self._given = json.dumps(given)
        self._world = world
        self._order = Order(seed, world)
        self._history: list[dict[str, Any]] = []
        self._open: list[Open] = []
        self._requests: dict[int, str] = {}
        self._ids = 0
        self._items: list[Open | None] = []
        self._seen: list[dict[str, Any]] = []
        self._played = Played()

    def play(self) -> Played:
        """Plays until the end, or until nothing is left that could happen."""
        self._turn(0, Name="f", Version="", Input=self._given)
        while self._played.end is None:
            happened = self._order.next(self._open)
            if happened is None:
                self._played.end = ("stalled",)
            elif isinstance(happened, tuple):
                self._turn(15, Name=happened[0], Input=json.dumps(happened[1]))
            else:
                self._answer(happened)
        return self._played

    def _answer(self, item: Open) -> None:
        self._open.remove(item)
        if item.what == "timer":
            self._turn(11, TimerId=item.id, FireAt="")
        elif item.what == "entity":
            self._answer_entity(item)
        else:
            self._attempt(item)

    def _attempt(self, item: Open) -> None:
        """All attempts, one after another: with a policy there is a timer after each that failed, the last too."""
        completed, failed, word = {"activity": (5, 6, "Activity"), "child": (8, 9, "Orchestrator")}[item.what]
        attempts = item.attempts or 1
        for attempt in range(1, attempts + 1):
            try:
                result = self._world.answer(item.name, item.given, attempt)
            except Refuses as error:
                task, timer = item.id, self._take_id() if item.attempts else None
                reason = f"{word} function '{item.name}' failed: {error}"
                self._turn(failed, TaskScheduledId=task, Reason=reason, Details="")
                if timer is not None:
                    item.id = self._take_id() if attempt < attempts else task
                    self._turn(11, TimerId=timer, FireAt="")
            else:
                self._turn(completed, TaskScheduledId=item.id, Result=json.dumps(result))
                return

    def _answer_entity(self, item: Open) -> None:
        try:
            answer = {"result": json.dumps(self._world.answer(item.name, item.given, 1))}
        except Refuses as error:
            answer = {"result": json.dumps(str(error)), "exceptionType": "error"}
        self._turn(15, Name=self._requests[item.id], Input=json.dumps(answer))

    def _turn(self, kind: int, **fields: Any) -> None:
        self._append(12)
        self._append(kind, **fields)
        state = self._run()
        [actions] = state["actions"]
        flat = [action for action in _flat(actions)]
        before = [dict(action, isCanceled=None) for action in self._seen]
        assert before == [dict(action, isCanceled=None) for action in flat[: len(before)]], "actions are cumulative"
        self._cancel(flat)
        for action in flat[len(self._seen) :]:
            self._ask(action)
        self._seen = flat
        self._append(13)
        self._played.status = state.get("customStatus", self._played.status)
        if "error" in state:
            self._played.end = ("failed", state["error"])
        elif state["isDone"] and self._played.end is None:
            self._played.end = ("completed", state.get("output"))

    def _run(self) -> dict[str, Any]:
        context = {
            "instanceId": "i",
            "isReplaying": False,
            "parentInstanceId": None,
            "input": self._given,
            "history": self._history,
            "upperSchemaVersion": 1,
            "upperSchemaVersionNew": 2,
        }
        try:
            with warnings.catch_warnings():
                # It warns of events that nobody waits for yet.
                warnings.simplefilter("ignore")
                return json.loads(self._handle(json.dumps(context)))
        except Exception as error:
            if _LABEL not in str(error):
                return {"actions": [self._seen], "isDone": False, "error": str(error)}
            return json.loads(str(error).rsplit(_LABEL, 1)[1])

    def _ask(self, action: dict[str, Any]) -> None:
        kind = action["actionType"]
        if kind == 6:
            self._items.append(None)
            return
        if kind == 4:
            self._played.end = ("continued", json.loads(action["input"]))
            return
        item = Open(len(self._played.asked), _WORDS[kind], "", None, id=self._take_id())
        if kind == 5:
            item.at = _milliseconds(action["fireAt"])
        elif kind in (7, 9):
            item.name, item.given = f"{action['instanceId']}.{action['operation']}", json.loads(action["input"])
        else:
            item.name, item.given = action["functionName"], json.loads(action["input"])
            item.attempts = action.get("retryOptions", {}).get("maxNumberOfAttempts")
        if kind == 7:
            self._requests[item.id] = str(uuid.UUID(int=item.id))
            self._append(
                14, EventId=item.id, InstanceId="", Name="op", Input=json.dumps({"id": self._requests[item.id]})
            )
        self._items.append(item)
        if action.get("isCanceled"):
            return
        self._played.asked.append((item.what, item.name, item.given, item.at, item.attempts))
        if kind != 9:
            self._open.append(item)

    def _cancel(self, flat: list[dict[str, Any]]) -> None:
        for item, action in zip(self._items, flat, strict=False):
            if action.get("isCanceled") and item in self._open:
                self._open.remove(item)

    def _take_id(self) -> int:
        self._ids += 1
        return self._ids - 1

    def _append(self, kind: int, **fields: Any) -> None:
        at = _text(self._order.now)
        self._history.append({"EventType": kind, "EventId": -1, "IsPlayed": False, "Timestamp": at, **fields})


_WORDS = {0: "activity", 1: "activity", 2: "child", 3: "child", 5: "timer", 7: "entity", 9: "signal"}


def _flat(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    flat: list[dict[str, Any]] = []
    for action in actions:
        flat += _flat(action["compoundActions"]) if "compoundActions" in action else [action]
    return flat


def _milliseconds(text: str) -> int:
    moment = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.UTC)
    return round(moment.timestamp() * 1000)


def _text(now: int) -> str:
    return datetime.datetime.fromtimestamp(now / 1000, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
