"""Waiting for several things in the order of history.

Who is first is decided by the events that were recorded, also between things that had happened before somebody asked.
Only if one event settles two of them, the first argument wins.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Literal, TypeVar, overload

from .durable import Durable, Strand
from .machine import Machine, running

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


def spawn(coroutine: Coroutine[Any, Any, T]) -> Strand[T]:
    """Lets a coroutine run beside this one; it begins at once. Await what it gives for its result."""
    return Strand(running("spawn"), coroutine)


@overload
def gather(a: Awaitable[A], b: Awaitable[B], /) -> Durable[tuple[A, B]]: ...
@overload
def gather(a: Awaitable[A], b: Awaitable[B], c: Awaitable[C], /) -> Durable[tuple[A, B, C]]: ...
@overload
def gather(a: Awaitable[A], b: Awaitable[B], c: Awaitable[C], d: Awaitable[D], /) -> Durable[tuple[A, B, C, D]]: ...
@overload
def gather(*awaitables: Awaitable[T]) -> Durable[list[T]]: ...
@overload
def gather(*awaitables: Awaitable[T], return_exceptions: Literal[True]) -> Durable[list[T | Exception]]: ...


def gather(*awaitables: Awaitable[Any], return_exceptions: bool = False) -> Durable[Any]:
    """Waits for all, and gives a list of their results in the order of the arguments.

    It fails with the failure that is first in history, and lets go of the others as `first` does. With
    `return_exceptions` it waits for all in any case, and exceptions are results.
    """
    machine = running("gather")
    return Gathered(machine, _durables(machine, awaitables), return_exceptions)


@overload
def first(a: Awaitable[A], /) -> Durable[A]: ...
@overload
def first(a: Awaitable[A], b: Awaitable[B], /) -> Durable[A | B]: ...
@overload
def first(a: Awaitable[A], b: Awaitable[B], c: Awaitable[C], /) -> Durable[A | B | C]: ...
@overload
def first(*awaitables: Awaitable[T]) -> Durable[T]: ...


def first(*awaitables: Awaitable[Any]) -> Durable[Any]:
    """Waits for the one that is first in history, gives its result or its failure, and lets go of the others.

    Let go means: a timer is cancelled, who waits for an event stops waiting, a coroutine is closed. Activities and
    children run on, and nobody hears of them.
    """
    machine = running("first")
    return First(machine, _durables(machine, awaitables), lambda _, winner: winner._take())


def race(*awaitables: Awaitable[T]) -> Durable[tuple[int, T]]:
    """As `first`, and says by its index which one it was."""
    machine = running("race")
    return First(machine, _durables(machine, awaitables), lambda index, winner: (index, winner._take()))


def select(*durables: Durable[T]) -> Durable[Durable[T]]:
    """Waits for the one that is first in history, and gives that object itself, whether it failed or not. Keeps the
    others."""
    machine = running("select")
    return First(machine, list(durables), lambda _, winner: winner, keeps=True)


class Gathered(Durable[T_co]):
    """All of several."""

    def __init__(self, machine: Machine, parts: Sequence[Durable[Any]], keeps_exceptions: bool) -> None:
        super().__init__(machine)
        self._parts = parts
        self._keeps_exceptions = keeps_exceptions
        self._results: list[Any] = [None] * len(parts)
        self._missing = len(parts)
        if not parts:
            self._settle([])
        for index, part in enumerate(parts):
            part._listen(lambda index=index: self._arrive(index))  # type: ignore[misc]

    def _arrive(self, index: int) -> None:
        if self.is_completed:
            return
        try:
            self._results[index] = self._parts[index]._take()
        except BaseException as error:
            if not self._keeps_exceptions:
                self._let_go()
                return self._fail(error)
            self._results[index] = error
        self._missing -= 1
        if self._missing == 0:
            self._settle(self._results)

    def _let_go(self) -> None:
        for part in self._parts:
            if not part.is_completed:
                part._let_go()

    def _stop(self) -> None:
        self._let_go()


class First(Durable[T_co]):
    """The first of several."""

    def __init__(
        self,
        machine: Machine,
        parts: Sequence[Durable[Any]],
        finish: Callable[[int, Durable[Any]], T_co],
        *,
        keeps: bool = False,
    ) -> None:
        super().__init__(machine)
        self._parts = parts
        self._finish = finish
        self._keeps = keeps
        self._listening = [lambda index=index: self._arrive(index) for index in range(len(parts))]
        for part, listener in zip(parts, self._listening, strict=True):
            part._listen(listener)

    def _arrive(self, index: int) -> None:
        if self.is_completed:
            return
        for part, listener in zip(self._parts, self._listening, strict=True):
            part._unlisten(listener)
        winner = self._parts[index]
        try:
            result = self._finish(index, winner)
        except BaseException as error:
            self._leave(winner)
            self._fail(error)
        else:
            self._leave(winner)
            self._settle(result)

    def _leave(self, winner: Durable[Any] | None) -> None:
        for part in self._parts if not self._keeps else ():
            if part is not winner:
                part._let_go()

    def _let_go(self) -> None:
        self._leave(None)

    def _stop(self) -> None:
        self._leave(None)


def _durables(machine: Machine, awaitables: Sequence[Awaitable[Any]]) -> list[Durable[Any]]:
    return [_durable(machine, awaitable) for awaitable in awaitables]


def _durable(machine: Machine, awaitable: Awaitable[Any]) -> Durable[Any]:
    if isinstance(awaitable, Durable):
        return awaitable
    if isinstance(awaitable, Coroutine):
        return Strand(machine, awaitable)
    return Strand(machine, _await(awaitable))


async def _await(awaitable: Awaitable[T]) -> T:
    return await awaitable
