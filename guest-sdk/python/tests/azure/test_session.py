"""Orchestrators, event by event: what each feature of the library becomes, and what it says when something is wrong."""

from __future__ import annotations

import datetime
import json
import logging
import random
import time
import unittest
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from dacapo import contract, seal

from .player import opened, start
from .support import BEGIN

RETRY = df.RetryOptions(500, 3)
COUNTER = df.EntityId("Counter", "k")
BOOM = contract.FailureData("card-declined", "ValueError: boom", "a stack", retryable=False)


def done(task: int, value: Any = None) -> contract.Event:
    return contract.TaskCompleted(task, json.dumps(value).encode())


def failed(task: int, reason: contract.FailureData = BOOM) -> contract.Event:
    return contract.TaskFailed(task, reason)


def fired(timer: int) -> contract.Event:
    return contract.TimerFired(timer)


def raised(name: str, value: Any = None) -> contract.Event:
    return contract.EventRaised(name, json.dumps(value).encode())


def said(decision: contract.Decision) -> str:
    """A decision in a few words."""
    match decision:
        case contract.ScheduleActivity(name, given, options):
            retry = f" ×{options.retry.max_attempts} every {options.retry.first_interval}" if options.retry else ""
            return f"activity {name} {given.decode()}{retry}"
        case contract.StartChild(name, given, instance, version, retry):
            more = "".join(f" {it}" for it in (instance, version, retry and f"×{retry.max_attempts}") if it)
            return f"child {name} {given.decode()}{more}"
        case contract.CreateTimer(at):
            return f"timer +{at - BEGIN}"
        case contract.Cancel(number):
            return f"cancel {number}"
        case contract.CallEntity(entity, operation, given):
            return f"call @{entity.name}@{entity.key} {operation} {given.decode()}"
        case contract.SignalEntity(entity, operation, given, _):
            return f"signal @{entity.name}@{entity.key} {operation} {given.decode()}"
        case _:
            return repr(decision)


def stands(status: contract.Status) -> str:
    """Where an execution stands, in a few words."""
    match status:
        case contract.Waiting(names):
            return f"waits {' '.join(names)}".rstrip()
        case contract.Completed(output):
            return f"returns {output.decode()}"
        case contract.Failed(failure):
            return f"fails {failure.kind}: {failure.message}"
        case contract.ContinuedAsNew(given, carried):
            return f"continues {given.decode()} {[event.name for event in carried]}"


def simple(context: Any) -> Any:
    return [(yield context.call_activity("a", {"x": 1})), context.get_input()]


def retried(context: Any) -> Any:
    try:
        yield context.call_activity_with_retry("a", RETRY, 1)
    except Exception as error:
        kind = getattr(error.__cause__, "kind", None)
        return [str(error).strip(), kind, (yield context.call_sub_orchestrator_with_retry("c", RETRY, 2, "child-1"))]


def race(context: Any) -> Any:
    timer = context.create_timer(context.current_utc_datetime + timedelta(days=30))
    event = context.wait_for_external_event("Go")
    if (yield context.task_any([timer, event])) == event:
        timer.cancel()
        return event.result
    return "late"


def twice(context: Any) -> Any:
    first = yield context.wait_for_external_event("go")
    yield context.call_activity("a")
    second = yield context.wait_for_external_event("go")
    third = yield context.wait_for_external_event("go")
    return [first, second, third]


def reused(context: Any) -> Any:
    one, two = context.call_activity("a", 1), context.call_activity("a", 2)
    yield one
    return (yield context.task_all([one, two]))


def entities(context: Any) -> Any:
    context.signal_entity(COUNTER, "add", 1)
    value = yield context.call_entity(COUNTER, "get")
    try:
        yield context.call_entity(COUNTER, "fly", {"high": True})
    except Exception as error:
        context.signal_entity(COUNTER, "land")
        return [value, str(error), error.__cause__.kind]


def polls(context: Any) -> Any:
    headers = {"Authorization": "secret"}
    return (yield context.call_http("POST", "http://one/start", {"a": 1}, headers))["statusCode"]


def identity(context: Any) -> Any:
    token = df.ManagedIdentityTokenSource("https://management.core.windows.net")
    try:
        yield context.call_http("GET", "http://one/", token_source=token)
    except Exception as error:
        return str(error.__cause__)


def goes_on(context: Any) -> Any:
    yield context.wait_for_external_event("stop")
    context.continue_as_new({"n": 1})
    yield context.call_activity("never")


def let_through(context: Any) -> Any:
    yield context.call_activity("a")


def wrapped(context: Any) -> Any:
    try:
        yield context.call_activity("a")
    except Exception as error:
        raise LookupError("no card") from error


def yields(value: Any) -> Callable[[Any], Any]:
    def function(context: Any) -> Any:
        yield value

    return function


def returns(value: Any) -> Callable[[Any], Any]:
    def function(context: Any) -> Any:
        yield context.call_activity("a")
        return value

    return function


def without_yield(context: Any) -> Any:
    return context.get_input()


def sleeper(context: Any) -> Any:
    time.sleep(1)
    yield context.call_activity("a")


def many(context: Any) -> Any:
    tasks = [context.call_activity("a", n) for n in range(2000)]
    yield context.task_any(tasks)
    total = 0
    for task in tasks:
        total += yield task
    return total


class SessionTest(unittest.TestCase):
    """Each event is a turn of its own."""

    def check(
        self, function: Callable[[Any], Any], events: list[contract.Event], expect: list[str], given: Any = None
    ) -> Any:
        session = opened(function, start(given))
        got: list[str] = []
        for number in range(len(events) + 1):
            if number:
                session.advance([contract.Turn(BEGIN + 1000 * number, False, [events[number - 1]])])
            step = session.step()
            got.append("; ".join([*map(said, step.decisions), stands(step.status)]))
        self.assertEqual(got, expect)
        return step

    def test_tasks(self) -> None:
        self.check(simple, [done(0, "y")], ['activity a {"x": 1}; waits', 'returns ["y", {"in": 2}]'], {"in": 2})
        self.check(without_yield, [], ["returns 5"], 5)
        self.check(
            retried,
            [failed(0), failed(1)],
            [
                "activity a 1 ×3 every 500; waits",
                "child c 2 child-1 ×3; waits",
                "fails error: Exception: Orchestrator function 'c' failed: ValueError: boom",
            ],
        )
        self.check(
            retried,
            [failed(0), done(1, 3)],
            [
                "activity a 1 ×3 every 500; waits",
                "child c 2 child-1 ×3; waits",
                'returns ["Activity function \'a\' failed: ValueError: boom", "card-declined", 3]',
            ],
        )
        both = ["activity a 1; waits", "activity a 2; waits", 'returns ["x", "y"]']
        self.check(reused, [done(0, "x"), done(1, "y")], both)

    def test_timers_and_events(self) -> None:
        month = 30 * 24 * 3600 * 1000
        self.check(race, [fired(0)], [f"timer +{month}; waits Go", 'returns "late"'])
        self.check(race, [raised("GO", 7)], [f"timer +{month}; waits Go", "cancel 0; returns 7"])
        self.check(
            race,
            [raised("other"), done(9), raised("go", 7)],
            [f"timer +{month}; waits Go"] + ["waits Go"] * 2 + ["cancel 0; returns 7"],
        )
        kept = ["waits go", "activity a null; waits", "waits", "waits go", "returns [1, 2, 3]"]
        self.check(twice, [raised("go", 1), raised("go", 2), done(0), raised("Go", 3)], kept)
        kept = ["waits go", "activity a null; waits", "waits", "waits", "returns [1, 2, 3]"]
        self.check(twice, [raised("go", 1), raised("go", 2), raised("go", 3), done(0)], kept)

    def test_entities(self) -> None:
        expect = [
            "signal @Counter@k add 1; call @Counter@k get null; waits",
            'call @Counter@k fly {"high": true}; waits',
        ]
        end = 'signal @Counter@k land null; returns [4, "ValueError: boom", "card-declined"]'
        self.check(entities, [done(1, 4), failed(2)], [*expect, end])

    def test_http(self) -> None:
        def request(method: str, uri: str, headers: str, content: str) -> str:
            head = (
                f'"method": "{method}", "uri": "{uri}", "headers": {headers}, "content": {content}, "timeoutMs": null'
            )
            return f"activity dacapo.http {{{head}}}; waits"

        def response(status: int, **headers: str) -> dict[str, Any]:
            return {
                "status": status,
                "headers": {name.replace("_", "-"): it for name, it in headers.items()},
                "content": "",
            }

        secret = '{"Authorization": "secret"}'
        self.check(
            polls,
            [
                done(0, response(202, location="/one", retry_after="5")),
                fired(1),
                done(2, response(202, location="http://two/")),
                fired(3),
                done(4, response(404)),
            ],
            [
                request("POST", "http://one/start", secret, '"{\\"a\\": 1}"'),
                "timer +6000; waits",
                request("GET", "http://one/one", secret, "null"),
                "timer +33000; waits",
                request("GET", "http://two/", "{}", "null"),
                "returns 404",
            ],
        )
        advice = "this host has no managed identities; get a token in an activity and send it in a header"
        self.check(identity, [], [f'returns "not-granted: {advice}"'])

    def test_ends(self) -> None:
        self.check(goes_on, [raised("x"), raised("stop")], ["waits stop", "waits stop", "continues {\"n\": 1} ['x']"])
        step = self.check(
            let_through,
            [failed(0)],
            ["activity a null; waits", "fails error: Exception: Activity function 'a' failed: ValueError: boom"],
        )
        self.assertEqual(step.status.failure.causes, [contract.Cause("card-declined", "ValueError: boom", "a stack")])
        self.assertFalse(step.status.failure.retryable)
        step = self.check(wrapped, [failed(0)], ["activity a null; waits", "fails error: LookupError: no card"])
        self.assertEqual([cause.kind for cause in step.status.failure.causes], ["error", "card-declined"])
        nothing = "returned what is not JSON:"
        self.check(
            returns({1}),
            [done(0)],
            [
                "activity a null; waits",
                f"fails invalid-output: the orchestrator {nothing} Object of type set is not JSON serializable",
            ],
        )
        self.check(
            returns(float("nan")),
            [done(0)],
            [
                "activity a null; waits",
                f"fails invalid-output: the orchestrator {nothing} Out of range float values are not JSON compliant",
            ],
        )

    def test_stalls(self) -> None:
        for value in (5, None, [1]):
            step = opened(yields(value), start(None)).step()
            self.assertRegex(
                stands(step.status),
                rf"^fails stalled: .*test_session.py:\d+: .* yielded a value of the type {type(value).__name__}",
            )

    def test_many_completed_tasks(self) -> None:
        session = opened(many, start(None))
        session.advance([contract.Turn(BEGIN, False, [done(number, number) for number in range(2000)])])
        self.assertEqual(stands(session.step().status), f"returns {sum(range(2000))}")

    def test_sources_and_logs(self) -> None:
        def function(context: Any) -> Any:
            logging.warning("one")
            yield context.call_activity("a")
            logging.warning("two")
            yield context.call_activity("b")

        session = opened(function, start(None, replaying=True))
        step = session.step()
        line = function.__code__.co_firstlineno + 2
        self.assertEqual([source.rsplit("/")[-1] for source in step.sources], [f"test_session.py:{line}"])
        self.assertEqual(step.logs, [])
        session.advance([contract.Turn(BEGIN, False, [done(0)])])
        step = session.step()
        self.assertEqual((step.sources, [line.message for line in step.logs]), ([], ["two"]))


class SealedTest(unittest.TestCase):
    """Clocks and chance of the standard library. Sealing lasts, so that this comes last."""

    def test_sealed(self) -> None:
        seal.install()

        def function(context: Any) -> Any:
            first = [time.time(), random.random(), str(uuid.uuid4()), datetime.datetime.now(datetime.UTC).isoformat()]
            yield context.call_activity("a")
            return [first, time.time(), random.random()]

        ends = []
        for _ in range(2):
            session = opened(function, start(None))
            session.advance([contract.Turn(BEGIN + 5000, False, [done(0)])])
            ends.append(session.step().status.output)
        self.assertEqual(ends[0], ends[1])
        [[begun, _, _, iso], later, _] = json.loads(ends[0])
        self.assertEqual((begun, later - begun, iso), (BEGIN / 1000, 5, "2026-01-01T00:00:00+00:00"))
        step = opened(sleeper, start(None)).step()
        expect = (
            "fails error: NotDurable: time.sleep cannot be used in code that is replayed: yield context.create_timer(…)"
        )
        self.assertEqual(stands(step.status), expect)


if __name__ == "__main__":
    unittest.main()
