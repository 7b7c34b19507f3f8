"""HTTP calls of an orchestrator: the host's activity `dacapo.http`, and durable polling of what it answers.

Each request is a call of that activity, so requests and responses are in the history; the waits between two of them are
timers. What may be reached is the host's decision.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .options import Retry
from .payload import decode, encode
from .times import Duration, millis
from .uri import is_same_origin, resolve

if TYPE_CHECKING:
    from .context import Context

ACTIVITY = "dacapo.http"
"""The host's own activity."""

POLL_INTERVAL_S = 30
"""How long to wait before the next poll if the response does not say so."""

POLL_INTERVAL_MIN_S = 1
POLL_INTERVAL_MAX_S = 24 * 3600
"""What a response may ask for: a careless service shall neither keep an instance busy nor make it wait for ever."""


@dataclass
class HttpResponse:
    """What came back. Any status is a response; only what prevented one is a failure."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    """By their names in lower case."""
    content: str = ""

    def header(self, name: str) -> str | None:
        """The value of a header, whatever the case of its name."""
        return next((value for known, value in self.headers.items() if known.lower() == name.lower()), None)

    def json(self, tp: Any = Any) -> Any:
        """The body as a value. Raises `invalid-output` if it does not fit the type."""
        return decode(self.content.encode(), tp, "invalid-output")

    def next_poll(self) -> tuple[str, int] | None:
        """Where to ask again, and after how many seconds, if that is what the response says."""
        location = self.header("location")
        if self.status != 202 or location is None:
            return None
        text = (self.header("retry-after") or "").strip()
        wait = min(max(int(text), POLL_INTERVAL_MIN_S), POLL_INTERVAL_MAX_S) if text.isdigit() else POLL_INTERVAL_S
        return location, wait


@dataclass(frozen=True)
class HttpRequest:
    """The input of the host's activity."""

    method: str
    uri: str
    headers: dict[str, str]
    content: str | None
    timeoutMs: int | None  # noqa: N815 - the name that the host's activity gives it.

    @staticmethod
    def make(
        method: str,
        uri: str,
        content: str | None,
        json: object,
        headers: dict[str, str] | None,
        timeout: Duration | None,
    ) -> HttpRequest:
        """A request; `json` is a value that becomes its content."""
        sent = dict(headers or {})
        if json is not None:
            content = encode(json, "invalid-input").decode()
            sent.setdefault("content-type", "application/json")
        return HttpRequest(method, uri, sent, content, None if timeout is None else millis(timeout))

    def poll(self, location: str) -> HttpRequest:
        """The request that asks again. Headers may hold secrets, and another origin shall not learn them."""
        uri = resolve(self.uri, location)
        headers = self.headers if is_same_origin(uri, self.uri) else {}
        return replace(self, method="GET", uri=uri, headers=headers, content=None)


async def poll(cx: Context, request: HttpRequest, retry: Retry | None, *, polls: bool) -> HttpResponse:
    """Sends a request, and asks again as long as the response says so."""
    while True:
        response = await cx.call_activity(ACTIVITY, request, retry=retry, result=HttpResponse)
        again = response.next_poll() if polls else None
        if again is None:
            return response
        location, wait = again
        request = request.poll(location)
        await cx.sleep(wait)
