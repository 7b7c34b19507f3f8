"""The kit for authors: virtual time, answers, retries, children, entities, and the proof of determinism."""

from __future__ import annotations

import unittest
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dacapo import ActivityContext, Context, Failure, Retry, activity, entity, first, orchestrator
from dacapo.testing import Kit


@dataclass
class Basket:
    id: str
    cents: int


@activity(retry=Retry(5, first_interval="1s", coefficient=2.0), timeout="30s")
def charge(basket: Basket) -> str:
    """Takes the money."""
    if basket.cents == 0:
        raise Failure("empty-order", f"{basket.id} costs nothing", retryable=False)
    return f"receipt-{basket.id}"


@activity
def parcel(cx: ActivityContext, receipt: str) -> str:
    return f"parcel {cx.idempotency_key} for {receipt}"


@orchestrator
async def checkout(cx: Context, basket: Basket) -> str:
    """Charges, waits a day for a change of mind, ships."""
    receipt = await charge(basket)
    await cx.sleep(hours=24)
    return await parcel(receipt)


@orchestrator
async def month(cx: Context, number: int) -> None:
    if await cx.event("paid", timeout=timedelta(days=30)) is None:
        raise Failure("unpaid", "nobody paid", retryable=False)


@orchestrator
async def trial(cx: Context, months: int) -> int:
    """One month, one execution, one child."""
    paid = month.with_options(id=f"{cx.instance_id}.{months}")(months)
    reason = await first(paid, cx.event("cancel", str))
    if reason is not None:
        raise Failure("cancelled", reason)
    cx.continue_as_new(months + 1)


@entity
@dataclass
class Purse:
    cents: int = 0

    def put(self, cents: int) -> int:
        self.cents += cents
        return self.cents


@orchestrator
async def move(cx: Context, cents: int) -> int:
    async with cx.lock(cx.entity(Purse, "a"), cx.entity(Purse, "b")):
        await cx.entity(Purse, "a").put(-cents)
        left: int = await cx.entity(Purse, "b").put(cents)
    cx.entity(Purse, "fees").signal("put", 1)
    return left


_calls: list[int] = []


@orchestrator
async def moody(cx: Context) -> Any:
    _calls.append(1)
    return await cx.call_activity("a" if len(_calls) == 1 else "b")


class Kits(unittest.TestCase):
    def test_time_is_virtual(self) -> None:
        run = Kit(checkout).start(Basket("7", 995))
        self.assertEqual(run.output(), "parcel test/1/2 for receipt-7")
        self.assertEqual(run.elapsed, timedelta(hours=24))
        expect = [
            '0s start checkout({"id":"7","cents":995})',
            '  0 schedule charge({"id":"7","cents":995}) up to 5 times within 30s',
            '0s task 0 completed "receipt-7"',
            "  1 timer at 86400s",
            "86400s timer 1 fired",
            '  2 schedule parcel("receipt-7")',
            '86400s task 2 completed "parcel test/1/2 for receipt-7"',
            'completed "parcel test/1/2 for receipt-7"',
        ]
        self.assertEqual(str(run).splitlines(), expect)

    def test_failures_are_tried_again(self) -> None:
        left = [2]

        def declines(_: Any) -> str:
            left[0] -= 1
            if left[0] >= 0:
                raise Failure("busy", "try again")
            return "r"

        run = Kit(checkout).answer(charge, declines).start(Basket("7", 5))
        self.assertEqual(run.elapsed, timedelta(hours=24, seconds=1 + 2))
        run = Kit(checkout).start(Basket("7", 0))
        self.assertTrue(run.failure.has_kind("empty-order"))
        run = Kit(checkout).answer("charge", "r").takes("charge", "31s").start(Basket("7", 5))
        self.assertTrue(run.failure.has_kind("dacapo:timeout"))

    def test_children_and_new_executions(self) -> None:
        run = Kit(trial).answer("month", None).takes("month", "1h").event("Cancel", "too dear", after="3h1s").start(0)
        self.assertEqual((run.failure.kind, len(run.executions)), ("cancelled", 4))
        run = Kit(trial).start(0)
        self.assertTrue(run.failure.has_kind("unpaid") and run.failure.has_kind("dacapo:child-failed"))

    def test_entities_take_part(self) -> None:
        run = Kit(move).entity(Purse, "a", Purse(9)).start(5)
        self.assertEqual(run.output(), 5)
        self.assertEqual([run.entity(Purse, key).cents for key in ("a", "b", "fees")], [4, 5, 1])

    def test_what_is_not_deterministic_is_found(self) -> None:
        _calls.clear()
        with self.assertRaisesRegex(
            AssertionError, r"not deterministic: decision 0 was .*name='a'.*name='b'.*, at .*\.py:\d+"
        ):
            Kit(moody).answer("a", 1).answer("b", 1).start()

    def test_what_is_missing_is_named(self) -> None:
        with self.assertRaisesRegex(AssertionError, "the test does not know 'a'"):
            _calls.clear()
            Kit(moody).start()


if __name__ == "__main__":
    unittest.main()
