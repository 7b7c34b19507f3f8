"""A small player for tests: an orchestrator, the events that come, and what it decided, as lines of text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from dacapo import contract, seal
from dacapo.contract import Event, EventRaised, FailureData, Start, Step, TaskCompleted, TaskFailed, TimerFired, Turn
from dacapo.functions import Orchestrator
from dacapo.session import Session
from dacapo.testing.run import BEGIN_MS, Execution

seal.install()


def start(name: str, input: object = None, *, seed: int = 0, replaying: bool = False, now: int = BEGIN_MS) -> Start:
    """A start of an instance `test`."""
    return Start(name, "test", 1, None, None, [], now, seed, json.dumps(input).encode(), replaying)


def done(task: int, output: object = None) -> Event:
    """A task is answered."""
    return TaskCompleted(task, json.dumps(output).encode())


def failed(task: int, kind: str = "broken", message: str = "it broke") -> Event:
    """A task fails."""
    return TaskFailed(task, FailureData(kind, message))


def fired(timer: int) -> Event:
    """A timer fires."""
    return TimerFired(timer)


def raised(name: str, value: object = None) -> Event:
    """An external event comes."""
    return EventRaised(name, json.dumps(value).encode())


def play(
    body: Callable[..., Any],
    events: list[Event],
    input: object = None,
    *,
    groups: list[int] | None = None,
    **options: Any,
) -> Execution:
    """Plays events, each in a turn and a call of its own, or so many turns of one event in a call as `groups` says.

    Gives the execution with all that was decided in its first turn's place, so that groupings can be compared.
    """
    session = Session(Orchestrator(body, body.__name__), start(body.__name__, input, **options))
    execution = Execution(start(body.__name__, input, **options))
    steps = [(Turn(BEGIN_MS, False, []), session.step())]
    position = 0
    replaying = options.get("replaying", False)
    for count in groups if groups is not None else [1] * len(events):
        turns = [
            Turn(BEGIN_MS + (position + index + 1) * 1_000, replaying, [event])
            for index, event in enumerate(events[position : position + count])
        ]
        position += count
        session.advance(turns)
        steps.append((turns[-1], session.step()))
    execution.turns = [(turn, step.decisions) for turn, step in steps]
    execution.status = steps[-1][1].status
    return execution


def steps(body: Callable[..., Any], events: list[Event], input: object = None, **options: Any) -> list[Step]:
    """The steps themselves, one for each event."""
    session = Session(Orchestrator(body, body.__name__), start(body.__name__, input, **options))
    found = [session.step()]
    for index, event in enumerate(events):
        session.advance([Turn(BEGIN_MS + (index + 1) * 1_000, options.get("replaying", False), [event])])
        found.append(session.step())
    return found


def decided(execution: Execution) -> list[contract.Decision]:
    """All decisions in order."""
    return [decision for _, decisions in execution.turns for decision in decisions]


def ended(execution: Execution) -> str:
    """How it stands, in a line."""
    match execution.status:
        case contract.Waiting(names):
            return " ".join(["waiting", *names])
        case contract.Completed(output):
            return f"completed {output.decode()}"
        case contract.Failed(failure):
            return f"failed {failure.kind}: {failure.message}"
        case contract.ContinuedAsNew(input, carried):
            return f"continued {input.decode()} with {[event.name for event in carried]}"


def lines(execution: Execution) -> list[str]:
    """What was decided, one line each, and how it stands."""
    text = [line.strip() for line in execution.lines() if line.startswith("  ")]
    return [*(line.partition(" ")[2] for line in text), ended(execution)]
