"""HTTP triggers: functions that answer requests, and how a request finds its function.

`request` and `response` are what authors see, `route` compares paths. Nothing here knows a socket or the host:
`host.web` carries all of it to and fro, and a test makes requests and reads responses.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..client import Client
from ..failure import Failure, from_exception
from ..functions import HttpTrigger
from ..signature import run_to_end
from .request import Request
from .response import Response
from .route import parameters

__all__ = ["Request", "Response", "create_check_status_response", "problem", "serve"]

_STATUS = {
    "invalid": 400,
    "invalid-input": 400,
    "not-found": 404,
    "method-not-allowed": 405,
    "exists": 409,
    "conflict": 409,
    "unavailable": 503,
}
_RETRY_AFTER_S = "5"
"""How many seconds a caller waits before it tries again."""
_POLL_AFTER_S = "10"
"""How many seconds a caller waits before it asks for the status."""


def serve(triggers: Sequence[HttpTrigger], request: Request, client: Client) -> Response:
    """Lets the first function answer whose route and methods fit. No route is 404, no method is 405."""
    allowed: list[str] = []
    for trigger in triggers:
        found = {} if trigger.route is None else parameters(trigger.route, request.path)
        if found is None:
            continue
        if not trigger.methods or request.method in trigger.methods:
            request.parameters = found
            return _answer(trigger, request, client)
        allowed += trigger.methods
    if not allowed:
        return problem(Failure("not-found", f"nothing is served at {request.path}"))
    refused = problem(Failure("method-not-allowed", f"{request.method} is not served here"))
    return refused.with_header("allow", ", ".join(allowed))


def problem(error: BaseException) -> Response:
    """What a failure looks like to the caller: its kind and message, and a status that fits the kind."""
    failure = from_exception(error)
    body = json.dumps({"kind": failure.kind, "message": failure.message}, ensure_ascii=False, separators=(",", ":"))
    response = Response(_STATUS.get(failure.kind, 500), body, {"content-type": "application/json"})
    return response.with_header("retry-after", _RETRY_AFTER_S) if response.status == 503 else response


def create_check_status_response(client: Client, instance: str) -> Response:
    """The answer to who started an instance: 202 at once, with the addresses at which it can be watched and managed."""
    urls = client.urls(instance)
    body = {
        "id": instance,
        "statusQueryGetUri": urls.status_query_get,
        "sendEventPostUri": urls.send_event_post,
        "terminatePostUri": urls.terminate_post,
        "purgeHistoryDeleteUri": urls.purge_history_delete,
        "restartPostUri": urls.restart_post,
        "suspendPostUri": urls.suspend_post,
        "resumePostUri": urls.resume_post,
    }
    headers = {
        "location": urls.status_query_get,
        "retry-after": _POLL_AFTER_S,
        "content-type": "application/json; charset=utf-8",
    }
    return Response(202, json.dumps(body, separators=(",", ":")), headers)


def _answer(trigger: HttpTrigger, request: Request, client: Client) -> Response:
    try:
        return _response(run_to_end(trigger.name, trigger(**trigger.pick(request=request, client=client))))
    except BaseException as error:  # An author may raise anything, SystemExit included.
        failure = from_exception(error)
        if failure.kind not in _STATUS:
            print(f"{trigger.name} failed: {failure.details or failure.message}")
        return problem(error)


def _response(value: Any) -> Response:
    """What a function gave: a response, a text, or a value that becomes JSON."""
    if isinstance(value, Response):
        return value
    return Response.text(value) if isinstance(value, str) else Response.json(value)
