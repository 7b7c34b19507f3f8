"""A guest on the bindings that componentize-py makes of the contract, without an SDK and with WASI as the toolchain links it.

Its two roles show what Python's own clock and chance give them: the host answers for WASI. It keeps no time and no generator
itself.
"""

import json
import os
import random
import time
import uuid
from datetime import datetime
from typing import Any

from componentize_py_types import Err, Ok
from wit_world import exports
from wit_world.exports import entity as ent
from wit_world.exports import orchestrator as orc
from wit_world.exports.functions import Function, Kind
from wit_world.imports.types import ActivityOptions, Failure

OPTIONS = ActivityOptions(None, None)


def look() -> dict[str, Any]:
    """What the language gives now."""
    chance = {"random": random.random(), "uuid": str(uuid.uuid4()), "os": os.urandom(8).hex()}
    times = {"time": time.time(), "now": datetime.now().isoformat(), "since": time.monotonic()}
    print(f"drew {chance['uuid']}")
    return {"chance": chance, "time": times, "order": list({"pear", "apple", "fig", "plum"})}


BAKED = look()
"""What was there when the component was built."""


def to_json(value: Any) -> bytes:
    """A value as a payload."""
    return json.dumps(value).encode()


class Dice:
    """Shows each look to an activity, as many as its plan has steps, and one more."""

    def __init__(self, plan: Any) -> None:
        self.left = len(plan["steps"])
        self.looks = [look()]
        self.status: orc.Status = orc.Status_Waiting([])

    def begin(self) -> list[orc.Decision]:
        """What the first turn decides."""
        return self._show()

    def take(self, event: orc.Event) -> list[orc.Decision]:
        """What an event leads to. Nobody waits for those that are raised."""
        if isinstance(event, orc.Event_EventRaised):
            return []
        self.looks.append(look())
        self.left -= 1
        if self.left >= 0:
            return self._show()
        self.status = orc.Status_Completed(to_json(self.looks))
        return []

    def _show(self) -> list[orc.Decision]:
        return [orc.Decision_ScheduleActivity(orc.ScheduleActivity("show", to_json(self.looks[-1]), OPTIONS))]


class Chance:
    """Looks at once, and again when it is told to go."""

    def __init__(self, _input: Any) -> None:
        self.first = look()
        self.status: orc.Status = orc.Status_Waiting(["go"])

    def begin(self) -> list[orc.Decision]:
        """What the first turn decides."""
        return []

    def take(self, _event: orc.Event) -> list[orc.Decision]:
        """What the event leads to."""
        self.status = orc.Status_Completed(to_json({"baked": BAKED, "looks": [self.first, look()]}))
        return []


PROGRAMS = {"dice": Dice, "chance": Chance}
ENTITY = "chances"
session: Any = None
"""The execution of this instance. The bindings make an `Orchestrator` anew for each call."""


class Functions(exports.Functions):
    """The catalogue."""

    def describe(self) -> list[Function]:
        names = [(name, Kind.ORCHESTRATOR) for name in PROGRAMS] + [(ENTITY, Kind.ENTITY)]
        return [Function(name, kind, None, None, None, OPTIONS) for name, kind in names]


class Orchestrator(exports.Orchestrator):
    """The role that decides."""

    def open(self, start: orc.Start) -> orc.Step:
        global session
        session = PROGRAMS[start.name](json.loads(start.input))
        return orc.Step(session.begin(), [], session.status, None, [])

    def advance(self, turns: list[orc.Turn]) -> orc.Step:
        events = (event for turn in turns for event in turn.events)
        decisions = [decision for event in events for decision in session.take(event)]
        return orc.Step(decisions, [], session.status, None, [])


class Entity(exports.Entity):
    """The role that remembers; here it only looks, and refuses all else."""

    def apply(self, context: ent.Context, state: ent.State | None, operations: list[ent.Operation]) -> ent.Outcome:
        results = [self._operate(operation) for operation in operations]
        return ent.Outcome(results, ent.NewState_Unchanged(), [])

    def _operate(self, operation: ent.Operation) -> Any:
        if operation.name != "look":
            return Err(Failure("unknown-operation", f"there is no {operation.name}", None, False, []))
        return Ok(ent.Done(to_json({"baked": BAKED, "looks": [look(), look()]}), []))
