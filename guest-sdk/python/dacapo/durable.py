"""What can be awaited in an orchestrator, and the strands that await it.

A `Durable` is settled by an event of the history, or by the end of a strand. A `Strand` is a coroutine that is driven
by hand: it runs until it awaits a `Durable`, and is resumed when that is settled. There is no event loop, and nothing
else can be awaited: that is refused at the very line.

Invariant: what waits is resumed in the order of history, not in the order in which it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from enum import Enum, auto
from types import FrameType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from .failure import Failure, NotDurable, is_of_author, shown

if TYPE_CHECKING:
    from .machine import Machine

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Listener = Callable[[], None]


class _State(Enum):
    PENDING = auto()
    DONE = auto()
    FAILED = auto()


class Durable(Generic[T_co]):
    """Something that ends because of what is in the history. Await it for its result; it may be awaited again."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._state = _State.PENDING
        self._outcome: Any = None
        self._moment = 0
        self._listeners: list[Listener] = []

    def __await__(self) -> Generator[Durable[Any], None, T_co]:
        yield self
        return self._take()

    @property
    def is_completed(self) -> bool:
        """Whether the result is there."""
        return self._state is not _State.PENDING

    @property
    def is_faulted(self) -> bool:
        """Whether it failed."""
        return self._state is _State.FAILED

    @property
    def result(self) -> T_co | BaseException | None:
        """The result if it is there, the exception if it failed, or nothing yet."""
        if not self.is_completed:
            return None
        try:
            return self._take()
        except BaseException as error:
            return error

    @property
    def exception(self) -> BaseException | None:
        """Why it failed, if it did."""
        return self._outcome if self._state is _State.FAILED else None

    def cancel(self) -> None:
        """Says that the result is not wanted any more. Without effect if it is there."""
        if not self.is_completed:
            self._stop()
            self._fail(Failure("cancelled", "this was cancelled", retryable=False))

    def _stop(self) -> None:
        """Stops what leads to the result."""

    def _let_go(self) -> None:
        """Somebody who waited found something else first. What costs nothing to keep is kept."""

    def _take(self) -> T_co:
        if self._state is _State.FAILED:
            raise self._outcome
        return cast(T_co, self._outcome)

    def _arrived(self) -> int:
        """The moment at which it was settled."""
        return self._moment

    def _settle(self, value: Any) -> None:
        self._end(_State.DONE, value)

    def _fail(self, error: BaseException) -> None:
        self._end(_State.FAILED, error)

    def _end(self, state: _State, outcome: Any) -> None:
        if self._state is _State.PENDING:
            self._state, self._outcome, self._moment = state, outcome, self._machine.moment
            self._wake()

    def _wake(self) -> None:
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            self._machine.enqueue(self._arrived(), listener)

    def _listen(self, listener: Listener) -> None:
        """Calls back once this is settled: when it is the turn of its moment, if it is settled already."""
        if self.is_completed:
            self._machine.enqueue(self._arrived(), listener)
        else:
            self._listeners.append(listener)

    def _unlisten(self, listener: Listener) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)


class Strand(Durable[T_co]):
    """A coroutine of the author that runs. It begins at once, and pauses where it awaits."""

    def __init__(self, machine: Machine, coroutine: Coroutine[Any, Any, T_co]) -> None:
        super().__init__(machine)
        self._coroutine = coroutine
        self._awaits: Durable[Any] | None = None
        self._resume()

    def close(self) -> None:
        """Ends it where it waits; what it has in `finally` runs."""
        awaited, self._awaits = self._awaits, None
        if awaited is not None:
            awaited._unlisten(self._resume)
            if not awaited._listeners:
                awaited._let_go()
        self._coroutine.close()

    def _stop(self) -> None:
        self.close()

    def _let_go(self) -> None:
        self.cancel()

    def _resume(self) -> None:
        self._awaits = None
        advance: Callable[[], Any] = lambda: self._coroutine.send(None)  # noqa: E731
        while True:
            try:
                awaited = advance()
            except StopIteration as end:
                return self._settle(end.value)
            except NextExecution:
                return None
            except BaseException as error:  # A coroutine may raise anything, and all of it is its failure.
                return self._fail(error)
            if isinstance(awaited, Durable) and awaited._machine is self._machine:
                self._awaits = awaited
                return awaited._listen(self._resume)
            refused = _not_durable(awaited)
            advance = lambda: self._coroutine.throw(refused)  # noqa: B023, E731


class NextExecution(BaseException):
    """Unwinds an orchestrator that continues as new. Not an `Exception`, so that nobody catches it by chance."""


def _not_durable(awaited: object) -> NotDurable:
    if isinstance(awaited, Durable):
        return NotDurable("this belongs to another execution; keep nothing in globals")
    what = "something" if awaited is None else f"a {type(awaited).__module__}.{type(awaited).__qualname__}"
    return NotDurable(
        f"an orchestrator awaits {what} that is not durable: no event of its history can wake it; "
        "await what cx and activities give, and gather(…) and first(…) of it"
    )


def place(awaitable: Any) -> str:
    """Where in the author's code a coroutine is paused: `, at file:line`, or nothing if that is not known."""
    best: FrameType | None = None
    while awaitable is not None:
        frame = getattr(awaitable, "cr_frame", None) or getattr(awaitable, "gi_frame", None)
        if frame is not None and is_of_author(frame.f_code):
            best = frame
        if frame is not None and "driven" in frame.f_locals:
            awaitable = frame.f_locals["driven"]
        else:
            awaitable = getattr(awaitable, "cr_await", None) or getattr(awaitable, "gi_yieldfrom", None)
    return "" if best is None else f", at {shown(best.f_code.co_filename)}:{best.f_lineno}"
