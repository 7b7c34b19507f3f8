"""Time, chance and doors: the vectors of the contract, and what the standard library gives while a role runs."""

from __future__ import annotations

import datetime
import logging
import os
import random
import secrets
import socket
import threading
import time
import unittest
import uuid
from collections.abc import Callable
from typing import Any

from dacapo import Context
from dacapo.chance import SplitMix64
from dacapo.testing.run import BEGIN_MS

from .play import lines, play, steps


class Chance(unittest.TestCase):
    def test_the_stream_is_that_of_the_contract(self) -> None:
        expect = [
            6457827717110365317,
            3203168211198807973,
            9817491932198370423,
            4593380528125082431,
            16408922859458223821,
        ]
        generator = SplitMix64(1234567)
        self.assertEqual([generator.next() for _ in expect], expect)
        generator = SplitMix64(0)
        self.assertEqual(
            [generator.next() for _ in range(3)], [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
        )
        self.assertEqual(SplitMix64(0).random(), 0.8833108082136426)
        self.assertEqual(str(SplitMix64(0).uuid()), "e220a839-7b1d-4daf-ae78-9e6aa1b965f4")

    def test_bits_and_bytes(self) -> None:
        for count in (0, 1, 63, 64, 65, 128, 1000):
            self.assertLess(SplitMix64(7).getrandbits(count), 1 << count)
        self.assertEqual(len(SplitMix64(7).bytes(13)), 13)


def drawn(draw: Callable[[], Any], *, seed: int = 0) -> str:
    """What an orchestrator draws, as text."""

    async def draws(cx: Context) -> list[str]:
        return [str(draw()), str(draw())]

    return lines(play(draws, [], seed=seed))[-1]


class Sealed(unittest.TestCase):
    def test_chance_follows_from_the_seed(self) -> None:
        draws: list[Callable[[], Any]] = [
            random.random,
            lambda: random.randint(1, 10**9),
            lambda: random.choice("abcdefghijklmnop") + random.choice("abcdefghijklmnop"),
            lambda: random.sample(range(1000), 5),
            lambda: random.gauss(0, 1),
            lambda: random.Random().random(),
            lambda: random.SystemRandom().random(),
            lambda: secrets.token_hex(),
            lambda: os.urandom(8),
            uuid.uuid4,
            uuid.uuid1,
            lambda: random.Random(5).random() + random.random(),
        ]
        for index, draw in enumerate(draws):
            self.assertEqual(drawn(draw), drawn(draw), index)
            self.assertNotEqual(drawn(draw), drawn(draw, seed=1), index)
        self.assertIn("e220a839-7b1d-4daf-ae78-9e6aa1b965f4", drawn(uuid.uuid4))

    def test_a_seed_of_the_author_belongs_to_the_execution(self) -> None:
        async def seeds(cx: Context) -> list[float]:
            random.seed(5)
            return [random.random()]

        self.assertEqual(lines(play(seeds, [])), [f"completed [{random.Random(5).random()}]"])
        self.assertIn("0.8833108082136426", drawn(random.random))
        self.assertNotEqual(random.random(), random.random())

    def test_clocks_give_the_time_of_the_turn(self) -> None:
        seconds = BEGIN_MS / 1_000
        for clock, expect in (
            (time.time, seconds),
            (time.time_ns, BEGIN_MS * 1_000_000),
            (time.monotonic, 0.0),
            (time.perf_counter_ns, 0),
            (lambda: datetime.datetime.now(datetime.UTC), "2026-01-01 00:00:00+00:00"),
            (datetime.datetime.utcnow, "2026-01-01 00:00:00"),
            (
                lambda: datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=2))),
                "2026-01-01 02:00:00+02:00",
            ),
            (lambda: time.strftime("%Y", time.gmtime()), "2026"),
        ):
            self.assertIn(f'completed ["{expect}","{expect}"]', drawn(clock))

    def test_outside_of_a_role_all_is_as_it_was(self) -> None:
        self.assertLess(abs(datetime.datetime.now().timestamp() - time.time()), 60)
        self.assertGreater(time.time(), seconds_of_2020())
        self.assertIsInstance(datetime.datetime.now().date(), datetime.date)
        self.assertTrue(issubclass(datetime.datetime, datetime.date))
        self.assertNotIsInstance(datetime.date(2020, 1, 1), datetime.datetime)
        self.assertEqual(len(os.urandom(3)), 3)
        self.assertTrue(os.path.exists("/"))

    def test_doors_are_shut_and_say_what_to_use(self) -> None:
        def check(call: Callable[[], Any], expect: str) -> None:
            self.assertIn(expect, drawn(call))

        check(lambda: time.sleep(1), "time.sleep() is called in an orchestrator")
        check(lambda: time.sleep(1), "use await cx.sleep(…)")
        check(lambda: open("/etc/passwd"), "open() is called in an orchestrator")
        check(lambda: os.path.getsize("/etc/passwd"), "os.stat() is called")
        check(lambda: os.listdir("/"), "os.listdir() is called")
        check(lambda: os.system("true"), "do that in an activity")
        check(lambda: threading.Thread(target=print).start(), "use await gather(…)")
        check(lambda: socket.socket(), "socket.socket() is called")
        self.assertEqual(drawn(lambda: os.path.exists("/")), 'completed ["False","False"]')

    def test_logging_is_the_log(self) -> None:
        async def logs(cx: Context) -> None:
            logging.getLogger("shop").warning("low on %s", "tea")

        (line,) = steps(logs, [])[0].logs
        self.assertEqual((line.level.name, line.message), ("WARN", "low on tea"))


def seconds_of_2020() -> float:
    """A moment in the past."""
    return 1_577_836_800.0


if __name__ == "__main__":
    unittest.main()
