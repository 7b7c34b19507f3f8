"""Activities: parameters, classes that travel, coroutines, and what goes wrong."""

from __future__ import annotations

import asyncio
import json
import socket
import unittest
from collections.abc import Callable
from random import Random
from typing import Any

from dacapo_azure import loop
from dacapo_azure.app import App, Function
from dacapo_azure.service import Service

from dacapo import contract, seal
from dacapo.chance import SplitMix64
from dacapo.contract import Kind, LogLevel
from dacapo.failure import Failure, NotDurableFile
from dacapo.seal import doors


class World:
    """A role with a clock that goes on when somebody sleeps."""

    def __init__(self) -> None:
        self.chance = SplitMix64(1)
        self.seeded: Random | None = None
        self.now = 0

    def time_ns(self) -> int:
        return self.now

    monotonic_ns = time_ns

    def urandom(self, count: int) -> bytes:
        return bytes(count)

    def sleep(self, nanoseconds: int) -> None:
        self.now += nanoseconds

    def log(self, level: LogLevel, message: str) -> None:
        """Nobody reads it."""

    def refuse(self, call: str, instead: str | None) -> None:
        if call == "open" or call.startswith("os."):
            raise NotDurableFile(call)
        if call != "time.sleep":
            raise AssertionError(f"{call} was not let through")


class Point:
    """A class of the author's."""

    def __init__(self, x: int) -> None:
        self.x = x

    @staticmethod
    def to_json(point: Point) -> Any:
        return point.x

    @staticmethod
    def from_json(data: Any) -> Point:
        return Point(data)


def plain(value: Any) -> Any:
    return [value]


def with_context(value: Any, context: Any) -> Any:
    return [value, context.function_name, context.retry_context.retry_count]


def moved(point: Point) -> Point:
    return Point(point.x + 1)


async def slow(value: Any) -> Any:
    first, second = await asyncio.gather(asyncio.sleep(60, 1), asyncio.sleep(30, 2))
    return [value, first, second]


async def stuck(value: Any) -> Any:
    await asyncio.get_running_loop().create_future()


def raises(value: Any) -> Any:
    raise ValueError(value)


def leaves(value: Any) -> Any:
    raise SystemExit(value)


def nonsense(value: Any) -> Any:
    return {1}


def nan(value: Any) -> Any:
    return float("nan")


def connects(value: Any) -> Any:
    socket.socket()


def tearDownModule() -> None:
    """A component never closes its loop: it is gone after one call."""
    loop._LOOP.close()


class ActivityTest(unittest.TestCase):
    """One attempt each."""

    def check(self, call: Callable[..., Any], given: Any, expect: Any, parameter: str = "value") -> None:
        seal.install()
        app = App()
        app.add(Function("f", Kind.ACTIVITY, call, parameter))
        invocation = contract.Invocation("F", "i", 3, 2, "i/1/3", 0)
        try:
            got: Any = json.loads(Service(app).run(invocation, json.dumps(given).encode(), World()))
        except Failure as failure:
            got = f"{failure.kind}: {failure.message}"
        self.assertEqual(got, expect)

    def test_values(self) -> None:
        self.check(plain, {"a": 1}, [{"a": 1}])
        self.check(plain, None, [None])
        self.check(with_context, 1, [1, "f", 1])
        module = Point.__module__
        self.check(
            moved,
            {"__class__": "Point", "__module__": module, "__data__": 4},
            {"__class__": "Point", "__module__": module, "__data__": 5},
            "point",
        )

    def test_coroutines(self) -> None:
        doors.guard_loops()
        self.check(slow, 0, [0, 1, 2])
        self.check(stuck, 0, "error: RuntimeError: the activity awaits something that nothing here will ever wake")

    def test_failures(self) -> None:
        self.check(raises, "boom", "error: ValueError: boom")
        self.check(leaves, 3, "error: SystemExit: 3")
        self.check(nan, 0, "invalid-output: the activity returned what is not JSON: NaN is no number of JSON")
        self.check(
            nonsense,
            0,
            "invalid-output: the activity returned what is not JSON: "
            "activity trigger output must be json serializable ({1})",
        )
        advice = "requests, urllib and their like do not work in it; use context.call_http in the orchestrator"
        self.check(connects, 0, f"error: PermissionError: socket.socket: a component has no sockets: {advice}")


if __name__ == "__main__":
    unittest.main()
