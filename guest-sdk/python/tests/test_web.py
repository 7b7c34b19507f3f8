"""HTTP: routes, requests and answers of triggers, and requests of orchestrators that poll."""

from __future__ import annotations

import unittest
from typing import Any

from dacapo import (
    Client,
    Context,
    Message,
    Request,
    Response,
    Tick,
    create_check_status_response,
    http_trigger,
    stream_trigger,
    timer_trigger,
)
from dacapo.testing import Desk
from dacapo.times import from_millis
from dacapo.uri import is_same_origin, resolve
from dacapo.web.route import parameters

from .play import done, fired, lines, play


@http_trigger(route="shops/{shop}/orders", methods=["post"])
def order(client: Client, request: Request) -> Response:
    items = request.json(list[str])
    id = client.start("checkout", items, tags={"shop": request.parameters["shop"]})
    return create_check_status_response(client, id)


@http_trigger(route="hello")
def hello() -> str:
    return "Hello!"


@http_trigger(route="things/{*path}", methods=["GET"])
def things(request: Request) -> dict[str, Any]:
    if request.parameters["path"] == "broken":
        raise ValueError("oh")
    return {"path": request.parameters["path"], "q": request.query_value("q"), "agent": request.header("User-Agent")}


@timer_trigger
def report(tick: Tick, client: Client) -> None:
    client.start("report", tick.missed)


@stream_trigger
def paid(message: Message, client: Client) -> None:
    client.raise_event(message.json(str), "paid", message.sequence)


class Triggers(unittest.TestCase):
    def test_requests_are_answered(self) -> None:
        desk = Desk()

        def check(method: str, path: str, body: str, status: int, expect: str) -> None:
            response = desk.request(Request(method, path, body, [("user-agent", b"test")]))
            self.assertEqual(response.status, status)
            self.assertIn(expect, response.read().decode())

        check("POST", "/api/shops/7/orders", '["tea"]', 202, '"statusQueryGetUri":"http://test/instances/started-1"')
        check("POST", "/api/shops/7/orders", "[1]", 400, "$[0]: expected a string, found 1")
        check("GET", "/api/shops/7/orders", "", 405, "GET is not served here")
        check("GET", "/api/nothing", "", 404, "nothing is served at /api/nothing")
        check("GET", "/api/hello", "", 200, "Hello!")
        check("GET", "/api/things/a/b%20c?q=x+y", "", 200, '{"path":"a/b c","q":"x y","agent":"test"}')
        check("GET", "/api/things/broken", "", 500, '{"kind":"error","message":"ValueError: oh"}')
        self.assertEqual(desk.asked, ['start checkout(["tea"]) as started-1'])
        desk.refuse("start", "unavailable", "later")
        check("POST", "/api/shops/7/orders", '["tea"]', 503, '"kind":"unavailable"')

    def test_schedules_and_streams(self) -> None:
        desk = Desk()
        report(Tick(from_millis(0), from_millis(1), 2), desk.client)
        paid(Message("s", 9, from_millis(0), data=b'"order-1"'), desk.client)
        self.assertEqual(desk.asked, ["start report(2) as started-1", "raise paid(9) to order-1"])

    def test_a_path_fits_or_does_not(self) -> None:
        def check(route: str, path: str, expect: dict[str, str] | None) -> None:
            self.assertEqual(parameters(route, path), expect)

        check("a/{b}", "/api/a/x%2Fy", {"b": "x/y"})
        check("a/{b}", "/api/a/", None)
        check("a/{b}", "/api/a", None)
        check("a/{b}", "/a/x", None)
        check("a/{*rest}", "/api/a/", {"rest": ""})
        check("a/{*rest}", "/api/a", {"rest": ""})
        check("a", "/api/a/b", None)


class Requests(unittest.TestCase):
    def test_references_resolve(self) -> None:
        for reference, expect in (
            ("https://other/x?y#z", "https://other/x?y"),
            ("g", "http://a/b/c/g"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("../g", "http://a/b/g"),
            ("../../../g", "http://a/g"),
            ("#s", "http://a/b/c/d;p?q"),
        ):
            self.assertEqual(resolve("http://a/b/c/d;p?q", reference), expect)
        self.assertTrue(is_same_origin("https://A.com/x", "https://a.com/y"))
        for other in ("http://a.com", "https://a.com:8443", "https://a.com.evil.org"):
            self.assertFalse(is_same_origin("https://a.com", other))

    def test_an_orchestrator_polls_what_answers_202(self) -> None:
        async def asks(cx: Context) -> Any:
            response = await cx.call_http("POST", "https://a/jobs", json={"n": 1}, headers={"authorization": "x"})
            return [response.status, response.json(int)]

        def answer(status: int, content: str = "", **headers: str) -> Any:
            return {
                "status": status,
                "headers": {k.replace("_", "-"): v for k, v in headers.items()},
                "content": content,
            }

        first = (
            'schedule dacapo.http({"method":"POST","uri":"https://a/jobs",'
            '"headers":{"authorization":"x","content-type":"application/json"},"content":"{\\"n\\":1}","timeoutMs":null})'
        )
        events = [
            done(0, answer(202, location="/jobs/1", retry_after="7")),
            fired(1),
            done(2, answer(202, location="https://b/jobs/1")),
            fired(3),
            done(4, answer(200, "5")),
        ]
        headers = '"headers":{"authorization":"x","content-type":"application/json"}'
        expect = [
            first,
            "timer at 8s",
            f'schedule dacapo.http({{"method":"GET","uri":"https://a/jobs/1",{headers},"content":null,"timeoutMs":null}})',
            "timer at 33s",
            'schedule dacapo.http({"method":"GET","uri":"https://b/jobs/1","headers":{},"content":null,"timeoutMs":null})',
            "completed [200,5]",
        ]
        self.assertEqual(lines(play(asks, events)), expect)


if __name__ == "__main__":
    unittest.main()
