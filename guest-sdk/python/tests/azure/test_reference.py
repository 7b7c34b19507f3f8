"""The adapter asks for what Azure's host would be asked for, and ends as it would: orchestrators by hand and by
chance."""

from __future__ import annotations

import itertools
import unittest
from collections.abc import Callable, Iterator
from datetime import timedelta
from random import Random
from typing import Any

import azure.durable_functions as df

from .player import Player
from .reference import Reference
from .support import Refuses, World

RETRY = df.RetryOptions(1000, 3)
Steps = list[Any]


def program(chance: Random, depth: int = 0) -> Steps:
    """Statements of an orchestrator."""
    kinds = [
        "activity",
        "retry",
        "child",
        "timer",
        "event",
        "signal",
        "entity",
        "status",
        "all",
        "any",
        "try",
        "again",
        "uuid",
    ]
    steps: Steps = []
    for _ in range(chance.randint(1, 4)):
        kind = chance.choice(kinds[:10] if depth > 1 else kinds)
        number = chance.randint(0, 9)
        if kind in ("all", "any"):
            steps.append(
                (kind, [(chance.choice(kinds[:5]), chance.randint(0, 9)) for _ in range(chance.randint(0, 4))])
            )
        elif kind in ("try", "again"):
            steps.append((kind, program(chance, depth + 1)))
        else:
            steps.append((kind, number))
    return steps


def task(context: Any, kind: str, number: int, names: Iterator[int]) -> Any:
    """One task. Each wait has a name of its own: several events of one name fare better here than in Azure."""
    match kind:
        case "activity":
            return context.call_activity(f"a{number}", number)
        case "retry":
            return context.call_activity_with_retry(f"r{number}", RETRY, number)
        case "child":
            return context.call_sub_orchestrator_with_retry(f"c{number}", df.RetryOptions(5, 2), number)
        case "timer":
            return context.create_timer(context.current_utc_datetime + timedelta(seconds=number))
        case _:
            return context.wait_for_external_event(f"e{next(names)}")


def run(context: Any, steps: Steps, seen: list[Any], names: Iterator[int]) -> Any:
    """Runs statements, as an author would have written them."""
    for kind, what in steps:
        match kind:
            case "signal":
                context.signal_entity(df.EntityId("Counter", "k"), "add", what)
            case "entity":
                seen.append((yield context.call_entity(df.EntityId("Counter", "k"), f"op{what}", what)))
            case "status":
                context.set_custom_status({"at": what, "seen": len(seen)})
            case "all":
                seen.append((yield context.task_all([task(context, *it, names) for it in what])))
            case "any":
                tasks = [task(context, *it, names) for it in what]
                winner = yield context.task_any(tasks)
                seen.append(tasks.index(winner) if tasks else None)
                for loser in tasks:
                    if hasattr(loser, "cancel") and not loser.is_completed:
                        loser.cancel()
            case "try":
                try:
                    yield from run(context, what, seen, names)
                except Exception as error:
                    seen.append(str(error))
            case "again":
                for _ in range(2):
                    yield from run(context, what, seen, names)
            case "uuid":
                seen.append(context.new_uuid())
            case _:
                seen.append((yield task(context, kind, what, names)))


def orchestrator(seed: int) -> Callable[[Any], Any]:
    """A program by chance."""
    steps = program(Random(seed))

    def function(context: Any) -> Any:
        seen: list[Any] = []
        yield from run(context, steps, seen, itertools.count())
        if seed % 7 == 0:
            context.continue_as_new(seen)
            return None
        return [seen, context.current_utc_datetime.isoformat()]

    return function


def sometimes(every: int) -> Callable[[Any, int], Any]:
    """Fails at attempts that follow from the input."""

    def answer(given: Any, attempt: int) -> Any:
        if (given + attempt) % every == 0:
            raise Refuses(f"{given} at {attempt}")
        return [given, attempt]

    return answer


def world(seed: int) -> World:
    """Functions some of which fail, and events some of which nobody waits for."""
    functions = {f"{kind}{number}": sometimes(2 + number % 3) for kind in "arc" for number in range(10)}
    functions |= {f"@counter@k.op{number}": sometimes(9) for number in range(10)}
    return World(functions, [(f"e{number}", number) for number in range(6)])


class ReferenceTest(unittest.TestCase):
    """Both hosts, one after another."""

    def check(self, function: Callable[[Any], Any], given: Any, answers: World, seed: int) -> Player:
        expected = Reference(function, given, answers, seed).play()
        player = Player(function, given, answers, seed)
        played = player.play()
        self.assertEqual(played.asked, expected.asked, f"seed {seed}")
        self.assertEqual(_said(played.end), _said(expected.end), f"seed {seed}")
        self.assertEqual(played.status, expected.status, f"seed {seed}")
        return player

    def test_programs(self) -> None:
        for seed in range(200):
            player = self.check(orchestrator(seed), seed, world(seed), seed)
            whole = _sum(player.steps)
            for grouping in range(3):
                self.assertEqual(_sum(player.again(grouping)), whole, f"seed {seed}, grouping {grouping}")


def _said(end: Any) -> Any:
    """The end, without what the two hosts say differently: the class of an exception, and space around it."""
    if end[0] != "failed":
        return end
    return ("failed", end[1].removeprefix("Exception: ").strip())


def _sum(steps: list[Any]) -> Any:
    decisions = [decision for step in steps for decision in step.decisions]
    statuses = [step.custom_status for step in steps if step.custom_status is not None]
    return decisions, steps[-1].status, statuses[-1:]


if __name__ == "__main__":
    unittest.main()
