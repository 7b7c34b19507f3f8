"""Failures: what an exception of the author becomes, with lines of the author's files and nothing of the SDK."""

from __future__ import annotations

import unittest
from typing import Any

from dacapo import Cause, Context, Failure, gather
from dacapo.contract import Failed, FailureData, TaskFailed
from dacapo.failure import DETAILS_MAX_BYTES, from_exception, shown

from .play import play


def failure_of(body: Any, *events: Any, input: object = None) -> FailureData:
    """How an orchestrator fails."""
    status = play(body, list(events), input).status
    assert isinstance(status, Failed), status
    return status.failure


class Failures(unittest.TestCase):
    def test_an_exception_has_its_class_and_its_lines(self) -> None:
        async def inner() -> None:
            raise ValueError("bad")

        async def outer(cx: Context) -> None:
            await inner()

        failure = failure_of(outer)
        self.assertEqual((failure.kind, failure.message, failure.retryable), ("error", "ValueError: bad", True))
        details = (failure.details or "").splitlines()
        self.assertEqual((details[0], details[-1]), ("Traceback (most recent call last):", "ValueError: bad"))
        self.assertIn("test_failures.py", details[1])
        self.assertEqual(details[2], "    await inner()")
        self.assertEqual(details[4], '    raise ValueError("bad")')
        self.assertNotIn("/dacapo/", failure.details or "")

    def test_a_failure_stays_what_it_is(self) -> None:
        async def raises(cx: Context) -> None:
            raise Failure("declined", "no money", details="balance 0", retryable=False)

        self.assertEqual(failure_of(raises), FailureData("declined", "no money", "balance 0", False, []))

    def test_the_failure_of_a_task_is_passed_on_as_it_is(self) -> None:
        async def passes(cx: Context) -> None:
            await cx.child("c")

        data = FailureData("dacapo:child-failed", "child c failed", None, True, [Cause("declined", "no money")])
        self.assertEqual(failure_of(passes, TaskFailed(0, data)), data)

    def test_what_it_was_raised_from_is_its_cause(self) -> None:
        async def wraps(cx: Context) -> None:
            try:
                await cx.call_activity("a")
            except Failure as failure:
                assert failure.has_kind("declined")
                raise Failure("unpaid", "order 7") from failure

        cause = Cause("declined", "no money", "balance 0")
        failure = failure_of(wraps, TaskFailed(0, FailureData("dacapo:x", "it", None, True, [cause])))
        self.assertEqual((failure.kind, failure.message), ("unpaid", "order 7"))
        self.assertEqual(failure.causes, [Cause("dacapo:x", "it"), cause])
        because = Failure("unpaid", "order 7").because(Failure("declined", "no money"))
        self.assertEqual(str(because), "unpaid: order 7, because of declined: no money")

    def test_a_long_way_is_cut(self) -> None:
        async def recurses(cx: Context) -> None:
            def deeper(number: int) -> int:
                return deeper(number + 1) + 1

            deeper(0)

        async def shouts(cx: Context) -> None:
            raise ValueError("x" * 10_000_000)

        failure = failure_of(recurses)
        self.assertTrue(failure.message.startswith("RecursionError: maximum recursion depth exceeded"))
        self.assertIn("frames …", failure.details or "")
        failure = failure_of(shouts)
        self.assertLessEqual(len(failure.message.encode()), DETAILS_MAX_BYTES)
        self.assertLessEqual(len((failure.details or "").encode()), DETAILS_MAX_BYTES)

    def test_results_and_inputs_are_checked(self) -> None:
        async def gives(cx: Context, what: int = 0) -> object:
            return {"a": object()}

        async def takes(cx: Context) -> None:
            await cx.call_activity("a", None, int)

        failure = failure_of(gives)
        self.assertEqual((failure.kind, failure.message.partition(":")[0]), ("invalid-output", "$.a"))
        self.assertEqual(failure_of(gives, input="x").kind, "invalid-input")
        from .play import done

        self.assertEqual(failure_of(takes, done(0, "x")).message, '$: expected an integer, found "x"')

    def test_exceptions_that_cannot_be_printed_and_the_ends_of_python(self) -> None:
        class Mute(Exception):
            def __str__(self) -> str:
                raise RuntimeError("no")

        self.assertEqual(from_exception(Mute()).message, "Mute: (its text cannot be made)")

        async def exits(cx: Context) -> None:
            raise SystemExit(3)

        async def gathers(cx: Context) -> None:
            await gather(exits(cx), cx.sleep(1))

        self.assertEqual(failure_of(exits).message, "SystemExit: 3")
        self.assertEqual(failure_of(gathers).message, "SystemExit: 3")

    def test_files_are_named_as_authors_know_them(self) -> None:
        for path, expect in (("/0/shop/app.py", "shop/app.py"), ("/home/app.py", "/home/app.py"), ("app.py", "app.py")):
            self.assertEqual(shown(path), expect)


if __name__ == "__main__":
    unittest.main()
