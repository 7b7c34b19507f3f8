"""The kit: says what a test gives to an orchestration, and plays it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..component import Component
from ..contract import EntityState, FailureData, Start
from ..entity import EntityDefinition, entity_id
from ..failure import from_data
from ..functions import Orchestrator, registry
from ..payload import encode
from ..times import Duration, millis
from .player import check_replay
from .run import BEGIN_MS, Run
from .world import Stub, World


class Kit:
    """Plays an orchestration: `run = Kit(checkout).answer("ship", "parcel").event("approved", True,
    after="1h").start(order)`.

    Activities, children and entities that are decorated in modules that are imported take part by themselves; what the
    test answers wins. Time is virtual, and starts at 2026-01-01.
    """

    def __init__(self, orchestrator: str | Orchestrator[..., Any], *, instance: str = "test", seed: int = 0) -> None:
        self._name = orchestrator if isinstance(orchestrator, str) else orchestrator.name
        self._instance = instance
        self._seed = seed
        self._stubs: dict[str, Stub] = {}
        self._events: list[tuple[int, str, bytes]] = []
        self._states: list[tuple[object, str, Any]] = []
        self._tags: list[tuple[str, str]] = []
        self._version: str | None = None

    def answer(self, function: object, answer: Any) -> Kit:
        """Answers an activity or a child: with a value, or by a function of its input, which may raise."""
        give: Callable[[Any], Any] = answer if callable(answer) else lambda _: answer
        self._stub(function).answer = give
        return self

    def takes(self, function: object, duration: Duration) -> Kit:
        """Lets an activity or a child that the test answers take this time."""
        self._stub(function).takes_ms = millis(duration)
        return self

    def event(self, name: str, value: object = None, *, after: Duration = 0) -> Kit:
        """Sends an event to the instance, so long after its start."""
        self._events.append((BEGIN_MS + millis(after), name, encode(value, "invalid-event")))
        return self

    def entity(self, entity: object, key: str, state: object) -> Kit:
        """Gives an entity a state."""
        self._states.append((entity, key, state))
        return self

    def tag(self, name: str, value: str) -> Kit:
        """Attaches something to the instance."""
        self._tags.append((name, value))
        return self

    def version(self, version: str) -> Kit:
        """Starts the instance with this version."""
        self._version = version
        return self

    def start(self, input: object = None) -> Run:
        """Plays it to its end.

        Raises `AssertionError` if it is not deterministic, or needs something that the test does not give.
        """
        component = Component(registry)
        world = World(component, self._stubs)
        for entity, key, state in self._states:
            known = getattr(entity, "__dacapo_entity__", None)
            version = known.version if isinstance(known, EntityDefinition) else 0
            world.town.set(entity_id(entity, key), EntityState(encode(state, "invalid-state"), version))
        for at, name, value in self._events:
            world.plan(at, lambda name=name, value=value: world.raise_event(self._instance, name, value))  # type: ignore[misc]
        payload = encode(input, "invalid-input")
        start = Start(
            self._name,
            self._instance,
            1,
            self._version,
            None,
            self._tags,
            BEGIN_MS,
            self._seed,
            payload,
            replaying=False,
        )
        result = world.run(start)
        for player in world.players.values():
            for execution in player.executions:
                check_replay(component, execution)
        player = world.players[self._instance]
        outcome = from_data(result) if isinstance(result, FailureData) else result
        logs = [*player.logs, *world.town.logs, *world.logs]
        return Run(outcome, player.executions, player.custom_status, logs, world.town.states())

    def _stub(self, function: object) -> Stub:
        name = function if isinstance(function, str) else str(getattr(function, "name", function))
        return self._stubs.setdefault(name.lower(), Stub())
