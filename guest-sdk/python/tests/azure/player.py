"""A host for the adapter: answers what it asks for, keeps the history, and plays it again in other portions."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from dacapo_azure.app import App, Function
from dacapo_azure.service import Service
from dacapo_azure.session import Session

from dacapo import contract
from dacapo.contract import Kind

from .support import BEGIN, Open, Order, Played, Refuses, World


def service(function: Any, input_type: type | None = None) -> Service:
    """An app with one orchestrator, `f`."""
    app = App()
    app.add(Function("f", Kind.ORCHESTRATOR, function, "context", input_type))
    return Service(app)


def opened(function: Any, begin: contract.Start, input_type: type | None = None) -> Session:
    """An execution whose first turn was played."""
    session = service(function, input_type).open(begin)
    assert isinstance(session, Session)
    return session


def start(given: Any, replaying: bool = False) -> contract.Start:
    """The beginning of every test."""
    return contract.Start("f", "i", 1, None, None, [], BEGIN, 7, json.dumps(given).encode(), replaying)


class Player:
    """One execution in the adapter."""

    def __init__(self, function: Any, given: Any, world: World, seed: int) -> None:
        self._function, self._given, self._world = function, given, world
        self._order = Order(seed, world)
        self._open: list[Open] = []
        self._ids = 0
        self._played = Played()
        self.turns: list[contract.Turn] = []
        self.steps: list[contract.Step] = []

    def play(self) -> Played:
        """Plays until the end, or until nothing is left that could happen."""
        session = opened(self._function, start(self._given))
        self._take(session.step())
        while self._played.end is None:
            happened = self._order.next(self._open)
            if happened is None:
                self._played.end = ("stalled",)
                break
            if isinstance(happened, tuple):
                event: contract.Event = contract.EventRaised(happened[0], json.dumps(happened[1]).encode())
            else:
                self._open.remove(happened)
                event = self._answer(happened)
            turn = contract.Turn(self._order.now, False, [event])
            self.turns.append(turn)
            session.advance([turn])
            self._take(session.step())
        return self._played

    def again(self, seed: int) -> list[contract.Step]:
        """Plays the same history in a new session, grouped by chance: turns in calls, as a replay up to some turn."""
        chance = Random(seed)
        border = chance.randint(0, len(self.turns))
        turns = [contract.Turn(turn.now, n < border, turn.events) for n, turn in enumerate(self.turns)]
        session = opened(self._function, start(self._given, replaying=border > 0))
        steps = [session.step()]
        while turns:
            size = chance.randint(1, len(turns))
            session.advance(turns[:size])
            steps.append(session.step())
            turns = turns[size:]
        return steps

    def _answer(self, item: Open) -> contract.Event:
        if item.what == "timer":
            return contract.TimerFired(item.id)
        reason = contract.FailureData("error", "")
        for attempt in range(1, (item.attempts or 1) + 1):
            try:
                result = self._world.answer(item.name, item.given, attempt)
            except Refuses as error:
                reason = contract.FailureData("error", str(error))
            else:
                return contract.TaskCompleted(item.id, json.dumps(result).encode())
        return contract.TaskFailed(item.id, reason)

    def _take(self, step: contract.Step) -> None:
        self.steps.append(step)
        for decision in step.decisions:
            self._ask(decision)
        if step.custom_status is not None:
            self._played.status = json.loads(step.custom_status)
        match step.status:
            case contract.Completed(output):
                self._played.end = ("completed", json.loads(output))
            case contract.Failed(failure):
                self._played.end = ("failed", failure.message)
            case contract.ContinuedAsNew(given, _):
                self._played.end = ("continued", json.loads(given))

    def _ask(self, decision: contract.Decision) -> None:
        item = Open(len(self._played.asked), "", "", None, id=self._ids)
        self._ids += 1
        match decision:
            case contract.Cancel(number):
                self._open = [other for other in self._open if other.id != number]
                return
            case contract.CreateTimer(at):
                item.what, item.at = "timer", at
            case contract.ScheduleActivity(name, given, options):
                item.what, item.name, item.given = "activity", name, json.loads(given)
                item.attempts = options.retry and options.retry.max_attempts
            case contract.StartChild(name, given, _, _, retry):
                item.what, item.name, item.given = "child", name, json.loads(given)
                item.attempts = retry and retry.max_attempts
            case contract.CallEntity(entity, operation, given) | contract.SignalEntity(entity, operation, given, _):
                item.what = "entity" if isinstance(decision, contract.CallEntity) else "signal"
                item.name, item.given = f"@{entity.name.lower()}@{entity.key}.{operation}", json.loads(given)
        self._played.asked.append((item.what, item.name, item.given, item.at, item.attempts))
        if item.what != "signal":
            self._open.append(item)
