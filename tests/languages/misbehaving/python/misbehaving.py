"""What authors do wrong, each under a name. The names are the same in every language, and so are the answers of the host."""

import asyncio
import random
import socket
import sys
import time
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from dacapo import Context, activity, orchestrator


def throwing() -> Any:
    """Fails in a function that is called by a function."""
    nothing: Any = None
    return nothing.value


def flooding() -> Any:
    """An error that nobody wants to read to its end."""
    raise ValueError("m" * (10 << 20))


def recursing(depth: int = 0) -> int:
    return 1 + recursing(depth + 1)


def looping() -> Any:
    while True:
        pass


def allocating() -> Any:
    every = []
    while True:
        every.append(bytearray(1 << 20))


def cyclic() -> Any:
    cycle: dict[str, Any] = {"inner": []}
    cycle["inner"].append(cycle)
    return cycle


def leaving() -> Any:
    sys.exit(7)


DEEDS: dict[str, Callable[[], Any]] = {
    "throws": throwing,
    "floods": flooding,
    "recurses": recursing,
    "loops": looping,
    "allocates": allocating,
    "returns_cycle": cyclic,
    "returns_number": lambda: {"sizes": [float("nan")]},
    "returns_code": lambda: {"code": lambda: 1},
    "throws_no_error": leaving,
}
"""What goes wrong in any role."""


def define(name: str, deed: Callable[[], Any]) -> None:
    async def orchestrated(cx: Context) -> Any:
        await cx.call_activity("behaves", name)
        return deed()

    activity(name=f"task_{name}")(deed)
    orchestrator(name=name)(orchestrated)


for each in DEEDS.items():
    define(*each)


@orchestrator
async def calls(cx: Context, name: str) -> Any:
    """Calls an activity, and fails with what that failed with."""
    return await cx.call_activity(name, None)


@activity
def behaves(input: Any) -> Any:
    return input


@activity
def behaves_too(input: Any) -> Any:
    return input


@orchestrator
async def sleeps(cx: Context) -> None:
    time.sleep(0.02)


@activity
def task_sleeps() -> str:
    time.sleep(0.01)
    return "slept"


@orchestrator
async def awaits_foreign(cx: Context) -> None:
    await cx.call_activity("behaves", 1)
    await asyncio.sleep(1)


@orchestrator
async def blocks(cx: Context) -> None:
    socket.create_connection(("127.0.0.1", 1))


@orchestrator
async def gambles(cx: Context) -> int:
    """Decides by chance and by the clock, which is bad style and does no harm."""
    seen = []
    for turn in range(20):
        name = "behaves" if random.random() < 0.5 or datetime.now().microsecond % 2000 == 0 else "behaves_too"
        seen.append(await cx.call_activity(name, str(uuid.uuid4())))
        if turn == 10:
            await cx.event("go")
    return len(seen)


@activity
def task_gambles() -> list[Any]:
    """What chance gives in two calls of one activity must differ, although both begin as the same snapshot."""
    return [random.random(), str(uuid.uuid4()), time.time() > 1_735_689_600]
