"""Entities: batches, what failures leave behind, critical sections."""

from __future__ import annotations

import unittest
from dataclasses import dataclass, field
from typing import Any

import dacapo.durable_functions as df
from dacapo import Context, EntityContext, Failure, entity
from dacapo.component import Component
from dacapo.contract import Deleted, Done, EntityRef, EntityState, Operation, Unchanged
from dacapo.functions import registry
from dacapo.testing import Actor

from .play import done, lines, play


@entity(version=2, migrate=lambda version, data: Account(data["euros"] * 100))
@dataclass
class Account:
    """An account."""

    cents: int = 0
    notes: list[str] = field(default_factory=list)

    def deposit(self, cents: int) -> int:
        self.cents += cents
        return self.cents

    def withdraw(self, cx: EntityContext, cents: int) -> int:
        cx.signal("audit", "all", "noted", cents)
        self.notes.append("tried")
        if cents > self.cents:
            raise Failure("insufficient-funds", f"{cents} are too many", retryable=False)
        self.cents -= cents
        return self.cents

    def balance(self) -> int:
        return self.cents

    def leave(self) -> None:
        self.cents = -1
        raise SystemExit(7)

    def close(self, cx: EntityContext) -> str:
        cx.delete_state()
        return cx.start("farewell", cx.key, id=f"bye-{cx.key}")


@entity
def counter(cx: EntityContext) -> Any:
    cx.state = (cx.state or 0) + cx.input(int)
    return [cx.operation, cx.state, cx.random()]


@df.entity
def classic(context: df.DurableEntityContext) -> None:
    state = context.get_state(lambda: 0)
    if context.operation_name == "add":
        context.set_state(state + context.get_input())
    elif context.operation_name == "end":
        context.destruct_on_exit()
    context.set_result(state)


def apply(name: str, state: EntityState | None, *operations: tuple[str, bytes]) -> Any:
    """Runs a batch."""
    asked = [Operation(operation, input, True, index) for index, (operation, input) in enumerate(operations)]
    return Component(registry).apply(EntityRef(name, "a"), 7, state, asked)


class Entities(unittest.TestCase):
    def test_a_batch_reads_once_and_writes_once(self) -> None:
        outcome = apply(
            "account", None, ("deposit", b"5"), ("WITHDRAW", b"9"), ("withdraw", b"2"), ("balance", b"null")
        )
        shown = [result.output if isinstance(result, Done) else result.kind for result in outcome.results]
        self.assertEqual(shown, [b"5", "insufficient-funds", b"3", b"3"])
        self.assertEqual(outcome.state, EntityState(b'{"cents":3,"notes":["tried"]}', 2))
        self.assertEqual([len(result.effects) for result in outcome.results if isinstance(result, Done)], [0, 1, 0])

    def test_looking_changes_nothing(self) -> None:
        self.assertEqual(apply("account", None, ("balance", b"null")).state, Unchanged())
        state = EntityState(b'{"cents":3,"notes":[]}', 2)
        self.assertEqual(apply("account", state, ("balance", b"null"), ("withdraw", b"9")).state, Unchanged())

    def test_whatever_an_operation_raises_is_its_failure(self) -> None:
        outcome = apply("account", None, ("leave", b"null"), ("deposit", b"5"))
        self.assertEqual(outcome.results[0].message, "SystemExit: 7")
        self.assertEqual(outcome.state, EntityState(b'{"cents":5,"notes":[]}', 2))

    def test_states_are_deleted(self) -> None:
        state = EntityState(b'{"cents":3,"notes":[]}', 2)
        for operation in ("delete", "Delete", "close"):
            self.assertEqual(apply("account", state, (operation, b"null")).state, Deleted())
            self.assertEqual(apply("account", None, (operation, b"null")).state, Unchanged())
        again = apply("account", state, ("close", b"null"), ("deposit", b"1")).state
        self.assertEqual(again, EntityState(b'{"cents":1,"notes":[]}', 2))

    def test_old_states_are_brought_to_the_new_form_and_newer_ones_stay(self) -> None:
        old = apply("account", EntityState(b'{"euros":2}', 1), ("deposit", b"5"))
        self.assertEqual(old.state, EntityState(b'{"cents":205,"notes":[]}', 2))
        newer = apply("account", EntityState(b'{"what":1}', 3), ("deposit", b"5"))
        self.assertEqual((newer.results[0].kind, newer.state), ("newer-state", Unchanged()))
        broken = apply("account", EntityState(b'{"cents":"x"}', 2), ("balance", b"null"), ("delete", b"null"))
        self.assertEqual((broken.results[0].kind, broken.state), ("invalid-state", Deleted()))

    def test_unknown_things_say_what_there_is(self) -> None:
        (failure,) = apply("account", None, ("steal", b"1")).results
        self.assertEqual(failure.kind, "unknown-operation")
        self.assertIn("it has balance, close, deposit, leave, withdraw, delete", failure.message)
        self.assertEqual(apply("nobody", None, ("x", b"1")).results[0].kind, "unknown-function")
        (failure,) = apply("account", None, ("deposit", b'"x"')).results
        self.assertEqual((failure.kind, failure.message), ("invalid-input", '$: expected an integer, found "x"'))

    def test_functions_are_entities_too(self) -> None:
        outcome = apply("counter", None, ("add", b"2"), ("add", b"3"))
        self.assertEqual(outcome.results[0].output, b'["add",2,0.8833108082136426]')
        self.assertEqual(outcome.state, EntityState(b"5", 0))
        outcome = apply("classic", EntityState(b"1", 0), ("add", b"2"), ("get", b"null"))
        self.assertEqual((outcome.results[1].output, outcome.state), (b"3", EntityState(b"3", 0)))
        self.assertEqual(apply("classic", EntityState(b"1", 0), ("end", b"null")).state, Deleted())

    def test_an_actor_is_an_entity_alone(self) -> None:
        account = Actor(Account, "a", Account(10))
        self.assertEqual(account.call("withdraw", 4), 6)
        self.assertEqual((account.state.cents, account.effects), (6, ["signal @audit@all noted(4)"]))
        with self.assertRaises(Failure):
            account.call("withdraw", 40)
        self.assertEqual(account.call("close"), "bye-a")
        self.assertIsNone(account.state)


class Sections(unittest.TestCase):
    def test_a_section_begins_and_ends(self) -> None:
        async def transfer(cx: Context) -> int:
            a, b = cx.entity(Account, "a"), cx.entity("account", "b")
            async with cx.lock(b, a):
                left: int = await a.withdraw(5)
                await b.call("deposit", 5)
            a.signal("deposit", 1)
            return left

        expect = [
            "lock @account@a @account@b",
            "call @account@a withdraw(5)",
            "call @account@b deposit(5)",
            "release lock 0",
            "signal @account@a deposit(1)",
            "completed 7",
        ]
        self.assertEqual(lines(play(transfer, [done(0), done(1, 7), done(2, 5)])), expect)

    def test_breaches_fail_where_they_are_written(self) -> None:
        async def breach(cx: Context, which: str) -> str:
            a = cx.entity("e", "a")
            async with cx.lock(a):
                try:
                    match which:
                        case "other":
                            await cx.entity("e", "b").call("x")
                        case "signal":
                            a.signal("x")
                        case "child":
                            await cx.child("c")
                        case "lock":
                            await cx.lock(cx.entity("e", "b"))
                        case "twice":
                            open_call = a.call("x")
                            await a.call("y")
                            await open_call
                except Failure as failure:
                    return failure.message
            return "nothing"

        for which, expect in (
            ("other", "@e@b is called within a critical section that does not lock it"),
            ("signal", "@e@a is signalled within the critical section that locks it; call it instead"),
            ("child", "the child c is started within a critical section; release the lock first"),
            ("lock", "entities are locked within a critical section; release that one first, or lock all at once"),
            ("twice", "@e@a is called while another call of it is open; within a critical section await each"),
        ):
            last = lines(play(breach, [done(0)], which))
            self.assertEqual((last[0], last[-2:]), ("lock @e@a", ["release lock 0", f'completed "{expect}"']))

    def test_a_lock_that_nobody_waits_for_is_released(self) -> None:
        async def impatient(cx: Context) -> Any:
            from dacapo import first

            return await first(cx.lock(cx.entity("e", "a")), cx.sleep(1))

        from .play import fired

        self.assertEqual(
            lines(play(impatient, [fired(1)])), ["lock @e@a", "timer at 1s", "release lock 0", "completed null"]
        )


if __name__ == "__main__":
    unittest.main()
