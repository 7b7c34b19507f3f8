"""Determinism: programs of chance under schedules of chance decide the same, however the turns are grouped."""

from __future__ import annotations

import random
import unittest
from typing import Any

from dacapo import Context, Failure, first, gather, race, select, spawn
from dacapo.contract import (
    CallEntity,
    CreateTimer,
    Decision,
    Event,
    LockEntities,
    ScheduleActivity,
    StartChild,
    Turn,
    Waiting,
)
from dacapo.functions import Orchestrator
from dacapo.session import Session

from .play import decided, done, ended, failed, fired, play, raised, start

PROGRAMS_COUNT = 100
EVENTS_MAX_COUNT = 40


async def program(cx: Context, seed: int) -> list[Any]:
    """A program that follows from its seed, and from what it sees."""
    script = random.Random(seed)
    seen: list[Any] = []

    async def leaf(depth: int) -> Any:
        match script.randrange(6):
            case 0:
                return await cx.call_activity("a", [depth, random.random()])
            case 1:
                return await cx.event(script.choice(["x", "Y"]), timeout=script.randrange(1, 9))
            case 2:
                return await cx.sleep(script.randrange(9))
            case 3:
                return await cx.child("c", str(cx.uuid()))
            case 4:
                return await cx.entity("e", "k").call("add", 1)
        async with cx.lock(cx.entity("l", str(script.randrange(2)))):
            return "locked"

    async def branch(depth: int) -> Any:
        try:
            if depth == 0 or script.random() < 0.3:
                return await leaf(depth)
            parts = [branch(depth - 1) for _ in range(script.randrange(1, 4))]
            match script.randrange(4):
                case 0:
                    return await gather(*parts)
                case 1:
                    return await first(*parts)
                case 2:
                    return await race(*parts)
            strands = [spawn(part) for part in parts]
            winner = await select(*strands)
            return [[winner is strand for strand in strands].index(True), str(winner.result)]
        except Failure as failure:
            seen.append(failure.kind)
            return failure.kind

    for _ in range(3):
        seen.append(await branch(3))
    return seen


def history(seed: int) -> list[Event]:
    """Events that fit what the program decides: a schedule of chance."""
    chance = random.Random(seed)
    session = Session(Orchestrator(program, "program"), start("program", seed))
    events: list[Event] = []
    waiting: list[int] = []
    timers: list[int] = []
    step, number = session.step(), 0
    while isinstance(step.status, Waiting) and len(events) < EVENTS_MAX_COUNT:
        for decision in step.decisions:
            if isinstance(decision, (ScheduleActivity, StartChild, CallEntity, LockEntities)):
                waiting.append(number)
            elif isinstance(decision, CreateTimer):
                timers.append(number)
            number += 1
        event = _event(chance, waiting, timers)
        events.append(event)
        session.advance([Turn(session._machine.now + 1_000, False, [event])])
        step = session.step()
    return events


def _event(chance: random.Random, waiting: list[int], timers: list[int]) -> Event:
    choice = chance.random()
    if waiting and choice < 0.6:
        task = waiting.pop(chance.randrange(len(waiting)))
        return failed(task) if chance.random() < 0.2 else done(task, task)
    if timers and choice < 0.8:
        return fired(timers.pop(chance.randrange(len(timers))))
    return raised(chance.choice(["X", "y", "z"]), chance.randrange(9))


class Schedules(unittest.TestCase):
    def test_cold_is_split_is_one_by_one(self) -> None:
        total: list[Decision] = []
        for seed in range(PROGRAMS_COUNT):
            events = history(seed)
            whole = play(program, events, seed)
            cuts = random.Random(seed)
            groups: list[int] = []
            while sum(groups) < len(events):
                groups.append(min(cuts.randrange(1, 6), len(events) - sum(groups)))
            for grouping, replaying in (([len(events)] if events else [], True), (groups, False), (groups, True)):
                other = play(program, events, seed, groups=grouping, replaying=replaying)
                self.assertEqual(decided(other), decided(whole), f"program {seed}, groups {grouping}")
                self.assertEqual(ended(other), ended(whole), f"program {seed}, groups {grouping}")
            total += decided(whole)
        self.assertGreater(len(total), 2 * PROGRAMS_COUNT)


if __name__ == "__main__":
    unittest.main()
