"""The pipeline without a host: `python -m unittest` in this folder, with the SDK on the path."""

import unittest

from app import Posted, SessionHandler, message_orchestrator, nightly, on_event

from dacapo import Message, Request, Tick
from dacapo.testing import Actor, Desk, Kit
from dacapo.times import from_millis

BODY = '{"run_id": "7", "message": "hello"}'
ASKED = [
    "signal @session_handler@ada add(2)",
    'signal @session_handler@ada keep("hello")',
    "signal @session_handler@ada get(null)",
    'start message_orchestrator({"run_id":"7","message":"hello"}) as run-7',
]


class Article(unittest.TestCase):
    def test_requests_are_answered(self) -> None:
        for method, path, body, status, expect in (
            ("POST", "/api/sessions/ada/messages", BODY, 202, ASKED),
            ("POST", "/api/sessions/ada/messages", '{"run_id": 7}', 400, []),
            ("GET", "/api/sessions/ada/messages", "", 405, []),
            ("POST", "/api/sessions/ada", BODY, 404, []),
        ):
            desk = Desk()
            response = desk.request(Request(method, path, body))
            self.assertEqual((response.status, desk.asked), (status, expect))
            if status == 202:
                self.assertEqual(response.header("Location"), "http://test/instances/run-7")
                self.assertEqual(response.header("Retry-After"), "10")

    def test_an_event_does_the_same(self) -> None:
        desk = Desk()
        on_event(Message("events.ada", 9, from_millis(0), data=BODY.encode()), desk.client)
        self.assertEqual(desk.asked, ASKED)

    def test_missed_nights_count(self) -> None:
        desk = Desk()
        nightly(Tick(from_millis(0), from_millis(1), 2), desk.client)
        self.assertEqual(desk.asked, ["signal @session_handler@nights add(3)"])

    def test_a_session_is_remembered(self) -> None:
        session = Actor(SessionHandler, "ada")
        self.assertEqual(session.call("add", 2), 2)
        session.call("keep", "hello")
        self.assertEqual(session.call("get"), 2)
        self.assertEqual(session.state.messages, ["hello"])
        self.assertEqual(session.logs, ["session ada counts 2 and keeps 1 messages"])

    def test_a_message_is_logged_twice(self) -> None:
        run = Kit(message_orchestrator).start(Posted("7", "hello"))
        self.assertEqual(run.output(), ["1: hello", "2: hello"])


if __name__ == "__main__":
    unittest.main()
