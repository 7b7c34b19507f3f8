"""The example in virtual time: `python -m unittest` in this folder, with the SDK on the path."""

import unittest
from datetime import timedelta

from app import hello_sequence, sequence

from dacapo import Failure
from dacapo.testing import Kit


class Hello(unittest.TestCase):
    def test_greets_one_city_after_another(self) -> None:
        for cities, expect in (
            (None, ["Hello, Tokyo!", "Hello, Seattle!", "Hello, London!"]),
            (["Oslo"], ["Hello, Oslo!"]),
            ([], []),
        ):
            self.assertEqual(Kit(hello_sequence).start(cities).output(), expect)

    def test_a_greeting_that_fails_is_tried_again(self) -> None:
        failures = [2]

        def answer(city: str) -> str:
            failures[0] -= 1
            if failures[0] >= 0:
                raise Failure("hoarse", f"no voice for {city}")
            return city

        run = Kit(hello_sequence).answer("say_hello", answer).start(["Rome"])
        self.assertEqual((run.output(), run.elapsed), (["Rome"], timedelta(seconds=2)))

    def test_a_sequence_counts_its_calls(self) -> None:
        self.assertEqual(Kit(sequence).start(100).output(), 100)


if __name__ == "__main__":
    unittest.main()
