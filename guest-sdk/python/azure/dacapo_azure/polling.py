"""`call_http`: a request of the host's activity `dacapo.http`, and the polling that follows a 202.

It owns what is asked next. It does not know numbers and tasks. The rules are those of `wit/README.md`; the answer has
the names that authors know from Azure.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from azure.durable_functions.models.DurableHttpRequest import DurableHttpRequest

from dacapo.contract import ActivityOptions, ScheduleActivity

_WAIT_DEFAULT_SECONDS = 30
_WAIT_MAX_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the host's activity takes it."""

    method: str
    uri: str
    headers: dict[str, str]
    content: str | None

    @classmethod
    def of(cls, request: DurableHttpRequest) -> Request:
        """What the author asked for."""
        headers = {str(name): str(value) for name, value in (request.headers or {}).items()}
        return cls(request.method, request.uri, headers, request.content)

    def decision(self) -> ScheduleActivity:
        """The activity that sends it."""
        head = {
            "method": self.method,
            "uri": self.uri,
            "headers": self.headers,
            "content": self.content,
            "timeoutMs": None,
        }
        return ScheduleActivity("dacapo.http", json.dumps(head).encode(), ActivityOptions())


@dataclass(frozen=True, slots=True)
class Poll:
    """Not done: wait so long, then send this."""

    seconds: int
    request: Request


def after(request: Request, output: str) -> Poll | str:
    """What follows a response: another request, or the answer for the author."""
    response: dict[str, Any] = json.loads(output)
    headers: dict[str, str] = response["headers"]
    location = headers.get("location")
    if response["status"] != 202 or not location:
        answer = {"statusCode": response["status"], "headers": headers, "content": response["content"]}
        return json.dumps(answer)
    uri = urljoin(request.uri, location)
    # The headers may hold secrets of the one who was asked first.
    kept = request.headers if _origin(uri) == _origin(request.uri) else {}
    return Poll(
        _seconds(headers.get("retry-after")), replace(request, method="GET", uri=uri, headers=kept, content=None)
    )


def _seconds(retry_after: str | None) -> int:
    text = (retry_after or "").strip()
    if not (text.isascii() and text.isdigit()):
        return _WAIT_DEFAULT_SECONDS
    return min(max(1, int(text[:9])), _WAIT_MAX_SECONDS)


def _origin(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri)
    return parts.scheme.lower(), parts.netloc.lower()
