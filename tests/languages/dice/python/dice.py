"""A program that is all input: an orchestrator that does what a plan says and returns everything that it saw.

It is there in several languages, and is meant to take the same decisions in all of them; what a plan may say is in the Rust one.
What a race loses is handled alike for that reason: timers are cancelled, tasks are left alone.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import chance  # noqa: F401
import cup  # noqa: F401
from dacapo import Context, Failure, Retry, gather, orchestrator
from dacapo import race as first_of

Step = dict[str, Any]


@orchestrator
async def dice(cx: Context, plan: dict[str, Any]) -> list[Any]:
    """Does one step after another, and returns what each of them saw."""
    steps, seen = plan["steps"], plan.get("seen", [])
    for at, step in enumerate(steps):
        match step["do"]:
            case "again":
                await cx.continue_as_new({"steps": steps[at + 1 :], "seen": seen})
            case "fail":
                raise Failure(step["kind"], f"after {len(seen)} steps", retryable=False)
            case _:
                seen.append(await play(cx, step))
    return seen


async def play(cx: Context, step: Step) -> Any:
    """Does one step. A failure is something that is seen, too."""
    try:
        return await STEPS[step["do"]](cx, **{name: value for name, value in step.items() if name != "do"})
    except Failure as failure:
        return {"failed": failure.kind}


async def call(cx: Context, input: Any, attempts: int | None = None) -> Any:
    if attempts is None:
        return await cx.call_activity("roll", input)
    retry = Retry(attempts, first_interval="250ms", coefficient=2, jitter=0.5)
    return await cx.call_activity("roll", input, retry=retry, timeout="10s")


async def cancel(cx: Context, input: Any) -> None:
    cx.call_activity("roll", input).cancel()


async def child(cx: Context, input: Any, id: str | None = None) -> Any:
    return await cx.child("throw", input, id=id, version=None if id is None else "2")


async def sleep(cx: Context, ms: int) -> int:
    await cx.sleep(timedelta(milliseconds=ms))
    return millis(cx)


async def event(cx: Context, name: str, ms: int | None = None) -> Any:
    return await (cx.event(name) if ms is None else cx.event(name, timeout=timedelta(milliseconds=ms)))


async def all_of(cx: Context, of: list[Step]) -> list[Any]:
    return list(await gather(*[play(cx, step) for step in of]))


async def race(cx: Context, of: list[Step]) -> Any:
    at, seen = await first_of(*[play(cx, step) for step in of])
    return {"first": at, "seen": seen}


async def entity(cx: Context, key: str, operation: str, input: Any) -> Any:
    return await cx.entity("cup", key).call(operation, input)


async def lock(cx: Context, keys: list[str], input: Any) -> list[Any]:
    async with cx.lock(*[cx.entity("cup", key) for key in keys]):
        return [await play(cx, {"do": "entity", "key": key, "operation": "add", "input": input}) for key in keys]


async def signal(cx: Context, key: str, input: Any, ms: int | None = None) -> None:
    at = None if ms is None else cx.now + timedelta(milliseconds=ms)
    cx.entity("cup", key).signal("add", input, at=at)


async def send(cx: Context, to: str, name: str, input: Any) -> None:
    cx.send_event(to, name, input)


async def status(cx: Context, value: Any) -> Any:
    cx.set_status(value)
    return value


async def number(cx: Context) -> float:
    return cx.random()


async def uuid(cx: Context) -> str:
    return str(cx.uuid())


async def now(cx: Context) -> int:
    return millis(cx)


async def me(cx: Context) -> dict[str, Any]:
    who = {"name": cx.name, "instance": cx.instance_id, "execution": cx.execution}
    return {**who, "version": cx.version, "parent": cx.parent, "tags": list(cx.tags.items())}


def millis(cx: Context) -> int:
    return round(cx.now.timestamp() * 1000)


STEPS: dict[str, Callable[..., Awaitable[Any]]] = {
    "all": all_of,
    "call": call,
    "cancel": cancel,
    "child": child,
    "entity": entity,
    "event": event,
    "lock": lock,
    "me": me,
    "now": now,
    "number": number,
    "race": race,
    "send": send,
    "signal": signal,
    "sleep": sleep,
    "status": status,
    "uuid": uuid,
}
