"""An event loop for activities that are coroutines.

It owns the waiting of a program that has nothing to wait for but time: there are no sockets, threads or signals here,
so that `asyncio` needs no selector. What nothing can ever wake is reported instead of waited for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Nothing:
    """A selector of no files."""

    def select(self, timeout: float | None) -> list[Any]:
        """Waits."""
        if timeout is None:
            raise RuntimeError("the activity awaits something that nothing here will ever wake")
        if timeout > 0:
            time.sleep(timeout)
        return []


class _Loop(asyncio.BaseEventLoop):
    """`asyncio` without a world outside."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _Nothing()

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """There are no threads from which the loop could be called."""


# It asks for the resolution of clocks when it is made, which is answered where the component is built and not where it runs.
_LOOP = _Loop()


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """What the coroutine returns. Tasks that it leaves behind are cancelled, as with `asyncio.run`."""
    try:
        return _LOOP.run_until_complete(coroutine)
    finally:
        _LOOP.run_until_complete(_cancel(asyncio.all_tasks(_LOOP)))


async def _cancel(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
