"""One instance of a test: its session, what it has decided, and what of that is open."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .. import contract
from ..chance import SplitMix64
from ..component import Component
from ..contract import ContinuedAsNew, Event, FailureData, ScheduleActivity, Start, StartChild, Step, Turn
from ..session import Session
from .run import Execution


@dataclass(frozen=True, order=True)
class Key:
    """A task or timer of an execution of an instance."""

    instance: str
    execution: int
    id: int

    def is_of(self, other: Key) -> bool:
        """Whether the two are of one execution."""
        return (self.instance, self.execution) == (other.instance, other.execution)


@dataclass
class Open:
    """What is decided and not answered: an activity or a child with its policy, or anything else."""

    order: ScheduleActivity | StartChild | None
    since: int


class Player:
    """An instance that is played."""

    def __init__(self, component: Component, parent: tuple[Key, int] | None) -> None:
        self._component = component
        self._session: Session | FailureData | None = None
        self.parent = parent
        """The task of the parent, and which attempt this is."""
        self.open: dict[int, Open] = {}
        self.decided = 0
        self.executions: list[Execution] = []
        self.custom_status: bytes | None = None
        self.logs: list[str] = []

    def begin(self, start: Start) -> Step:
        """Begins an execution."""
        self.open, self.decided = {}, 0
        self._session = self._component.open(start)
        self.executions.append(Execution(start))
        return self._note(Turn(start.now, False, []))

    def begin_next(self, now: int, next: ContinuedAsNew) -> Step:
        """Begins the execution after one that continues as new."""
        last = self.execution.start
        seed = SplitMix64(last.seed).next()
        return self.begin(replace(last, execution=last.execution + 1, now=now, seed=seed, input=next.input))

    def advance(self, now: int, events: list[Event]) -> Step:
        """Plays one turn."""
        turn = Turn(now, False, events)
        if isinstance(self._session, Session):
            self._session.advance([turn])
        return self._note(turn)

    @property
    def execution(self) -> Execution:
        """The execution that is played."""
        return self.executions[-1]

    def key(self, id: int) -> Key:
        """The name of a task or timer of the execution that is played."""
        return Key(self.execution.start.instance, self.execution.start.execution, id)

    def _note(self, turn: Turn) -> Step:
        session = self._session
        step = session.step() if isinstance(session, Session) else _failed(session)
        self.execution.turns.append((turn, list(step.decisions)))
        self.execution.status = step.status
        if step.custom_status is not None:
            self.custom_status = step.custom_status
        self.logs += [line.message for line in step.logs]
        return step


def check_replay(component: Component, execution: Execution) -> None:
    """The proof of determinism: an execution once more, all turns in one call, as a host does that has dropped the
    session.

    Raises `AssertionError` if it decides something else.
    """
    recorded = [decision for _, decisions in execution.turns for decision in decisions]
    session = component.open(replace(execution.start, replaying=True))
    if not isinstance(session, Session):
        return
    session.advance([replace(turn, replaying=True) for turn, _ in execution.turns[1:]])
    step = session.step()
    for index in range(max(len(recorded), len(step.decisions))):
        before = recorded[index] if index < len(recorded) else None
        after = step.decisions[index] if index < len(step.decisions) else None
        where = f", at {step.sources[index]}" if index < len(step.sources) else ""
        if before != after:
            raise AssertionError(
                f"the orchestrator is not deterministic: decision {index} was {before}, "
                f"and in the replay {after}{where}"
            )
    if execution.status != step.status:
        raise AssertionError(
            f"the orchestrator is not deterministic: it ended with {execution.status}, "
            f"and in the replay with {step.status}"
        )


def _failed(failure: FailureData | None) -> Step:
    assert failure is not None
    return Step([], [], contract.Failed(failure), None, [])
