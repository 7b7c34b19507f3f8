"""The engine: which decisions an orchestrator takes, in which order, and how it ends."""

from __future__ import annotations

import asyncio
import unittest
from typing import Any

from dacapo import Context, Failure, Retry, first, gather, race, select, spawn
from dacapo.contract import Event

from .play import done, failed, fired, lines, play, raised, steps


class Engine(unittest.TestCase):
    def check(self, body: Any, events: list[Event], expect: list[str], input: object = None) -> None:
        self.assertEqual(lines(play(body, events, input)), expect)

    def test_calls_run_when_they_are_made(self) -> None:
        async def two(cx: Context) -> list[Any]:
            a, b = cx.call_activity("a", 1), cx.call_activity("b", 2, retry=Retry(3), timeout="5s")
            return [await b, await a]

        made = ["schedule a(1)", "schedule b(2) up to 3 times within 5s"]
        self.check(two, [], [*made, "waiting"])
        self.check(two, [done(0, "x"), done(1, "y")], [*made, 'completed ["y","x"]'])
        self.check(two, [done(1, "y"), failed(0)], [*made, "failed broken: it broke"])

    def test_gather_keeps_the_order_of_its_arguments(self) -> None:
        async def all_of(cx: Context, number: int) -> Any:
            return await gather(*[cx.call_activity("a", index) for index in range(number)])

        self.check(all_of, [], ["completed []"], 0)
        made = ["schedule a(0)", "schedule a(1)"]
        self.check(all_of, [done(1, "late"), done(0, "early")], [*made, 'completed ["early","late"]'], 2)
        self.check(all_of, [failed(1, "first"), failed(0, "second")], [*made, "failed first: it broke"], 2)

    def test_gather_may_keep_exceptions(self) -> None:
        async def kept(cx: Context) -> Any:
            results = await gather(cx.call_activity("a"), cx.call_activity("b"), return_exceptions=True)
            return [str(result) for result in results]

        made = ["schedule a(null)", "schedule b(null)"]
        self.check(kept, [failed(0), done(1, 2)], [*made, 'completed ["broken: it broke","2"]'])

    def test_the_first_wins_and_losers_are_let_go(self) -> None:
        async def approval(cx: Context) -> Any:
            return await first(cx.event("approved", str), cx.sleep(hours=24))

        self.check(approval, [], ["timer at 86400s", "waiting approved"])
        self.check(approval, [raised("Approved", "yes")], ["timer at 86400s", "cancel 0", 'completed "yes"'])
        self.check(approval, [fired(0)], ["timer at 86400s", "completed null"])

    def test_what_happened_before_is_seen_in_the_order_of_history(self) -> None:
        async def late(cx: Context) -> Any:
            a, b, event = cx.call_activity("a"), cx.call_activity("b"), cx.event("e")
            await cx.call_activity("c")
            index, _ = await race(a, b, event)
            return index

        made = ["schedule a(null)", "schedule b(null)", "schedule c(null)"]
        self.check(late, [done(1), done(0), raised("e"), done(2)], [*made, "completed 1"])
        self.check(late, [raised("e"), done(0), done(1), done(2)], [*made, "completed 2"])

    def test_coroutines_run_beside_each_other(self) -> None:
        async def branch(cx: Context, name: str) -> str:
            return f"{await cx.call_activity(name)} {await cx.call_activity(name)}"

        async def both(cx: Context) -> Any:
            return await gather(branch(cx, "a"), branch(cx, "b"))

        made = ["schedule a(null)", "schedule b(null)", "schedule b(null)", "schedule a(null)"]
        events = [done(1, 1), done(0, 2), done(3, 3), done(2, 4)]
        self.check(both, events, [*made, 'completed ["2 3","1 4"]'])

    def test_a_coroutine_that_loses_is_closed_and_lets_go(self) -> None:
        async def patience(cx: Context) -> str:
            try:
                await cx.sleep("1h")
            finally:
                cx.send_event("other", "closed")
            return "never"

        async def loser(cx: Context) -> Any:
            return await first(cx.call_activity("a"), patience(cx))

        made = ["schedule a(null)", "timer at 3600s", "cancel 1", "send closed(null) to other"]
        self.check(loser, [done(0, 1)], [*made, "completed 1"])

    def test_select_gives_the_object_and_keeps_the_others(self) -> None:
        async def chosen(cx: Context) -> Any:
            a, b = cx.call_activity("a"), cx.call_activity("b")
            winner = await select(a, b)
            other = b if winner is a else a
            return [winner.result, await other]

        made = ["schedule a(null)", "schedule b(null)"]
        self.check(chosen, [done(1, "b"), done(0, "a")], [*made, 'completed ["b","a"]'])

    def test_events_are_kept_and_served_first_in_first_out(self) -> None:
        async def waits(cx: Context) -> Any:
            one, two = cx.event("e"), cx.event("E")
            await cx.call_activity("a")
            return [await two, await one]

        events = [raised("e", 1), raised("x", 0), raised("E", 2), done(0)]
        self.check(waits, events, ["schedule a(null)", "completed [2,1]"])
        self.check(waits, events[:1], ["schedule a(null)", "waiting E"])

    def test_who_stops_waiting_takes_no_event_along(self) -> None:
        async def gives_up(cx: Context) -> Any:
            lost = await cx.event("e", timeout="1s")
            return [lost, await cx.event("e")]

        self.check(gives_up, [fired(0), raised("e", 1)], ["timer at 1s", "completed [null,1]"])

        async def leaves(cx: Context) -> Any:
            one, two = cx.event("e"), cx.event("e")
            await cx.call_activity("a")
            one.cancel()
            return await two

        self.check(leaves, [raised("e", 1), done(0)], ["schedule a(null)", "completed 1"])

    def test_cancel_is_a_decision(self) -> None:
        async def cancels(cx: Context) -> Any:
            call, timer = cx.call_activity("a"), cx.sleep(1)
            call.cancel()
            timer.cancel()
            call.cancel()
            try:
                await call
            except Failure as failure:
                return failure.kind

        self.check(cancels, [], ["schedule a(null)", "timer at 1s", "cancel 0", "cancel 1", 'completed "cancelled"'])

    def test_continue_as_new_ends_at_once_and_carries_events(self) -> None:
        async def again(cx: Context, keeps: bool) -> None:
            await cx.call_activity("a")
            cx.continue_as_new({"n": 2}, keep_events=keeps)

        events = [raised("x", 1), done(0), raised("y", 2)]
        self.check(again, events, ["schedule a(null)", """continued {"n":2} with ['x', 'y']"""], True)
        self.check(again, events, ["schedule a(null)", 'continued {"n":2} with []'], False)

    def test_a_generator_is_the_style_of_durable_functions(self) -> None:
        def generator(context: Any) -> Any:
            number = context.get_input()
            tasks = [context.call_activity("a", index) for index in range(number)]
            results = yield context.task_all(tasks)
            try:
                yield context.call_sub_orchestrator("b", results, "id")
            except Failure as failure:
                results.append(failure.kind)
            approval, timer = context.wait_for_external_event("ok"), context.create_timer(context.current_utc_datetime)
            winner = yield context.task_any([approval, timer])
            if winner == approval:
                timer.cancel()
            return [*results, winner.result]

        made = ["schedule a(0)", "schedule a(1)", "child b([1,2]) as id", "timer at 3s", "cancel 3"]
        events = [done(0, 1), done(1, 2), failed(2), raised("OK", "yes")]
        self.check(generator, events, [*made, 'completed [1,2,"broken","yes"]'], 2)

    def test_a_generator_continues_as_new_when_it_returns(self) -> None:
        def eternal(context: Any) -> Any:
            yield context.call_activity("a")
            context.continue_as_new(context.get_input() + 1)

        self.check(eternal, [done(0)], ["schedule a(null)", "continued 2 with []"], 1)

    def test_nothing_that_is_not_durable_can_be_awaited(self) -> None:
        async def zero(cx: Context) -> None:
            await asyncio.sleep(0)

        def yields(context: Any) -> Any:
            yield 7

        async def stalls(cx: Context) -> None:
            future = cx.call_activity("a")
            await future
            never = spawn(forever(cx))
            await never

        async def forever(cx: Context) -> None:
            await select()

        self.assertIn("an orchestrator awaits something that is not durable", lines(play(zero, []))[-1])
        self.assertIn("failed not-durable: int is yielded", lines(play(yields, []))[-1])
        last = lines(play(stalls, [done(0)]))[-1]
        self.assertRegex(last, r"failed stalled: .* not durable, at .*test_engine.py:\d+")

    def test_an_execution_that_has_ended_decides_nothing(self) -> None:
        async def leaves_work(cx: Context) -> str:
            async def side() -> None:
                await cx.call_activity("a")
                await cx.call_activity("b")

            spawn(side())
            return "done"

        self.check(leaves_work, [done(0)], ["schedule a(null)", 'completed "done"'])

    def test_a_retry_of_the_author_waits_on_timers(self) -> None:
        async def tries(cx: Context) -> Any:
            return await cx.retry(
                lambda number: cx.call_activity("a", number), lambda number, _: 1 if number < 2 else None
            )

        made = ["schedule a(1)", "timer at 2s", "schedule a(2)"]
        self.check(tries, [failed(0), fired(1), done(2, "ok")], [*made, 'completed "ok"'])
        self.check(tries, [failed(0), fired(1), failed(2)], [*made, "failed broken: it broke"])

    def test_sources_name_lines_of_replayed_decisions_only(self) -> None:
        async def sourced(cx: Context) -> None:
            await cx.call_activity("a")

        self.assertEqual(steps(sourced, [])[0].sources, [])
        (source,) = steps(sourced, [], replaying=True)[0].sources
        self.assertRegex(source, r"tests/test_engine.py:\d+$")

    def test_status_and_logs(self) -> None:
        async def says(cx: Context) -> None:
            cx.set_status({"at": 1})
            cx.log.warning("careful")
            print("half", end=" ")
            print("line")
            await cx.call_activity("a")
            cx.set_status(None)

        before, after = steps(says, [done(0)])
        self.assertEqual((before.custom_status, after.custom_status), (b'{"at":1}', b"null"))
        self.assertEqual(
            [(line.level.name, line.message) for line in before.logs], [("WARN", "careful"), ("INFO", "half line")]
        )
        self.assertEqual(steps(says, [], replaying=True)[0].logs, [])


if __name__ == "__main__":
    unittest.main()
